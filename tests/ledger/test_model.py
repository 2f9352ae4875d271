"""The real ledger beside a model of it: the same balances, the same refusals, clean proofs."""

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ledger import allocations, holds, proofs
from ledger.bulk import Draft, post_many
from ledger.chart import (
    ADJUSTMENTS,
    AIRTM_FLOAT,
    PLATFORM_FEES,
    PROVIDER_FEES,
    Account,
    available,
    reserved,
    wallet,
)
from ledger.events import SYSTEM
from ledger.models import Account as Row
from ledger.models import Hold, Transfer
from ledger.money import LARGEST
from ledger.posting import Leg, post, reverse
from ledger.refusals import Refused
from tests.ledger.books import open_books
from tests.ledger.model import AGAIN, NEW, Legs, Model, mirrored

ADA, BEN = "usr_ada", "usr_ben"
FLOAT, WALLET = AIRTM_FLOAT, wallet("GTREASURY")
OPEN = (available(ADA), available(BEN), FLOAT, PLATFORM_FEES, PROVIDER_FEES, ADJUSTMENTS)
EUROS = available(ADA)._replace(asset="EUR")
UNKNOWN, FOREIGN = available("usr_unknown"), available("usr_foreign")

amounts = st.one_of(
    st.integers(1, 100), st.integers(0, 3), st.sampled_from([LARGEST, LARGEST // 2, 10**9])
)
signs = st.sampled_from([1, -1])
places = st.sampled_from(OPEN)


@st.composite
def transfers(draw: st.DrawFn) -> Legs:
    """Mostly a sound transfer; now and then one that is wrong in some way."""
    wrong = draw(st.sampled_from(["", "", "", "", "", "", "account", "asset", "sum"]))
    legs = draw(st.lists(st.tuples(places, signs, amounts), min_size=1, max_size=3))
    signed = [(place, sign * amount) for place, sign, amount in legs]
    rest = sum(amount for _, amount in signed)
    last = {"account": st.sampled_from([UNKNOWN, FOREIGN]), "asset": st.just(EUROS)}
    signed.append((draw(last.get(wrong, places)), -rest + (wrong == "sum")))
    moved = Counter[Account]()
    for place, amount in signed:
        moved[place] += abs(amount)
    assume(max(moved.values()) <= LARGEST)  # more than that in one transfer is nobody's money
    return tuple(signed)


class Crash(Exception):
    """The process dies before it commits."""


class Ledger(RuleBasedStateMachine):
    """Every rule asks the real ledger and the model, and both must say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.books, stranger = open_books(), open_books("Stranger")
        self.books.user(ADA)
        self.books.user(BEN)
        stranger.user("usr_foreign")
        self.books.open(WALLET, EUROS)
        accounts = (*OPEN, WALLET, EUROS, reserved(ADA), reserved(BEN))
        self.model = Model(dict.fromkeys(accounts, 0), elsewhere={FOREIGN})
        self.causes = (f"{self.book}-{number}" for number in itertools.count(1))
        self.holds: list[Hold] = []
        self.promised: dict[str, int] = {}

    @property
    def book(self) -> int:
        return self.books.number

    @rule(legs=transfers(), crash=st.booleans())
    def a_transfer(self, legs: Legs, crash: bool) -> None:  # noqa: FBT001
        self.both_post("transfer", next(self.causes), legs, crash=crash)

    @rule(user=st.sampled_from([ADA, BEN]), amount=st.integers(1, 1_000))
    def a_topup(self, user: str, amount: int) -> None:
        legs = ((FLOAT, amount), (available(user), -amount))
        self.both_post("topup", next(self.causes), legs)

    @rule(which=st.integers(0, 99), change=st.booleans(), crash=st.booleans())
    def a_cause_comes_again(self, which: int, change: bool, crash: bool) -> None:  # noqa: FBT001
        if not self.model.posted:
            return
        (kind, cause), legs = list(self.model.posted.items())[which % len(self.model.posted)]
        if change:
            legs = (*legs, (FLOAT, 1), (ADJUSTMENTS, -1))
        self.both_post(kind, cause, legs[::-1], crash=crash)

    @rule(
        batch=st.lists(st.tuples(transfers(), st.integers(0, 3)), min_size=1, max_size=6),
        crash=st.booleans(),
    )
    def a_batch(self, batch: list[tuple[Legs, int]], crash: bool) -> None:  # noqa: FBT001
        """Some of its drafts name the same cause, or one that was posted long ago."""
        old = [cause for kind, cause in self.model.posted if kind == "transfer"][:1]
        fresh = [*old, *itertools.islice(self.causes, 4 - len(old))]
        drafts = [("transfer", fresh[place], legs) for legs, place in batch]

        def act() -> list[str]:
            wanted = [Draft(kind, cause, real(legs)) for kind, cause, legs in drafts]
            answers = post_many(self.book, wanted, by=SYSTEM)
            return [one.code if isinstance(one, Refused) else told(one) for one in answers]

        self.both(act, lambda model: [model.post(*draft) for draft in drafts], crash=crash)

    @rule(which=st.integers(0, 99), crash=st.booleans())
    def a_transfer_is_reversed(self, which: int, crash: bool) -> None:  # noqa: FBT001
        """Free ones alone: a hold or a promise that lost its money would be a fault."""
        free = [(cause, legs) for (kind, cause), legs in self.model.posted.items()
                if kind in {"transfer", "topup"}]  # fmt: skip
        if not free:
            return
        cause, legs = free[which % len(free)]
        transfer = Transfer.objects.of(self.book).get(kind__in=["transfer", "topup"], cause=cause)

        def act() -> str:
            return told(reverse(self.book, transfer.id, by=SYSTEM))

        def expected(model: Model) -> str:
            verdict = model.post("reversal", transfer.id, mirrored(legs))
            return "ALREADY_REVERSED" if verdict == AGAIN else verdict

        self.both(act, expected, crash=crash)

    @rule(user=st.sampled_from([ADA, BEN]), amount=amounts.filter(bool), crash=st.booleans())
    def money_is_held(self, user: str, amount: int, crash: bool) -> None:  # noqa: FBT001
        opened: list[Hold] = []

        def act() -> str:
            purpose = next(self.causes)
            hold = holds.open_for(
                book=self.book, user=user, purpose=purpose, amount=amount, expires_at=None,
                by=SYSTEM,
            )  # fmt: skip
            opened.append(hold)
            return self.post("reserve", hold.id, kept(user, amount))

        def expected(model: Model) -> str:
            return model.post("reserve", opened[0].id, kept(user, amount))

        if self.both(act, expected, crash=crash) == NEW:
            self.holds += opened

    @rule(
        which=st.integers(0, 99),
        end=st.sampled_from(["void", "expire", "post", "part"]),
        crash=st.booleans(),
    )
    def a_hold_ends(self, which: int, end: str, crash: bool) -> None:  # noqa: FBT001
        """Whatever has ended before cannot end again."""
        if not self.holds:
            return
        hold = Hold.objects.of(self.book).get(pk=self.holds[which % len(self.holds)].pk)
        is_open = hold.status == Hold.Status.OPEN
        paid = {"post": hold.amount, "part": hold.amount // 2 + 1}.get(end, 0)
        legs = {
            end if end in {"void", "expire"} else "rest": given_back(hold.user, hold.amount - paid),
            "settled": ((reserved(hold.user), paid), (available(BEN), -paid)),
        }
        causes = {"settled": next(self.causes)}  # an escrow's, as a rule

        def act() -> list[str] | str:
            if paid:
                holds.post(hold, amount=paid, by=SYSTEM)
            else:
                (holds.void if end == "void" else holds.expire)(hold, by=SYSTEM)
            return [
                self.post(kind, causes.get(kind, hold.id), moved)
                for kind, moved in legs.items()
                if moved[0][1]
            ]

        def expected(model: Model) -> list[str] | str:
            if not is_open:
                return "INVALID_STATE"
            return [
                model.post(kind, causes.get(kind, hold.id), moved)
                for kind, moved in legs.items()
                if moved[0][1]
            ]

        self.both(act, expected, crash=crash)

    @rule(amount=st.integers(1, 1_000))
    def a_deposit(self, amount: int) -> None:
        legs = ((WALLET, amount), (available(BEN), -amount))
        self.both_post("deposit", next(self.causes), legs)

    @rule(amount=st.integers(1, 1_500), crash=st.booleans())
    def a_part_of_the_wallet_is_promised(self, amount: int, crash: bool) -> None:  # noqa: FBT001
        operation = next(self.causes)

        def act() -> str:
            allocations.open_for(book=self.book, name=WALLET, operation=operation, amount=amount)
            return NEW

        def expected(model: Model) -> str:
            free = model.balances[WALLET] - sum(self.promised.values())
            return NEW if amount <= free else "NOTHING_FREE"

        if self.both(act, expected, crash=crash) == NEW:
            self.promised[operation] = amount

    @rule(paid=st.booleans(), crash=st.booleans())
    def a_promise_is_kept_or_given_up(self, paid: bool, crash: bool) -> None:  # noqa: FBT001
        if not self.promised:
            return
        operation, amount = next(iter(self.promised.items()))
        legs = ((ADJUSTMENTS, amount), (WALLET, -amount))

        def act() -> str:
            answer = self.post("payout", operation, legs) if paid else NEW
            allocations.close(operation)
            return answer

        def expected(model: Model) -> str:
            return model.post("payout", operation, legs) if paid else NEW

        if self.both(act, expected, crash=crash) == NEW:
            del self.promised[operation]

    @invariant()
    def balances_agree(self) -> None:
        rows = Row.objects.of(self.book).values_list("kind", "subject", "asset", "balance")
        actual = {Account(*name): balance for *name, balance in rows}
        assert {name: actual[name] for name in self.model.balances} == self.model.balances
        assert sum(actual.values()) - sum(self.model.balances.values()) == 0

    def teardown(self) -> None:
        assert proofs.faults(book=self.book) == []

    def both_post(self, kind: str, cause: str, legs: Legs, *, crash: bool = False) -> None:
        self.both(
            lambda: self.post(kind, cause, legs),
            lambda model: model.post(kind, cause, legs),
            crash=crash,
        )

    def both(
        self, act: Callable[[], Any], expected: Callable[[Model], Any], *, crash: bool = False
    ) -> Any:
        """The ledger's answer, which must be the model's; a crash leaves neither changed."""
        copy = Model(dict(self.model.balances), self.model.elsewhere, dict(self.model.posted))
        answer = None
        try:
            with transaction.atomic():
                answer = act()
                if crash:
                    raise Crash
        except Crash:
            pass
        except Refused as refused:
            answer = refused.code
        assert answer == expected(copy)
        if not crash:
            self.model = copy
        return None if crash else answer

    def post(self, kind: str, cause: str, legs: Legs) -> str:
        return told(post(self.book, kind, cause=cause, legs=real(legs), by=SYSTEM))


def real(legs: Legs) -> list[Leg]:
    return [Leg(account, amount) for account, amount in legs]


def told(posted: Any) -> str:
    return NEW if posted.is_new else AGAIN


def kept(user: str, amount: int) -> Legs:
    return ((available(user), amount), (reserved(user), -amount))


def given_back(user: str, amount: int) -> Legs:
    return ((reserved(user), amount), (available(user), -amount))


@pytest.mark.django_db(transaction=True)
def test_the_ledger_and_its_model_never_disagree() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )
