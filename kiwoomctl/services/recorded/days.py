"""What the recorded days of several accounts add up to: values, profit and returns over time.

A day an account could not be read is missing there: never zero, and a sum over it says that it is
incomplete. Returns stand on complete days alone; an account that joined later is a deposit on the
day it came, so that it is no gain. Environments never meet in a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from kiwoomctl.domain.portfolio import Environment, PnlBasis, percent, total
from kiwoomctl.domain.recorded import days_between
from kiwoomctl.domain.returns import METHOD, Returns, Valuation, growths, returns
from kiwoomctl.errors import StateError
from kiwoomctl.history.reading import BEGINNING, END
from kiwoomctl.services.recorded.books import (
    Book,
    books_of,
    flows_of,
    moved,
    realized_in,
    worlds_of,
)

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import Symbol
    from kiwoomctl.history import Snapshot, SymbolDay
    from kiwoomctl.services.accounts import RecordedAccount

By = Literal["account", "owner", "symbol", "total"]
_PERCENT_PLACES: Final = Decimal("0.0001")


class Day(NamedTuple):
    """One day of one account, of an owner's accounts, of a code, or of all; KRW and percent.

    Figures are of the accounts that were recorded; None where none was, or the broker left it out.
    """

    day: date
    environment: Environment
    profile: str | None
    """None over several accounts."""
    owner: str | None
    symbol: Symbol | None
    """None where it is no code."""
    name: str | None
    quantity: int | None
    """Shares of the code."""
    accounts: int
    """How many accounts are in the figures."""
    missing: tuple[str, ...]
    """The profiles that should be there and are not."""
    deposit_d2: Decimal | None
    market_value: Decimal | None
    total_assets: Decimal | None
    """The brokers' own figures; of an account without shares, which has none, its cash."""
    cost: Decimal | None
    unrealized_pnl: Decimal | None
    pnl_basis: PnlBasis | None
    """mixed: of brokers that count differently; None without a position."""
    realized_pnl: Decimal | None
    """Of this day, by the broker's count."""
    cash_flow: Decimal | None
    """Deposits less withdrawals since the recorded day before; None of a code."""
    time_weighted: Decimal | None
    """Since the first complete day of the period, percent; None on a day that is not complete."""

    @property
    def complete(self) -> bool:
        """Whether no account is missing."""
        return not self.missing

    @property
    def unrealized_pnl_rate(self) -> Decimal | None:
        """Percent of the cost."""
        return percent(self.unrealized_pnl, self.cost)


class GroupReturns(NamedTuple):
    """What one account, one owner's accounts or all of them returned in the period; percent."""

    environment: Environment
    profile: str | None
    owner: str | None
    accounts: int
    first: date | None
    """The complete days the returns stand on; None without any."""
    last: date | None
    begin_assets: Decimal | None
    end_assets: Decimal | None
    cash_flow: Decimal
    """Between them, KRW."""
    realized_pnl: Decimal | None
    """Between them, KRW; None where a day's is not known."""
    time_weighted: Decimal | None
    money_weighted: Decimal | None
    money_weighted_yearly: Decimal | None

    @property
    def method(self) -> str:
        """How both are calculated, in a word for machines."""
        return METHOD


class Block(NamedTuple):
    """The days of one environment."""

    environment: Environment
    days: tuple[Day, ...]
    groups: tuple[GroupReturns, ...]
    """Per account or owner; empty where the rows are of all accounts, or of codes."""
    whole: GroupReturns | None
    """Of all accounts; None where none was ever recorded."""
    series: tuple[Day, ...]
    """All accounts together, day by day."""
    unrecorded: int
    """Trading days between the first and the last one on which nothing was recorded at all."""


class Recorded(NamedTuple):
    """What is recorded of the chosen accounts."""

    blocks: tuple[Block, ...]
    failed: tuple[tuple[RecordedAccount, StateError], ...]
    """Accounts of which nothing is recorded in the period, while of others there is."""
    chosen: tuple[RecordedAccount, ...]


def read(
    accounts: Sequence[RecordedAccount], by: By, first: date | None, last: date | None
) -> Recorded:
    """Return the recorded days of these accounts; no network.

    Args:
        accounts: whose.
        by: what a row is of.
        first: the first day; None for the first there is.
        last: the last day, included; None for the last there is.

    Raises:
        StateError, Busy: a history cannot be read.
    """
    begin, end = first or BEGINNING, last or END
    books: list[Book] = []
    symbols: dict[Environment, list[SymbolDay]] = {}
    environments = list(dict.fromkeys(account.environment for account in accounts))
    for members in worlds_of(accounts):
        history = members[0][0].history()
        books += books_of(history, members, begin, end)
        if by == "symbol":
            for environment in environments:
                ids = [owner for account, owner in members if account.environment == environment]
                if ids:
                    found = history.symbols_of_days(ids, begin, end)
                    symbols.setdefault(environment, []).extend(found)
    known = {book.account for book in books if book.snapshots}
    # Where nothing is recorded at all, that is the answer; where one is missing, its sum lies.
    failed = tuple((a, never_recorded(a)) for a in accounts if a not in known) if known else ()
    blocks = tuple(
        _block(
            environment,
            [book for book in books if book.account.environment == environment],
            by,
            symbols.get(environment, []),
        )
        for environment in environments
    )
    return Recorded(blocks, failed, tuple(accounts))


def never_recorded(account: RecordedAccount) -> StateError:
    """Return the error of an account without a recorded day in the period."""
    return StateError(
        "nothing is recorded of {profile} in these days",
        hint="kiwoomctl snapshot records a day",
        code="not_recorded",
        profile=account.name,
    )


def _block(
    environment: Environment, books: list[Book], by: By, symbols: Sequence[SymbolDay]
) -> Block:
    days = _days(books)
    series, whole = _group(books, days, None, None)
    rows, groups = series, ()
    if by == "symbol":
        rows = _symbol_rows(environment, symbols, series)
    elif by != "total":
        parted = [_group(members, days, *name) for name, members in _parts(books, by)]
        rows = [row for part, _ in parted for row in part]
        groups = tuple(found for _, found in parted if found is not None)  # type: ignore[assignment]  # of any length
    unrecorded = len(set(days_between(days[0], days[-1])) - set(days)) if days else 0
    return Block(environment, tuple(rows), groups, whole, tuple(series), unrecorded)


def _days(books: Iterable[Book]) -> list[date]:
    """Return every day on which anything was recorded, or should have been, oldest first."""
    return sorted({day for book in books for day in (*book.snapshots, *book.failed)})


def _parts(books: Iterable[Book], by: By) -> list[tuple[tuple[str | None, str | None], list[Book]]]:
    """Return the books by (profile, owner)."""
    parts: dict[tuple[str | None, str | None], list[Book]] = {}
    for book in books:
        owner = book.account.owner
        key = (book.account.name, owner) if by == "account" else (None, owner)
        parts.setdefault(key, []).append(book)
    return list(parts.items())


def _group(
    books: Sequence[Book], days: Sequence[date], profile: str | None, owner: str | None
) -> tuple[list[Day], GroupReturns | None]:
    """Return the days of some accounts together, and their returns."""
    found = (
        _day(books, day, days[place - 1] if place else None, profile, owner)
        for place, day in enumerate(days)
    )
    rows = [row for row in found if row is not None]
    values = [
        Valuation(row.day, row.total_assets)
        for row in rows
        if row.complete and row.total_assets is not None
    ]
    flows = flows_of(books, values)
    grown = dict(
        zip((v.day for v in values), growths(values, flows), strict=True) if values else ()
    )
    rows = [
        row._replace(time_weighted=_percent(None if (g := grown.get(row.day)) is None else g - 1))
        for row in rows
    ]
    if not books:
        return rows, None
    return rows, _group_returns(books, returns(values, flows), profile, owner)


def _group_returns(
    books: Sequence[Book], found: Returns, profile: str | None, owner: str | None
) -> GroupReturns:
    first, last = found.first, found.last
    period = (first.day, last.day) if first and last else None
    return GroupReturns(
        environment=books[0].account.environment,
        profile=profile,
        owner=owner,
        accounts=len(books),
        first=first and first.day,
        last=last and last.day,
        begin_assets=first and first.value,
        end_assets=last and last.value,
        cash_flow=moved(books, *period) if period else Decimal(0),
        realized_pnl=realized_in(books, *period) if period else None,
        time_weighted=_percent(found.time_weighted),
        money_weighted=_percent(found.money_weighted),
        money_weighted_yearly=_percent(found.money_weighted_yearly),
    )


def _day(
    books: Iterable[Book],
    day: date,
    before: date | None,
    profile: str | None,
    owner: str | None,
) -> Day | None:
    """Return a day of some accounts; None before the first of them was recorded.

    ``before`` is the recorded day before it: what moved on closed days between counts here.
    """
    there = [book for book in books if book.first <= day]
    if not there:
        return None
    seen = [book.snapshots[day] for book in there if day in book.snapshots]
    missing = tuple(book.account.name for book in there if day not in book.snapshots)
    realized = [book.realized.get(day) for book in there if day in book.snapshots]
    return Day(
        day=day,
        environment=there[0].account.environment,
        profile=profile,
        owner=owner,
        symbol=None,
        name=None,
        quantity=None,
        accounts=len(seen),
        missing=missing,
        deposit_d2=total(one.cash.deposit_d2 for one in seen) if seen else None,
        market_value=total(one.market_value for one in seen) if seen else None,
        total_assets=total(one.worth for one in seen) if seen else None,
        cost=total(one.cost for one in seen) if seen else None,
        unrealized_pnl=total(one.unrealized_pnl for one in seen) if seen else None,
        pnl_basis=_basis(seen),
        realized_pnl=total(realized) if seen else None,
        cash_flow=moved(there, before or day - timedelta(days=1), day),
        time_weighted=None,
    )


def _symbol_rows(
    environment: Environment, symbols: Sequence[SymbolDay], series: Sequence[Day]
) -> list[Day]:
    by_day = {row.day: row for row in series}
    groups: dict[tuple[date, Symbol], list[SymbolDay]] = {}
    for part in symbols:
        groups.setdefault((part.day, part.symbol), []).append(part)
    merged = [_merged(groups[key]) for key in sorted(groups)]
    return [
        by_day[part.day]._replace(
            environment=environment,
            symbol=part.symbol,
            name=part.name,
            quantity=part.quantity,
            deposit_d2=None,
            market_value=part.market_value,
            total_assets=None,
            cost=part.cost,
            unrealized_pnl=part.unrealized_pnl,
            realized_pnl=None,
            cash_flow=None,
            time_weighted=None,
        )
        for part in merged
    ]


def _basis(seen: Iterable[Snapshot]) -> PnlBasis | None:
    bases = {one.pnl_basis for one in seen if one.pnl_basis}
    return "mixed" if len(bases) > 1 else next(iter(bases), None)


def _merged(parts: list[SymbolDay]) -> SymbolDay:
    """Return one code of one day over the histories it is in."""
    if len(parts) == 1:
        return parts[0]
    return parts[0]._replace(
        quantity=sum(part.quantity for part in parts),
        cost=total(part.cost for part in parts),
        market_value=total(part.market_value for part in parts),
        unrealized_pnl=total(part.unrealized_pnl for part in parts),
    )


def _percent(fraction: Decimal | None) -> Decimal | None:
    """Return a fraction in percent with four decimals."""
    if fraction is None:
        return None
    return (fraction * 100).quantize(_PERCENT_PLACES, ROUND_HALF_UP)
