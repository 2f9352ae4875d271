"""Killed between a commit and the wake-up that follows it: the work is found by its state alone."""

import pytest

from integrations.providers.models import AirtmLink
from tests.cast import Sale
from tests.crashes.mortal import Mortal
from tests.journeys.test_one_sale import row
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def forgetful_sale(doomed_sale: Sale, mortal: Mortal) -> Sale:
    """A sale in which no act of the marketplace ever wakes anybody."""
    doomed_sale.worker = Forgetful(mortal)  # type: ignore[assignment]
    return doomed_sale


class Forgetful:
    """Starts to work only when the message that told it to has been lost, and dies of it."""

    def __init__(self, mortal: Mortal) -> None:
        self.mortal = mortal

    def settle(self) -> None:
        self.mortal.lose_every_message()
        self.mortal.start_again()
        self.mortal.settle()
        self.mortal.kill()


def test_c03_c16_c17_c22_sweep_alone_brings_every_act_to_its_end(
    forgetful_sale: Sale, mortal: Mortal
) -> None:
    sale = forgetful_sale
    sale.begin()
    assert set(AirtmLink.across_books.values_list("status", flat=True)) == {"LINKED"}
    sale.top_up("150.00")
    sale.check_out("100.00")
    sale.deliver()
    sale.release()
    withdrawal = sale.ask_for("94.70")
    sale.api.made(f"withdrawals/{withdrawal}/commit")
    sale.worker.settle()
    assert row(sale) == ["50.00", "0.00", "0.00", "0.00", "5.30", "0.30", "1055.30"]
    assert Withdrawal.across_books.get().status == "COMPLETED"
