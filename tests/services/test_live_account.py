"""What a live feed makes of an account: whole figures, moved on, and nothing twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.live import BalanceNotice, OrderNotice, Trade
from kiwoomctl.domain.orders import BrokerOrder, OrderType
from kiwoomctl.domain.portfolio import Cash, Holdings, Position
from kiwoomctl.services.live.account import LiveAccount, Snapshot, codes

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
SAMSUNG, KODEX = Symbol("005930"), Symbol("069500")


def position(symbol: Symbol = SAMSUNG, quantity: int = 10, **changes: object) -> Position:
    base = Position(
        symbol=symbol,
        name="삼성전자",
        quantity=quantity,
        sellable_quantity=quantity,
        average_price=Decimal(70_000),
        price=Decimal(71_000),
        cost=Decimal(70_000) * quantity,
        market_value=Decimal(71_000) * quantity,
        unrealized_pnl=Decimal(1_000) * quantity - 1_500,
        unrealized_pnl_rate=Decimal("1.21"),
        credit_type="00",
    )
    return base._replace(**changes)  # type: ignore[arg-type]  # the tests name real fields


def order(number: str = "12", **changes: object) -> BrokerOrder:
    base = BrokerOrder(
        number=number,
        original=None,
        symbol=SAMSUNG,
        name="삼성전자",
        side="buy",
        type=OrderType.LIMIT,
        quantity=5,
        price=Decimal(70_000),
        stop_price=None,
        filled_quantity=0,
        remaining_quantity=5,
        average_fill_price=None,
        exchange="KRX",
        channel=None,
        ordered_at=NOW,
        status="open",
    )
    return base._replace(**changes)  # type: ignore[arg-type]  # the tests name real fields


def account(*positions: Position, orders: tuple[BrokerOrder, ...] = ()) -> LiveAccount:
    live = LiveAccount()
    cash = Cash(Decimal(1), Decimal(1), Decimal(1), Decimal(1), Decimal(1))
    live.read(Snapshot(cash, Holdings(positions, Decimal(1)), orders, NOW))
    return live


def trade(price: int, symbol: Symbol = SAMSUNG) -> Trade:
    return Trade(symbol, Decimal(price), Decimal(100), Decimal("0.14"), 1_000, "100001", NOW)


def notice(status: str = "received", **changes: object) -> OrderNotice:
    base = OrderNotice(
        number="12",
        original=None,
        symbol=SAMSUNG,
        name="삼성전자",
        side="buy",
        status=status,  # type: ignore[arg-type]  # the tests name real ones
        quantity=5,
        price=Decimal(70_000),
        remaining_quantity=5,
        filled_quantity=None,
        fill_id=None,
        fill_quantity=None,
        fill_price=None,
        fill_amount=None,
        reason=None,
        time="100001",
        received_at=NOW,
        type=OrderType.LIMIT,
    )
    return base._replace(**changes)  # type: ignore[arg-type]  # the tests name real fields


def balance(quantity: int | None, **changes: object) -> BalanceNotice:
    cost = Decimal(70_000) * (quantity or 0)
    base = BalanceNotice(
        SAMSUNG,
        "삼성전자",
        quantity,
        quantity,
        Decimal(70_000),
        cost,
        Decimal(71_000),
        None,
        None,
        NOW,
    )
    return base._replace(**changes)  # type: ignore[arg-type]  # the tests name real fields


def test_a_trade_moves_value_and_profit_and_leaves_the_costs() -> None:
    live = account(position(quantity=10))
    assert live.trade(trade(72_000))
    (row,) = live.positions()
    assert row.position.market_value == 720_000
    assert row.position.unrealized_pnl == 10 * 1_000 - 1_500 + 10 * 1_000
    assert row.position.unrealized_pnl_rate == Decimal("2.64")
    assert (row.change_rate, row.priced_at) == (Decimal("0.14"), NOW)
    assert (row.position.cost, row.position.quantity) == (Decimal(700_000), 10)


def test_a_trade_of_something_else_changes_nothing() -> None:
    live = account(position())
    assert not live.trade(trade(1, KODEX))
    assert not live.trade(trade(0)._replace(price=None))
    assert live.positions()[0].priced_at is None


def test_a_missing_figure_stays_missing() -> None:
    live = account(position(unrealized_pnl=None, cost=None))
    live.trade(trade(72_000))
    (row,) = live.positions()
    assert (row.position.unrealized_pnl, row.position.unrealized_pnl_rate) == (None, None)
    assert row.position.market_value == 720_000


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=8))
def test_only_the_last_price_counts(prices: list[int]) -> None:
    stepwise, at_once = account(position()), account(position())
    for price in prices:
        stepwise.trade(trade(price))
    at_once.trade(trade(prices[-1]))
    assert stepwise.positions() == at_once.positions()


def test_a_balance_counts_whole_and_twice_the_same() -> None:
    live = account(position(quantity=10))
    for _ in range(2):
        live.balance(balance(13))
    (row,) = live.positions()
    assert (row.position.quantity, row.position.cost) == (13, Decimal(910_000))
    assert (row.position.unrealized_pnl, row.position.pnl_basis) == (Decimal(13_000), "gross")
    assert row.position.credit_type == "00"


def test_what_is_sold_out_is_gone_and_what_is_new_appears() -> None:
    live = account(position())
    live.balance(balance(0))
    live.balance(balance(0))
    assert live.positions() == []
    live.balance(balance(3, symbol=KODEX, name="KODEX 200"))
    assert live.symbols == (KODEX,)


def test_a_balance_that_does_not_say_how_much_is_left_alone() -> None:
    live = account(position(quantity=10))
    live.balance(balance(None))
    assert live.positions()[0].position.quantity == 10


def test_an_order_lives_from_its_announcement_to_its_last_fill() -> None:
    live = account()
    live.order(notice())
    live.order(notice("filled", filled_quantity=2, remaining_quantity=3))
    (waiting,) = live.orders
    assert (waiting.filled_quantity, waiting.remaining_quantity) == (2, 3)
    live.order(notice("filled", filled_quantity=5, remaining_quantity=0))
    assert live.orders == ()


def test_a_receipt_that_comes_late_brings_no_filled_order_back() -> None:
    live = account()
    live.order(notice("filled", filled_quantity=5, remaining_quantity=0))
    live.order(notice())
    assert live.orders == ()


def test_a_fill_that_does_not_say_how_far_leaves_that_open() -> None:
    live = account(orders=(order(),))
    live.order(notice("filled", fill_quantity=2, remaining_quantity=None))
    live.order(notice())
    (waiting,) = live.orders
    assert (waiting.quantity, waiting.filled_quantity, waiting.remaining_quantity) == (
        5,
        None,
        None,
    )


def test_a_refused_order_is_gone() -> None:
    live = account(orders=(order(),))
    live.order(notice("rejected", reason="증거금부족"))
    assert live.orders == ()


def test_a_cancel_counts_when_it_is_confirmed() -> None:
    live = account(orders=(order(),))
    cancel = {"number": "13", "original": "12", "change": "cancel"}
    live.order(notice("received", **cancel))
    assert [one.number for one in live.orders] == ["12"]
    live.order(notice("confirmed", remaining_quantity=0, **cancel))
    assert live.orders == ()


def test_a_modify_takes_the_place_of_its_original() -> None:
    live = account(orders=(order(),))
    change = {"number": "13", "original": "12", "change": "modify", "price": Decimal(71_000)}
    live.order(notice("received", **change))
    live.order(notice("confirmed", **change))
    (waiting,) = live.orders
    assert (waiting.number, waiting.price) == ("13", Decimal(71_000))


def test_a_full_read_goes_before_everything_but_the_prices() -> None:
    live = account(position())
    live.trade(trade(72_000))
    live.balance(balance(99))
    live.order(notice())
    later = NOW + timedelta(seconds=5)
    cash = Cash(None, None, Decimal(5), None, None)
    live.read(Snapshot(cash, Holdings((position(quantity=11),), None), (), later))
    (row,) = live.positions()
    assert (row.position.quantity, row.position.market_value) == (11, Decimal(11 * 72_000))
    assert (live.orders, live.read_at, live.total_assets) == ((), later, None)


def test_each_code_is_priced_over_one_account() -> None:
    first, second = account(position()), account(position(), position(KODEX))
    assert codes([first, second]) == {SAMSUNG: 0, KODEX: 1}
