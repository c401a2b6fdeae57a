"""Each share once, however lists told it."""

from __future__ import annotations

from decimal import Decimal

from kiwoomctl.domain.filled import counted, shares_moved
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import Fill

SAMSUNG = Symbol("005930")


def fill(
    quantity: int,
    fill_id: str | None = None,
    *,
    number: str = "7",
    commission: int | None = None,
    side: str = "buy",
) -> Fill:
    return Fill(
        number=number,
        fill_id=fill_id,
        symbol=SAMSUNG,
        name="삼성전자",
        side=side,  # type: ignore[arg-type]  # one of the two
        quantity=quantity,
        price=Decimal(100),
        amount=Decimal(100 * quantity),
        commission=None if commission is None else Decimal(commission),
        tax=None if commission is None else Decimal(0),
        filled_at=None,
    )


def test_a_sum_and_its_single_fills_are_one_order() -> None:
    singles = [fill(3, "1"), fill(4, "2")]
    assert counted([fill(7), *singles]) == tuple(singles)
    assert counted([*singles, fill(7)]) == tuple(singles)


def test_the_sum_that_knows_its_costs_stands_for_fills_that_do_not() -> None:
    assert counted([fill(3, "1"), fill(4, "2"), fill(7, commission=5)]) == (fill(7, commission=5),)


def test_a_sum_that_grew_and_costs_that_came_later_count_once() -> None:
    assert counted([fill(3), fill(7), fill(5)]) == (fill(7),)
    assert counted([fill(7), fill(7, commission=5), fill(7)]) == (fill(7, commission=5),)
    assert counted([fill(3, "1"), fill(3, "1", commission=1)]) == (fill(3, "1", commission=1),)


def test_what_covers_most_of_an_order_counts() -> None:
    assert counted([fill(3, "1"), fill(7)]) == (fill(7),)
    assert counted([fill(3), fill(3, "1"), fill(4, "2")]) == (fill(3, "1"), fill(4, "2"))


def test_orders_are_apart_and_shares_have_a_sign() -> None:
    kept = counted([fill(5, number="10", side="sell"), fill(7, number="9"), fill(2, number="9")])
    assert [one.number for one in kept] == ["9", "10"]
    assert shares_moved(kept) == {SAMSUNG: 2}
