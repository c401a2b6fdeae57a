"""One interpreter of Kiwoom's replies: what an HTTP answer means, or the error it is.

Success is HTTP 200 and return_code 0. Business failures are HTTP 200 too: return_code is only
a coarse class, the documented code stands inside return_msg in one of three shapes. "No data"
is an answer, not a failure, and only for the forms listed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from kiwoomctl.brokers.kiwoom.endpoints import Endpoint
from kiwoomctl.brokers.replies import (
    failed_for_now,
    json_object,
    not_on_mock,
    rejected,
    server_failed,
    throttled,
    unreadable,
    whole_rows,
)
from kiwoomctl.brokers.texts import printable, server_time
from kiwoomctl.errors import (
    KiwoomctlError,
    Phrase,
    SignInError,
)

# A text that was cut, or goes on after the bracket, must not lose its code.
_GATEWAY = re.compile(r"\[(\d{3,5}):(.*?)\]?\s*$", re.DOTALL)
_BACKEND = re.compile(r"\[2000\]\(([A-Z]{0,2}-?\d+):(.*?)\)?\s*$", re.DOTALL)
_WEBSOCKET = re.compile(r"CODE=(\d{3,5}),\s*MESSAGE=(.*?)\]?\s*$", re.DOTALL)

NO_DATA_CODES = frozenset({"501724", "571758"})
NO_DATA_TEXTS = ("내역이없습니다", "자료가없습니다")
NOT_ON_MOCK_CODES = frozenset({"RC9000", "8104", "RC7006"})
RATE_CODES = frozenset({"1700", "1701", "1702"})
# The gateway refused before any account was touched, because the token is of no use.
DEAD_TOKEN_CODES = frozenset({"8005", "8103"})
OTHER_ADDRESS_CODE = "8010"
TRANSIENT_CODES = frozenset({"-994", "1999", "1687", "8003", "8006", "8009"})
# As the broker writes them: 0 may be padded ("0000"), no other code ever was seen so.
_INTEGER = re.compile(r"0{1,9}|-?[1-9][0-9]{0,8}")
_AUTHENTICATION = 3
"""The class of all authentication failures."""
_OK = 200
_TOO_MANY = 429
_UNAUTHORIZED = 401
_SERVER_ERROR = 500

_SIGN_IN = {
    "8001": (
        "the broker does not know this app key and secret key",
        "store the right pair: kiwoomctl login {profile}",
    ),
    "8002": (
        "the broker does not know this app key and secret key",
        "store the right pair: kiwoomctl login {profile}",
    ),
    "8005": ("the token is no longer valid", "renew it: kiwoomctl login {profile} --refresh"),
    "8010": (
        "the token was issued to another internet address",
        "renew it from here: kiwoomctl login {profile} --refresh",
    ),
    "8020": (
        "the app key or the secret key is empty",
        "store the right pair: kiwoomctl login {profile}",
    ),
    "8030": (
        "this app key belongs to the other environment (real/mock)",
        "give the key of this environment: kiwoomctl login {profile}; or correct the environment",
    ),
    "8031": (
        "this token belongs to the other environment (real/mock)",
        "correct environment in profiles.toml, then: kiwoomctl login {profile} --refresh",
    ),
    "8040": (
        "this computer's internet address is not allowed for the key",
        "see the key's settings at openapi.kiwoom.com",
    ),
    "8050": (
        "this computer's internet address is not registered for the key",
        "register it at openapi.kiwoom.com, IP registration (IP 등록)",
    ),
    "8103": (
        "the broker refused the token or this terminal",
        "renew it: kiwoomctl login {profile} --refresh",
    ),
    "1513": ("the broker got no token", "renew it: kiwoomctl login {profile} --refresh"),
    "1514": (
        "the broker could not read the token",
        "renew it: kiwoomctl login {profile} --refresh",
    ),
    "1515": (
        "the broker could not read the token",
        "renew it: kiwoomctl login {profile} --refresh",
    ),
    "1516": ("the broker got no token", "renew it: kiwoomctl login {profile} --refresh"),
}


class Page(NamedTuple):
    """One successful reply."""

    body: Mapping[str, Any]
    """Empty where the broker's answer is "no data"."""
    rows: tuple[Mapping[str, str], ...]
    next_key: str | None
    """The cursor of the next page; None on the last one."""
    date: str = ""
    """The Date header as sent."""
    cut: bool = False
    """The server announced a next page without saying how to ask for it."""

    @property
    def broker_time(self) -> datetime | None:
        """The server's time of this reply; None where it sent none or no date."""
        return server_time(self.date)


class Verdict(NamedTuple):
    """The coarse class and the documented code of a reply."""

    return_code: int | None
    """None where the reply carries none."""
    code: str
    """The embedded code; the return_code as text where there is none."""
    text: str


def verdict(body: Mapping[str, Any]) -> Verdict:
    """Return what the envelope says, whichever of the three message shapes it uses."""
    return_code = _return_code(body.get("return_code"))
    message = printable(body.get("return_msg"))
    for shape in (_BACKEND, _GATEWAY, _WEBSOCKET):
        match = shape.search(message)
        if match:
            return Verdict(return_code, match[1], match[2].strip())
    code = "" if return_code is None else str(return_code)
    return Verdict(return_code, code, message.strip())


def _return_code(raw: object) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None  # int() would take false and 0.5 for success
    text = str(raw).strip()
    return int(text) if _INTEGER.fullmatch(text) else None


def interpret(endpoint: Endpoint, status: int, headers: Mapping[str, str], content: bytes) -> Page:
    """Return the page this answer holds.

    Raises:
        SignInError: token, key or address refused; ``code`` is ``kiwoom_<code>``.
        Throttled: the rate was refused, the request was not processed.
        BrokerRejected: a definite business refusal.
        Unavailable: a server error, or a backend fault known to pass.
        Unreadable: anything that is not the documented form.
    """
    body = _json(endpoint, status, content)
    found = verdict(body)
    if status == _OK and found.return_code == 0:
        return _page(endpoint, headers, body)
    if status == _OK and _is_no_data(found) and (endpoint.rows or endpoint.as_sent):
        return Page(body if endpoint.as_sent else {}, (), None, headers.get("date", ""))
    raise _failure(endpoint, status, found)


def refusal(endpoint: Endpoint, frame: Mapping[str, Any]) -> KiwoomctlError | None:
    """Return what a frame of a live session refuses; None where it refuses nothing.

    Args:
        endpoint: what was asked for; its api_id is the frame's name.
        frame: what came.
    """
    found = verdict(frame)
    return None if found.return_code == 0 else _failure(endpoint, _OK, found)


def _json(endpoint: Endpoint, status: int, content: bytes) -> Mapping[str, Any]:
    body = json_object(content)
    if body is not None:
        return body
    if status in {_UNAUTHORIZED, _TOO_MANY}:
        return {}  # the status alone says what is wrong
    if status >= _SERVER_ERROR:
        raise server_failed(endpoint, status)
    raise unreadable(endpoint, "HTTP {status}, not a JSON object", status=status)


def _page(endpoint: Endpoint, headers: Mapping[str, str], body: Mapping[str, Any]) -> Page:
    for name in endpoint.required:
        if not isinstance(body.get(name), str):
            raise unreadable(endpoint, "the field {name} is missing", name=name)
    next_key = headers.get("next-key", "").strip()
    if not (next_key.isascii() and next_key.isprintable()):
        raise unreadable(endpoint, "the field {name} is missing", name="next-key")
    more = headers.get("cont-yn", "").strip().upper() == "Y"
    return Page(
        body,
        whole_rows(endpoint, body, partial(_texts, endpoint)),
        next_key if more and next_key else None,
        headers.get("date", ""),
        cut=more and not next_key,
    )


def _texts(endpoint: Endpoint, row: Mapping[str, Any]) -> Mapping[str, str]:
    if any(not isinstance(value, str) for value in row.values()):
        raise unreadable(endpoint, "a row holds something else than text")
    return row


def _is_no_data(found: Verdict) -> bool:
    if found.return_code == _AUTHENTICATION:
        return False
    if found.code in NO_DATA_CODES:
        return True
    bare = "".join(found.text.split())
    return any(text in bare for text in NO_DATA_TEXTS)


def _failure(endpoint: Endpoint, status: int, found: Verdict) -> KiwoomctlError:
    if status == _TOO_MANY or found.code in RATE_CODES:
        return throttled(endpoint)
    if status == _UNAUTHORIZED and found.code not in _SIGN_IN:
        # Never seen documented; without a code of its own it is about the token.
        found = Verdict(_AUTHENTICATION, "8005", found.text)
    if found.code in _SIGN_IN:
        message, hint = _SIGN_IN[found.code]
        return SignInError(
            "profile {profile!r}: {problem} [{broker_code}]",
            hint=hint,
            code=f"kiwoom_{found.code}",
            problem=Phrase(message),
            broker_code=found.code,
            profile="",
        )
    if status >= _SERVER_ERROR:
        return server_failed(endpoint, status)
    if status != _OK or found.return_code is None or found.return_code == 0:
        return unreadable(endpoint, "HTTP {status} without a return_code", status=status)
    if found.code in TRANSIENT_CODES:
        return failed_for_now(endpoint, found.code, found.text)
    if found.return_code == _AUTHENTICATION:
        return SignInError(
            "profile {profile!r}: the broker refused the sign-in [{broker_code}: {text}]",
            hint="check the key: kiwoomctl login {profile}",
            code=f"kiwoom_{found.code}",
            broker_code=found.code,
            text=found.text,
            profile="",
        )
    if found.code in NOT_ON_MOCK_CODES:
        return not_on_mock(endpoint, found.code)
    return rejected("kiwoom", endpoint, found.code, found.text)
