"""Routes of the acts on escrow, and of disputes."""

from django.urls import path

from escrow import dispute_views, views

_MILESTONE = "orders/<str:order_id>/milestones/<str:ref>"

urlpatterns = [
    path("orders/<str:order_id>/checkout", views.Checkout.as_view()),
    path("orders/<str:order_id>/escrow", views.CreateEscrow.as_view()),
    path("orders/<str:order_id>/escrow/fund", views.FundEscrow.as_view()),
    path("orders/<str:order_id>/release", views.Release.as_view()),
    path("orders/<str:order_id>/refund", views.Refund.as_view()),
    path("orders/<str:order_id>/disputes", views.OpenDispute.as_view()),
    path(f"{_MILESTONE}/deliver", views.DeliverMilestone.as_view()),
    path(f"{_MILESTONE}/release", views.ReleaseMilestone.as_view()),
    path(f"{_MILESTONE}/refund", views.RefundMilestone.as_view()),
    path(f"{_MILESTONE}/disputes", views.DisputeMilestone.as_view()),
    path("disputes", dispute_views.Disputes.as_view()),
    path("disputes/<str:dispute_id>", dispute_views.OneDispute.as_view()),
    path("disputes/<str:dispute_id>/assign", dispute_views.Assign.as_view()),
    path("disputes/<str:dispute_id>/comments", dispute_views.Comments.as_view()),
    path("disputes/<str:dispute_id>/evidence", dispute_views.AddEvidence.as_view()),
    path("disputes/<str:dispute_id>/withdraw", dispute_views.Withdraw.as_view()),
    path("disputes/<str:dispute_id>/resolve", dispute_views.Resolve.as_view()),
]
