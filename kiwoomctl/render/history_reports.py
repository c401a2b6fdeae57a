"""The reports of ``snapshot``, ``history`` and its cash flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from kiwoomctl.errors import Phrase
from kiwoomctl.locale import _, fill, told
from kiwoomctl.render.grid import some_before_costs
from kiwoomctl.render.report import Column, Report, Section, Value
from kiwoomctl.render.reports import ENVIRONMENT, OWNER, PROFILE
from kiwoomctl.render.sparkline import SparklineLook, sparkline

if TYPE_CHECKING:
    from kiwoomctl.errors import KiwoomctlError
    from kiwoomctl.services.recorded.cash_flows import FlowRow
    from kiwoomctl.services.recorded.days import Block, By, Day, GroupReturns, Recorded
    from kiwoomctl.services.recorded.snapshots import Taken


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


def _date(row: Any) -> str:
    day: date = row.day
    return day.isoformat()


_DATE = Column("date", "Date", _date, kind="id")

SNAPSHOT = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _DATE,
    _field("as_of", "Read at", kind="moment"),
    _field("deposit_d2", "Deposit D+2", kind="number"),
    _field("market_value", "Market value", kind="number"),
    _field("total_assets", "Total assets", kind="number"),
    _field("positions", "Positions", kind="number"),
    _field("fills", "Fills", kind="number"),
    Column("completed", "Completed", lambda row: [day.isoformat() for day in row.completed]),
)


def snapshot(taken: Taken, as_of: datetime) -> Report:
    """Return the report of ``snapshot``: what was recorded."""
    environments = tuple(dict.fromkeys(account.environment for account in taken.chosen))
    return Report(
        name="snapshot",
        title="Recorded",
        columns=SNAPSHOT,
        sections=tuple(
            Section(name, [row for row in taken.rows if row.environment == name])
            for name in environments
        ),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in taken.failed),
        environments=environments,
        succeeded=len(taken.rows),
        empty="no accounts",
    )


def recorded_line(taken: Taken) -> str:
    """Return what a person at the terminal is told: one line."""
    days = sorted({row.day.isoformat() for row in taken.rows})
    values = {
        "count": len(taken.rows),
        "chosen": len(taken.chosen),
        "days": ", ".join(days) or "-",
    }
    return fill("recorded: {count} of {chosen} accounts, {days}", values)


def behind_note(behind: tuple[str, date, KiwoomctlError]) -> str:
    """Return what to say of an earlier day whose fills could not be completed."""
    profile, day, error = behind
    return fill(
        "{profile}: the fills of {day} are not complete yet; the next snapshot tries again "
        "({reason})",
        {"profile": profile, "day": day, "reason": Phrase(error.message, **error.values)},
    )


_FIGURES = (
    _field("deposit_d2", "Deposit D+2", kind="number", rank=30),
    _field("market_value", "Market value", kind="number", rank=10),
    _field("total_assets", "Total assets", kind="number"),
    _field("cost", "Cost", kind="number", rank=60),
    _field("unrealized_pnl", "P&L", kind="signed", rank=20),
    _field("unrealized_pnl_rate", "Return", kind="rate", rank=50),
    _field("pnl_basis", "Basis", in_table=False),
    _field("realized_pnl", "Realized P&L", kind="signed", rank=40),
    _field("cash_flow", "Cash flow", kind="signed", rank=35),
    _field("time_weighted", "TWR", kind="rate"),
)
_COMPLETE = (
    _field("accounts", "Counted", kind="number", rank=70),
    _field("complete", "Complete", rank=45),
    _field("missing", "Missing"),
)
_SYMBOL = (
    _field("symbol", "Code", rank=25),
    _field("name", "Name"),
    _field("quantity", "Quantity", kind="number"),
    _field("cost", "Cost", kind="number", rank=60),
    _field("market_value", "Market value", kind="number"),
    _field("unrealized_pnl", "P&L", kind="signed"),
    _field("unrealized_pnl_rate", "Return", kind="rate", rank=50),
    _field("pnl_basis", "Basis", in_table=False),
)
HISTORY: Final[dict[str, tuple[Column, ...]]] = {
    "total": (_DATE, ENVIRONMENT, *_FIGURES, *_COMPLETE),
    "owner": (OWNER._replace(rank=0), _DATE, ENVIRONMENT, *_FIGURES, *_COMPLETE),
    "account": (PROFILE, OWNER, _DATE, ENVIRONMENT, *_FIGURES, *_COMPLETE),
    "symbol": (_DATE, ENVIRONMENT, *_SYMBOL, *_COMPLETE),
}
_TITLES: Final = {
    "total": Phrase("History"),
    "owner": Phrase("History by owner"),
    "account": Phrase("History by account"),
    "symbol": Phrase("History by symbol"),
}


def history(found: Recorded, by: By, as_of: datetime, *, look: SparklineLook | None) -> Report:
    """Return the report of ``history``.

    Args:
        found: the recorded days.
        by: what a row is of.
        as_of: now.
        look: how a terminal shows a sparkline; None for none.
    """
    environments = tuple(dict.fromkeys(account.environment for account in found.chosen))
    sections = tuple(
        Section(
            block.environment,
            block.days,
            totals=None if block.whole is None else _returns(block.whole),
            notes=tuple(_notes(block, look)),
            shows_totals=False,
        )
        for block in found.blocks
    )
    groups = [_group(one) for block in found.blocks for one in (block.groups or _whole(block))]
    return Report(
        name="history",
        title=_TITLES[by].template,
        columns=HISTORY[by],
        sections=sections,
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in found.failed),
        group={"account": "profile", "owner": "owner"}.get(by),
        environments=environments,
        succeeded=len(found.chosen) - len(found.failed),
        empty="nothing is recorded in these days: kiwoomctl snapshot records a day",
        has_totals=True,
        parts={"returns": groups},
    )


METHODS: Final = (
    Phrase(
        "time-weighted: Modified Dietz from each complete day to the next, linked; a deposit "
        "counts from the start of its day, a withdrawal to its end"
    ),
    Phrase("money-weighted: XIRR by days; a rate a year (365 days) from 90 days on"),
)
"""How returns are calculated."""


def _whole(block: Block) -> tuple[GroupReturns, ...]:
    return () if block.whole is None else (block.whole,)


def _group(one: GroupReturns) -> dict[str, Value]:
    return {
        "environment": one.environment,
        "profile": one.profile,
        "owner": one.owner,
        **_returns(one),
    }


def returned_fields() -> tuple[str, ...]:
    """Return the names of what totals and returns tell."""
    return tuple(_RETURNS)


def _returns(one: GroupReturns) -> dict[str, Value]:
    return {name: get(one) for name, get in _RETURNS.items()}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


_RETURNS: Final[dict[str, Callable[[GroupReturns], Value]]] = {
    "accounts": lambda one: one.accounts,
    "first_date": lambda one: _day(one.first),
    "last_date": lambda one: _day(one.last),
    "begin_assets": lambda one: one.begin_assets,
    "end_assets": lambda one: one.end_assets,
    "cash_flow": lambda one: one.cash_flow,
    "realized_pnl": lambda one: one.realized_pnl,
    "time_weighted": lambda one: one.time_weighted,
    "money_weighted": lambda one: one.money_weighted,
    "money_weighted_yearly": lambda one: one.money_weighted_yearly,
    "method": lambda one: one.method,
}


def _notes(block: Block, look: SparklineLook | None) -> Iterator[str]:
    if look is not None and len(block.series) > 1:
        drawn = sparkline(_complete_assets(block.series), look)
        if drawn:
            yield drawn
    if not block.days:
        return
    for one in block.groups:
        yield _return_line(one, whole=False)
    for one in _whole(block):
        yield _return_line(one, whole=True)
    if block.whole is not None and block.whole.time_weighted is not None:
        yield from (told(method) for method in METHODS)
    if any(row.pnl_basis == "mixed" for row in block.days):
        yield some_before_costs()
    incomplete = sum(1 for row in block.series if not row.complete)
    if incomplete:
        yield fill(
            "incomplete days, on which an account is missing: {count}; returns leave them out",
            {"count": incomplete},
        )
    if block.unrecorded:
        yield fill(
            "not recorded at all: {count} trading days between the first and the last",
            {"count": block.unrecorded},
        )


def _complete_assets(series: Sequence[Day]) -> list[Decimal | None]:
    return [row.total_assets if row.complete else None for row in series]


LEAST_FOR_A_YEAR: Final = 90


def _return_line(one: GroupReturns, *, whole: bool) -> str:
    name = one.profile or one.owner or (_("all accounts") if whole else _("no owner"))
    if one.first is None or one.last is None or one.first == one.last:
        return fill("{name}: no return yet: that takes two complete days", {"name": name})
    values = {
        "name": name,
        "first": one.first,
        "last": one.last,
        "twr": _rate(one.time_weighted),
        "mwr": _rate(one.money_weighted),
        "yearly": _rate(one.money_weighted_yearly),
    }
    if (one.last - one.first).days < LEAST_FOR_A_YEAR:
        return fill("{name}: {first} to {last}: time-weighted {twr}, money-weighted {mwr}", values)
    return fill(
        "{name}: {first} to {last}: time-weighted {twr}, money-weighted {mwr} ({yearly} a year)",
        values,
    )


def _rate(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:+.2f} %"


CASH_FLOWS = (
    _field("number", "Entry", kind="number"),
    PROFILE,
    ENVIRONMENT,
    _DATE,
    _field("amount", "Money", kind="signed"),
    _field("source", "Told by", kind="word"),
    _field("note", "Note"),
    _field("counters", "Takes back", kind="number", rank=20),
    _field("countered", "Taken back", rank=10),
)


def cash_flows(
    name: str, rows: Sequence[FlowRow], environments: tuple[str, ...], as_of: datetime
) -> Report:
    """Return the report of entries of deposits and withdrawals, named as its command."""
    return Report(
        name=name,
        title="Cash flows",
        columns=CASH_FLOWS,
        sections=tuple(
            Section(name, [row for row in rows if row.environment == name]) for name in environments
        ),
        as_of=as_of,
        environments=environments,
        succeeded=1,
        empty="no cash flows",
    )
