"""What a TR is asked and what it answers, between the gateway and the TRs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from kiwoomctl.domain.sessions import previous_trading_day
from kiwoomctl.simulator.account import Account, CashFigures, Valuation
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.kis.refusals import bad_value
from kiwoomctl.simulator.kis.rules import Rules

Row = dict[str, str]
_MOST_DIGITS = 12
_NOTE_CODE = 7
_BALANCE_LAG = 200.0


class Query(NamedTuple):
    """One request of a TR, its token, account and required fields already checked."""

    exchange: Exchange
    account: Account
    fields: Mapping[str, str]
    """Request fields as text, names in upper case; missing ones are absent."""
    moment: datetime
    business_day: date
    name: str
    """The endpoint's name in the catalog."""
    rules: Rules
    tr_id: str = ""
    quirk: str | None = None
    """A content fault that applies."""
    quirk_seconds: float | None = None
    """How long ago balance_lag looks."""
    sent: Mapping[str, Any] = {}
    """The body as it was sent."""
    chosen_texts: Mapping[str, str] = {}
    """Refusals of orders that a test has changed."""
    hidden_seconds: float = 0.0
    """How long the lists will not show a new order."""
    late_seconds: float | None = None
    """How much later the exchange takes this order; None for at once."""
    late_by_machine: bool = False
    """Whether these seconds are the machine's and not the simulated ones."""

    def get(self, name: str) -> str:
        """Return a request field without spaces around it, empty when it was not sent."""
        return self.fields.get(name, "").strip()

    @property
    def environment(self) -> str:
        """Mock or real."""
        return self.exchange.seed.environment

    def whole(self, name: str) -> int:
        """Return a field that is a whole number; 0 when it is empty.

        Raises:
            Refused: it is none.
        """
        text = self.get(name)
        if not text:
            return 0
        if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
            raise bad_value(name)
        return int(text)

    def symbol(self, name: str = "PDNO") -> str:
        """Return a field that is a code; a note may have its letter in front."""
        text = self.get(name)
        return text[1:] if len(text) == _NOTE_CODE and text.startswith("Q") else text

    def day(self, name: str) -> date:
        """Return a field that is a day.

        Raises:
            Refused: it is none.
        """
        try:
            return datetime.strptime(self.get(name), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise bad_value(name) from None

    def rows(self) -> list[Valuation]:
        """Return the account's lots as the balance has them."""
        account = self.account
        if self.quirk == "balance_lag":
            seconds = _BALANCE_LAG if self.quirk_seconds is None else self.quirk_seconds
            before = self.moment - timedelta(seconds=seconds)
            account = account.changed(lots=self.exchange.lots_before(account, before))
        return self.exchange.rows(
            account,
            self.moment,
            at_previous_close=self.quirk == "stale_price",
            # What is sold out stays until it is settled.
            sold_out_since=previous_trading_day(self.business_day),
        )

    def cash(self) -> CashFigures:
        """Return the account's cash of this business day."""
        return self.exchange.cash(self.account, self.business_day)


class Answer(NamedTuple):
    """The parts of a success beside its code, and which of them is cut into pages."""

    parts: Mapping[str, Any] = {}
    """``output``, ``output1``, ``output2``: an object or a list of objects."""
    paged: str = ""
    """The name of the part that has pages; empty for none."""
    msg_cd: str = ""
    """Empty for the usual one."""
    msg1: str = ""
    row_fields: tuple[str, ...] = ()
    """The names of a row's fields, for a list that may be empty."""


Handler = Callable[[Query], Answer]
