"""Cash, positions and the summary of several accounts, with honest totals.

Totals never mix environments: every figure that is summed belongs to one environment, and a
missing figure makes its sum missing. Accounts that failed are not in the sums; the caller has
them in ``failed`` and must say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from kiwoomctl.domain.portfolio import (
    Cash,
    Environment,
    Holdings,
    PnlBasis,
    Position,
    PositionTotals,
    merge_symbols,
    percent,
    position_totals,
    total,
)
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.services.accounts import Account, Answers, OnAnswer, ask

_Row = TypeVar("_Row")
_Totals = TypeVar("_Totals")


class Block(NamedTuple, Generic[_Row, _Totals]):
    """The rows of one environment and their totals."""

    environment: Environment
    rows: tuple[_Row, ...]
    totals: _Totals | None
    """None where no account of this environment answered."""
    accounts: int
    """How many accounts are in the totals."""
    missing: int
    """How many of the chosen accounts are not."""
    subtotals: tuple[tuple[str, _Totals], ...] = ()
    """Per profile, where a profile has several rows."""


class Overview(NamedTuple, Generic[_Row, _Totals]):
    """An answer over all chosen accounts: one block for each environment."""

    blocks: tuple[Block[_Row, _Totals], ...]
    chosen: tuple[Account, ...]
    failed: tuple[tuple[Account, KiwoomctlError], ...]


class CashRow(NamedTuple):
    """Cash of one account, KRW."""

    profile: str
    owner: str | None
    environment: Environment
    cash: Cash


class PositionRow(NamedTuple):
    """A position of one account, or of one symbol over several."""

    profiles: tuple[str, ...]
    owner: str | None
    """None over several accounts."""
    environment: Environment
    position: Position
    weight: Decimal | None
    """Percent of the account's (by symbol: of all accounts') market value."""


class SummaryRow(NamedTuple):
    """One account in a line, KRW and percent."""

    profile: str
    owner: str | None
    environment: Environment
    deposit_d2: Decimal | None
    market_value: Decimal | None
    total_assets: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_rate: Decimal | None
    positions: int
    cost: Decimal | None
    pnl_basis: PnlBasis | None


class SummaryTotals(NamedTuple):
    """Sums over accounts, KRW; the rate is percent of the cost."""

    deposit_d2: Decimal | None
    market_value: Decimal | None
    total_assets: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_rate: Decimal | None
    positions: int
    pnl_basis: PnlBasis | None


def cash(accounts: Sequence[Account], on_answer: OnAnswer) -> Overview[CashRow, Cash]:
    """Return the cash of these accounts."""
    answers = ask(accounts, lambda broker: broker.cash(), on_answer)

    def block(group: list[tuple[Account, Cash]]) -> tuple[tuple[CashRow, ...], Cash]:
        rows = tuple(CashRow(a.name, a.owner, a.environment, value) for a, value in group)
        sums = Cash(
            deposit=total(row.cash.deposit for row in rows),
            deposit_d1=total(row.cash.deposit_d1 for row in rows),
            deposit_d2=total(row.cash.deposit_d2 for row in rows),
            orderable=total(row.cash.orderable for row in rows),
            withdrawable=total(row.cash.withdrawable for row in rows),
        )
        return rows, sums

    return overview(accounts, answers, block)


def positions(
    accounts: Sequence[Account], on_answer: OnAnswer, *, by_symbol: bool
) -> Overview[PositionRow, PositionTotals]:
    """Return the positions of these accounts, one row per holding or one per symbol."""
    answers = ask(accounts, lambda broker: broker.holdings(), on_answer)

    def block(
        group: list[tuple[Account, Holdings]],
    ) -> tuple[tuple[PositionRow, ...], PositionTotals]:
        rows = _rows_by_symbol(group) if by_symbol else _rows_by_account(group)
        held = [position for _, holdings in group for position in holdings.positions]
        return rows, position_totals(held)

    def subtotals(
        group: list[tuple[Account, Holdings]],
    ) -> tuple[tuple[str, PositionTotals], ...]:
        if by_symbol:
            return ()
        return tuple((a.name, position_totals(h.positions)) for a, h in group)

    return overview(accounts, answers, block, subtotals)


def summary(
    accounts: Sequence[Account], on_answer: OnAnswer
) -> Overview[SummaryRow, SummaryTotals]:
    """Return one line per account: cash, value, assets and profit."""
    from kiwoomctl.services.beside import cash_and_holdings

    answers = ask(accounts, cash_and_holdings, on_answer)

    def block(
        group: list[tuple[Account, tuple[Cash, Holdings]]],
    ) -> tuple[tuple[SummaryRow, ...], SummaryTotals]:
        rows = tuple(_summary_row(a, held_cash, held) for a, (held_cash, held) in group)
        pnl = total(row.unrealized_pnl for row in rows)
        bases = {row.pnl_basis for row in rows if row.pnl_basis}
        return rows, SummaryTotals(
            deposit_d2=total(row.deposit_d2 for row in rows),
            market_value=total(row.market_value for row in rows),
            total_assets=total(row.total_assets for row in rows),
            unrealized_pnl=pnl,
            unrealized_pnl_rate=percent(pnl, total(row.cost for row in rows)),
            positions=sum(row.positions for row in rows),
            pnl_basis="mixed" if len(bases) > 1 else next(iter(bases), None),
        )

    return overview(accounts, answers, block)


def _summary_row(account: Account, cash: Cash, holdings: Holdings) -> SummaryRow:
    sums = position_totals(holdings.positions)
    return SummaryRow(
        profile=account.name,
        owner=account.owner,
        environment=account.environment,
        deposit_d2=cash.deposit_d2,
        market_value=sums.market_value,
        total_assets=holdings.total_assets,
        unrealized_pnl=sums.unrealized_pnl,
        unrealized_pnl_rate=sums.unrealized_pnl_rate,
        positions=len(holdings.positions),
        cost=sums.cost,
        pnl_basis=sums.pnl_basis,
    )


def _rows_by_account(group: list[tuple[Account, Holdings]]) -> tuple[PositionRow, ...]:
    rows: list[PositionRow] = []
    for account, holdings in group:
        value = total(position.market_value for position in holdings.positions)
        rows.extend(
            PositionRow(
                (account.name,),
                account.owner,
                account.environment,
                position,
                percent(position.market_value, value),
            )
            for position in holdings.positions
        )
    return tuple(rows)


def _rows_by_symbol(group: list[tuple[Account, Holdings]]) -> tuple[PositionRow, ...]:
    held: list[Position] = []
    holders: dict[str, dict[str, None]] = {}
    for account, holdings in group:
        for position in holdings.positions:
            held.append(position)
            holders.setdefault(position.symbol, {})[account.name] = None
    value = total(position.market_value for position in held)
    rows = [
        PositionRow(
            tuple(holders[position.symbol]),
            None,
            group[0][0].environment,
            position,
            percent(position.market_value, value),
        )
        for position in merge_symbols(held)
    ]
    # The largest first; what cannot be valued last.
    rows.sort(key=lambda row: -(row.position.market_value or Decimal(-1)))
    return tuple(rows)


def overview(
    accounts: Sequence[Account],
    answers: Answers[_Row],
    block: Callable[[list[tuple[Account, _Row]]], tuple[tuple[object, ...], _Totals]],
    subtotals: Callable[[list[tuple[Account, _Row]]], tuple[tuple[str, _Totals], ...]] = (
        lambda _group: ()
    ),
) -> Overview:  # type: ignore[type-arg]  # the rows' type comes from block
    """Return answers as one block for each environment.

    Args:
        accounts: who was asked.
        answers: what they said.
        block: makes the rows and their sums of the accounts of one environment.
        subtotals: makes the sums per profile.
    """
    blocks = []
    for environment in _environments(accounts):
        group = [(a, v) for a, v in answers.good if a.environment == environment]
        missing = sum(1 for a, _ in answers.failed if a.environment == environment)
        rows, sums = block(group) if group else ((), None)
        blocks.append(Block(environment, rows, sums, len(group), missing, subtotals(group)))
    return Overview(tuple(blocks), tuple(accounts), tuple(answers.failed))


def _environments(accounts: Iterable[Account]) -> list[Environment]:
    return list(dict.fromkeys(account.environment for account in accounts))
