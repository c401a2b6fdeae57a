"""One recorded day as rows: cash, positions and fills of every account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from kiwoomctl.domain.orders import whole_number
from kiwoomctl.domain.portfolio import Environment, PnlBasis
from kiwoomctl.domain.recorded import is_over
from kiwoomctl.errors import KiwoomctlError, StateError
from kiwoomctl.services.recorded.differences import NOT_RECORDED, snapshot_of
from kiwoomctl.services.recorded.fills import OnTrouble, RecordedFills

if TYPE_CHECKING:
    from kiwoomctl.domain.orders import Fill
    from kiwoomctl.domain.portfolio import Position
    from kiwoomctl.history import Snapshot
    from kiwoomctl.services.accounts import RecordedAccount

Kind = Literal["cash", "position", "fill"]


class ExportRow(NamedTuple):
    """Cash, one position, or one fill of an account on a day; KRW, None where it has none."""

    day: date
    kind: Kind
    profile: str
    owner: str | None
    environment: Environment
    as_of: datetime
    """When the account was read; of a fill when the day's fills were read last."""
    symbol: str | None = None
    name: str | None = None
    side: str | None = None
    quantity: int | None = None
    price: Decimal | None = None
    """Of a position the last price, of a fill what was paid."""
    average_price: Decimal | None = None
    cost: Decimal | None = None
    market_value: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    unrealized_pnl_rate: Decimal | None = None
    pnl_basis: PnlBasis | None = None
    credit_type: str | None = None
    loan_date: str | None = None
    amount: Decimal | None = None
    commission: Decimal | None = None
    tax: Decimal | None = None
    filled_at: datetime | None = None
    broker_order_id: str | None = None
    fill_id: str | None = None
    deposit: Decimal | None = None
    deposit_d1: Decimal | None = None
    deposit_d2: Decimal | None = None
    withdrawable: Decimal | None = None
    total_assets: Decimal | None = None
    realized_pnl: Decimal | None = None
    currency: str = "KRW"


class Export(NamedTuple):
    """A day of the chosen accounts."""

    day: date
    rows: tuple[ExportRow, ...]
    unfinished: tuple[str, ...]
    """Profiles whose fills were not read after the day was over."""
    failed: tuple[tuple[RecordedAccount, KiwoomctlError], ...]
    chosen: tuple[RecordedAccount, ...]


def of_day(accounts: Sequence[RecordedAccount], day: date, told: OnTrouble) -> Export:
    """Return the last snapshots of a day and its fills; no network.

    Args:
        accounts: whose.
        day: which.
        told: is told of a ledger that cannot be used.

    Raises:
        StateError, Busy: a history cannot be read.
    """
    rows: list[ExportRow] = []
    unfinished: list[str] = []
    failed: list[tuple[RecordedAccount, KiwoomctlError]] = []
    for account in accounts:
        try:
            owner, snapshot = snapshot_of(account, day)
        except StateError as error:
            if error.code != NOT_RECORDED:
                raise
            failed.append((account, error))
            continue
        [result] = account.history().results([owner], day, day)
        rows.append(_cash(account, snapshot, result.realized_pnl))
        rows += [_position(account, snapshot, p) for p in account.history().positions(snapshot)]
        fills = RecordedFills(account, owner, day, day, told).of(day)
        rows += [_fill(account, day, result.as_of, fill) for fill in fills]
        if not is_over(day, result.as_of):
            unfinished.append(account.name)
    return Export(day, tuple(rows), tuple(unfinished), tuple(failed), tuple(accounts))


def _cash(account: RecordedAccount, snapshot: Snapshot, realized: Decimal | None) -> ExportRow:
    return ExportRow(
        snapshot.day,
        "cash",
        account.name,
        account.owner,
        account.environment,
        snapshot.as_of,
        deposit=snapshot.cash.deposit,
        deposit_d1=snapshot.cash.deposit_d1,
        deposit_d2=snapshot.cash.deposit_d2,
        withdrawable=snapshot.cash.withdrawable,
        cost=snapshot.cost,
        market_value=snapshot.market_value,
        unrealized_pnl=snapshot.unrealized_pnl,
        pnl_basis=snapshot.pnl_basis,
        total_assets=snapshot.total_assets,
        realized_pnl=realized,
        currency=snapshot.cash.currency,
    )


def _position(account: RecordedAccount, snapshot: Snapshot, position: Position) -> ExportRow:
    return ExportRow(
        snapshot.day,
        "position",
        account.name,
        account.owner,
        account.environment,
        snapshot.as_of,
        symbol=position.symbol,
        name=position.name,
        quantity=position.quantity,
        price=position.price,
        average_price=position.average_price,
        cost=position.cost,
        market_value=position.market_value,
        unrealized_pnl=position.unrealized_pnl,
        unrealized_pnl_rate=position.unrealized_pnl_rate,
        pnl_basis=position.pnl_basis,
        credit_type=position.credit_type,
        loan_date=position.loan_date,
        currency=position.currency,
    )


def _fill(account: RecordedAccount, day: date, as_of: datetime, fill: Fill) -> ExportRow:
    return ExportRow(
        day,
        "fill",
        account.name,
        account.owner,
        account.environment,
        as_of,
        symbol=fill.symbol,
        name=fill.name,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        amount=fill.amount,
        commission=fill.commission,
        tax=fill.tax,
        filled_at=fill.filled_at,
        broker_order_id=whole_number(fill.number),
        fill_id=fill.fill_id,
    )
