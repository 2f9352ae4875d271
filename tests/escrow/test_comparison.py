"""A contract against our books: every pair of standings, and to the stroop what is at stake."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrow import comparison
from escrow.comparison import Given, Ours, Piece
from escrow.surpluses import WORTH_FETCHING
from integrations.providers.ports import Contract, ContractKind, ContractMilestone, Roles
from ledger.compared import Difference

NOBODY = Roles(
    approver="", service_provider="", platform_address="", release_signer="",
    dispute_resolver="", receiver="",
)  # fmt: skip
FUNDED = Ours(
    escrow="esc_1", trail="ord_1", contract_id="C1", status="FUNDED", is_over=False,
    amount=1_000_000_000, platform_fee_bps=500, held=1_000_000_000, shown=1_000_000_000,
    pieces=(Piece(id="esc_1", amount=1_000_000_000, is_settled=False, is_raised=False),),
)  # fmt: skip
amounts = st.integers(min_value=1, max_value=10**12)


def contract(balance: int, *pieces: ContractMilestone, ours: Ours = FUNDED) -> Contract:
    return Contract(
        contract_id=ours.contract_id,
        kind=ContractKind.MULTI_RELEASE if len(pieces) > 1 else ContractKind.SINGLE_RELEASE,
        engagement_id=ours.escrow,
        amount=ours.amount,
        balance=balance,
        platform_fee_bps=ours.platform_fee_bps,
        roles=NOBODY,
        milestones=pieces or (piece(),),
    )


def piece(
    *flags: str, amount: int = 1_000_000_000, status: str = "", approved: bool = False
) -> ContractMilestone:
    set_ones = dict.fromkeys(("disputed", "released", "resolved"), False)
    set_ones |= dict.fromkeys(flags, True)
    return ContractMilestone(
        status=status, evidence="", approved=approved, amount=amount, receiver="", **set_ones
    )


def told(found: list[Difference]) -> list[tuple[str, str, int]]:
    return [(one.kind, one.subject, one.amount) for one in found]


def ended(ours: Ours = FUNDED, *, held: int = 0) -> Ours:
    pieces = tuple(replace(one, is_settled=True) for one in ours.pieces)
    return replace(ours, status="RELEASED", is_over=True, held=held, shown=held, pieces=pieces)


RAISED = replace(FUNDED, pieces=(replace(FUNDED.pieces[0], is_raised=True),))
WHOLE = 1_000_000_000


@pytest.mark.parametrize(
    ("ours", "flags", "balance", "found"),
    [
        (FUNDED, (), WHOLE, []),
        (FUNDED, ("released",), 0, [("contract_ended_by_another", "esc_1", WHOLE)]),
        (FUNDED, ("disputed", "resolved"), 0, [("contract_ended_by_another", "esc_1", WHOLE)]),
        (FUNDED, ("disputed",), WHOLE, [("contract_disputed_by_another", "esc_1", WHOLE)]),
        (RAISED, ("disputed",), WHOLE, []),
        (ended(), ("released",), 0, []),
        (ended(), (), 0, []),  # the flags are old, and the money has left
        (ended(), (), WHOLE, [("contract_not_ended", "esc_1", WHOLE)]),
        (FUNDED, (), 400_000_000, [("contract_short", "esc_1", 600_000_000)]),
        (FUNDED, (), WHOLE + 1, [("contract_beyond_books", "esc_1", 1)]),
        (ended(held=WHOLE), ("released",), WHOLE, [("money_left_in_contract", "esc_1", WHOLE)]),
        (ended(), ("released",), WORTH_FETCHING - 1, []),  # dust
        (ended(), ("released",), WORTH_FETCHING,
         [("contract_beyond_books", "esc_1", WORTH_FETCHING)]),
    ],
)  # fmt: skip
def test_every_pair_of_standings_is_judged(
    ours: Ours, flags: tuple[str, ...], balance: int, found: list[tuple[str, str, int]]
) -> None:
    assert told(comparison.compare(ours, contract(balance, piece(*flags)))) == found


def test_other_terms_than_were_deployed_are_found() -> None:
    other = replace(contract(WHOLE), platform_fee_bps=9_900)
    [found] = comparison.compare(FUNDED, other)
    assert (found.kind, found.observed["platform_fee_bps"]) == ("contract_differs", 9_900)


@given(gifts=st.lists(amounts, min_size=1, max_size=5), booked=st.integers(0, 5))
def test_foreign_money_is_told_gift_by_gift_and_only_what_is_not_booked(
    gifts: list[int], booked: int
) -> None:
    """The earlier ones may be booked already, as a surplus."""
    known, new = gifts[:booked], gifts[booked:]
    given = [Given(movement=f"mov_{n}", amount=amount) for n, amount in enumerate(gifts)]
    ours = replace(FUNDED, held=WHOLE + sum(known), given=given)
    found = comparison.compare(ours, contract(WHOLE + sum(gifts)))
    assert sorted(told(found)) == sorted(
        ("foreign_money_in_contract", f"mov_{n}", gifts[n]) for n in range(len(known), len(gifts))
    )
    assert sum(one.amount for one in found) == sum(new)


@given(
    sums=st.lists(amounts, min_size=2, max_size=6),
    settled=st.sets(st.integers(0, 5)),
    foreign=st.sets(st.integers(0, 5)),
    drift=st.integers(-5, 5),
)
def test_of_milestones_the_gap_is_told_once(
    sums: list[int], settled: set[int], foreign: set[int], drift: int
) -> None:
    """Some are settled by us, some by others, and the contract is off by a few stroops."""
    foreign -= settled
    ours_pieces = tuple(
        Piece(id=f"mls_{n}", amount=amount, is_settled=n in settled, is_raised=False)
        for n, amount in enumerate(sums)
    )
    held = sum(one.amount for one in ours_pieces if not one.is_settled)
    ours = replace(FUNDED, amount=sum(sums), held=held, pieces=ours_pieces)
    pieces = [
        piece(*(["released"] if n in settled | foreign else []), amount=amount)
        for n, amount in enumerate(sums)
    ]
    gone = sum(sums[n] for n in foreign if n < len(sums))
    balance = max(0, held - gone + drift)
    found = comparison.compare(ours, contract(balance, *pieces, ours=ours))
    by_others = {f"mls_{n}" for n in foreign if n < len(sums)}
    assert {one.subject for one in found if one.kind == "contract_ended_by_another"} == by_others
    is_empty = gone == ours.amount and balance == 0
    rest = [one.amount for one in found if one.kind in {"contract_short", "contract_beyond_books"}]
    expected = abs(balance - (held - gone))
    assert rest == ([expected] if expected and not is_empty else [])
