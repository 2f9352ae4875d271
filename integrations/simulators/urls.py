"""Routes of the pretended providers, below `/simulators/`."""

from django.urls import include, path

from integrations.simulators import panel

urlpatterns = [
    path("", panel.show, name="simulators-panel"),
    path("act/<slug:name>/<uuid:subject>", panel.act, name="simulators-act"),
    path("chain", panel.act_on_chain, name="simulators-chain"),
    path("faults", panel.switch, name="simulators-faults"),
    path("clock", panel.advance, name="simulators-clock"),
    path("airtm/", include("integrations.simulators.airtm.urls")),
    path("stellar", include("integrations.simulators.stellar.urls")),
    path("trustlesswork/", include("integrations.simulators.trustlesswork.urls")),
]
