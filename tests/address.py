"""A pytest plugin, before the settings are read: where the live server is, no broker, no limit."""

import os

from tests.listening import free_port

# The pretended providers are found at PUBLIC_URL: the live server of this very process.
_address = f"127.0.0.1:{free_port()}"
os.environ["DJANGO_LIVE_TEST_SERVER_ADDRESS"] = _address
os.environ["PUBLIC_URL"] = f"http://{_address}"
os.environ["REDIS_URL"] = "memory://"

# Tests change keys behind the back of whoever remembers them, and are in a hurry.
os.environ["API_KEY_SECONDS"] = "0"
for _limit in ("RATE_LIMIT_PER_KEY", "RATE_LIMIT_PER_USER", "RATE_LIMIT_PER_ADDRESS"):
    os.environ[_limit] = "1000000000"
# The providers' limits are lifted here; those that are about a limit set it (`test_budget.py`).
os.environ.setdefault("PROVIDER_BUDGETS", "off")


def pytest_report_header() -> str:
    return f"provider budgets: {os.environ['PROVIDER_BUDGETS']}"
