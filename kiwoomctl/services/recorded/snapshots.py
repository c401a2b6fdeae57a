"""Recording a day: cash, positions, fills and realized profit of several accounts at once.

An account is recorded whole or not at all; one that fails gets a failure, so that its day is known
to be missing. Days whose trading was not over when they were read are read again, so that their
fills, costs and profit become complete. Two runs at once record twice, which does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.domain.portfolio import Cash, Environment, Holdings
from kiwoomctl.domain.recorded import day_of_record, days_between, is_over
from kiwoomctl.errors import BrokerRejected, KiwoomctlError, Unavailable
from kiwoomctl.history import NewFailure, NewSnapshot, TradedDay
from kiwoomctl.services.accounts import Account, OnAnswer, RecordedAccount, ask_each
from kiwoomctl.services.beside import cash_and_holdings
from kiwoomctl.services.recorded.cash_flows import read_flows, unknown

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from kiwoomctl.brokers.port import Broker
    from kiwoomctl.brokers.port_orders import DayFills
    from kiwoomctl.domain.identity import AccountId
    from kiwoomctl.domain.orders import Fill
    from kiwoomctl.history import NewCashFlow

MOST_DAYS: Final = 10
"""So many earlier days are completed at once; the broker's limits allow no year."""
_TRIES: Final = 3
Now = Callable[[], datetime]


class Recorded(NamedTuple):
    """One account as it was recorded."""

    profile: str
    owner: str | None
    environment: Environment
    day: date
    as_of: datetime
    deposit_d2: Decimal | None
    market_value: Decimal | None
    total_assets: Decimal | None
    positions: int
    fills: int
    """Of its day, rows as the broker tells them."""
    completed: tuple[date, ...]
    """Earlier days whose fills were read again."""


class Taken(NamedTuple):
    """What became of a run."""

    rows: tuple[Recorded, ...]
    failed: tuple[tuple[Account, KiwoomctlError], ...]
    chosen: tuple[Account, ...]
    behind: tuple[tuple[str, date, KiwoomctlError], ...]
    """Earlier days that could not be completed now: profile, day, reason. The next run tries."""


class _Seen(NamedTuple):
    new: NewSnapshot
    flows: tuple[NewCashFlow, ...]
    behind: tuple[tuple[date, KiwoomctlError], ...]


def take(accounts: Sequence[RecordedAccount], on_answer: OnAnswer, now: Now) -> Taken:
    """Record these accounts.

    Args:
        accounts: whom to ask.
        on_answer: is told how many of how many have answered.
        now: the time where a broker does not say it.

    Raises:
        StateError, Busy: a history cannot be written; what was written before stays.
    """
    read = _read_days(accounts)

    def see(account: RecordedAccount) -> _Seen:
        owner = account.recorded_id()
        return _see(account, owner, read.get(owner, {}), now)

    answers = ask_each(accounts, see, on_answer)
    rows: list[Recorded] = []
    behind: list[tuple[str, date, KiwoomctlError]] = []
    for answer, account in zip(answers.all, accounts, strict=True):
        if answer.value is None:
            continue
        history = account.history()
        history.record(answer.value.new)
        if flows := unknown(history, answer.value.flows):
            history.add_flows(flows)
        rows.append(_recorded(account, answer.value.new))
        behind += [(account.name, day, error) for day, error in answer.value.behind]
    missed = [
        (account, answer.error)
        for answer, account in zip(answers.all, accounts, strict=True)
        if answer.error is not None
    ]
    _record_failures(missed, rows, now())
    return Taken(tuple(rows), tuple(answers.failed), tuple(accounts), tuple(behind))


def _read_days(accounts: Iterable[RecordedAccount]) -> dict[AccountId, dict[date, datetime]]:
    """Return which days of each account were read already, and when."""
    worlds: dict[Path, list[RecordedAccount]] = {}
    for account in accounts:
        if account.has_history():
            worlds.setdefault(account.world, []).append(account)
    days: dict[AccountId, dict[date, datetime]] = {}
    for members in worlds.values():
        owners = [owner for member in members if (owner := member.pinned_id()) is not None]
        for result in members[0].history().results(owners):
            days.setdefault(result.account, {})[result.day] = result.as_of
    return days


def _see(account: RecordedAccount, owner: AccountId, read: dict[date, datetime], now: Now) -> _Seen:
    broker = account.broker()
    cash, holdings, seen = _at_rest(account, broker, now)
    as_of = seen.broker_time or now()
    day = day_of_record(as_of)
    fills, behind = _fills_of_days(broker, seen, day, _open_days(read, day))
    realized = _realized(broker, fills)
    traded = tuple(TradedDay(d, fills[d], realized[d]) for d in sorted(fills))
    new = NewSnapshot(owner, account.name, account.owner, day, as_of, cash, holdings, traded)
    since = max((one for one in read if one <= day), default=None)
    flows = () if since is None else read_flows(broker, owner, since, as_of.date())
    return _Seen(new, flows, behind)


def _at_rest(account: RecordedAccount, broker: Broker, now: Now) -> tuple[Cash, Holdings, DayFills]:
    """Return cash, holdings and fills of one moment: nothing was filled while they were read."""
    seen = broker.fills(None)
    for _ in range(_TRIES):
        cash, holdings = cash_and_holdings(broker)
        moment = seen.broker_time or now()
        if is_over(day_of_record(moment), moment):
            return cash, holdings, seen
        before, seen = seen, broker.fills(None)
        if _told(before) == _told(seen):
            return cash, holdings, seen
    raise Unavailable(
        "{profile} is traded while it is read: its figures are of no one moment",
        hint="try again in a moment",
        code="moving",
        profile=account.name,
    )


def _told(seen: DayFills) -> set[tuple[str, str | None, int]]:
    """Return what was filled; costs may come later."""
    return {(fill.number, fill.fill_id, fill.quantity) for fill in seen.fills}


def _open_days(read: dict[date, datetime], today: date) -> list[date]:
    """Return the earlier days whose fills may not be complete, the newest ones."""
    if not read:
        return []
    days = [
        day
        for day in days_between(min(read), today)
        if day < today and not (day in read and is_over(day, read[day]))
    ]
    return days[-MOST_DAYS:]


def _fills_of_days(
    broker: Broker, seen: DayFills, day: date, earlier: Iterable[date]
) -> tuple[dict[date, tuple[Fill, ...]], tuple[tuple[date, KiwoomctlError], ...]]:
    """Return the fills of the day, which must be told, and of earlier days as far as told."""
    fills = {day: seen.fills if seen.day == day else broker.fills(day).fills}
    behind: list[tuple[date, KiwoomctlError]] = []
    for other in earlier:
        try:
            fills[other] = broker.fills(other).fills
        except KiwoomctlError as error:
            behind.append((other, error))
    return fills, tuple(behind)


def _realized(broker: Broker, fills: dict[date, tuple[Fill, ...]]) -> dict[date, Decimal | None]:
    """Return the realized profit of these days; 0 only where nothing was sold."""
    from decimal import Decimal

    try:
        told = broker.realized(min(fills), max(fills)).days
    except BrokerRejected:
        return dict.fromkeys(fills)
    by_day = {row.day: row.realized.realized_pnl for row in told}
    return {
        day: by_day[day.isoformat()]
        if day.isoformat() in by_day
        else (None if any(fill.side == "sell" for fill in of_day) else Decimal(0))
        for day, of_day in fills.items()
    }


def _record_failures(
    missed: Sequence[tuple[RecordedAccount, KiwoomctlError]],
    rows: Sequence[Recorded],
    now: datetime,
) -> None:
    """Write down who could not be read, on the day the others of their kind have."""
    by_world: dict[Path, tuple[RecordedAccount, list[NewFailure]]] = {}
    for account, error in missed:
        times = [row.as_of for row in rows if row.environment == account.environment]
        at = max(times, default=now)
        failure = NewFailure(_known(account), account.name, day_of_record(at), at, error.code)
        by_world.setdefault(account.world, (account, []))[1].append(failure)
    for account, failures in by_world.values():
        account.history().record_failure(failures)


def _known(account: RecordedAccount) -> AccountId | None:
    try:
        return account.pinned_id()
    except KiwoomctlError:
        return None  # its profile's name says enough


def _recorded(account: RecordedAccount, new: NewSnapshot) -> Recorded:
    from kiwoomctl.domain.portfolio import position_totals

    own = next(traded for traded in new.traded if traded.day == new.day)
    return Recorded(
        profile=account.name,
        owner=account.owner,
        environment=account.environment,
        day=new.day,
        as_of=new.as_of,
        deposit_d2=new.cash.deposit_d2,
        market_value=position_totals(new.holdings.positions).market_value,
        total_assets=new.holdings.total_assets,
        positions=len(new.holdings.positions),
        fills=len(own.fills),
        completed=tuple(traded.day for traded in new.traded if traded.day != new.day),
    )
