"""Systems we call."""

from django.apps import AppConfig

from integrations.providers.stellar import keyring


class Providers(AppConfig):
    name = "integrations.providers"
    label = "providers"

    def ready(self) -> None:
        """A keyring that cannot be read stops the process now, and not at the first signature."""
        keyring.keyring()
