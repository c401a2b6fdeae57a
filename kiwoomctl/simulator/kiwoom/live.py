"""All live sessions of one simulated server: sign-in, heartbeats, and what there is to tell.

Purpose: turn what happens at the exchange into frames, for every session that has registered
for it. Orders are told however they were placed; what happened while nobody was connected is
told to nobody, as on the real server.

Entry points: ``open``, ``receive``, ``close`` for whoever carries the frames, ``poll`` for time.
The caller holds the host's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.faults import Faults
from kiwoomctl.simulator.instruments import instruments
from kiwoomctl.simulator.kiwoom import live_boards
from kiwoomctl.simulator.kiwoom.auth import KiwoomTokens
from kiwoomctl.simulator.kiwoom.conditions import Conditions
from kiwoomctl.simulator.kiwoom.live_elements import (
    SUFFIXES,
    condition_element,
    element_of,
    of_item,
    of_trade,
    symbol_of,
)
from kiwoomctl.simulator.kiwoom.live_orders import Values, balance_values, order_values
from kiwoomctl.simulator.kiwoom.live_rules import LiveRules
from kiwoomctl.simulator.kiwoom.refusals import Refused
from kiwoomctl.simulator.kiwoom.session import Refusal, Session
from kiwoomctl.simulator.line import NORMAL_CLOSE, LiveSide
from kiwoomctl.simulator.messages import json_object
from kiwoomctl.simulator.ticker import Tick

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

_BAD_TOKEN = 805004


class KiwoomLive(LiveSide[Session]):
    """The live side of Kiwoom's wire; a session's conditions stay registered after its end."""

    def __init__(
        self, exchange: Exchange, tokens: KiwoomTokens, faults: Faults, machine: Clock
    ) -> None:
        super().__init__(exchange, faults, machine)
        self.tokens = tokens
        self.rules = LiveRules()
        self.conditions = Conditions(exchange, self.rules)
        self._told_until = exchange.clock.now()
        self._halted: dict[str, Tick] = {}

    def clear(self) -> None:
        """Begin again: every session loses its line, and what tests have changed is usual."""
        super().clear()
        self.rules.change(_USUAL_RULES)
        self.conditions.clear()
        self._halted.clear()
        self._told_until = self.exchange.clock.now()

    def receive(self, session: Session, text: str | bytes) -> None:
        """Take a client's frame."""
        if session.end is not None:
            return
        frame = json_object(text) or {}
        name = frame.get("trnm")
        if name == "PING":
            if self.faults.take_live("ping_unheard", session.appkey) is None:
                session.unheard_pings = 0
            return
        if name == "LOGIN":
            self._login(session, frame)
            return
        if session.appkey is None:
            _refuse_access(session)
            return
        try:
            self._serve(session, frame)
        except Refusal as refusal:
            session.send(
                {
                    "trnm": name if isinstance(name, str) else "",
                    "return_code": refusal.code,
                    "return_msg": refusal.message,
                }
            )

    def poll(self) -> None:
        """Tell everything that has happened up to now."""
        self.exchange.advance()
        if not self.sessions:
            return
        now = self.machine.monotonic()
        for session in list(self.sessions):
            if session.appkey is None and now - session.opened_at >= self.rules.login_seconds:
                _refuse_access(session)
            session.beat(now)
        self._end_by_fault()
        self.tell_orders()
        self._tell_sessions()
        self.tell_trades()

    def tell_orders(self) -> None:
        """Tell what has happened to orders, and balances after fills."""
        for event in self._journal.news():
            appkey = event.order.appkey
            listening = [s for s in self.sessions if s.appkey == appkey and s.end is None]
            if any(s.registered("00") for s in listening):
                values = order_values(self.exchange, event, signed_fills=self.rules.signed_fills)
                self._tell("00", "", values, listening)
            if event.fill is not None and event.holding is not None:
                balance = balance_values(self.exchange, event.fill, event.holding)
                self._tell("04", "", balance, listening)

    def tell_trades(self) -> None:
        """Tell what has traded, and everything that changes with it."""
        signed_in = [s for s in self.sessions if s.appkey is not None and s.end is None]
        listed, others = self._watched(signed_in)
        ticks, telling = self.ticker.ticks(listed, others, self.machine.monotonic())
        if not (ticks or telling or self._halted or self.ticker.moved):
            return
        found: dict[Session, list[str]] = {session: [] for session in signed_in}
        for tick in ticks:
            self._gather_trade(tick, found)
        moment = self.exchange.clock.now()
        if self.ticker.moved:
            self._gather_conditions(moment, found)
        for item in telling:
            for session, elements in found.items():
                kinds = session.types.get(item, ())
                elements.extend(of_item(self.exchange, kinds, item, moment))
        self._gather_releases(moment, found)
        for session, elements in found.items():
            session.send_elements(elements)

    def heard(self, session: Session) -> None:
        """Take a pong: on this wire it is no heartbeat."""

    @property
    def _ping_seconds(self) -> float:
        return self.rules.ping_seconds

    def _made(self, number: int, opened_at: float, wake: Callable[[], None]) -> Session:
        return Session(number=number, rules=self.rules, opened_at=opened_at, wake=wake)

    def _asked_for(self, session: Session) -> dict[str, Any]:
        told = [
            {"group": group, "type": kind, "item": item}
            for group, entries in session.groups.items()
            for kind, item in entries
        ]
        return {"registrations": told, "conditions": sorted(session.conditions)}

    def _skip(self) -> None:
        super()._skip()
        self._told_until = self.exchange.clock.now()

    def _login(self, session: Session, frame: dict[str, Any]) -> None:
        token = frame.get("token")
        try:
            appkey = self.tokens.owner(f"Bearer {token}", self.exchange.clock.now())
        except Refused as refused:
            code, _, message = refused.return_msg.partition("[")[2].rstrip("]").partition(":")
            self._refuse_login(session, _BAD_TOKEN, f"[CODE={code}, MESSAGE={message}]")
            return
        fault = self.faults.take_live("login_refused", appkey)
        if fault is not None:
            chosen = fault.code or ""
            text = fault.text or "[CODE=8005, MESSAGE=Token이 유효하지 않습니다]"
            self._refuse_login(session, int(chosen) if chosen.isdecimal() else _BAD_TOKEN, text)
            return
        if self.rules.newest_wins:
            for other in self.sessions:
                if other is not session and other.appkey == appkey:
                    other.finish_by_system(
                        "R10001",
                        "동일한 App key로 접속이 되었습니다. 기존 세션은 종료가 됩니다",
                    )
        session.appkey = appkey
        if self.rules.ping_before_login:
            session.next_ping = 0.0
            session.beat(self.machine.monotonic())
        session.send({"trnm": "LOGIN", "return_code": 0, "return_msg": "", "sor_yn": "Y"})

    def _refuse_login(self, session: Session, code: int, text: str) -> None:
        message = f"토큰 인증에 실패했습니다 {text}"
        session.send({"trnm": "LOGIN", "return_code": code, "return_msg": message})
        if self.rules.closes_after_refusal:
            session.finish(NORMAL_CLOSE)

    def _serve(self, session: Session, frame: dict[str, Any]) -> None:
        name = frame.get("trnm")
        if name in ("REG", "REMOVE"):
            self._register(session, frame)
        elif name in ("CNSRLST", "CNSRREQ", "CNSRCLR"):
            session.send(self.conditions.answer(session, frame))
        else:
            raise Refusal(self.rules.refusal_code, "지원하지 않는 서비스입니다")

    def _register(self, session: Session, frame: dict[str, Any]) -> None:
        # What happened before the registration is not told to it.
        self.tell_orders()
        self.tell_trades()
        for _, item in session.register(frame, self.machine.monotonic()):
            symbol = symbol_of(item)
            if self.exchange.market.find(symbol) is not None:
                self.ticker.watch(symbol)
        session.send({"trnm": frame["trnm"], "return_code": 0, "return_msg": ""})

    def _watched(self, sessions: Iterable[Session]) -> tuple[list[str], list[str]]:
        """Return the listed symbols that somebody watches, and the other items."""
        items = {item for session in sessions for item in session.types if item}
        listed = {symbol_of(item) for item in items}
        listed = {symbol for symbol in listed if self.exchange.market.find(symbol)}
        if any(session.registered("1h") for session in sessions):
            # Halts are of all symbols; those that somebody moves are looked at.
            listed |= self.exchange.market.pins.keys() | (
                {s for s in self.ticker.rates if self.exchange.market.find(s)}
            )
        return sorted(listed), sorted(item for item in items if symbol_of(item) not in listed)

    def _gather_trade(self, tick: Tick, found: dict[Session, list[str]]) -> None:
        made: dict[tuple[str, str], str] = {}
        halts = live_boards.crosses_halt(tick)
        if halts:
            self._halted[tick.symbol] = tick
        for session, elements in found.items():
            for suffix in SUFFIXES:
                item = tick.symbol + suffix
                for kind in sorted(session.types.get(item, ())):
                    element = made.get((kind, item))
                    if element is None:
                        element = made[kind, item] = of_trade(self.exchange, kind, item, tick)
                    if element:
                        elements.append(element)
            if halts and session.registered("1h"):
                elements.append(element_of("1h", "", live_boards.halt(tick, released=False)))

    def _gather_conditions(self, moment: datetime, found: dict[Session, list[str]]) -> None:
        for session, elements in found.items():
            if not session.conditions:
                continue
            for symbol in instruments():
                for seq, comes in self.conditions.changes(session, symbol):
                    elements.append(condition_element(seq, symbol, moment, comes=comes))

    def _gather_releases(self, moment: datetime, found: dict[Session, list[str]]) -> None:
        for symbol, tick in list(self._halted.items()):
            if moment < live_boards.halt_ends(tick):
                continue
            del self._halted[symbol]
            for session, elements in found.items():
                if session.registered("1h"):
                    elements.append(element_of("1h", "", live_boards.halt(tick, released=True)))

    def _tell_sessions(self) -> None:
        now = self.exchange.clock.now()
        since, self._told_until = self._told_until, now
        for values in live_boards.session_changes(since, now):
            self._tell("0s", "", values, self.sessions)

    def _tell(self, kind: str, item: str, values: Values, sessions: Iterable[Session]) -> None:
        """Send one event in a frame of its own to whoever has registered for it."""
        element = element_of(kind, item, values)
        for session in sessions:
            if session.registered(kind) and session.appkey is not None:
                session.send_elements([element])


_USUAL_RULES = {name: getattr(LiveRules(), name) for name in LiveRules.__slots__}


def _refuse_access(session: Session) -> None:
    session.finish_by_system("R10004", "접속허용요청이 들어오지 않았습니다")
