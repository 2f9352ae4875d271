"""The API's paths: one per act of the catalogue, and the helpers."""

from django.urls import path

from integrations.simulators.trustlesswork import views
from integrations.simulators.trustlesswork.acts import ACTS

urlpatterns = [
    *(path(name, views.build, {"name": name}) for name in ACTS),
    path("helper/send-transaction", views.send_transaction),
    path("helper/get-escrow-by-contract-ids", views.escrows_by_contract_ids),
    path("helper/get-multiple-escrow-balance", views.balances),
    path("indexer/update-from-txHash", views.update_from_tx_hash),
]
