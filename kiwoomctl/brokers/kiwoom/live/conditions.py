"""Condition searches over a live session: their list, one answer, or a running watch.

The list has to be asked for before anything else. A watch outlives the connection it was asked
over: the broker then refuses to begin it again until it is cleared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.endpoints import SOCKET_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.live.kinds import CONDITION
from kiwoomctl.brokers.kiwoom.replies import verdict
from kiwoomctl.brokers.replies import unusable
from kiwoomctl.domain.conditions import Condition, ConditionHit
from kiwoomctl.errors import BrokerRejected, KiwoomctlError, Unreadable

if TYPE_CHECKING:
    from decimal import Decimal

    from kiwoomctl.brokers.kiwoom.live.feed import KiwoomLiveFeed

LIST: Final = Endpoint("ka10171", SOCKET_PATH)
SEARCH: Final = Endpoint("ka10172", SOCKET_PATH)
WATCH: Final = Endpoint("ka10173", SOCKET_PATH)
CLEAR: Final = Endpoint("ka10174", SOCKET_PATH)
NAMES: Final = {LIST: "CNSRLST", SEARCH: "CNSRREQ", WATCH: "CNSRREQ", CLEAR: "CNSRCLR"}
"""What their frames are called."""
MOST_PAGES: Final = 50
ALREADY_WATCHED: Final = "kiwoom_900003"
MEMBER: Final = "member"
"""What an event says of a code that met the condition when its watch began."""
_NAME: Final = "조건검색"
_FALLING: Final = frozenset({"4", "5"})
_Value = TypeVar("_Value")


class KiwoomConditions:
    """The condition searches of one key's owner."""

    def __init__(self, feed: KiwoomLiveFeed) -> None:
        """Use a feed, whose events tell of the conditions that are watched."""
        self.feed = feed
        self._watched: dict[str, None] = {}
        feed.restore_with(self._watch_again)
        feed.before_close(self._clear_all)

    def conditions(self) -> tuple[Condition, ...]:
        """Return all conditions (ka10171)."""
        rows = self.feed.ask({"trnm": NAMES[LIST]}).get("data") or ()
        if not isinstance(rows, list | tuple):
            raise unusable(LIST, "data")
        return tuple(_condition(row) for row in rows)

    def search(self, condition: str) -> tuple[ConditionHit, ...]:
        """Return the codes that meet a condition now (ka10172); the list was asked for before.

        Raises:
            Unreadable: a row cannot be read, or the list does not end.
        """
        hits: list[ConditionHit] = []
        key, seen = "", set[str]()
        while True:
            reply = self.feed.ask(_request(condition, key))
            hits += [_hit(row) for row in _rows(reply)]
            more = str(reply.get("cont_yn") or "").strip().upper() == "Y"
            key = str(reply.get("next_key") or "").strip()
            if not (more and key):
                return tuple(hits)
            if key in seen or len(seen) + 1 >= MOST_PAGES:
                raise Unreadable(
                    "the list of {api_id} does not end (after {count} pages)",
                    hint="try again",
                    code="list_cut",
                    api_id=SEARCH.api_id,
                    count=len(seen) + 1,
                )
            seen.add(key)

    def watch(self, condition: str) -> None:
        """Let the feed tell what comes into a condition and goes out of it (ka10173).

        What meets it already comes first, as events that say ``member``; on every connection
        made anew once more.
        """
        self._begin(condition)
        self._watched[condition] = None

    def _watch_again(self) -> None:
        if self._watched:
            self.conditions()
        for condition in self._watched:
            self._begin(condition)

    def _begin(self, condition: str) -> None:
        def keep_members(reply: Mapping[str, Any]) -> None:
            if verdict(reply).return_code == 0:
                for row in _rows(reply):
                    self.feed.keep(_member(condition, row.get("jmcode", "")))

        frame = {"trnm": NAMES[WATCH], "seq": condition, "search_type": "1", "stex_tp": "K"}
        try:
            self.feed.ask(frame, keep_members)
        except BrokerRejected as error:
            if error.code != ALREADY_WATCHED:
                raise
            self._clear(condition)
            self.feed.ask(frame, keep_members)

    def _clear(self, condition: str) -> None:
        """Let the broker forget a watch (ka10174)."""
        self.feed.ask({"trnm": NAMES[CLEAR], "seq": condition})

    def _clear_all(self) -> None:
        for condition in self._watched:
            try:
                self._clear(condition)
            except KiwoomctlError:
                return  # it is cleared before it is begun again


def _request(condition: str, key: str) -> dict[str, str]:
    return {
        "trnm": NAMES[SEARCH],
        "seq": condition,
        "search_type": "0",
        "stex_tp": "K",
        "cont_yn": "Y" if key else "N",
        "next_key": key,
    }


def _condition(row: object) -> Condition:
    if isinstance(row, Mapping):
        row = [row.get("seq"), row.get("name")]
    if not isinstance(row, list) or len(row) < 2 or not str(row[0] or "").strip():  # noqa: PLR2004 - a number and a name
        raise unusable(LIST, "data")
    return Condition(str(row[0]).strip(), str(row[1] or "").strip())


def _rows(reply: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return the rows of a reply; null stands for none."""
    rows = reply.get("data") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unusable(SEARCH, "data")
    return [{key: str(value or "") for key, value in row.items()} for row in rows]


def _member(condition: str, code: str) -> Mapping[str, Any]:
    """Return the element of a code that met a condition when its watch began."""
    values = {"841": condition, "9001": code, "843": MEMBER}
    return {"type": CONDITION, "name": _NAME, "item": "", "values": values}


def _hit(row: Mapping[str, str]) -> ConditionHit:
    def read(number: str, parser: Callable[[str], _Value | None]) -> _Value | None:
        try:
            return parser(row.get(number, ""))
        except ValueError:
            raise unusable(SEARCH, number) from None

    symbol = read("9001", wire.symbol)
    if symbol is None:
        raise unusable(SEARCH, "9001")
    falls = row.get("25", "").strip() in _FALLING
    return ConditionHit(
        symbol=symbol,
        name=row.get("302", "").strip(),
        price=read("10", wire.price),
        change=_directed(read("11", wire.number), falls=falls),
        change_rate=_directed(read("12", wire.padded_rate), falls=falls),
        volume=read("13", wire.quantity),
        open=read("16", wire.price),
        high=read("17", wire.price),
        low=read("18", wire.price),
    )


def _directed(change: Decimal | None, *, falls: bool) -> Decimal | None:
    """Return a change with its sign, which a padded field may leave to the sign's own field."""
    return -change if change is not None and falls and change > 0 else change
