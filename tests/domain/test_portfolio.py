"""Adding up loses nothing, doubles nothing, and never hides what is missing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.identity import Symbol, mask_account
from kiwoomctl.domain.portfolio import (
    Position,
    average,
    common_basis,
    merge_lots,
    merge_symbols,
    percent,
    position_totals,
    total,
)

won = st.decimals(-(10**13), 10**13, places=0, allow_nan=False)
positive_won = st.decimals(0, 10**13, places=0, allow_nan=False)
maybe_won = st.none() | won
SYMBOLS = [Symbol(code) for code in ("005930", "0001A0", "33626K")]


def positions(amount: st.SearchStrategy[Decimal | None]) -> st.SearchStrategy[Position]:
    return st.builds(
        Position,
        symbol=st.sampled_from(SYMBOLS),
        name=st.just("삼성전자"),
        quantity=st.integers(0, 10**9),
        sellable_quantity=st.none() | st.integers(0, 10**9),
        average_price=st.none(),
        price=st.just(Decimal(70_000)),
        cost=amount,
        market_value=amount,
        unrealized_pnl=amount,
        unrealized_pnl_rate=st.none(),
        credit_type=st.sampled_from([None, "00", "03"]),
        loan_date=st.sampled_from([None, "2026-11-20"]),
        pnl_basis=st.just("net"),
        currency=st.just("KRW"),
    )


known = st.lists(positions(won), max_size=12)
partly_known = st.lists(positions(st.none() | won), max_size=12)


def lot(**changes: object) -> Position:
    base = Position(
        symbol=SYMBOLS[0],
        name="삼성전자",
        quantity=10,
        sellable_quantity=7,
        average_price=Decimal(70_000),
        price=Decimal(71_000),
        cost=Decimal(700_000),
        market_value=Decimal(710_000),
        unrealized_pnl=Decimal(8_000),
        unrealized_pnl_rate=Decimal("1.14"),
        credit_type="00",
    )
    return base._replace(**changes)  # type: ignore[arg-type]  # the tests name real fields


@given(known)
def test_merging_keeps_every_won_and_every_share(rows: list[Position]) -> None:
    held = [row for row in rows if row.quantity]
    for merged, source in ((merge_lots(rows), held), (merge_symbols(rows), rows)):
        assert sum(p.quantity for p in merged) == sum(p.quantity for p in source)
        for field in ("cost", "market_value", "unrealized_pnl"):
            assert total(getattr(p, field) for p in merged) == sum(
                getattr(p, field) for p in source
            )
        assert position_totals(merged).cost == position_totals(source).cost


@given(partly_known)
def test_merged_rows_are_unique_and_sold_out_ones_gone(rows: list[Position]) -> None:
    lots, symbols = merge_lots(rows), merge_symbols(rows)
    assert len({p.key for p in lots}) == len(lots)
    assert {p.key for p in lots} == {p.key for p in rows if p.quantity}
    assert all(p.quantity for p in lots)
    assert [p.symbol for p in symbols] == list(dict.fromkeys(p.symbol for p in rows))
    assert all(p.credit_type is None and p.loan_date is None for p in symbols)


@given(partly_known, st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_the_order(rows: list[Position], random: object) -> None:
    shuffled = rows[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    for merge in (merge_lots, merge_symbols):
        assert {p.key: p for p in merge(rows)} == {p.key: p for p in merge(shuffled)}


@given(partly_known)
def test_merging_twice_changes_nothing(rows: list[Position]) -> None:
    assert merge_lots(merge_lots(rows)) == merge_lots(rows)
    assert merge_symbols(merge_symbols(rows)) == merge_symbols(rows)


@given(partly_known)
def test_a_missing_figure_makes_its_sum_missing_and_no_other(rows: list[Position]) -> None:
    sums = position_totals(rows)
    for field in ("cost", "market_value", "unrealized_pnl"):
        values = [getattr(row, field) for row in rows]
        assert (getattr(sums, field) is None) == (None in values)
    for merged in merge_symbols(rows):
        group = [row for row in rows if row.symbol == merged.symbol]
        assert (merged.cost is None) == any(row.cost is None for row in group)
        missing = any(row.sellable_quantity is None for row in group)
        assert (merged.sellable_quantity is None) == missing


@given(st.lists(won | st.none()))
def test_a_total(values: list[Decimal | None]) -> None:
    sums = total(values)
    if None in values:
        assert sums is None
    else:
        assert sums == sum(value for value in values if value is not None)


def test_the_total_of_nothing_is_zero() -> None:
    assert total([]) == 0
    assert position_totals([]).cost == 0
    assert position_totals([]).unrealized_pnl_rate is None
    assert position_totals([]).pnl_basis is None


@given(maybe_won, maybe_won)
def test_percent(part: Decimal | None, whole: Decimal | None) -> None:
    share = percent(part, whole)
    if part is None or whole is None or whole <= 0:
        assert share is None
    else:
        assert share is not None
        assert abs(share - part * 100 / whole) <= Decimal("0.005")
        assert share == share.quantize(Decimal("0.01"))


def test_percent_is_rounded_half_up() -> None:
    assert percent(Decimal(1), Decimal(3)) == Decimal("33.33")
    assert percent(Decimal(2), Decimal(3)) == Decimal("66.67")
    assert percent(Decimal(125), Decimal(100_000)) == Decimal("0.13")
    assert percent(Decimal(-125), Decimal(100_000)) == Decimal("-0.13")
    assert percent(Decimal(0), Decimal(5)) == 0
    assert percent(Decimal(5), Decimal(0)) is None


@given(st.lists(positive_won, min_size=1, max_size=20))
def test_weights_make_a_whole(values: list[Decimal]) -> None:
    whole = total(values)
    weights = [percent(value, whole) for value in values]
    if whole is None or not whole:
        assert weights == [None] * len(values)
    else:
        told: list[Decimal] = [weight for weight in weights if weight is not None]
        assert len(told) == len(values)
        assert all(not weight.is_signed() for weight in told)
        assert abs(sum(told, Decimal(0)) - 100) <= Decimal("0.005") * len(values)


@given(positive_won, st.integers(1, 10**9))
def test_an_average_times_its_quantity_is_the_cost(cost: Decimal, quantity: int) -> None:
    price = average(cost, quantity)
    assert price is not None
    assert abs(price * quantity - cost) <= Decimal("0.5") * quantity


def test_an_average_of_nothing() -> None:
    assert average(None, 5) is None
    assert average(Decimal(5), 0) is None
    assert average(Decimal(5), 2) == 3


def test_two_lots_of_one_holding() -> None:
    (merged,) = merge_lots(
        [
            lot(),
            lot(
                quantity=5,
                sellable_quantity=5,
                average_price=Decimal(76_000),
                cost=Decimal(380_000),
                market_value=Decimal(355_000),
                unrealized_pnl=Decimal(-26_000),
                unrealized_pnl_rate=Decimal("-6.84"),
            ),
        ]
    )
    assert merged == lot(
        quantity=15,
        sellable_quantity=12,
        average_price=Decimal(72_000),
        cost=Decimal(1_080_000),
        market_value=Decimal(1_065_000),
        unrealized_pnl=Decimal(-18_000),
        unrealized_pnl_rate=Decimal("-1.67"),
    )


def test_one_lot_keeps_the_brokers_own_figures() -> None:
    odd = lot(average_price=Decimal(69_999), unrealized_pnl_rate=Decimal("9.99"))
    assert merge_lots([odd]) == (odd,)


def test_credit_types_and_loan_dates_are_holdings_of_their_own() -> None:
    rows = [lot(), lot(credit_type="03"), lot(credit_type="03", loan_date="2026-11-20")]
    assert merge_lots(rows) == tuple(rows)
    (one,) = merge_symbols(rows)
    assert (one.quantity, one.cost) == (30, Decimal(2_100_000))


def test_a_name_or_price_told_once_is_enough() -> None:
    (merged,) = merge_lots([lot(name="", price=None), lot()])
    assert (merged.name, merged.price) == ("삼성전자", Decimal(71_000))
    (merged,) = merge_lots([lot(price=None), lot(price=None)])
    assert merged.price is None


def test_a_total_over_two_bases_says_mixed() -> None:
    net, gross = lot(), lot(pnl_basis="gross")
    assert common_basis([net, net]) == "net"
    assert common_basis([net, gross]) == "mixed"
    assert common_basis([]) is None
    assert position_totals([gross]).pnl_basis == "gross"
    assert merge_symbols([net, gross])[0].pnl_basis == "mixed"


@pytest.mark.parametrize(
    ("number", "masked"),
    [("8012345611", "80******11"), ("12345", "12*45"), ("1234", "****"), ("", ""), (None, None)],
)
def test_an_account_number_is_masked(number: str | None, masked: str | None) -> None:
    assert mask_account(number) == masked
