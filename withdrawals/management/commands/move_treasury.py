"""`manage.py move_treasury`: the platform's own money between Airtm and Stellar, step by step."""

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from integrations.marketplaces.models import Marketplace
from ledger.events import Actor
from ledger.money import STROOPS, parse, text
from ledger.refusals import Refused
from withdrawals import rails
from withdrawals.models import TreasuryMove


class Command(BaseCommand):
    help = "Move the platform's money between the rails, and say where it was seen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="the operator who decides")
        steps = parser.add_subparsers(dest="step", required=True)
        leave = steps.add_parser("to-airtm", help="pay from the treasury to Airtm")
        _names_a_sum(leave)
        take = steps.add_parser("from-airtm", help="record what Airtm was asked to pay out to us")
        _names_a_sum(take)
        take.add_argument("--reference", required=True, help="Airtm's id of that withdrawal")
        come = steps.add_parser("arrived", help="say where a move was seen to arrive")
        come.add_argument("move")
        come.add_argument("--reference", required=True, help="the hash, or Airtm's deposit id")
        come.add_argument("--amount", help="what Airtm shows; on chain it is looked up")
        back = steps.add_parser("came-back", help="say that a move is where it came from")
        back.add_argument("move")
        back.add_argument("--reference", default="", help="the hash, if it comes over the chain")
        back.add_argument("--reason", required=True)

    def handle(self, *_: Any, **given: Any) -> None:
        try:
            move = _STEPS[given["step"]](Namespace(**given), Actor(f"operator:{given['by']}"))
        except Refused as refused:
            raise CommandError(f"{refused.code}: {refused.message}") from refused
        lost = f", {text(move.fee)} lost on the way" if move.fee else ""
        self.stdout.write(f"{move.id} {move.route} {text(move.amount)} {move.status}{lost}")


def _names_a_sum(parser: ArgumentParser) -> None:
    parser.add_argument("marketplace", help="its name")
    parser.add_argument("amount", help="in USD, as in 250.00")
    parser.add_argument("--reason", required=True)


def _to_airtm(given: Namespace, by: Actor) -> TreasuryMove:
    book, amount = _book(given.marketplace), parse(given.amount, decimals=STROOPS)
    with transaction.atomic():
        return rails.to_airtm(book, amount, reason=given.reason, by=by)


def _from_airtm(given: Namespace, by: Actor) -> TreasuryMove:
    book, amount = _book(given.marketplace), parse(given.amount)
    facts = {"reference": given.reference, "reason": given.reason}
    with transaction.atomic():
        return rails.from_airtm(book, amount, **facts, by=by)


def _arrived(given: Namespace, by: Actor) -> TreasuryMove:
    move = _move(given.move)
    if move.route != TreasuryMove.Route.TO_AIRTM:
        with transaction.atomic():
            return rails.arrived_on_chain(move, tx_hash=given.reference, by=by)
    if given.amount is None:
        raise CommandError("say with --amount what Airtm shows")
    with transaction.atomic():
        amount = parse(given.amount, decimals=STROOPS)
        return rails.arrived_at_airtm(move, amount=amount, reference=given.reference, by=by)


def _came_back(given: Namespace, by: Actor) -> TreasuryMove:
    with transaction.atomic():
        facts = {"reason": given.reason, "tx_hash": given.reference}
        return rails.came_back(_move(given.move), **facts, by=by)


_STEPS = {
    "to-airtm": _to_airtm,
    "from-airtm": _from_airtm,
    "arrived": _arrived,
    "came-back": _came_back,
}


def _book(name: str) -> int:
    found = Marketplace.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"there is no marketplace called {name}")
    return int(found.book_id)


def _move(pk: str) -> TreasuryMove:
    found: TreasuryMove | None = TreasuryMove.across_books.filter(pk=pk).first()
    if found is None:
        raise CommandError(f"there is no move {pk}")
    return found
