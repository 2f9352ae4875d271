"""Routes about money in, and orders outside of escrow."""

from django.urls import path

from payments import browsers, views, wallet_views

urlpatterns = [
    path("topups", views.TopUps.as_view()),
    path("topups/<str:topup_id>", views.OneTopUp.as_view()),
    path("topups/<str:topup_id>/cancel", views.CancelTopUp.as_view()),
    path("topups/<str:topup_id>/refresh", views.RefreshTopUp.as_view()),
    path("topups/<str:topup_id>/returned", browsers.returned),
    path("topups/<str:topup_id>/declined", browsers.declined),
    path("orders", views.Orders.as_view()),
    path("orders/<str:order_id>", views.OneOrder.as_view()),
    path("orders/<str:order_id>/reserve", views.Reserve.as_view()),
    path("orders/<str:order_id>/pay", views.Pay.as_view()),
    path("orders/<str:order_id>/quote", views.Quote.as_view()),
    path("orders/<str:order_id>/timeline", views.Timeline.as_view()),
    path("orders/<str:order_id>/cancel", views.Cancel.as_view()),
    path("orders/<str:order_id>/deliver", views.Deliver.as_view()),
    path("users/<str:user_id>/airtm/link", views.Link.as_view()),
    path("users/<str:user_id>/wallet", wallet_views.UserWallet.as_view()),
    path("users/<str:user_id>/wallet/deposit", wallet_views.WalletDeposit.as_view()),
    path("users/<str:user_id>/wallet/transactions", wallet_views.WalletTransactions.as_view()),
]
