"""What a watch shows: rows of accounts, positions and open orders, and the loop that keeps on.

Totals follow the rules of every other report: never over two environments, and never silently
smaller where an account is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from kiwoomctl.domain.portfolio import (
    Environment,
    PnlBasis,
    Position,
    PositionTotals,
    percent,
    position_totals,
    total,
)
from kiwoomctl.services.portfolio import Block, Overview, SummaryTotals

if TYPE_CHECKING:
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.services.live.account import OpenOrder
    from kiwoomctl.services.live.portfolio import Change, LivePortfolio, Status, Watched

BEAT: Final = 1.0
"""Seconds between two looks at the feeds."""


class WatchRow(NamedTuple):
    """One holding of one account at its latest price, KRW."""

    profile: str
    owner: str | None
    environment: Environment
    position: Position
    change_rate: Decimal | None
    """Percent against the previous close; None until the feed told a trade."""
    weight: Decimal | None
    """Percent of the account's market value."""
    priced_at: datetime | None
    """When the feed told the price; None where it is that of the last read."""
    stale: bool
    """Whether nothing keeps these figures up to date now."""


class AccountRow(NamedTuple):
    """One account in a line, KRW and percent."""

    profile: str
    owner: str | None
    environment: Environment
    deposit_d2: Decimal | None
    market_value: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_rate: Decimal | None
    positions: int | None
    """None where the account was never read."""
    pnl_basis: PnlBasis | None
    status: Status
    since: datetime | None
    """When everything was last read, or since when the feed is away."""


class OrderRow(NamedTuple):
    """One open order of one account."""

    profile: str
    order: OpenOrder


class View(Protocol):
    """Who shows a watch."""

    def show(self, portfolio: LivePortfolio, changes: Sequence[Change]) -> None:
        """Show how things stand, and what has just happened."""

    @property
    def ended(self) -> bool:
        """Whether nobody looks any more."""


def watch(portfolio: LivePortfolio, view: View, clock: Clock, seconds: float | None) -> None:
    """Show the portfolio until nobody looks, or so many seconds are over; None has no end."""
    ends = None if seconds is None else clock.monotonic() + seconds
    view.show(portfolio, ())
    while not view.ended and (ends is None or clock.monotonic() < ends):
        view.show(portfolio, portfolio.poll(BEAT))


def position_rows(watched: Watched) -> list[WatchRow]:
    """Return the holdings of an account at their latest prices."""
    live = watched.state.positions()
    value = total(one.position.market_value for one in live)
    stale = watched.status != "live"
    return [
        WatchRow(
            watched.name,
            watched.account.owner,
            watched.environment,
            one.position,
            one.change_rate,
            percent(one.position.market_value, value),
            one.priced_at,
            stale,
        )
        for one in live
    ]


def positions(portfolio: LivePortfolio) -> Overview[WatchRow, PositionTotals]:
    """Return all holdings with honest totals; accounts never read are missing."""
    blocks = []
    for environment in dict.fromkeys(w.environment for w in portfolio.watched):
        members = [w for w in portfolio.watched if w.environment == environment]
        known = [w for w in members if w.status != "missing"]
        rows = tuple(row for watched in known for row in position_rows(watched))
        blocks.append(
            Block(
                environment,
                rows,
                position_totals(row.position for row in rows) if known else None,
                len(known),
                len(members) - len(known),
                tuple(
                    (w.name, position_totals(one.position for one in w.state.positions()))
                    for w in known
                ),
            )
        )
    chosen = tuple(w.account for w in portfolio.watched)
    failed = tuple(
        (w.account, w.failure)
        for w in portfolio.watched
        if w.status == "missing" and w.failure is not None
    )
    return Overview(tuple(blocks), chosen, failed)


def accounts(portfolio: LivePortfolio) -> tuple[Block[AccountRow, SummaryTotals], ...]:
    """Return a line per account, by environment, with honest totals."""
    blocks = []
    for environment in dict.fromkeys(w.environment for w in portfolio.watched):
        members = [w for w in portfolio.watched if w.environment == environment]
        rows = tuple(_account_row(watched) for watched in members)
        known = [row for row in rows if row.status != "missing"]
        sums = position_totals(
            one.position
            for watched in members
            if watched.status != "missing"
            for one in watched.state.positions()
        )
        totals = SummaryTotals(
            deposit_d2=total(row.deposit_d2 for row in known),
            market_value=sums.market_value,
            total_assets=None,
            unrealized_pnl=sums.unrealized_pnl,
            unrealized_pnl_rate=sums.unrealized_pnl_rate,
            positions=sum(row.positions or 0 for row in known),
            pnl_basis=sums.pnl_basis,
        )
        missing = len(rows) - len(known)
        blocks.append(Block(environment, rows, totals if known else None, len(known), missing))
    return tuple(blocks)


def orders(portfolio: LivePortfolio) -> list[OrderRow]:
    """Return the open orders of all accounts."""
    return [OrderRow(w.name, order) for w in portfolio.watched for order in w.state.orders]


def _account_row(watched: Watched) -> AccountRow:
    state = watched.state
    held = [one.position for one in state.positions()]
    sums = position_totals(held)
    known = watched.status != "missing"
    return AccountRow(
        profile=watched.name,
        owner=watched.account.owner,
        environment=watched.environment,
        deposit_d2=state.cash.deposit_d2 if state.cash else None,
        market_value=sums.market_value if known else None,
        unrealized_pnl=sums.unrealized_pnl if known else None,
        unrealized_pnl_rate=sums.unrealized_pnl_rate if known else None,
        positions=len(held) if known else None,
        pnl_basis=sums.pnl_basis,
        status=watched.status,
        since=watched.lost_since or state.read_at,
    )
