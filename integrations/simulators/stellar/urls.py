"""Horizon's paths, each with the slash after `…/stellar`: the root has one only sometimes."""

from django.urls import path

from integrations.simulators.stellar import views

urlpatterns = [
    path("", views.root),
    path("/", views.root, name="simulated-horizon"),
    path("/accounts/<str:address>", views.account),
    path("/accounts/<str:address>/payments", views.account_payments),
    path("/accounts/<str:address>/transactions", views.account_transactions),
    path("/payments", views.payments),
    path("/operations/<int:operation_id>", views.operation),
    path("/transactions", views.transactions),
    path("/transactions/<str:tx_hash>", views.transaction),
    path("/transactions/<str:tx_hash>/operations", views.transaction_operations),
    path("/ledgers", views.ledger_list),
    path("/ledgers/<int:sequence>", views.ledger),
    path("/fee_stats", views.fee_stats),
    path("/friendbot", views.fund),
]
