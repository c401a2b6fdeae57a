"""What the gateways of all wires have in common: who asks, what faults do to it, what is recorded.

A wire says how a request is named and answered, and what its broken replies look like; when a
fault strikes, and that an order it hits first does not exist, is the same for all.

The caller lets one request in at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal, NamedTuple

from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import (
    BESIDE_MODES,
    CONTENT_MODES,
    SOCKET_MODES,
    Fault,
    Faults,
    Struck,
)
from kiwoomctl.simulator.messages import Outcome, Reply, Request, json_object
from kiwoomctl.simulator.records import RecordedRequest, Records
from kiwoomctl.simulator.tokens import Tokens

_MISREPORTS = ("blank", "wrong_number")
# These damage the bytes of a reply, so there has to be one.
_NEEDS_REPLY = frozenset({"truncate", "list", "rc_string", "slow"})


class Asked(NamedTuple):
    """A request, and what is known of it before it is let in."""

    request: Request
    api_id: str
    body: dict[str, Any] | None
    """None for one that is no JSON object."""
    appkey: str | None
    """Whose it is; None where nobody can tell."""


class Gateway(ABC):
    """Answers the requests of one wire."""

    def __init__(
        self, exchange: Exchange, tokens: Tokens, faults: Faults, records: Records, machine: Clock
    ) -> None:
        self.exchange = exchange
        self.tokens = tokens
        self.faults = faults
        self.records = records
        self.machine = machine

    def answer(self, request: Request) -> Outcome:
        """Return what the client of this request gets."""
        arrived = self.machine.now().timestamp()
        api_id = self._name_of(request)
        body = json_object(request.body)
        asked = Asked(request, api_id, body, self._caller(request, body))
        fault = self.faults.take(api_id, asked.appkey)
        beside = {
            mode: struck
            for mode in BESIDE_MODES
            if (struck := self.faults.take_beside(mode, api_id, asked.appkey)) is not None
        }
        if "late_accept" in beside:
            outcome = self._lose(fault, asked, Struck(None, beside))
        elif fault is None:
            outcome = self._handle(asked, Struck(None, beside))
        else:
            outcome = self._suffer(fault, asked, beside)
        status = outcome.status if isinstance(outcome, Reply) else 0
        self.records.requests.append(RecordedRequest(arrived, api_id, asked.appkey, status))
        return outcome

    def _suffer(self, fault: Fault, asked: Asked, beside: dict[str, Fault]) -> Outcome:
        """Answer a request that a fault hits.

        A read is handled first wherever its reply is needed to be damaged; any other request
        only when the fault strikes after it. An order that is hit before it is handled does not
        exist, whatever its reply looks like.
        """
        from kiwoomctl.simulator.broken import cut_off

        mode, kind = fault.mode, self._kind_of(asked.api_id)
        is_order = kind == "order"
        if mode in CONTENT_MODES and not (is_order and mode == "blank"):
            return self._handle(asked, Struck(fault, beside))
        needed = mode == "slow" or (kind == "read" and mode in _NEEDS_REPLY)
        if fault.when == "after" or needed:
            reply = self._handle(asked, Struck(None, beside))
        else:
            reply = self._imagined(asked, is_order=is_order)
        if mode in SOCKET_MODES:
            return cut_off(fault)
        if mode == "token_dead":
            self.tokens.kill(asked.appkey)
        if is_order and mode in _MISREPORTS:
            return self._misreported(fault, reply, asked.appkey)
        return self._damaged(fault, reply, asked.api_id)

    def _lose(self, fault: Fault | None, asked: Asked, struck: Struck) -> Outcome:
        """Lose the reply to an order that the exchange takes only later.

        What else strikes the request says how the reply is lost; without that, the fault that
        made the order late does: its ``text`` may be drop, reset or hang.
        """
        from kiwoomctl.simulator.broken import cut_off

        late = struck.beside["late_accept"]
        reply = self._handle(asked, struck)
        if fault is not None and fault.mode in _MISREPORTS:
            return self._misreported(fault, reply, late.appkey)
        if fault is not None and fault.mode not in SOCKET_MODES:
            return self._damaged(fault, reply, asked.api_id)
        return cut_off(fault or late.as_cut())

    @abstractmethod
    def clear(self) -> None:
        """Forget cursors, rates and what else belongs to this wire alone."""

    @abstractmethod
    def _name_of(self, request: Request) -> str:
        """Return what a request is called by faults and records."""

    @abstractmethod
    def _caller(self, request: Request, body: dict[str, Any] | None) -> str | None:
        """Return the app key of a request; None where nobody can tell."""

    @abstractmethod
    def _kind_of(self, api_id: str) -> Literal["read", "order", "other"]:
        """Return what an order is, and whose reply a fault may need first."""

    @abstractmethod
    def _handle(self, asked: Asked, struck: Struck) -> Reply:
        """Return the reply to a request that gets one."""

    @abstractmethod
    def _imagined(self, asked: Asked, *, is_order: bool) -> Reply:
        """Return the success of a request that is not handled."""

    @abstractmethod
    def _misreported(self, fault: Fault, reply: Reply, appkey: str | None) -> Reply:
        """Return the success of an order without its values, or with another number."""

    @abstractmethod
    def _damaged(self, fault: Fault, reply: Reply, api_id: str) -> Reply:
        """Return what the client gets in the place of a reply."""
