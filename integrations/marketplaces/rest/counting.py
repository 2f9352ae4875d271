"""What this process counts for `/metrics`: requests by route and status, with their latency."""

from prometheus_client import Histogram

REQUESTS = Histogram(
    "offerhub_request_seconds",
    "Requests to the API, from the first byte read to the answer.",
    ["method", "route", "status"],
    buckets=[count / 1000 for count in (2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 30000)],
)
