"""Every route of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from config import metrics, service, stellar_toml

made_once = cache_page(3600)  # the document is the same until the code is another

api = [
    path("health", service.Alive.as_view()),
    path("health/ready", service.Ready.as_view()),
    path("metrics", metrics.Metrics.as_view()),
    path("config", service.Configuration.as_view()),
    path("openapi.json", made_once(SpectacularJSONAPIView.as_view()), name="openapi"),
    # A page: what OPTIONS would tell of it has no template.
    path(
        "docs",
        SpectacularSwaggerView.as_view(url_name="openapi", http_method_names=["get", "head"]),
    ),
    path("", include("integrations.marketplaces.urls")),
    path("", include("payments.urls")),
    path("", include("escrow.urls")),
    path("", include("withdrawals.urls")),
    path("", include("integrations.providers.urls")),
]
urlpatterns = [
    path("api/v1/", include(api)),
    path("admin/", admin.site.urls),
    path(".well-known/stellar.toml", stellar_toml.show),
]

if settings.SIMULATORS:
    urlpatterns += [
        path("api/v1/sandbox/", include("integrations.simulators.sandbox_urls")),
        path("simulators/", include("integrations.simulators.urls")),
    ]

handler400 = "integrations.marketplaces.rest.refusals.bad_request"
handler404 = "integrations.marketplaces.rest.refusals.not_found"
handler500 = "integrations.marketplaces.rest.refusals.fault"
