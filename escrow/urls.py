"""Routes of the acts on escrow."""

from django.urls import path

from escrow import views

urlpatterns = [
    path("orders/<str:order_id>/checkout", views.Checkout.as_view()),
    path("orders/<str:order_id>/release", views.Release.as_view()),
]
