"""`post_many()`: every draft is answered as `post()` would answer it, and writes what it would.

| drafts of one batch, adjustments → available | answer              | Ada  | Ben  |
|----------------------------------------------|---------------------|------|------|
| Ada is given 5                               | posted              |    5 |    0 |
| Ada gives Ben 9                              | INSUFFICIENT_FUNDS  |    5 |    0 |
| Ada gives Ben 2                              | posted              |    3 |    2 |
| Ada is given 5, for the first draft's cause  | the first transfer  |    3 |    2 |
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import chart, proofs, refusals
from ledger.bulk import Draft, post_many
from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, PLATFORM_FEES, available
from ledger.events import SYSTEM
from ledger.models import Account, Book, Entry, Event, Transfer
from ledger.money import LARGEST
from ledger.posting import Leg, Posted, credit, debit, post
from ledger.refusals import Refused

pytestmark = pytest.mark.django_db

ADA, BEN, CLEO, DAN = (available(f"usr_{name}") for name in ("ada", "ben", "cleo", "dan"))
GOLD = chart.Account("gold", "", "XAU")


def open_book(name: str = "Bazaar") -> int:
    book = Book.objects.create(name=name).pk
    chart.open_accounts(book, [chart.Account(kind) for kind in chart.PER_BOOK])
    chart.open_accounts(book, [ADA, BEN, CLEO])
    return int(book)


@pytest.fixture
def book() -> int:
    return open_book()


def given_to(account: chart.Account, amount: int, cause: str) -> Draft:
    return Draft("gift", cause, [debit(ADJUSTMENTS, amount), credit(account, amount)])


def moved(source: chart.Account, target: chart.Account, amount: int, cause: str) -> Draft:
    return Draft("move", cause, [debit(source, amount), credit(target, amount)])


def posted(book: int, *drafts: Draft) -> list[Posted | Refused]:
    with transaction.atomic():
        return post_many(book, drafts, by=SYSTEM)


def told(answers: list[Posted | Refused]) -> list[Any]:
    """Each answer in short: a refusal's code, or whether it is new."""
    return [a.code if isinstance(a, Refused) else a.is_new for a in answers]


def balances(book: int) -> dict[chart.Account, int]:
    rows = Account.objects.of(book).exclude(version=0)
    return {chart.Account(a.kind, a.subject, a.asset): a.balance for a in rows}


def test_the_table(book: int) -> None:
    answers = posted(
        book,
        given_to(ADA, 5, "one"),
        moved(ADA, BEN, 9, "two"),
        moved(ADA, BEN, 2, "three"),
        given_to(ADA, 5, "one"),
    )
    assert told(answers) == [True, "INSUFFICIENT_FUNDS", True, False]
    assert answers[3].transfer == answers[0].transfer  # type: ignore[union-attr]
    assert balances(book) == {ADJUSTMENTS: -5, ADA: 3, BEN: 2}


def test_a_refusal_names_what_was_there_and_what_was_asked(book: int) -> None:
    [_, refused] = posted(book, given_to(ADA, 5, "one"), moved(ADA, BEN, 9, "two"))
    assert isinstance(refused, refusals.InsufficientFunds)
    assert refused.details == {
        "account": "available", "subject": "usr_ada", "available": 5, "requested": 9,
    }  # fmt: skip


def test_an_empty_batch_does_nothing(book: int) -> None:
    assert posted(book) == []
    assert not Event.objects.of(book).exists()


def test_a_transaction_is_the_callers(book: int) -> None:
    with pytest.raises(ProgrammingError):
        post_many(book, [given_to(ADA, 5, "one")], by=SYSTEM)


@pytest.mark.parametrize(
    ("draft", "code"),
    {
        "unknown": (given_to(available("usr_nobody"), 5, "x"), "UNKNOWN_ACCOUNT"),
        "foreign": (given_to(DAN, 5, "x"), "FOREIGN_ACCOUNT"),
        "mixed": (
            Draft("gift", "x", [debit(ADJUSTMENTS, 5), credit(GOLD, 5)]),
            "MIXED_ASSETS",
        ),
        "unbalanced": (
            Draft("gift", "x", [debit(ADJUSTMENTS, 5), credit(ADA, 4)]),
            "UNBALANCED_TRANSFER",
        ),
        "one leg": (Draft("gift", "x", [debit(ADJUSTMENTS, 5)]), "UNBALANCED_TRANSFER"),
        "empty": (Draft("gift", "x", []), "EMPTY_TRANSFER"),
        "zero": (given_to(ADA, 0, "x"), "EMPTY_TRANSFER"),
        "short": (moved(ADA, BEN, 1, "x"), "INSUFFICIENT_FUNDS"),
        "too large": (given_to(ADA, LARGEST + 1, "x"), "AMOUNT_OUT_OF_RANGE"),
        "overflowing": (given_to(BEN, LARGEST, "x"), "AMOUNT_OUT_OF_RANGE"),
        "known otherwise": (given_to(ADA, 2, "before"), "CAUSE_ALREADY_POSTED"),
        "twice otherwise": (given_to(ADA, 2, "first"), "CAUSE_ALREADY_POSTED"),
    }.values(),
)  # fmt: skip
def test_a_refused_draft_leaves_its_neighbours_alone(book: int, draft: Draft, code: str) -> None:
    other = open_book("Stranger")
    chart.open_accounts(other, [DAN])
    Account.across_books.create(
        book_id=book, kind="gold", asset="XAU", normal=-1, changed_at="2026-01-01T00:00Z"
    )
    posted(book, given_to(BEN, 1, "before"))

    answers = posted(book, given_to(BEN, 1, "first"), draft, given_to(BEN, 1, "last"))

    assert told(answers) == [True, code, True]
    assert balances(book) == {ADJUSTMENTS: -3, BEN: 3}
    assert Transfer.objects.of(book).count() == 3


def test_a_repeated_batch_answers_the_first_one(book: int) -> None:
    drafts = [given_to(ADA, 5, "one"), moved(ADA, BEN, 2, "two")]
    first = posted(book, *drafts)
    again = posted(book, *drafts)
    assert told(again) == [False, False]
    assert [a.transfer for a in again] == [a.transfer for a in first]  # type: ignore[union-attr]
    assert balances(book) == {ADJUSTMENTS: -5, ADA: 3, BEN: 2}


def test_the_transfers_of_post_are_known_to_it_and_the_other_way_round(book: int) -> None:
    draft = given_to(ADA, 5, "one")
    with transaction.atomic():
        first = post(book, "gift", cause="one", legs=list(draft.legs), by=SYSTEM)
    assert posted(book, draft) == [Posted(first.transfer, is_new=False)]
    [second] = posted(book, given_to(BEN, 1, "two"))
    with transaction.atomic():
        legs = [credit(BEN, 1), debit(ADJUSTMENTS, 1)]
        known = post(book, "gift", cause="two", legs=legs, by=SYSTEM)
    assert known == Posted(second.transfer, is_new=False)  # type: ignore[union-attr]


def test_money_that_came_earlier_in_the_batch_can_be_spent_and_money_that_comes_later_cannot(
    book: int,
) -> None:
    answers = posted(
        book, moved(ADA, BEN, 1, "early"), given_to(ADA, 1, "gift"), moved(ADA, BEN, 1, "late")
    )
    assert told(answers) == ["INSUFFICIENT_FUNDS", True, True]


def test_a_refused_draft_does_not_use_up_its_cause(book: int) -> None:
    answers = posted(
        book, moved(ADA, BEN, 1, "x"), given_to(ADA, 1, "gift"), moved(ADA, BEN, 1, "x")
    )
    assert told(answers) == ["INSUFFICIENT_FUNDS", True, True]


def test_one_batch_is_one_event(book: int) -> None:
    posted(book, given_to(ADA, 5, "one"), moved(ADA, BEN, 9, "two"), moved(ADA, BEN, 2, "three"))
    [event] = Event.objects.of(book)
    assert (event.type, event.payload["posted"]) == ("batch.posted", 2)
    assert event.payload["kinds"] == ["gift", "move"]


def test_a_batch_that_writes_nothing_is_no_event(book: int) -> None:
    posted(book, moved(ADA, BEN, 9, "two"))
    assert not Event.objects.of(book).exists()


def test_time_and_versions_grow_along_each_account(book: int) -> None:
    for batch in range(3):
        posted(book, *(given_to(ADA, 1, f"{batch}/{row}") for row in range(4)))
    entries = list(Entry.objects.filter(account__kind="available").order_by("version"))
    assert [e.version for e in entries] == list(range(1, 13))
    assert [e.balance_after for e in entries] == list(range(1, 13))
    times = [e.recorded_at for e in entries]
    assert times == sorted(times)


# -- The same answers and the same books as `post()`, whatever the batch is ----------------------

PLACES = [ADJUSTMENTS, PLATFORM_FEES, AIRTM_FLOAT, ADA, BEN, CLEO, available("usr_nobody")]
AMOUNTS = st.one_of(st.integers(-6, 6), st.sampled_from([LARGEST, -LARGEST, LARGEST + 1]))


@st.composite
def drafts(draw: Callable[..., Any]) -> Draft:
    legs = [
        Leg(draw(st.sampled_from(PLACES)), draw(AMOUNTS)) for _ in range(draw(st.integers(0, 3)))
    ]
    if draw(st.integers(0, 9)):  # else it balances by accident only
        legs.append(Leg(draw(st.sampled_from(PLACES[:-1])), -sum(leg.amount for leg in legs)))
    return Draft("any", draw(st.sampled_from("abcdefgh")), legs)


def one_by_one(book: int, batch: list[Draft]) -> list[Posted | Refused]:
    answers: list[Posted | Refused] = []
    for draft in batch:
        try:
            with transaction.atomic():
                legs = list(draft.legs)
                answers.append(post(book, draft.kind, cause=draft.cause, legs=legs, by=SYSTEM))
        except Refused as refused:
            answers.append(refused)
    return answers


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(drafts(), max_size=8), max_size=3))
def test_it_is_the_twin_of_post(db: None, batches: list[list[Draft]]) -> None:
    single, many = open_book("single"), open_book("many")
    for batch in batches:
        assert told(posted(many, *batch)) == told(one_by_one(single, batch))
        assert balances(many) == balances(single)
    assert written(many) == written(single)
    assert proofs.faults(book=many) == []


def written(book: int) -> list[Any]:
    """Every entry without what tells the books apart."""
    rows = Entry.objects.filter(transfer__book=book).order_by("id")
    fields = ("transfer__cause", "account__kind", "account__subject", "version", "amount")
    return list(rows.values_list(*fields, "balance_after"))


# -- Several at once ------------------------------------------------------------------------------


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads; what each of them returned or raised."""
    answers: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        try:
            answers[place] = acts[place]()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_batches_with_the_same_causes_at_once_post_each_cause_once() -> None:
    book = open_book()
    causes = [f"cause {n}" for n in range(60)]

    def batch(order: list[str]) -> Callable[[], Any]:
        return lambda: told(posted(book, *(given_to(ADA, 1, cause) for cause in order)))

    answers = together(*(batch(order) for order in [causes, causes[::-1]] * 3))
    assert sum(answer.count(True) for answer in answers) == 60
    assert balances(book) == {ADJUSTMENTS: -60, ADA: 60}


@pytest.mark.django_db(transaction=True)
def test_a_cause_that_somebody_else_posts_meanwhile_on_other_accounts_is_a_conflict() -> None:
    """The accounts do not meet, so only the cause can tell; the batch waits, and judges anew."""
    book = open_book()
    chart.open_accounts(book, [DAN])
    posted(book, given_to(ADA, 1, "funds"), given_to(BEN, 1, "more funds"))
    has_posted, may_commit = threading.Event(), threading.Event()

    def slow() -> Any:
        with transaction.atomic():
            legs = [debit(ADA, 1), credit(CLEO, 1)]
            answer = post(book, "move", cause="x", legs=legs, by=SYSTEM)
            has_posted.set()
            may_commit.wait(10)
        return answer.is_new

    def batch() -> Any:
        has_posted.wait(10)
        threading.Timer(0.3, may_commit.set).start()
        return told(posted(book, moved(BEN, DAN, 1, "x"), moved(BEN, DAN, 1, "y")))

    assert together(slow, batch) == [True, ["CAUSE_ALREADY_POSTED", True]]
