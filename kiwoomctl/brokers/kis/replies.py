"""One interpreter of KIS's replies: what an HTTP answer means, or the error it is.

The gateway answers its refusals with HTTP 500, the business side mostly with 200, and no table of
statuses is published. So the body decides, whatever the status: first ``msg_cd``, then ``rt_cd``;
the status only where neither is told. "No rows" comes as success and as a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from kiwoomctl.brokers.kis.endpoints import ISSUE_TOKEN, Endpoint
from kiwoomctl.brokers.replies import (
    contradictory,
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
    Busy,
    KiwoomctlError,
    Phrase,
    SignInError,
    Unavailable,
)

NO_DATA_CODE: Final = "KIOK0560"
MORE_CODE: Final = "KIOK0500"
"""What stands beside a page that is not the last one."""
DEAD_TOKEN_CODES: Final = frozenset({"EGW00121", "EGW00122", "EGW00123"})
RATE_CODE: Final = "EGW00201"
LEDGER_BUSY_CODE: Final = "EGW00215"
"""All customers together asked the ledger too often: no reason for this key to be slower."""
TOKEN_TOO_SOON_CODE: Final = "EGW00133"  # noqa: S105 - a code
WRONG_ACCOUNT_CODE: Final = "OPSQ2000"
PASSING_CODES: Final = frozenset(
    {"EGW00001", "EGW00002", "EGW00202", "EGW00203", "EGW00300", "EGW00301", "EGW00302", ""}
)
_NOT_ON_MOCK_CODE: Final = "EGW00213"
_NOT_ON_MOCK_TEXT: Final = "모의투자TR이아닙니다"
_NOT_FOUND = 404
_SERVER_ERROR = 500
_OK = 200
_DONE = "0"
_LAST_PAGE: Final = frozenset({"D", "E"})
_MORE_PAGES: Final = frozenset({"F", "M"})
_FURTHER_PAGE: Final = frozenset({"M", "E"})
CURSORS: Final = ("ctx_area_fk100", "ctx_area_nk100")

_SIGN_IN: Final[Mapping[str, tuple[str, str]]] = {
    "00121": (
        "the token is no longer valid",
        "renew it: kiwoomctl login {profile} --refresh",
    ),
    "00105": (
        "the broker does not know this app key and secret key",
        "store the right pair: kiwoomctl login {profile}",
    ),
    "00206": (
        "the broker does not allow this key to do that",
        "see the key's settings at apiportal.koreainvestment.com",
    ),
    "00207": (
        "this computer's internet address is not allowed for the key",
        "see the key's settings at apiportal.koreainvestment.com",
    ),
    "00205": ("the broker got no token", "renew it: kiwoomctl login {profile} --refresh"),
    "02004": (
        "this app key belongs to the other environment (real/mock)",
        "give the key of this environment: kiwoomctl login {profile}; or correct the environment",
    ),
}
_MEANS: Final[Mapping[str, str]] = {
    **{f"EGW{digits}": digits for digits in _SIGN_IN},
    **dict.fromkeys(DEAD_TOKEN_CODES, "00121"),
    "EGW00102": "00105",
    "EGW00103": "00105",
    "EGW00104": "00105",
    "EGW00304": "00105",
    "EGW00003": "00206",
    "EGW00004": "00206",
    "EGW00303": "00207",
}
"""Codes about the sign-in, and the digits of the one that says the same."""


class Page(NamedTuple):
    """One successful reply."""

    body: Mapping[str, str]
    """What is no list, names in lower case; empty where there is no such part."""
    rows: tuple[Mapping[str, str], ...]
    """Names in lower case."""
    cursor: tuple[str, str] | None
    """What asks for the next page; None on the last one."""
    date: str = ""
    """The Date header as sent."""
    told_last: bool = False
    """Whether the server said that it is the last one; it may say nothing."""

    @property
    def broker_time(self) -> datetime | None:
        """The server's time of this reply; None where it sent none or no date."""
        return server_time(self.date)


class Verdict(NamedTuple):
    """What the envelope says."""

    rt_cd: str | None
    """``0`` for success; None where the reply carries none."""
    code: str
    text: str


def verdict(body: Mapping[str, Any]) -> Verdict:
    """Return result, code and text; the token service has names of its own for them."""
    rt_cd = body.get("rt_cd")
    code = body.get("msg_cd", body.get("error_code"))
    text = printable(body.get("msg1", body.get("error_description")))
    return Verdict(
        rt_cd.strip() if isinstance(rt_cd, str) and rt_cd.strip() else None,
        # It is written down and shown: nothing in it may steer a terminal, or be no text at all.
        printable(code).strip(),
        text.strip(),
    )


def interpret(endpoint: Endpoint, status: int, headers: Mapping[str, str], content: bytes) -> Page:
    """Return the page this answer holds.

    Raises:
        SignInError: token, key or address refused; ``code`` is ``kis_<code>``.
        Throttled: the rate was refused, the request was not processed.
        Busy: a token was asked for within a minute of the last one.
        BrokerRejected: a definite business refusal.
        Unavailable: a server error, or a fault known to pass.
        Unreadable: anything that is not the documented form.
    """
    body = json_object(content)
    if body is None:
        raise _no_object(endpoint, status)
    found = verdict(body)
    date = headers.get("date", "")
    if found.code == NO_DATA_CODE and endpoint.rows is not None:
        _refuse_rows(endpoint, headers, body)
        return Page(_head(body, endpoint), (), None, date)
    if status != _OK or found.rt_cd != _DONE:
        raise failure(endpoint, status, found)
    head = _head(body, endpoint)
    mark = _mark(headers)
    cursor = _cursor(endpoint, mark, found.code, body)
    # Which of several pages brings the part that is no list is not documented.
    if head or (cursor is None and mark not in _FURTHER_PAGE):
        for name in endpoint.required:
            if name not in head:
                raise unreadable(endpoint, "the field {name} is missing", name=name)
    return Page(
        head,
        whole_rows(endpoint, body, partial(_lowered, endpoint)),
        cursor,
        date,
        told_last=mark in _LAST_PAGE,
    )


def plain(endpoint: Endpoint, status: int, content: bytes) -> Mapping[str, Any]:
    """Return the answer of the token service, which has no envelope where it succeeds.

    Raises:
        as ``interpret``.
    """
    body = json_object(content)
    if body is None:
        raise _no_object(endpoint, status)
    found = verdict(body)
    if status != _OK or found.code or found.rt_cd not in (None, _DONE):
        raise failure(endpoint, status, found)
    return body


def _head(body: Mapping[str, Any], endpoint: Endpoint) -> Mapping[str, str]:
    """Return the part that is no list: ``output``, or ``output2``, sometimes in a list of one."""
    for name in ("output", "output2", "output1"):
        part = body.get(name)
        if name == endpoint.rows:
            continue
        if isinstance(part, list) and len(part) == 1:
            part = part[0]
        if isinstance(part, dict):
            return _lowered(endpoint, part)
    return {}


def _lowered(endpoint: Endpoint, part: Mapping[str, Any]) -> dict[str, str]:
    """Return texts by lower-case names: how names are written differs between calls."""
    told: dict[str, str] = {}
    for name, value in part.items():
        if not isinstance(value, str):
            raise unreadable(endpoint, "a row holds something else than text")
        if told.setdefault(name.lower(), value) != value:
            raise unreadable(endpoint, "the field {name} is told twice", name=name)
    return told


def _mark(headers: Mapping[str, str]) -> str:
    return headers.get("tr_cont", "").strip().upper()


def _refuse_rows(endpoint: Endpoint, headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
    """Refuse a reply that says it has no rows, and has some or more to come."""
    has_rows = bool(body.get(endpoint.rows or "")) and bool(
        whole_rows(endpoint, body, partial(_lowered, endpoint))
    )
    if has_rows or (endpoint.pages and _mark(headers) in _MORE_PAGES):
        raise contradictory(endpoint, Phrase("no rows and yet some"))


def _cursor(
    endpoint: Endpoint, mark: str, code: str, body: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Return what asks for the next page; None on a last one that nothing contradicts."""
    if not endpoint.pages:
        return None
    if mark not in {"", *_LAST_PAGE, *_MORE_PAGES}:
        raise unreadable(endpoint, "its tr_cont is {mark}", mark=repr(mark[:5]))
    if mark not in _MORE_PAGES:
        following = not mark and str(body.get(CURSORS[1]) or "").strip()
        if code == MORE_CODE or following:
            raise contradictory(endpoint, Phrase("a last page and yet more"))
        return None
    cursor = tuple(body.get(name) for name in CURSORS)
    if not all(map(_can_be_sent, cursor)) or not str(cursor[1]).strip():
        raise unreadable(endpoint, "a further page without {name}", name=CURSORS[1])
    return (str(cursor[0]), str(cursor[1]))


def _can_be_sent(part: object) -> bool:
    """Tell whether it is a text that a request can carry: JSON can hold half characters."""
    if not isinstance(part, str):
        return False
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    return True


def failure(endpoint: Endpoint, status: int, found: Verdict) -> KiwoomctlError:
    """Return the error that a reply to a read is."""
    code = found.code
    if code == RATE_CODE:
        return throttled(endpoint)
    if code == TOKEN_TOO_SOON_CODE:
        return Busy(
            "profile {profile!r}: the broker issues one token a minute for a key",
            hint="wait a minute and try again; does another program use this key?",
            code="token_too_soon",
            profile="",
        )
    lacking = code == _NOT_ON_MOCK_CODE or _NOT_ON_MOCK_TEXT in "".join(found.text.split())
    # Every server issues tokens: one that does not know this is asked with another one's key.
    if code in _MEANS or (lacking and endpoint == ISSUE_TOKEN):
        message, hint = _SIGN_IN[_MEANS.get(code, "02004")]
        return SignInError(
            "profile {profile!r}: {problem} [{broker_code}]",
            hint=hint,
            code=f"kis_{code or _NOT_ON_MOCK_CODE}",
            problem=Phrase(message),
            broker_code=code or "-",
            profile="",
        )
    if lacking:
        return not_on_mock(endpoint, code or "-")
    if code == LEDGER_BUSY_CODE or (code in PASSING_CODES and (code or status != _OK)):
        return failed_for_now(
            endpoint,
            code or f"HTTP {status}",
            found.text,
            code="ledger_busy" if code == LEDGER_BUSY_CODE else "server_error",
        )
    if not code or found.rt_cd in (None, _DONE):
        return unreadable(endpoint, "HTTP {status} without a code", status=status)
    return rejected("kis", endpoint, code, found.text)


def _no_object(endpoint: Endpoint, status: int) -> Unavailable:
    if status >= _SERVER_ERROR or status == _NOT_FOUND:
        return server_failed(endpoint, status)
    return unreadable(endpoint, "HTTP {status} without a code", status=status)
