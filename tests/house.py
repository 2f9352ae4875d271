"""A house full of work: one of every record that operators meet, made through the front door."""

from dataclasses import dataclass

from celery import current_app
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from tests.cast import Api, Sale, Worker
from tests.seeding import Beginnings

SCRIPT = "<script>alert(1)</script>"
QUARREL = {
    "opened_by": "BUYER", "reason": "QUALITY_ISSUE", "description": SCRIPT,
    "evidence": [{"url": "https://example.com/shot.png", "note": SCRIPT}],
}  # fmt: skip
PIECES = [
    {"ref": "draft", "title": "A draft", "amount": "50.00"},
    {"ref": "logo", "title": SCRIPT, "amount": "50.00"},
]


@dataclass
class House:
    """What is in it: public ids, each in the state that its name says."""

    sale: Sale
    paid: str = ""  # a top-up
    awaited: str = ""  # a top-up that nobody has paid yet
    agreed: str = ""  # orders from here
    running: str = ""
    sold: str = ""
    gig: str = ""
    dispute: str = ""
    withdrawn: str = ""  # withdrawals from here
    wished: str = ""
    held_back: str = ""
    clearance: str = ""  # the approval that `held_back` waits for
    finding: str = ""

    @property
    def worker(self) -> Worker:
        return self.sale.worker


def furnished(beginnings: Beginnings) -> House:
    """Build it: `live_server`, or another one at PUBLIC_URL, must answer."""
    current_app.loader.import_default_modules()
    worker = Worker()
    worker.forget()
    told = beginnings.seed()
    house = House(Sale(Api(told["base_url"], told["api_key"]), worker))
    for furnish in (_money, _orders, _gig, _payouts, _strays, _cases):
        furnish(house)
    return house


def _money(house: House) -> None:
    sale = house.sale
    sale.begin()
    sale.top_up("900.00")
    house.paid = sale.topup
    house.awaited = sale.api.made("topups", {"user_id": sale.ada, "amount": "75.00"})["id"]
    sale.worker.settle()


def _orders(house: House) -> None:
    sale = house.sale
    house.agreed = sale.agree("10.00")
    orders = [sale.agree("100.00") for _ in range(3)]
    for order in orders:
        sale.api.made(f"orders/{order}/checkout")
    sale.worker.settle()
    house.running, house.sold, disputed = orders
    house.dispute = sale.api.made(f"orders/{disputed}/disputes", QUARREL)["id"]
    sale.order = house.sold
    sale.deliver()
    sale.release()


def _gig(house: House) -> None:
    sale = house.sale
    body = {"buyer_id": sale.ada, "seller_id": sale.ben, "amount": "100.00", "currency": "USD",
            "title": "Stationery", "milestones": PIECES}  # fmt: skip
    house.gig = sale.api.made("orders", body)["id"]
    sale.api.made(f"orders/{house.gig}/checkout")
    sale.worker.settle()


def _payouts(house: House) -> None:
    from integrations.marketplaces.models import Marketplace  # noqa: PLC0415 – settings are read
    from ledger.models import Approval  # noqa: PLC0415
    from ledger.money import parse  # noqa: PLC0415

    sale = house.sale
    Marketplace.objects.filter(name="Bazaar").update(payout_approval_above=parse("20.00"))
    house.withdrawn, house.held_back, house.wished = (
        sale.ask_for(amount) for amount in ("10.00", "50.00", "11.00")
    )
    for withdrawal in (house.withdrawn, house.held_back):
        sale.api.made(f"withdrawals/{withdrawal}/commit")
    sale.worker.settle()
    house.clearance = Approval.across_books.get(subject=house.held_back).pk
    words = ("Bazaar", "80.00", "--reference", "wd-9", "--reason", "sales run high")
    call_command("move_treasury", "--by", "olga", "from-airtm", *words, verbosity=0)


def _strays(house: House) -> None:
    from integrations.providers.models import Wallet  # noqa: PLC0415
    from integrations.providers.stellar import feed  # noqa: PLC0415
    from integrations.simulators.stellar.gifts import pay_from_stranger  # noqa: PLC0415
    from ledger.money import DOLLAR  # noqa: PLC0415

    feed.begin()
    treasury = Wallet.across_books.get(role="TREASURY", book__name="Bazaar")
    adas = Wallet.across_books.get(holder=house.sale.ada)
    for address in (treasury.address, adas.address):
        pay_from_stranger(address, amount=7 * DOLLAR)
    feed.follow()


def _cases(house: House) -> None:
    from escrow import obstacles  # noqa: PLC0415
    from escrow.models import Escrow  # noqa: PLC0415
    from integrations.marketplaces.models import Marketplace  # noqa: PLC0415
    from integrations.providers.models import Inbound  # noqa: PLC0415
    from ledger.findings import find  # noqa: PLC0415
    from ledger.models import Finding  # noqa: PLC0415

    book = Marketplace.objects.get(name="Bazaar").book_id
    escrow = Escrow.across_books.get(order=house.running)
    with transaction.atomic():
        find(book=book, kind="odd", subject=house.sale.ben, amount=1_234_500_000)
        find(book=book, kind=obstacles.NOT_OURS_TO_GIVE, subject=escrow.pk, trail=house.running)
    house.finding = Finding.across_books.get(kind="odd").pk
    newest = Inbound.objects.order_by("-pk")[:1].values("pk")
    given_up = {"given_up_at": timezone.now(), "absorbed_at": None}
    Inbound.objects.filter(pk__in=newest).update(**given_up)
