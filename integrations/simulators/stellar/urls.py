"""Horizon's paths, each with the slash after `…/stellar`: the root has one only sometimes."""

from django.urls import path

from integrations.simulators.stellar import claiming, receiving, views

urlpatterns = [
    path("", views.root),
    path("/", views.root, name="simulated-horizon"),
    path("/accounts/<str:address>", views.account),
    path("/accounts/<str:address>/data/<path:name>", views.account_entry),
    path("/accounts/<str:address>/payments", views.account_payments),
    path("/accounts/<str:address>/operations", views.account_operations),
    path("/accounts/<str:address>/transactions", views.account_transactions),
    path("/payments", views.payments),
    path("/operations", views.operations),
    path("/operations/<int:operation_id>", views.operation),
    path("/transactions", receiving.transactions),
    path("/transactions_async", receiving.transactions_async),
    path("/transactions/<str:tx_hash>", views.transaction),
    path("/transactions/<str:tx_hash>/operations", views.transaction_operations),
    path("/transactions/<str:tx_hash>/payments", views.transaction_payments),
    path("/ledgers", views.ledger_list),
    path("/ledgers/<int:sequence>", views.ledger),
    path("/ledgers/<int:sequence>/transactions", views.ledger_transactions),
    path("/ledgers/<int:sequence>/operations", views.ledger_operations),
    path("/ledgers/<int:sequence>/payments", views.ledger_payments),
    path("/claimable_balances", claiming.claimable_balances),
    path("/claimable_balances/<str:balance_id>", claiming.claimable_balance),
    path("/fee_stats", views.fee_stats),
    path("/friendbot", receiving.friendbot),
]
