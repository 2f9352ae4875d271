"""Buyers with more money than they will need, straight into the tables; and whether it adds up."""

from django.db import transaction

EACH = 10**12  # stroops


def funded_buyers(count: int) -> list[str]:
    """So many of them, by id, in the book of the sandbox's own marketplace."""
    from integrations.marketplaces import users  # noqa: PLC0415 – Django is set up by now
    from integrations.marketplaces.models import Marketplace  # noqa: PLC0415
    from ledger.bulk import Draft, post_many  # noqa: PLC0415
    from ledger.chart import ADJUSTMENTS, available  # noqa: PLC0415
    from ledger.events import SYSTEM  # noqa: PLC0415
    from ledger.posting import credit, debit  # noqa: PLC0415

    book = Marketplace.objects.get(name="Bazaar").book_id
    with transaction.atomic():
        people = [
            users.create(book=book, external_id=f"bench-{n}", type="BOTH", by=SYSTEM)[0].id
            for n in range(count)
        ]
        drafts = [
            Draft("funds", user, [debit(ADJUSTMENTS, EACH), credit(available(user), EACH)])
            for user in people
        ]
        post_many(book, drafts, by=SYSTEM)
    return people


def books_balance() -> bool:
    """Whether the proofs find nothing at all."""
    from ledger import proofs  # noqa: PLC0415 – Django is set up by now

    return not proofs.faults()
