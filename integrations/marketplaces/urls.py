"""Routes about the caller, their users, and their book."""

from django.urls import path

from integrations.marketplaces import key_views, ledger_views, reconciliation_views, views

urlpatterns = [
    path("me", views.Me.as_view()),
    path("api-keys", key_views.ApiKeys.as_view()),
    path("api-keys/<str:key_id>", key_views.OneApiKey.as_view()),
    path("api-keys/<str:key_id>/rotate", key_views.Rotate.as_view()),
    path("api-keys/<str:key_id>/tokens", key_views.MintApiKeyToken.as_view()),
    path("audit-logs", views.AuditLogs.as_view()),
    path("reconciliation/runs", reconciliation_views.Runs.as_view()),
    path("reconciliation/findings", reconciliation_views.Findings.as_view()),
    path("users", views.Users.as_view()),
    path("users/<str:user_id>", views.OneUser.as_view()),
    path("users/<str:user_id>/suspend", views.Suspend.as_view()),
    path("users/<str:user_id>/reactivate", views.Reactivate.as_view()),
    path("users/<str:user_id>/balance", ledger_views.Balance.as_view()),
    path("users/<str:user_id>/statement", ledger_views.UserStatement.as_view()),
    path("ledger/accounts", ledger_views.Accounts.as_view()),
    path("ledger/statement", ledger_views.AccountStatement.as_view()),
    path("ledger/transfers", ledger_views.Transfers.as_view()),
    path("ledger/trial-balance", ledger_views.TrialBalance.as_view()),
]
