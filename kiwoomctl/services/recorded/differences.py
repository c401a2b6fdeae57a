"""What changed between two recorded days, and what explains it.

Shares are explained by fills; what fills do not explain came from elsewhere: a transfer, a
corporate action, or a fill that no list showed. Cash is explained by fills with their costs and by
deposits and withdrawals; the rest is dividends, interest, charges, or a cost that is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from kiwoomctl.domain.filled import shares_moved
from kiwoomctl.domain.portfolio import Environment
from kiwoomctl.domain.recorded import days_between
from kiwoomctl.errors import KiwoomctlError, StateError, UsageError
from kiwoomctl.services.recorded.cash_flows import in_force
from kiwoomctl.services.recorded.fills import OnTrouble, RecordedFills

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import AccountId, Symbol
    from kiwoomctl.domain.orders import Fill
    from kiwoomctl.history import Snapshot
    from kiwoomctl.services.accounts import RecordedAccount


class Difference(NamedTuple):
    """What became of one account's cash, or of its shares of one code."""

    profile: str
    owner: str | None
    environment: Environment
    kind: Literal["cash", "shares"]
    symbol: Symbol | None
    name: str | None
    before: Decimal | None
    """D+2 cash in KRW, or shares."""
    after: Decimal | None
    by_fills: Decimal | None
    """What the fills between add up to, costs included; None where a cost is not known."""
    by_cash_flows: Decimal | None
    """Deposits less withdrawals; None of shares."""
    fills: tuple[Fill, ...]

    @property
    def change(self) -> Decimal | None:
        """After less before."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def unexplained(self) -> Decimal | None:
        """The part of the change that nothing here explains."""
        if self.change is None or self.by_fills is None:
            return None
        return self.change - self.by_fills - (self.by_cash_flows or 0)

    @property
    def flagged(self) -> bool:
        """Whether shares came or went without a fill."""
        return self.kind == "shares" and bool(self.unexplained)


class Span(NamedTuple):
    """The snapshots that were compared of one account."""

    profile: str
    before: datetime
    after: datetime


class Differences(NamedTuple):
    """What changed in the chosen accounts."""

    before: date
    after: date
    rows: tuple[Difference, ...]
    spans: tuple[Span, ...]
    failed: tuple[tuple[RecordedAccount, KiwoomctlError], ...]
    chosen: tuple[RecordedAccount, ...]


def between(
    accounts: Sequence[RecordedAccount], before: date, after: date, told: OnTrouble
) -> Differences:
    """Compare the last snapshots of two days; no network.

    Args:
        accounts: whose.
        before: the earlier day.
        after: the later day.
        told: is told of a ledger that cannot be used.

    Raises:
        UsageError: the days are in the wrong order.
        StateError, Busy: a history cannot be read.
    """
    if before >= after:
        raise UsageError("{first} is not before {last}", code="period", first=before, last=after)
    rows: list[Difference] = []
    spans: list[Span] = []
    failed: list[tuple[RecordedAccount, KiwoomctlError]] = []
    for account in accounts:
        try:
            owner, first = snapshot_of(account, before)
            _, last = snapshot_of(account, after)
        except StateError as error:
            if error.code != NOT_RECORDED:
                raise
            failed.append((account, error))
            continue
        spans.append(Span(account.name, first.as_of, last.as_of))
        rows += _of_account(account, owner, (first, last), told)
    return Differences(before, after, tuple(rows), tuple(spans), tuple(failed), tuple(accounts))


NOT_RECORDED = "not_recorded"


def snapshot_of(account: RecordedAccount, day: date) -> tuple[AccountId, Snapshot]:
    """Return an account's last snapshot of a day.

    Raises:
        StateError: it was not recorded that day (code ``not_recorded``), or cannot be read.
        Busy: the history is locked.
    """
    owner = account.pinned_id()
    if owner is not None and account.has_history():
        history = account.history()
        found = history.last_of_days([owner], day, day)
        if found:
            return owner, found[0]
        earlier = history.last_day([owner], day)
        if earlier is not None:
            raise StateError(
                "{profile} was not recorded on {day}",
                hint="the last day before that is {earlier}",
                code=NOT_RECORDED,
                profile=account.name,
                day=day,
                earlier=earlier,
            )
    raise StateError(
        "{profile} was not recorded on {day}, nor before",
        hint="kiwoomctl snapshot records a day",
        code=NOT_RECORDED,
        profile=account.name,
        day=day,
    )


def _of_account(
    account: RecordedAccount, owner: AccountId, ends: tuple[Snapshot, Snapshot], told: OnTrouble
) -> list[Difference]:
    first, last = ends
    history = account.history()
    fills = _fills_between(RecordedFills(account, owner, first.day, last.day, told), first, last)
    flows = in_force(history.flows([owner], first.day, last.day))
    moved = sum((flow.amount for flow in flows if flow.day > first.day), Decimal(0))
    held: list[dict[Symbol, int]] = []
    names: dict[Symbol, str] = {fill.symbol: fill.name for fill in fills}
    for snapshot in ends:
        shares: dict[Symbol, int] = {}
        for position in history.positions(snapshot):
            shares[position.symbol] = shares.get(position.symbol, 0) + position.quantity
            names[position.symbol] = position.name or names.get(position.symbol, "")
        held.append(shares)
    of_fills = shares_moved(fills)
    common = (account.name, account.owner, account.environment)
    rows = [
        Difference(
            *common,
            "cash",
            None,
            None,
            first.cash.deposit_d2,
            last.cash.deposit_d2,
            _cash_of(fills),
            moved,
            (),
        )
    ]
    for symbol in sorted(set(held[0]) | set(held[1]) | set(of_fills)):
        before, after = held[0].get(symbol, 0), held[1].get(symbol, 0)
        if before != after or of_fills.get(symbol):
            rows.append(
                Difference(
                    *common,
                    "shares",
                    symbol,
                    names.get(symbol),
                    Decimal(before),
                    Decimal(after),
                    Decimal(of_fills.get(symbol, 0)),
                    None,
                    tuple(fill for fill in fills if fill.symbol == symbol),
                )
            )
    return rows


def _fills_between(fills: RecordedFills, first: Snapshot, last: Snapshot) -> list[Fill]:
    """Return what was filled after one snapshot and before another.

    On the first day that is what its snapshot did not know yet, on the last day what the other
    snapshot knew: fills are not told with times that could be trusted for that.
    """
    found = _later(fills.known_at(first.day, first.as_of), fills.of(first.day))
    for day in days_between(first.day, last.day):
        if first.day < day < last.day:
            found += fills.of(day)
    return found + list(fills.known_at(last.day, last.as_of))


def _later(known: Iterable[Fill], now: Iterable[Fill]) -> list[Fill]:
    """Return what fills of a day came after those known first, per order.

    An order of which a part was known is told as one row of the rest.
    """
    before: dict[str, list[Fill]] = {}
    for fill in known:
        before.setdefault(fill.number, []).append(fill)
    after: dict[str, list[Fill]] = {}
    for fill in now:
        after.setdefault(fill.number, []).append(fill)
    rest: list[Fill] = []
    for number, fills in after.items():
        if number not in before:
            rest += fills
            continue
        quantity = sum(f.quantity for f in fills) - sum(f.quantity for f in before[number])
        if quantity > 0:
            amount = sum((f.amount for f in fills), Decimal(0)) - sum(
                (f.amount for f in before[number]), Decimal(0)
            )
            rest.append(
                fills[0]._replace(
                    fill_id=None,
                    quantity=quantity,
                    price=amount / quantity,
                    amount=amount,
                    commission=_less(fills, before[number], "commission"),
                    tax=_less(fills, before[number], "tax"),
                    filled_at=None,
                )
            )
    return rest


def _less(after: list[Fill], before: list[Fill], name: str) -> Decimal | None:
    parts = [getattr(f, name) for f in (*after, *before)]
    if any(part is None for part in parts):
        return None
    known: Decimal = sum(parts[: len(after)], Decimal(0)) - sum(parts[len(after) :], Decimal(0))
    return known


def _cash_of(fills: Iterable[Fill]) -> Decimal | None:
    """Return what fills did to the cash after settlement, KRW; None where a cost is unknown."""
    moved = Decimal(0)
    for fill in fills:
        if fill.commission is None or fill.tax is None:
            return None
        costs = fill.commission + fill.tax
        moved += (fill.amount if fill.side == "sell" else -fill.amount) - costs
    return moved
