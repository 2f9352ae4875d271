"""Routes about money out."""

from django.urls import path

from withdrawals import views

urlpatterns = [
    path("withdrawals", views.Withdrawals.as_view()),
    path("withdrawals/<str:withdrawal_id>", views.OneWithdrawal.as_view()),
    path("withdrawals/<str:withdrawal_id>/commit", views.Commit.as_view()),
    path("withdrawals/<str:withdrawal_id>/cancel", views.Cancel.as_view()),
    path("withdrawals/<str:withdrawal_id>/refresh", views.Refresh.as_view()),
]
