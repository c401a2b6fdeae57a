"""What the table of brokers says is what a command does, at each house and each of its servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import pytest

from kiwoomctl.brokers import offers
from kiwoomctl.brokers.houses import NAMES, House, house_of
from kiwoomctl.domain.offers import WORDS, Ability, Extent
from kiwoomctl.domain.orders import Exchange, OrderType
from kiwoomctl.errors import BrokerRejected, UsageError
from tests.cli import ordering
from tests.cli.conftest import Ran, Run
from tests.cli.ordering import CODE, SINGLE, Desk, Room, complaints, the_error, the_row

Server = Literal["real", "mock"]
SERVERS: tuple[Server, ...] = get_args(Server)
WORLDS = [(house_of(name), server) for name in NAMES for server in SERVERS]
MISSING = {"not_offered", "not_on_mock"}
"""The codes of refusals for want of an offer."""
REFUSED_WITH = {2, 3}


@pytest.fixture(scope="module", params=WORLDS, ids=lambda world: f"{world[0].name}-{world[1]}")
def world(request: pytest.FixtureRequest) -> tuple[House, Server]:
    chosen: tuple[House, Server] = request.param
    return chosen


@pytest.fixture(scope="module")
def served(world: tuple[House, Server]) -> Iterator[Room]:
    house, server = world
    with ordering.room(accounts=1, positions=3, env=server, broker=house.name) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


# How far something works, found out by doing it --------------------------------------------------


def extent_of(ran: Ran) -> Extent:
    """Return whether a command worked; a refusal must be one line that says what is missing."""
    if ran.code == 0:
        return Extent.YES
    error = the_error(ran)
    assert (error["code"] in MISSING, ran.code in REFUSED_WITH) == (True, True), ran.err
    assert len(complaints(ran)) == 1, ran.err
    return Extent.NO


def works(*words: str) -> Callable[[Desk], Extent]:
    return lambda desk: extent_of(desk.run(*words, "-o", "json"))


def tells(field: str, *words: str) -> Callable[[Desk], Extent]:
    """Return what looks whether a field of the first row is told."""

    def look(desk: Desk) -> Extent:
        ran = desk.run(*words, "-o", "json")
        assert ran.code == 0, ran.err
        return Extent.EMPTY if ran.document["data"][0][field] is None else Extent.YES

    return look


def names(desk: Desk) -> Extent:
    told = tells("name", "quote", CODE)
    if told(desk) is Extent.YES:
        return Extent.YES
    assert desk.run("symbols", "update").code == 0
    return Extent.KEPT if told(desk) is Extent.YES else Extent.EMPTY


def filled(desk: Desk, *parts: int) -> list[dict[str, Any]]:
    """Return the rows of an order that was filled in these parts."""
    row = desk.bought("--allow", "DUPLICATE", quantity=sum(parts))
    for quantity in parts:
        desk.control("fill", ord_no=desk.orders()[-1]["ord_no"], quantity=quantity)
    ran = desk.run("fills", "-o", "json")
    assert ran.code == 0, ran.err
    number = row["broker_order_id"]
    return [fill for fill in ran.document["data"] if fill["broker_order_id"] == number]


def fills(desk: Desk) -> dict[Ability, Extent]:
    several, [single] = filled(desk, 1, 2), filled(desk, 3)
    assert sum(row["quantity"] for row in several) == single["quantity"] == 3
    singly = [row["aggregated"] for row in several] == [False, False]
    return {
        Ability.FILLS: Extent.YES,
        Ability.FILL_ROWS: Extent.YES if singly else Extent.SUM,
        Ability.FILL_COSTS: Extent.EMPTY if single["commission"] is None else Extent.YES,
    }


def orders(desk: Desk) -> dict[Ability, Extent]:
    number = str(desk.bought()["broker_order_id"]).lstrip("0")
    listed = desk.run("orders", "-o", "json").document["data"]
    assert [str(row["broker_order_id"]).lstrip("0") for row in listed] == [number]
    modified = desk.order("modify", number, "--price", str(desk.low - 10), *SINGLE)
    cancelled = desk.order("cancel", number, *SINGLE)
    states = [the_row(ran)["state"] for ran in (modified, cancelled)]
    assert states == ["accepted", "accepted"]
    return dict.fromkeys((Ability.ORDERS, Ability.MODIFY, Ability.CANCEL), Extent.YES)


def streamed(*words: str) -> Callable[[Desk], Extent]:
    def look(desk: Desk) -> Extent:
        ran = desk.run("stream", *words, "--duration", "0.1")
        if ran.code == 0:
            return Extent.YES
        assert (ran.code, len(complaints(ran))) == (2, 1), ran.err
        assert words[0] in ran.err
        return Extent.NO

    return look


def since(days: int, *words: str) -> Callable[[Desk], Extent]:
    def look(desk: Desk) -> Extent:
        return works(*words, "--from", f"{desk.now.date() - timedelta(days=days)}")(desk)

    return look


TRIES: dict[Ability, Callable[[Desk], Extent]] = {
    Ability.CASH: tells("deposit", "cash"),
    Ability.WITHDRAWABLE: tells("withdrawable", "cash"),
    Ability.POSITIONS: tells("quantity", "positions"),
    Ability.SUMMARY: tells("total_assets", "summary"),
    Ability.QUOTE: tells("price", "quote", CODE),
    Ability.QUOTE_NAMES: names,
    Ability.LISTS: works("symbols", "update"),
    Ability.ORDERABLE: tells("buyable_quantity", "orderable", CODE),
    Ability.REALIZED: since(5, "pnl"),
    Ability.TRANSACTIONS: since(5, "transactions"),
    Ability.WATCH: tells("price", "watch", "--once"),
    Ability.LIVE_TRADES: streamed("trades", CODE),
    Ability.LIVE_ORDERS: streamed("orders"),
    Ability.LIVE_BALANCES: streamed("balance"),
    Ability.CONDITIONS: works("condition", "list"),
    Ability.RAW_CALLS: works("api", "call", "ka10001", f"stk_cd={CODE}"),
}


def test_everything_works_as_far_as_the_table_says(desk: Desk, world: tuple[House, Server]) -> None:
    house, server = world
    found = {ability: look(desk) for ability, look in TRIES.items()}
    found |= orders(desk) | fills(desk)
    assert found == {ability: offer.at(server) for ability, offer in house.offers.items()}


@pytest.mark.parametrize("exchange", get_args(Exchange))
def test_orders_go_where_the_table_says(
    desk: Desk, world: tuple[House, Server], exchange: Exchange
) -> None:
    house, server = world
    ran = desk.buy("--exchange", exchange)
    if house.orders[exchange][OrderType.LIMIT].at(server) is Extent.YES:
        assert (ran.code, the_row(ran)["state"]) == (0, "accepted"), ran.err
    else:
        assert (ran.code, the_row(ran)["state"]) == (3, "rejected"), ran.err
        assert desk.orders() == []
    refused = [
        kind
        for kind, offer in house.orders[exchange].items()
        if offer.at("sim") is Extent.NO and not kind.takes_price
    ]
    for kind in refused[:1]:
        ran = desk.order("buy", CODE, "1", *SINGLE, "--type", kind, "--exchange", exchange)
        assert (ran.code, the_error(ran)["code"]) == (2, "order_type"), ran.err
        assert kind in ran.err
        assert exchange in ran.err


# The same data, without a server ------------------------------------------------------------------


@pytest.mark.parametrize(("house", "server"), WORLDS, ids=lambda part: getattr(part, "name", part))
def test_only_a_no_is_refused_and_it_is_named(house: House, server: Server) -> None:
    assert set(house.offers) == set(WORDS) == set(Ability)
    for ability, offer in house.offers.items():
        if offer.at(server) is not Extent.NO:
            offers.require(house, ability, server, "mine")
            continue
        with pytest.raises(BrokerRejected) as told:
            offers.require(house, ability, server, "mine")
        on_neither = offer.real is Extent.NO
        assert told.value.code == ("not_offered" if on_neither else "not_on_mock")
        assert WORDS[ability] in str(told.value)
        assert (str(house.title) if on_neither else "mine") in str(told.value)


@pytest.mark.parametrize(("house", "server"), WORLDS, ids=lambda part: getattr(part, "name", part))
@pytest.mark.parametrize("exchange", get_args(Exchange))
def test_only_an_order_that_is_not_taken_is_refused(
    house: House, server: Server, exchange: Exchange
) -> None:
    assert set(house.orders[exchange]) == set(OrderType)
    for kind, offer in house.orders[exchange].items():
        if offer.at(server) is not Extent.NO:
            offers.require_order(house, exchange, kind, server, "mine")
            continue
        with pytest.raises(UsageError, match="mine") as told:
            offers.require_order(house, exchange, kind, server, "mine")
        assert told.value.code in {"mock_exchange", "order_type"}
        assert exchange in str(told.value)


PAPER = """
[profiles.paper]
broker = "{house}"
environment = "mock"
account = "{account}"
secret = {{ source = "env" }}
"""


@pytest.mark.parametrize("house", NAMES)
def test_a_real_mock_account_is_refused_before_its_key_is_looked_for(
    run: Run, own_home: Path, house: str
) -> None:
    account = "12345678-01" if house == "kis" else "12345678"
    path = own_home / "profiles.toml"
    path.write_text(PAPER.format(house=house, account=account), "utf-8")
    path.chmod(0o600)
    for words in (["transactions"], ["condition", "list"]):
        ran = run(*words, "-o", "json")
        assert (ran.code in REFUSED_WITH, the_error(ran)["code"] in MISSING) == (True, True), (
            ran.err
        )
    for words in (["--exchange", "NXT"], ["--exchange", "SOR"]):
        ran = run("buy", CODE, "1", "--price", "1000", "--yes", *words, "-o", "json")
        assert (ran.code, the_error(ran)["code"]) == (2, "mock_exchange"), ran.err
