"""`manage.py configure NAME`: a marketplace's limits, return hosts, and bearer of fees."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from integrations.marketplaces import limits, tenants
from integrations.marketplaces.models import Bearer, Marketplace, Payer
from ledger import money
from ledger.events import Actor

OPERATOR = Actor("operator:configure")
LIMITS = (
    "topup_least", "topup_most", "topup_most_per_day",
    "withdrawal_least", "withdrawal_most", "withdrawal_most_per_day",
    "payout_approval_above",
)  # fmt: skip
NO_LIMIT = "off"


class Command(BaseCommand):
    help = "Change a marketplace's settings, or show them if none is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        for limit in LIMITS:
            option = f"--{limit.replace('_', '-')}"
            parser.add_argument(option, help=f"dollars, or '{NO_LIMIT}'")
        parser.add_argument(
            "--return-host",
            action="append",
            dest="return_hosts",
            metavar="HOST",
            help="where a payer may be sent afterwards; all of them are named anew",
        )
        parser.add_argument("--foreign-payer", choices=Payer.values)
        parser.add_argument("--topup-fee-bearer", choices=Bearer.values)

    def handle(self, *_: Any, name: str, **given: Any) -> None:
        marketplace = Marketplace.objects.filter(name=name).first()
        if marketplace is None:
            raise CommandError(f"there is no marketplace called {name}")
        try:
            with transaction.atomic():
                marketplace = tenants.configure(marketplace, by=OPERATOR, **_settings(given))
        except IntegrityError as error:
            raise CommandError(f"these do not fit together: {error.__cause__}") from None
        self._show(marketplace)

    def _show(self, marketplace: Marketplace) -> None:
        for what, bounds in limits.of(marketplace).items():
            for bound, amount in bounds.items():
                text = money.text(amount) if amount else NO_LIMIT
                self.stdout.write(f"{what}_{bound:<14} {text}")
        above = marketplace.payout_approval_above
        self.stdout.write(f"payout_approval_above {money.text(above) if above else NO_LIMIT}")
        self.stdout.write(f"return_hosts         {', '.join(marketplace.return_hosts) or 'none'}")
        self.stdout.write(f"foreign_payer        {marketplace.foreign_payer}")
        self.stdout.write(f"topup_fee_bearer     {marketplace.topup_fee_bearer}")


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """What was named, as columns. Raises `CommandError`."""
    named = ("return_hosts", "foreign_payer", "topup_fee_bearer")
    settings = {name: given[name] for name in named if given.get(name) is not None}
    if "return_hosts" in settings:
        settings["return_hosts"] = [_host(host) for host in settings["return_hosts"]]
    return settings | {name: _limit(given[name]) for name in LIMITS if given.get(name)}


def _limit(text: str) -> int | None:
    try:
        return None if text == NO_LIMIT else money.parse(text)
    except money.InvalidAmount as error:
        raise CommandError(f"'{text}': {error.message}") from None


def _host(text: str) -> str:
    if not text or set(text) & set("/:@?#\\ *"):
        raise CommandError(f"'{text}' is not a host name: no scheme, port, path or wildcard")
    return text.lower().rstrip(".")
