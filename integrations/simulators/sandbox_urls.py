"""Sandbox routes, below `/api/v1/sandbox/`."""

from django.urls import path

from integrations.simulators import sandbox
from integrations.simulators.airtm import sandbox as airtm
from integrations.simulators.stellar import sandbox as stellar

urlpatterns = [
    path("deposits", stellar.PayDeposit.as_view()),
    path("topups/<str:topup_id>/confirm", airtm.ConfirmTopup.as_view()),
    path("topups/<str:topup_id>/decline", airtm.DeclineTopup.as_view()),
    path("withdrawals/<str:withdrawal_id>/complete", airtm.CompleteWithdrawal.as_view()),
    path("withdrawals/<str:withdrawal_id>/fail", airtm.FailWithdrawal.as_view()),
    path("clock/advance", sandbox.AdvanceClock.as_view()),
    path("faults", sandbox.Faults.as_view()),
]
