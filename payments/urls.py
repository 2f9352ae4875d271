"""Routes about money in, and orders outside of escrow."""

from django.urls import path

from payments import browsers, views

urlpatterns = [
    path("topups", views.TopUps.as_view()),
    path("topups/<str:topup_id>", views.OneTopUp.as_view()),
    path("topups/<str:topup_id>/cancel", views.CancelTopUp.as_view()),
    path("topups/<str:topup_id>/refresh", views.RefreshTopUp.as_view()),
    path("topups/<str:topup_id>/returned", browsers.returned),
    path("topups/<str:topup_id>/declined", browsers.declined),
    path("orders", views.Orders.as_view()),
    path("orders/<str:order_id>", views.OneOrder.as_view()),
    path("orders/<str:order_id>/cancel", views.Cancel.as_view()),
    path("orders/<str:order_id>/deliver", views.Deliver.as_view()),
    path("users/<str:user_id>/airtm/link", views.Link.as_view()),
]
