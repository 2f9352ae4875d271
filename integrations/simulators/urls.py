"""Routes of the pretended providers, below `/simulators/`."""

from django.urls import include, path

from integrations.simulators import panel

urlpatterns = [
    path("", panel.show, name="simulators-panel"),
    path("act/<slug:name>/<uuid:subject>", panel.act, name="simulators-act"),
    path("airtm/", include("integrations.simulators.airtm.urls")),
    path("stellar", include("integrations.simulators.stellar.urls")),
    path("trustlesswork/", include("integrations.simulators.trustlesswork.urls")),
]
