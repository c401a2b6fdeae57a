"""One live session without a socket: frames of text go in, frames of text come out.

It knows who has signed in and what is registered; what there is to tell comes from ``live``.
The caller holds the host's lock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kiwoomctl.simulator.kiwoom.live_fields import ACCOUNT_TYPES, FIELDS, MARKET_TYPES
from kiwoomctl.simulator.kiwoom.live_rules import LiveRules
from kiwoomctl.simulator.line import NORMAL_CLOSE, Line

TOO_OFTEN, BAD_FORM = 105110, 105111

_NO_ITEM_TYPES = ACCOUNT_TYPES | MARKET_TYPES
_LONGEST_GROUP = 4
_PING = '{"trnm":"PING"}'


class Refusal(Exception):
    """The server's no to a frame."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


Registration = tuple[str, str]
"""Type and item."""


@dataclass(eq=False, kw_only=True)
class Session(Line):
    """One connection's state."""

    rules: LiveRules
    groups: dict[str, dict[Registration, None]] = field(default_factory=dict)
    types: dict[str, frozenset[str]] = field(default_factory=dict)
    """The registered types of each item."""
    conditions: dict[str, frozenset[str]] = field(default_factory=dict)
    """The conditions that are watched, and the symbols that meet them."""
    listed_conditions: bool = False
    last_control: float | None = None

    def send(self, frame: Mapping[str, Any]) -> None:
        """Put a frame into the outbox."""
        self.send_text(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    def send_elements(self, elements: list[str]) -> None:
        """Send events, each an element's JSON, in as few frames as the rules say."""
        size = max(1, self.rules.elements_per_frame)
        for first in range(0, len(elements), size):
            joined = ",".join(elements[first : first + size])
            self.send_text('{"trnm":"REAL","data":[' + joined + "]}")

    def finish_by_system(self, code: str, message: str) -> None:
        """Say why, and end the session."""
        self.send({"trnm": "SYSTEM", "code": code, "message": message})
        self.finish(NORMAL_CLOSE)

    def beat(self, now: float) -> None:
        """Send a heartbeat if it is time; too many without an echo end the session."""
        if self.end is not None or not self.rules.ping_seconds or now < self.next_ping:
            return
        if self.unheard_pings >= self.rules.missed_pings:
            self.finish_by_system(
                "R10002",
                "사용자 프로그램으로부터 Heartbeat(연결유지) 메시지가 오지않아서 접속을 종료합니다",
            )
            return
        self.unheard_pings += 1
        self.next_ping = now + self.rules.ping_seconds
        self.send_text(_PING)

    def register(self, frame: Mapping[str, Any], now: float) -> list[Registration]:
        """Do what a REG or REMOVE asks, and return what is registered by it.

        Raises:
            Refusal: it is not done; nothing has changed.
        """
        self._admit(now)
        group = _group(frame)
        asked = list(_registrations(frame))
        if frame["trnm"] == "REMOVE":
            kept = self.groups.get(group, {})
            for registration in asked:
                kept.pop(registration, None)
            self._settle()
            return []
        groups = {name: dict(entries) for name, entries in self.groups.items()}
        refresh = frame.get("refresh", "1")
        if refresh not in ("0", "1", ""):
            raise Refusal(BAD_FORM, "refresh 값이 올바르지 않습니다")
        if refresh == "0":
            if self.rules.refresh_clears_session:
                groups.clear()
            groups[group] = {}
        entries = groups.setdefault(group, {})
        entries.update(dict.fromkeys(asked))
        self._check_limits(groups, group)
        self.groups = groups
        self._settle()
        return asked

    def registered(self, kind: str) -> bool:
        """Tell whether a type without items is registered."""
        return kind in self.types.get("", ())

    def _admit(self, now: float) -> None:
        gap = self.rules.control_gap_seconds
        if gap and self.last_control is not None and now - self.last_control < gap:
            raise Refusal(TOO_OFTEN, "실시간 등록 요청이 너무 빈번합니다")
        self.last_control = now

    def _check_limits(self, groups: Mapping[str, Iterable[Registration]], group: str) -> None:
        if len({item for _, item in groups[group]}) > self.rules.items_per_group:
            most = self.rules.items_per_group
            raise Refusal(
                self.rules.refusal_code, f"그룹당 등록 가능한 종목 수({most})를 초과하였습니다"
            )
        most = self.rules.items_per_session
        if most and len({item for entries in groups.values() for _, item in entries}) > most:
            raise Refusal(self.rules.refusal_code, f"등록 가능한 종목 수({most})를 초과하였습니다")

    def _settle(self) -> None:
        types: dict[str, set[str]] = {}
        for entries in self.groups.values():
            for kind, item in entries:
                types.setdefault(item, set()).add(kind)
        self.types = {item: frozenset(kinds) for item, kinds in types.items()}


def _group(frame: Mapping[str, Any]) -> str:
    group = frame.get("grp_no")
    text = "" if group is None else str(group)
    if not 0 < len(text) <= _LONGEST_GROUP:
        raise Refusal(BAD_FORM, "grp_no 값이 올바르지 않습니다")
    return text


def _registrations(frame: Mapping[str, Any]) -> Iterable[Registration]:
    """Yield every pair of type and item that a frame names."""
    data = frame.get("data")
    if not isinstance(data, list) or not data:
        raise Refusal(BAD_FORM, "data는 배열이어야 합니다")
    for element in data:
        if not isinstance(element, dict):
            raise Refusal(BAD_FORM, "data의 요소는 객체여야 합니다")
        items = _texts(element.get("item", [""]), "item")
        for kind in _texts(element.get("type"), "type"):
            if kind not in FIELDS:
                raise Refusal(BAD_FORM, f"실시간 항목이 올바르지 않습니다. type={kind}")
            for item in [""] if kind in _NO_ITEM_TYPES else items:
                yield kind, item


def _texts(values: object, name: str) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Refusal(BAD_FORM, f"{name}은 문자열 배열이어야 합니다")
    return values
