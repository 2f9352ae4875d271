"""Linking: whose Airtm account an address is, checked again, and never somebody else's."""

import pytest

from integrations.marketplaces.models import User
from integrations.providers.models import AirtmLink
from integrations.simulators.models import AirtmPerson
from ledger.models import Event
from tests.airtm import Airtm
from tests.cast import Api, Worker
from tests.shop import Shop, refused

pytestmark = pytest.mark.django_db(transaction=True)


def link_of(airtm: Airtm, user: str = "") -> dict[str, str]:
    link: dict[str, str] = airtm.api.seen(f"users/{user or airtm.ada}/airtm/link")
    return link


def test_a_linked_account_shows_what_airtm_says_of_it_and_when(airtm: Airtm) -> None:
    link = link_of(airtm)
    assert (link["status"], link["country"], link["is_verified"]) == ("LINKED", "VEN", True)
    assert link["checked_at"]


def test_asked_again_for_the_same_address_it_is_checked_anew(airtm: Airtm) -> None:
    before = link_of(airtm)["checked_at"]
    AirtmPerson.objects.filter(email="ada@example.com").update(is_verified=False)
    answer = airtm.api.post(f"users/{airtm.ada}/airtm/link", {"email": "Ada@example.com"})
    assert (answer.status_code, answer.json()["status"]) == (202, "LINKING")
    airtm.worker.settle()
    link = link_of(airtm)
    assert (link["status"], link["is_verified"]) == ("LINKED", False)
    assert link["checked_at"] > before


def test_an_account_that_was_closed_meanwhile_is_refused_and_free_again(airtm: Airtm) -> None:
    AirtmPerson.objects.filter(email="ada@example.com").update(standing="INACTIVE")
    airtm.api.made(f"users/{airtm.ada}/airtm/link", {"email": "ada@example.com"})
    airtm.worker.settle()
    assert (link_of(airtm)["status"], link_of(airtm)["refusal"]["code"]) == (
        "REFUSED",
        "NOT_ACTIVE",
    )
    assert AirtmLink.across_books.get(holder=airtm.ada).reference == ""
    refusal = airtm.api.post("topups", {"user_id": airtm.ada, "amount": "1.00"})
    assert refusal.json()["error"]["code"] == "AIRTM_USER_NOT_LINKED"
    AirtmPerson.objects.filter(email="ada@example.com").update(standing="ACTIVE")
    airtm.api.made(f"users/{airtm.ada}/airtm/link", {"email": "ada@example.com"})
    airtm.worker.settle()
    assert link_of(airtm)["status"] == "LINKED"


def test_w31_two_users_never_share_an_account(airtm: Airtm) -> None:
    twin = airtm.link("ada@example.com", name="twin")
    link = link_of(airtm, twin)
    assert (link["status"], link["refusal"]["code"]) == ("REFUSED", "LINKED_TO_ANOTHER")
    assert link_of(airtm)["status"] == "LINKED"


def test_w31_an_address_that_another_account_has_now_is_not_followed(airtm: Airtm) -> None:
    AirtmPerson.objects.filter(email="ada@example.com").update(email="moved@example.com")
    AirtmPerson.objects.filter(email="cleo@example.com").update(email="ada@example.com")
    airtm.api.made(f"users/{airtm.ada}/airtm/link", {"email": "ada@example.com"})
    airtm.worker.settle()
    assert link_of(airtm)["refusal"]["code"] == "ACCOUNT_REPLACED"
    assert airtm.findings() == ["airtm_account_replaced"]


@pytest.mark.parametrize(
    ("email", "code"), [("nobody@example.com", "NOT_FOUND"), ("banned@example.com", "NOT_ACTIVE")]
)
def test_a_refusal_says_why(airtm: Airtm, email: str, code: str) -> None:
    other = airtm.link(email, name="other")
    link = link_of(airtm, other)
    assert (link["status"], link["refusal"]["code"]) == ("REFUSED", code)
    assert link["refusal"]


def test_what_airtm_cannot_say_now_is_asked_again(airtm: Airtm) -> None:
    airtm.fault("fail_calls", call="GET /users")
    ben = airtm.link("ben@example.com", name="ben")
    assert link_of(airtm, ben)["status"] == "LINKING"
    airtm.pass_time(seconds=11)
    assert link_of(airtm, ben)["status"] == "LINKED"
    assert Event.across_books.filter(type="user.airtm_linked", trail=ben).count() == 1


def test_a_marketplace_without_an_airtm_account_is_told_so(shop: Shop) -> None:
    cleo = shop.user("cleo", linked=False)
    answer = shop.post(f"users/{cleo.id}/airtm/link", {"email": "cleo@example.com"})
    refused(answer, 409, "PROVIDER_NOT_CONFIGURED")
    assert not AirtmLink.across_books.exists()


def test_another_marketplace_links_the_same_person_for_itself(
    airtm: Airtm, stranger: Api, worker: Worker
) -> None:
    theirs = Airtm(stranger, worker)
    user = theirs.link()
    assert link_of(theirs, user)["status"] == "LINKED"
    assert User.across_books.count() == 2
