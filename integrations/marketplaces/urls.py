"""Routes about the caller and their users."""

from django.urls import path

from . import views

urlpatterns = [
    path("me", views.Me.as_view()),
    path("ledger/trial-balance", views.TrialBalance.as_view()),
    path("users", views.Users.as_view()),
    path("users/<str:user_id>", views.OneUser.as_view()),
    path("users/<str:user_id>/balance", views.Balance.as_view()),
]
