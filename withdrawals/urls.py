"""Routes about money out."""

from django.urls import path

from withdrawals import views

urlpatterns = [
    path("withdrawals", views.Withdrawals.as_view()),
    path("withdrawals/<str:withdrawal_id>", views.OneWithdrawal.as_view()),
    path("withdrawals/<str:withdrawal_id>/commit", views.Commit.as_view()),
]
