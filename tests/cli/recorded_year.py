"""Days of accounts written down without any broker."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.portfolio import Cash, Environment, Holdings, Position
from kiwoomctl.history import History, NewFailure, NewSnapshot, TradedDay


class Year:
    """Days of one account, recorded without any broker."""

    def __init__(
        self, home: Path, environment: Environment = "sim", *, owner: str = "김영희"
    ) -> None:
        self.account = AccountId("kiwoom", environment, "8012345611")
        self.world = home / "state"
        keys = '{ source = "env" }'
        if environment == "sim":
            self.world /= "sim-in-process"
            keys = '{ source = "inline", appkey = "a-key", secretkey = "b-key" }'
        quoted = owner.replace("\\", "\\\\").replace('"', '\\"')
        path = home / "profiles.toml"
        path.touch(0o600)
        with path.open("a", encoding="utf-8") as config:
            config.write(
                f"[profiles.isa-{environment}]\n"
                f'broker = "kiwoom"\nenvironment = "{environment}"\nowner = "{quoted}"\n'
                f'account = "{self.account.number}"\nsecret = {keys}\n'
            )

    def record(self, day: date, worth: Decimal, *, name: str = "종목") -> None:
        held = Position(
            symbol=Symbol("000001"),
            name=name,
            quantity=10,
            sellable_quantity=10,
            average_price=worth / 20,
            price=worth / 20,
            cost=worth / 2,
            market_value=worth / 2,
            unrealized_pnl=Decimal(-7),
            unrealized_pnl_rate=Decimal("-0.01"),
        )
        cash = Cash(worth / 2, worth / 2, worth / 2, worth / 2, worth / 2)
        with History.open(self.world, SystemClock()) as history:
            history.record(
                NewSnapshot(
                    account=self.account,
                    profile=f"isa-{self.account.environment}",
                    owner=None,
                    day=day,
                    as_of=datetime.combine(day, time(20, 35), KST),
                    cash=cash,
                    holdings=Holdings((held,), worth),
                    traded=(TradedDay(day, (), Decimal(1000)),),
                )
            )

    def fail(self, day: date) -> None:
        at = datetime.combine(day, time(20, 35), KST)
        with History.open(self.world, SystemClock()) as history:
            history.record_failure([NewFailure(self.account, "isa-sim", day, at, "unavailable")])
