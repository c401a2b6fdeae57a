"""A sound order, and ways to change one thing about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.market import Quote
from kiwoomctl.domain.orders import BrokerOrder, OrderType, Terms
from kiwoomctl.domain.prices import InstrumentKind
from kiwoomctl.risk.checks import check
from kiwoomctl.risk.limits import Limits
from kiwoomctl.risk.situation import Counters, Signing, Situation, Working
from kiwoomctl.risk.verdicts import Code, Tier

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
MINE = AccountId("kiwoom", "real", "8012345611")
OTHER = AccountId("kiwoom", "real", "8012345622")
SAMSUNG = Symbol("005930")
SIGNING = Signing(
    profile_environment="real",
    token_environment="real",
    host_environment="real",
    number=MINE.number,
    pinned_number=MINE.number,
)
QUOTE = Quote(last=Decimal(70_000), upper=Decimal(91_000), lower=Decimal(49_000), read_at=NOW)
COUNTERS = Counters(
    now=NOW, daily_account=0, daily_all=0, bought_lately=0, last_minute=0, today=0, equal=()
)
TERMS = Terms(
    action="buy",
    symbol=SAMSUNG,
    side="buy",
    type=OrderType.LIMIT,
    quantity=10,
    price=Decimal(70_000),
    stop_price=None,
    exchange="KRX",
)
TARGET = BrokerOrder(
    number="157630",
    original=None,
    symbol=SAMSUNG,
    name="삼성전자",
    side="buy",
    type=OrderType.LIMIT,
    quantity=10,
    price=Decimal(70_000),
    stop_price=None,
    filled_quantity=0,
    remaining_quantity=10,
    average_fill_price=None,
    exchange="KRX",
    channel="REST API",
    ordered_at=NOW,
    status="open",
)
SOUND = Situation(
    account=MINE,
    terms=TERMS,
    limits=Limits(),
    now=NOW,
    broker_time=NOW,
    on_tty=False,
    halt="active",
    signing=SIGNING,
    quote=QUOTE,
    kind=InstrumentKind.STOCK,
    orderable=Decimal(50_000_000),
    sellable_quantity=1_000,
    commission_rate=Decimal("0.00015"),
    counters=COUNTERS,
    working=(),
)


def terms(**changes: Any) -> Terms:
    """Return a buy of 10 shares at 70,000 with some terms changed; a sell by its side."""
    if "price" in changes and changes["price"] is not None:
        changes["price"] = Decimal(changes["price"])
    if changes.get("side") == "sell":
        changes.setdefault("action", "sell")
    return TERMS._replace(**changes)


def buy(**changes: Any) -> Situation:
    return replace(SOUND, terms=terms(**changes))


def sell(**changes: Any) -> Situation:
    return replace(SOUND, terms=terms(side="sell", **changes))


def modify(**changes: Any) -> Situation:
    """Return a modify of all that remains of a buy (or sell) of 10 at 70,000."""
    wanted = terms(action="modify", target="0157630", **{"quantity": 0, **changes})
    return replace(SOUND, terms=wanted, target=TARGET._replace(side=wanted.side))


def cancel(**changes: Any) -> Situation:
    wanted = terms(action="cancel", target="0157630", price=None, quantity=0, **changes)
    return replace(SOUND, terms=wanted)


def limited(situation: Situation, **limits: Any) -> Situation:
    return replace(situation, limits=replace(situation.limits, **limits))


def quoted(situation: Situation, **changes: Any) -> Situation:
    return replace(situation, quote=replace(QUOTE, **changes))


def counted(situation: Situation, **changes: Any) -> Situation:
    """Change what the ledger counted."""
    return replace(situation, counters=replace(COUNTERS, **changes))


def seconds_ago(number: int) -> datetime:
    return NOW - timedelta(seconds=number)


def working(**changes: Any) -> Working:
    """Return an open sell at 70,000 in another account."""
    order = Working(
        account=OTHER,
        symbol=SAMSUNG,
        side="sell",
        type=OrderType.LIMIT,
        price=Decimal(70_000),
        number="200",
    )
    return replace(order, **changes)


def found(situation: Situation) -> dict[str, str]:
    """Return what the checks say, by code; the worst where one code speaks twice."""
    tiers: dict[Code, Tier] = {}
    for verdict in check(situation):
        tiers[verdict.code] = max(verdict.tier, tiers.get(verdict.code, verdict.tier))
    return {code.value: tier.word for code, tier in tiers.items()}


def tier(situation: Situation, code: str) -> str | None:
    """Return what one check says, none for nothing."""
    return found(situation).get(code)


def said(situation: Situation, code: str) -> str:
    """Return the English text of one check."""
    return next(str(v.message) for v in check(situation) if v.code == code)
