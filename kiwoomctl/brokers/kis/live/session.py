"""One live connection to KIS: requests in JSON, data in texts of fields.

A frame that begins with a brace answers a request or is the server's PINGPONG, which is sent
back as it came. Everything else is data: whether it is encrypted, the TR, how many records, the
records. A registration is answered with the key that its events are encrypted with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kiwoomctl.brokers.kis.live.cipher import decrypted
from kiwoomctl.brokers.kis.live.kinds import NOTICES, TRADES
from kiwoomctl.brokers.kis.replies import Verdict, verdict
from kiwoomctl.brokers.live.session import TAKEN, LineSession, safe_text
from kiwoomctl.domain.redaction import scrubbed
from kiwoomctl.errors import (
    BrokerRejected,
    Busy,
    KiwoomctlError,
    Phrase,
    SignInError,
    Unavailable,
    UsageError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from kiwoomctl.brokers.live.patience import Patience
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.domain.clock import Clock

HEARTBEAT: Final = "PINGPONG"
IN_USE: Final = "OPSP8996"
BAD_APPROVAL: Final = "OPSP0011"
TOO_MANY: Final = "OPSP0008"
_AS_WANTED: Final = frozenset({"OPSP0002", "OPSP0003"})
"""It is registered already, or was not: that is what was asked for."""
_PASSING: Final = frozenset({"OPSP0007", "OPSP0009"})
_DONE: Final = "0"
_PARTS: Final = 4
_OURS: Final = NOTICES | TRADES.keys()


class Registration(NamedTuple):
    """What a session can be asked for."""

    tr_id: str
    tr_key: str
    """A code for trades, the owner's HTS id for order notices."""


Records = Sequence[Sequence[str] | Phrase]
"""Records as sent; a Phrase says why there are none."""


class KisSession(LineSession[Mapping[str, Any]]):
    """One connection; raises nothing by itself, its end stands in ``why``."""

    def __init__(
        self,
        line: Line,
        clock: Clock,
        patience: Patience,
        approval: str,
        on_records: Callable[[str, Records, datetime], None],
        on_unreadable: Callable[[str], None],
    ) -> None:
        """Start reading.

        Args:
            line: the connection.
            clock: time and sleep.
            patience: how long to wait for what.
            approval: what every request carries, a secret.
            on_records: is given the TR and its records, and when they came.
            on_unreadable: is told of a frame that is none.
        """
        super().__init__(line, clock, patience)
        self.approval = approval
        self._on_records = on_records
        self._on_unreadable = on_unreadable
        self._ciphers: dict[str, tuple[str, str]] = {}
        self._begin()

    def ask(self, registration: Registration, *, remove: bool = False) -> None:
        """Register for something, or end that.

        Raises:
            SignInError: the approval key is refused; ``code`` is ``kis_OPSP0011``.
            UsageError: the session has no room for it.
            BrokerRejected: the broker refused it otherwise.
            Unavailable: the connection ended, or nothing was answered in time and it was ended.
            Busy: another session has the key.
        """
        if registration.tr_id in NOTICES:
            self._hide(registration.tr_key)
        asked = {
            "header": {
                "approval_key": self.approval,
                "custtype": "P",
                "tr_type": "2" if remove else "1",
                "content-type": "utf-8",
            },
            "body": {"input": registration._asdict()},
        }
        reply = self._exchange(json.dumps(asked), registration, registration.tr_id)
        error = _refusal(registration, reply, *self._hidden())
        if error is not None:
            raise error

    def _receive(self, text: str) -> bool:
        if text.lstrip().startswith("{"):
            self._control(text)
            return False
        parts = text.split("|", _PARTS - 1)
        if len(parts) != _PARTS or parts[0] not in {"0", "1"} or not parts[2].isdecimal():
            self._on_unreadable("neither JSON nor data")
            return False
        mark, tr_id, count, payload = parts
        payload = scrubbed(payload, self.approval)
        records = self._records(tr_id, int(count), payload, is_secret=mark == "1")
        self._on_records(tr_id, records, self._clock.now())
        return True

    def _records(self, tr_id: str, count: int, payload: str, *, is_secret: bool) -> Records:
        if is_secret:
            if tr_id not in self._ciphers:
                return [Phrase("it is encrypted, and no key came")]
            try:
                payload = decrypted(payload, *self._ciphers[tr_id])
            except ValueError:
                return [Phrase("it cannot be decrypted")]
        fields = payload.split("^")
        width, rest = divmod(len(fields), max(1, count))
        if rest or not width:
            return [
                Phrase("{count} fields are not {records} records", count=len(fields), records=count)
            ]
        return [fields[at : at + width] for at in range(0, len(fields), width)]

    def _control(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        header = frame.get("header") if isinstance(frame, dict) else None
        if not isinstance(frame, dict) or not isinstance(header, dict):
            self._on_unreadable("JSON without a header")
            return
        if header.get("tr_id") == HEARTBEAT:
            self._send(text)
            return
        self._take_keys(header, frame)
        found = _verdict(frame, *self._hidden())
        if found.rt_cd != _DONE:
            self._said(f"{found.code} {found.text}")
        if found.code == IN_USE:
            self._end(_in_use())
            return
        if self._awaited is not None and self._is_awaited(header, found):
            self._answered(frame)

    def _is_awaited(self, header: Mapping[str, Any], found: Verdict) -> bool:
        """Tell whether this answers the request under way; a refusal may name no TR at all."""
        told = Registration(_plain(header.get("tr_id")), _plain(header.get("tr_key")))
        return told == self._awaited or (found.rt_cd != _DONE and told.tr_id not in _OURS)

    def _take_keys(self, header: Mapping[str, Any], frame: Mapping[str, Any]) -> None:
        body = frame.get("body")
        output = body.get("output") if isinstance(body, dict) else None
        if isinstance(output, dict):
            key, iv = output.get("key"), output.get("iv")
            if isinstance(key, str) and isinstance(iv, str):
                self._ciphers[_plain(header.get("tr_id"))] = (key, iv)
                self._hide(key, iv)

    def _hide(self, *secrets: str) -> None:
        self._secrets = tuple(dict.fromkeys((*self._secrets, *secrets)))

    def _hidden(self) -> tuple[str, ...]:
        return (self.approval, *self._secrets)


def _verdict(frame: Mapping[str, Any], *secrets: str) -> Verdict:
    body = frame.get("body")
    found = verdict(body if isinstance(body, dict) else {})
    code, text = (safe_text(told, *secrets) for told in (found.code, found.text))
    return Verdict(found.rt_cd, code, text)


def _plain(text: object) -> str:
    return text.strip() if isinstance(text, str) else ""


def _refusal(
    registration: Registration, frame: Mapping[str, Any], *secrets: str
) -> KiwoomctlError | None:
    """Return the error a reply to a request is; None where it has what was wanted."""
    found = _verdict(frame, *secrets)
    if found.rt_cd == _DONE or found.code in _AS_WANTED:
        return None
    if found.code == BAD_APPROVAL:
        return SignInError(
            "profile {profile!r}: the broker refuses the approval key of the live connection "
            "[{broker_code}]",
            hint="try again; if it stays, check the key: kiwoomctl accounts --check",
            code=f"kis_{BAD_APPROVAL}",
            broker_code=BAD_APPROVAL,
            profile="",
        )
    if found.code == TOO_MANY:
        return UsageError(
            "the broker takes no more kinds and codes on one connection [{broker_code}]",
            hint="name fewer",
            code="items",
            broker_code=TOO_MANY,
        )
    if found.code in _PASSING:
        return Unavailable(
            "the broker's server failed for the moment ({api_id}, {broker_code}: {text})",
            hint="try again later",
            code="server_error",
            api_id=registration.tr_id,
            broker_code=found.code,
            text=found.text,
        )
    return BrokerRejected(
        "the broker refused {api_id} [{broker_code}]: {text}",
        code=f"kis_{found.code or '-'}",
        api_id=registration.tr_id,
        broker_code=found.code or "-",
        text=found.text,
    )


def _in_use() -> Busy:
    return Busy(
        "another program has the live connection of this app key, and the broker refused ours",
        hint="one key has one live connection: stop the other program, or give it a key of its own",
        code=TAKEN,
        safe_to_retry=False,
    )
