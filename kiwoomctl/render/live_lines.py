"""A watch for programs: a line of JSON for everything that changed.

Positions come once at the beginning and then whenever a figure of theirs changed; orders and
the state of accounts when something happened. Keys are English, missing is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.live import BalanceNotice, Gap, Lost, OrderNotice
from kiwoomctl.domain.orders import whole_number
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.locale import fill
from kiwoomctl.render.machine import json_object
from kiwoomctl.render.watch_report import POSITIONS
from kiwoomctl.services.live import watching

if TYPE_CHECKING:
    from kiwoomctl.render.out import Output
    from kiwoomctl.services.live.portfolio import Change, LivePortfolio
    from kiwoomctl.services.live.watching import WatchRow

# A share of the whole changes with every price of the others.
_TOLD_FOR = tuple(column for column in POSITIONS if column.key not in {"priced_at", "weight"})
_Key = tuple[str, ...]


class LiveLines:
    """Writes what changed since the last time."""

    def __init__(self, output: Output, now: Callable[[], datetime]) -> None:
        """Begin; nothing is known yet.

        Args:
            output: where the lines go.
            now: this machine's time.
        """
        self._output = output
        self._now = now
        self._told: dict[_Key, tuple[Any, ...]] = {}

    @property
    def ended(self) -> bool:
        """Whether the reader has left."""
        return self._output.reader_left

    def show(self, portfolio: LivePortfolio, changes: Sequence[Change]) -> None:
        """Write a line for each change, and for each holding whose figures changed."""
        lines = [self._change(change) for change in changes]
        rows = [row for w in portfolio.watched for row in watching.position_rows(w)]
        found = {_key(row): row for row in rows}
        for key, row in found.items():
            figures = tuple(column.get(row) for column in _TOLD_FOR)
            if self._told.get(key) != figures:
                self._told[key] = figures
                lines.append(self._line("position", {c.key: c.get(row) for c in POSITIONS}))
        for key in [key for key in self._told if key not in found]:
            del self._told[key]
            lines.append(self._line("position_gone", {"profile": key[0], "symbol": key[1]}))
        if lines:
            self._output.text("".join(lines))

    def _line(self, event: str, values: Mapping[str, Any]) -> str:
        return json_object({"event": event, "at": self._now(), **values}) + "\n"

    def _change(self, change: Change) -> str:
        profile, event = change.watched.name, change.event
        if isinstance(event, OrderNotice):
            values = event._asdict()
            values["number"] = whole_number(event.number)
            values["original"] = event.original and whole_number(event.original)
            renamed = {"broker_order_id": values.pop("number"), "profile": profile}
            original = {"original_order_id": values.pop("original")}
            return self._line("order", {**renamed, **original, **values})
        if isinstance(event, BalanceNotice):
            return self._line("balance", {"profile": profile, **event._asdict()})
        status, reason = "missing", None
        if isinstance(event, Lost):
            status, reason = "lost", event.reason or None
        elif isinstance(event, Gap):
            status = "live"
        elif isinstance(event, KiwoomctlError):
            status, reason = change.watched.status, fill(event.message, event.values)
        values = {"profile": profile, "status": status, "reason": reason}
        return self._line("account", values)


def _key(row: WatchRow) -> _Key:
    return (row.profile, *row.position.key)
