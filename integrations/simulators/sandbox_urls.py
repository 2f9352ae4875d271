"""Sandbox routes, below `/api/v1/sandbox/`."""

from django.urls import path

from integrations.simulators import sandbox

urlpatterns = [
    path("topups/<str:topup_id>/confirm", sandbox.ConfirmTopup.as_view()),
    path("topups/<str:topup_id>/decline", sandbox.DeclineTopup.as_view()),
    path("withdrawals/<str:withdrawal_id>/complete", sandbox.CompleteWithdrawal.as_view()),
    path("withdrawals/<str:withdrawal_id>/fail", sandbox.FailWithdrawal.as_view()),
]
