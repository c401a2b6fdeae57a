"""The history's file: what is written comes back equal, and nothing ever changes."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kiwoomctl import errors
from kiwoomctl.database import RuleBroken
from kiwoomctl.history import History, NewCashFlow, NewFailure, peek
from tests.history.samples import ACCOUNT, DAY, OTHER, at, fill, position, snapshot
from tests.ledger.samples import SetClock

NAME = "history.sqlite3"
TABLES = ("snapshots", "positions", "failures", "results", "fills", "cash_flows")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "world"


@pytest.fixture
def history(folder: Path) -> Iterator[History]:
    with History.open(folder, SetClock()) as opened:
        yield opened
        assert opened.broken() == []


def test_what_was_recorded_comes_back(history: History) -> None:
    new = snapshot(fills=(fill(),), realized=-12)
    history.record(new)
    [found] = history.last_of_days([ACCOUNT])
    assert (found.account, found.day, found.as_of) == (ACCOUNT, DAY, new.as_of)
    assert (found.cash, found.profile, found.owner) == (new.cash, "isa", "김영희")
    assert found.total_assets == new.holdings.total_assets
    assert found.positions == 3
    assert history.positions(found) == new.holdings.positions
    [known] = history.fills([ACCOUNT])
    assert (known.fill, known.day, known.as_of) == (fill(), DAY, new.as_of)
    [result] = history.results([ACCOUNT])
    assert result.realized_pnl == -12
    assert history.last_of_days([OTHER]) == ()
    assert history.results([OTHER]) == ()


def test_what_the_broker_left_out_stays_missing(history: History) -> None:
    new = snapshot(realized=None)
    cash = new.cash._replace(deposit=None)
    holdings = new.holdings._replace(total_assets=None)
    history.record(new._replace(cash=cash, holdings=holdings))
    [found] = history.last_of_days([ACCOUNT])
    assert (found.cash.deposit, found.total_assets, found.worth) == (None, None, None)
    assert history.results([ACCOUNT])[0].realized_pnl is None


def test_an_account_without_shares_is_worth_its_cash(history: History) -> None:
    new = snapshot(positions=0)
    history.record(new._replace(holdings=new.holdings._replace(total_assets=None)))
    [found] = history.last_of_days([ACCOUNT])
    assert (found.total_assets, found.worth) == (None, Decimal(1_000_000))


def test_the_newest_of_a_day_counts_whenever_it_was_written(history: History) -> None:
    history.record(snapshot(as_of=at(20, 35), cash=3))
    history.record(snapshot(as_of=at(15, 40), cash=2))
    history.record(snapshot(account=OTHER, as_of=at(9)))
    found = history.last_of_days([ACCOUNT, OTHER])
    assert [(one.account, one.as_of) for one in found] == [(ACCOUNT, at(20, 35)), (OTHER, at(9))]
    assert found[0].cash.deposit == 3


def test_days_are_found_by_their_period(history: History) -> None:
    days = [date(2026, 11, 18), date(2026, 11, 19), DAY]
    for day in days:
        history.record(snapshot(day=day))
    assert [one.day for one in history.last_of_days([ACCOUNT], days[1])] == days[1:]
    assert [one.day for one in history.last_of_days([ACCOUNT], last=days[1])] == days[:2]
    assert history.last_day([ACCOUNT], days[1]) == days[1]
    assert history.last_day([ACCOUNT], date(2026, 1, 1)) is None
    assert history.first_days([ACCOUNT, OTHER]) == {ACCOUNT: days[0]}


def test_a_fill_is_kept_once_and_a_sum_that_grew_beside_it(history: History) -> None:
    history.record(snapshot(as_of=at(10), fills=(fill(quantity=3, commission=None),)))
    history.record(snapshot(as_of=at(11), fills=(fill(quantity=3, commission=None),)))
    history.record(snapshot(as_of=at(12), fills=(fill(quantity=9),)))
    assert [(k.fill.quantity, k.as_of) for k in history.fills([ACCOUNT])] == [
        (3, at(10)),
        (9, at(12)),
    ]


def test_codes_are_added_up_over_accounts_and_lots(history: History) -> None:
    lot = position(1, 5)._replace(credit_type="03", loan_date="2026-11-01")
    new = snapshot(positions=2)
    history.record(
        new._replace(holdings=new.holdings._replace(positions=(*new.holdings.positions, lot)))
    )
    history.record(snapshot(account=OTHER, positions=1))
    found = {one.symbol: one for one in history.symbols_of_days([ACCOUNT, OTHER])}
    assert {symbol: one.quantity for symbol, one in found.items()} == {"000001": 25, "000002": 10}
    assert found[position(1).symbol].market_value == 25 * 1001
    assert [o.quantity for o in history.symbols_of_days([OTHER])] == [10]


def test_fractions_and_missing_figures_are_added_exactly(history: History) -> None:
    third = position(1)._replace(cost=Decimal("0.1"), market_value=None)
    for account in (ACCOUNT, OTHER):
        new = snapshot(account=account)
        history.record(new._replace(holdings=new.holdings._replace(positions=(third,))))
    [found] = history.symbols_of_days([ACCOUNT, OTHER])
    assert (found.cost, found.market_value, found.quantity) == (Decimal("0.2"), None, 20)
    assert found.unrealized_pnl == -14


def test_failures_are_by_account_or_by_name(history: History) -> None:
    failures = [
        NewFailure(ACCOUNT, "isa", DAY, at(20), "connect"),
        NewFailure(None, "new", DAY, at(20), "sign_in"),
    ]
    history.record_failure(failures)
    assert [f.profile for f in history.failures([ACCOUNT], [])] == ["isa"]
    assert [f.profile for f in history.failures([ACCOUNT], ["new"])] == ["isa", "new"]
    assert history.first_days([ACCOUNT]) == {ACCOUNT: DAY}
    assert history.first_failures() == {"new": DAY}
    assert history.last_of_days([ACCOUNT]) == ()


def test_cash_flows_are_taken_back_by_their_opposite_once(history: History) -> None:
    [entered] = history.add_flows([NewCashFlow(ACCOUNT, DAY, Decimal(500), "salary", "person")])
    opposite = NewCashFlow(ACCOUNT, DAY, Decimal(-500), "", "person", counters=entered.number)
    with pytest.raises(RuleBroken):
        history.add_flows([opposite._replace(amount=Decimal(-499))])
    history.add_flows([opposite])
    with pytest.raises(RuleBroken):
        history.add_flows([opposite])
    assert [(f.amount, f.countered) for f in history.flows([ACCOUNT])] == [
        (Decimal(500), True),
        (Decimal(-500), False),
    ]
    with pytest.raises(errors.UsageError):
        history.flow(99)


def test_what_the_broker_told_is_entered_once(history: History) -> None:
    told = NewCashFlow(ACCOUNT, DAY, Decimal(500), "이체입금", "broker", "000000001")
    assert len(history.add_flows([told, told])) == 1
    assert history.add_flows([told]) == []
    assert len(history.add_flows([told._replace(reference="000000002")])) == 1
    assert len(history.flows([ACCOUNT])) == 2


def test_nothing_is_ever_changed_or_deleted(history: History, folder: Path) -> None:
    history.record(snapshot(fills=(fill(),)))
    history.record_failure([NewFailure(ACCOUNT, "isa", DAY, at(20), "connect")])
    history.add_flows([NewCashFlow(ACCOUNT, DAY, Decimal(500), "", "person")])
    with closing(sqlite3.connect(folder / NAME)) as file:
        for table in TABLES:
            [(column,)] = file.execute(
                "SELECT name FROM pragma_table_info(?) LIMIT 1", (table,)
            ).fetchall()
            update = f"UPDATE {table} SET {column} = {column}"  # noqa: S608 - names of ours
            for change in (f"DELETE FROM {table}", update):  # noqa: S608 - as above
                with pytest.raises(sqlite3.IntegrityError, match="never"):
                    file.execute(change)


def test_a_snapshot_never_gets_more_positions(history: History, folder: Path) -> None:
    history.record(snapshot(positions=2))
    with closing(sqlite3.connect(folder / NAME)) as file:
        more = "INSERT INTO positions SELECT 1, '999999', '', '', '', 1, 1, '1', '1', '1', '1',"
        with pytest.raises(sqlite3.IntegrityError, match="more positions"):
            file.execute(f"{more} '1', '1', 'net', 'KRW'")


def test_a_write_that_fails_leaves_nothing(history: History) -> None:
    new = snapshot()
    twice = new.holdings._replace(positions=(position(1), position(1)))
    with pytest.raises(RuleBroken):
        history.record(new._replace(holdings=twice))
    assert history.last_of_days([ACCOUNT]) == ()
    assert history.results([ACCOUNT]) == ()


def test_the_file_is_private_and_its_errors_name_it(folder: Path) -> None:
    History.open(folder, SetClock()).close()
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    (folder / NAME).write_bytes(b"x" * 5000)
    with pytest.raises(errors.StateError) as raised:
        History.open(folder, SetClock())
    assert str(raised.value).startswith(f"the history {folder / NAME} is damaged")


def test_a_ledger_is_no_history(folder: Path) -> None:
    from kiwoomctl.ledger import Ledger

    Ledger.open(folder, SetClock()).close()
    (folder / "ledger.sqlite3").rename(folder / NAME)
    before = (folder / NAME).read_bytes()
    with pytest.raises(errors.StateError, match="is not a history of kiwoomctl"):
        History.open(folder, SetClock())
    assert (folder / NAME).read_bytes() == before


def test_a_peek_knows_the_newest_and_survives_anything(folder: Path, history: History) -> None:
    history.record(snapshot(as_of=at(15)))
    history.record(snapshot(as_of=at(9)))
    found = peek.newest(folder / NAME, [str(ACCOUNT), str(OTHER)])
    assert found == {str(ACCOUNT): at(15)}
    assert peek.newest(folder / "absent", [str(ACCOUNT)]) == {}
    (folder / "garbage").write_bytes(b"x" * 5000)
    assert peek.newest(folder / "garbage", [str(ACCOUNT)]) == {}
