"""The reports of ``quote``, ``orderable`` and ``symbols``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.render.report import Column, Report, Section
from kiwoomctl.render.reports import ENVIRONMENT, OWNER, PROFILE, over_accounts

if TYPE_CHECKING:
    from kiwoomctl.domain.market import Listing
    from kiwoomctl.services.buying import OrderableRow, OrderableTotals
    from kiwoomctl.services.portfolio import Overview
    from kiwoomctl.services.quotes import Quotes
    from kiwoomctl.services.symbols import Updated


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


QUOTES = (
    _field("symbol", "Code"),
    _field("name", "Name"),
    _field("price", "Price", kind="number"),
    _field("change", "Day change", kind="signed"),
    _field("change_rate", "Change %", kind="rate"),
    _field("open", "Opening", kind="number", rank=40),
    _field("high", "High", kind="number", rank=30),
    _field("low", "Low", kind="number", rank=30),
    _field("upper_limit", "Upper limit", kind="number", rank=70),
    _field("lower_limit", "Lower limit", kind="number", rank=70),
    _field("volume", "Volume", kind="number", rank=20),
    _field("exchange", "Exchange", rank=60),
    _field("time", "Time", kind="moment", rank=50),
)


def quotes(found: Quotes, as_of: datetime) -> Report:
    """Return the report of ``quote``; a code without a quote is a failure of its own."""
    environment = found.account.environment
    return Report(
        name="quote",
        title="Quotes",
        columns=QUOTES,
        sections=(Section(environment, found.rows),),
        as_of=as_of,
        failures=tuple((None, error) for error in found.unknown),
        environments=(environment,),
        succeeded=len(found.rows),
        empty="no quotes",
    )


def _orderable(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(f"orderable.{key}"), **more)


ORDERABLE = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _field("symbol", "Code", rank=60),
    _field("name", "Name", rank=50),
    _orderable("price", "Price", kind="number", rank=20),
    _orderable("buyable_quantity", "Can buy", kind="number"),
    _orderable("buyable_amount", "For", kind="number", rank=30),
    _orderable("sellable_quantity", "Can sell", kind="number"),
    _orderable("orderable", "Cash to order", kind="number", rank=40),
    _orderable("margin_rate", "Margin", kind="percent", rank=70),
    _orderable("currency", "Currency", in_table=False),
)


def orderable(overview: Overview[OrderableRow, OrderableTotals], as_of: datetime) -> Report:
    """Return the report of ``orderable``."""
    return over_accounts(
        "orderable",
        "Orderable",
        ORDERABLE,
        overview,
        as_of,
        "no accounts",
        lambda totals: totals._asdict(),
    )


MARKETS = (
    _field("market", "Market"),
    _field("symbols", "Codes", kind="number"),
)

LISTINGS = (
    _field("symbol", "Code"),
    _field("name", "Name"),
    _field("market", "Market"),
    _field("nxt", "NXT"),
)


def symbols_updated(updated: Updated, as_of: datetime, environment: str) -> Report:
    """Return the report of ``symbols update``."""
    return Report(
        name="symbols_update",
        title="Codes and names",
        columns=MARKETS,
        sections=(
            Section(
                environment,
                updated.markets,
                totals={"symbols": sum(row.symbols for row in updated.markets)},
            ),
        ),
        as_of=as_of,
        failures=updated.failed,
        environments=(environment,),
        succeeded=len(updated.markets),
        has_totals=True,
    )


def symbols_found(found: Sequence[Listing], as_of: datetime, environment: str) -> Report:
    """Return the report of ``symbols find``: what is on this machine, no network."""
    return Report(
        name="symbols_find",
        title="Codes and names",
        columns=LISTINGS,
        sections=(Section(environment, found),),
        as_of=as_of,
        environments=(environment,),
        succeeded=1,
        empty="no listed name or code is like this",
    )
