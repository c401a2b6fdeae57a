"""All live sessions of KIS's wire: approval, registrations, heartbeats, trades, order notices.

A frame of data is text that does not begin with a brace: whether it is encrypted, the TR, how
many records, the records. Order notices are encrypted with the key that a registration was
answered with. What happened while nobody was connected is told to nobody.

Entry points: ``open``, ``receive``, ``close`` for whoever carries the frames, ``poll`` for time.
The caller holds the host's lock.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.journal import OrderEvent
from kiwoomctl.simulator.kis.cipher import encrypted
from kiwoomctl.simulator.kis.gateway import KisGateway
from kiwoomctl.simulator.kis.identity import hts_id
from kiwoomctl.simulator.kis.live_records import notice, trade
from kiwoomctl.simulator.kis.session import KisSession, Registration
from kiwoomctl.simulator.line import NORMAL_CLOSE, LiveSide
from kiwoomctl.simulator.messages import json_object
from kiwoomctl.simulator.ticker import Tick

_TRADES = {
    "real": frozenset({"H0STCNT0", "H0NXCNT0", "H0UNCNT0"}),
    "mock": frozenset({"H0STCNT0"}),
}
_NOTICES = {"real": "H0STCNI0", "mock": "H0STCNI9"}
_REGISTER, _REMOVE = "1", "2"
_NOBODY: Registration = ("(null)", "")
_LARGEST_COUNT = 999


class _Waiting(NamedTuple):
    """A notice on its way."""

    due: float
    session: KisSession
    text: str


class KisLive(LiveSide[KisSession]):
    """The live side of KIS's wire."""

    def __init__(self, gateway: KisGateway) -> None:
        super().__init__(gateway.exchange, gateway.faults, gateway.machine)
        self.gateway = gateway
        self.rules = gateway.rules
        self._waiting: list[_Waiting] = []

    def clear(self) -> None:
        """Begin again: every session loses its line, and notices on their way are lost."""
        super().clear()
        self._waiting.clear()

    def receive(self, session: KisSession, text: str | bytes) -> None:
        """Take a client's frame; what is no request is not answered."""
        if session.end is not None:
            return
        frame = json_object(text) or {}
        header, body = frame.get("header"), frame.get("body")
        if not isinstance(header, dict):
            return
        if header.get("tr_id") == "PINGPONG":
            self.heard(session)
            return
        asked = body.get("input") if isinstance(body, dict) else None
        if not isinstance(asked, dict):
            asked = {}
        registration = (str(asked.get("tr_id") or ""), str(asked.get("tr_key") or ""))
        if self._approve(session, str(header.get("approval_key") or ""), registration):
            # What happened before a registration is not told to it.
            self.poll()
            self._change(session, str(header.get("tr_type") or ""), registration)

    def heard(self, session: KisSession) -> None:
        """Take a client's answer to a heartbeat, whether a frame or a pong."""
        if self.faults.take_live("ping_unheard", session.appkey) is None:
            session.unheard_pings = 0

    def poll(self) -> None:
        """Tell everything that has happened up to now."""
        self.exchange.advance()
        if not self.sessions:
            return
        now = self.machine.monotonic()
        for session in list(self.sessions):
            self._beat(session, now)
        self._end_by_fault()
        self.tell_orders()
        self._tell_trades(now)

    def tell_orders(self) -> None:
        """Tell what has happened to orders."""
        now = self.machine.monotonic()
        events = self._journal.news()
        for event in reversed(events) if self.rules.notices_backwards else events:
            account = self.exchange.accounts[event.order.appkey]
            if account.broker == "kis":
                self._notify(account, event, now)
        left = []
        for waiting in self._waiting:
            if waiting.due <= now:
                waiting.session.send_text(waiting.text)
            else:
                left.append(waiting)
        self._waiting = left

    @property
    def _ping_seconds(self) -> float:
        return self.rules.ping_seconds

    def _made(self, number: int, opened_at: float, wake: Callable[[], None]) -> KisSession:
        return KisSession(number=number, opened_at=opened_at, wake=wake)

    def _asked_for(self, session: KisSession) -> dict[str, Any]:
        told = [{"type": tr_id, "item": tr_key} for tr_id, tr_key in session.registrations]
        return {"registrations": told}

    def _approve(self, session: KisSession, approval: str, registration: Registration) -> bool:
        """Tell whether a request brings a right approval key; the first one opens the session."""
        if session.appkey is not None and approval == session.approval:
            return True
        appkey = self.gateway.tokens.approved(approval, self.exchange.clock.now())
        refused = appkey is not None and self.faults.take_live("login_refused", appkey)
        if appkey is None or refused or session.appkey not in (None, appkey):
            session.say(registration, "OPSP0011", "invalid approval : NOT FOUND", rt_cd="9")
            return False
        others = [s for s in self.sessions if s is not session and s.appkey == appkey]
        if any(other.end is None for other in others):
            session.say(_NOBODY, "OPSP8996", "ALREADY IN USE appkey", rt_cd="9")
            if self.rules.closes_second:
                session.finish(NORMAL_CLOSE)
            return False
        session.appkey, session.approval = appkey, approval
        return True

    def _change(self, session: KisSession, what: str, registration: Registration) -> None:
        """Register, or end a registration."""
        tr_id, tr_key = registration
        environment = self.exchange.seed.environment
        is_notice = tr_id == _NOTICES[environment]
        if (tr_id not in _TRADES[environment] and not is_notice) or what not in (
            _REGISTER,
            _REMOVE,
        ):
            session.say(registration, "OPSP8991", "ERROR : INPUT INVALID_TR_ID", rt_cd="1")
            return
        if what == _REMOVE:
            self._remove(session, registration)
            return
        if is_notice:
            if tr_key != hts_id(self.exchange, self._account(session)):
                # A wrong login id loses the line, without a word.
                session.finish(0)
                return
        elif self.exchange.market.find(tr_key) is None:
            session.say(registration, "OPSP8992", "ERROR : INPUT INVALID_TR_KEY", rt_cd="1")
            return
        self._add(session, registration, is_notice=is_notice)

    def _add(self, session: KisSession, registration: Registration, *, is_notice: bool) -> None:
        if registration in session.registrations:
            session.say(registration, "OPSP0002", "ALREADY IN SUBSCRIBE", rt_cd="1")
            return
        if len(session.registrations) >= self.rules.registrations:
            session.say(registration, "OPSP0008", "MAX SUBSCRIBE OVER", rt_cd="1")
            return
        session.registrations[registration] = None
        if not is_notice:
            self.ticker.watch(registration[1])
        output = {"iv": session.iv, "key": session.key}
        session.say(registration, "OPSP0000", "SUBSCRIBE SUCCESS", output=output)

    def _remove(self, session: KisSession, registration: Registration) -> None:
        if registration not in session.registrations:
            session.say(registration, "OPSP0003", "UNSUBSCRIBE ERROR(not found!)", rt_cd="1")
            return
        del session.registrations[registration]
        output = {"iv": session.iv, "key": session.key}
        session.say(registration, "OPSP0001", "UNSUBSCRIBE SUCCESS", output=output)

    def _beat(self, session: KisSession, now: float) -> None:
        """Send a heartbeat if it is time; who stays silent loses the line."""
        if session.end is not None or not self.rules.ping_seconds or now < session.next_ping:
            return
        if session.unheard_pings >= self.rules.silent_pings:
            session.finish(0)
            return
        session.unheard_pings += 1
        session.next_ping = now + self.rules.ping_seconds
        stamp = f"{self.exchange.clock.now():%Y%m%d%H%M%S}"
        session.send_text(json.dumps({"header": {"tr_id": "PINGPONG", "datetime": stamp}}))

    def _account(self, session: KisSession) -> Account:
        return self.exchange.accounts[session.appkey or ""]

    def _notify(self, account: Account, event: OrderEvent, now: float) -> None:
        """Tell everybody who hears of an account what happened to an order of it."""
        person, tr_id = hts_id(self.exchange, account), _NOTICES[self.exchange.seed.environment]
        record = ""
        for session in self.sessions:
            if (tr_id, person) not in session.registrations:
                continue
            if self.rules.notice_scope == "key" and session.appkey != account.appkey:
                continue
            record = record or notice(
                self.exchange, account, person, event, self.rules.notice_fields
            )
            text = f"1|{tr_id}|001|{encrypted(record, session.key, session.iv)}"
            due = now + self.rules.notice_seconds
            self._waiting += [_Waiting(due, session, text)] * self.rules.notice_copies

    def _tell_trades(self, now: float) -> None:
        notices = _NOTICES.values()
        wanted = {
            (tr_id, symbol)
            for session in self.sessions
            if session.end is None
            for tr_id, symbol in session.registrations
            if tr_id not in notices
        }
        ticks, _ = self.ticker.ticks(sorted({symbol for _, symbol in wanted}), (), now)
        if not ticks:
            return
        for session in self.sessions:
            for tr_id in sorted(_TRADES[self.exchange.seed.environment]):
                mine = [tick for tick in ticks if (tr_id, tick.symbol) in session.registrations]
                self._send_trades(session, tr_id, mine)

    def _send_trades(self, session: KisSession, tr_id: str, ticks: list[Tick]) -> None:
        size = min(max(1, self.rules.trades_per_frame), _LARGEST_COUNT)
        for first in range(0, len(ticks), size):
            part = ticks[first : first + size]
            fields = self.rules.trade_fields
            records = "^".join(trade(self.exchange, tick, fields) for tick in part)
            session.send_text(f"0|{tr_id}|{len(part):03d}|{records}")
