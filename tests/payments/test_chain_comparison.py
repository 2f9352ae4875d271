"""Two lists of the same ledgers: whatever one lacks, has too much or otherwise is told, once."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from payments.chain_comparison import Kind, Moved, compare

MOVED = Moved(
    place=(1, 0, "IN"), ledger=0, tx_hash="h", address="G1", counterparty="G2", asset="USDC",
    amount=50,
)  # fmt: skip
places = st.tuples(st.integers(1, 6), st.integers(0, 1), st.sampled_from(["IN", "OUT"]))
lists = st.dictionaries(places, st.integers(1, 3)).map(
    lambda rows: [replace(MOVED, place=place, amount=amount) for place, amount in rows.items()]
)


@given(lists)
def test_the_same_list_differs_in_nothing(listed: list[Moved]) -> None:
    assert list(compare(ours=listed, theirs=listed[::-1])) == []


@given(ours=lists, theirs=lists)
def test_the_gaps_are_just_what_leads_from_one_list_to_the_other(
    ours: list[Moved], theirs: list[Moved]
) -> None:
    mended = {one.place: one for one in ours}
    for gap in compare(ours=ours, theirs=theirs):
        if gap.theirs is None:
            assert gap.ours
            assert gap.kind == Kind.NOT_ON_CHAIN
            del mended[gap.ours.place]
        else:
            assert (gap.kind == Kind.NOT_BOOKED) == (gap.ours is None)
            mended[gap.theirs.place] = gap.theirs
    assert mended == {one.place: one for one in theirs}


@given(ours=lists, theirs=lists)
def test_the_sums_at_stake_come_to_what_the_lists_differ_by(
    ours: list[Moved], theirs: list[Moved]
) -> None:
    gaps = sum(gap.amount for gap in compare(ours=ours, theirs=theirs))
    assert gaps == held(theirs) - held(ours)


def held(listed: list[Moved]) -> int:
    return sum(one.amount if one.place[2] == "IN" else -one.amount for one in listed)
