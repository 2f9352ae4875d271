"""Routes of the simulated Airtm, below `/simulators/airtm/`."""

from django.urls import path

from integrations.simulators.airtm import checkout, views
from integrations.simulators.airtm.views import endpoint

urlpatterns = [
    path("v2/me", endpoint(GET=views.show_me)),
    path("v2/me/balance", endpoint(GET=views.show_balance)),
    path("v2/deposits", endpoint(GET=views.list_deposits)),
    path("v2/deposits/<str:id>", endpoint(GET=views.show_deposit)),
    path("v2/users/<path:email>", endpoint(GET=views.show_person)),
    path("v2/payouts", endpoint(GET=views.list_payouts, POST=views.create_payout)),
    path("v2/payouts/by-code/<str:code>", endpoint(GET=views.show_payout_by_code)),
    path("v2/payouts/<str:id>", endpoint(GET=views.show_payout, DELETE=views.cancel_payout)),
    path("v2/payouts/<str:id>/commit", endpoint(POST=views.commit_payout)),
    path("v2/payouts/<str:id>/events", endpoint(GET=views.list_payout_events)),
    path("v2/payins", endpoint(GET=views.list_payins, POST=views.create_payin)),
    path("v2/payins/by-code/<str:code>", endpoint(GET=views.show_payin_by_code)),
    path("v2/payins/<str:id>", endpoint(GET=views.show_payin, DELETE=views.cancel_payin)),
    path("payin/<uuid:id>", checkout.page, name="airtm-payin"),
]
