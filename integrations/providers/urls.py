"""Routes at which providers speak to us, below `/api/v1/`."""

from django.urls import path

from integrations.providers.airtm import webhooks

urlpatterns = [path("webhooks/airtm/<str:account>", webhooks.receive)]
