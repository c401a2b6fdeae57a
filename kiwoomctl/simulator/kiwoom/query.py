"""What a TR is asked and what it answers, between the gateway and the TRs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.exchange import Exchange

Row = dict[str, str]
NOTHING: Mapping[str, str] = MappingProxyType({})


class Query(NamedTuple):
    """One request of a TR, its token and its required fields already checked."""

    exchange: Exchange
    account: Account
    fields: Mapping[str, str]
    """Request fields as text; missing ones are absent."""
    moment: datetime
    business_day: date
    quirk: str | None = None
    """A content fault that applies: stale_price or zero_pl."""
    quirk_seconds: float | None = None
    """How long ago balance_lag looks."""
    api_id: str = ""
    sent: Mapping[str, Any] = NOTHING
    """The body as it was sent."""
    chosen_texts: Mapping[str, str] = NOTHING
    """Refusals of orders that a test has changed."""
    lenient: bool = False
    """Whether two-digit order types are taken."""
    hidden_seconds: float = 0.0
    """How long the lists will not show a new order."""
    late_seconds: float | None = None
    """How much later the exchange takes this order; None for at once."""
    late_by_machine: bool = False
    """Whether these seconds are the machine's and not the simulated ones."""

    def get(self, name: str) -> str:
        """Return a request field, empty when it was not sent."""
        return self.fields.get(name, "")

    @property
    def environment(self) -> str:
        """Mock or real."""
        return self.exchange.seed.environment


class Answer(NamedTuple):
    """The fields of a success and, where the TR has one, its list."""

    fields: Mapping[str, str] = NOTHING
    list_name: str | None = None
    rows: Sequence[Row] = ()
    row_fields: tuple[str, ...] = ()
    """The names of a row's fields, for a list that may be empty."""
    message: str | None = None
    """The success text, where it is not the TR's usual one."""


Handler = Callable[[Query], Answer]
