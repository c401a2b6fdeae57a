"""The gateway of Kiwoom's REST service: envelope, tokens, rates, paging, faults.

The order of checks is this simulator's own (the real one is not known): method
and body, path and api-id, token, rate, what the environment does not offer,
required fields, form of the fields, then the TR itself. Requests that fail
before the rate check count against no limit.

Paging: a list is cut from the answer as it was on page 1. A ``next-key`` is good
for the same key, api-id and body only; any other use is refused with 1517.

The caller lets one request in at a time.
"""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import CONTENT_MODES, SOCKET_MODES, Fault, Faults
from kiwoomctl.simulator.kiwoom import accounts
from kiwoomctl.simulator.kiwoom.auth import TokenDesk
from kiwoomctl.simulator.kiwoom.catalog import (
    ENDPOINTS,
    FAILING_ON_MOCK,
    NOT_ON_MOCK_BACKEND,
    NOT_ON_MOCK_GATEWAY,
    Endpoint,
    paths,
)
from kiwoomctl.simulator.kiwoom.query import Answer, Handler, Query
from kiwoomctl.simulator.kiwoom.refusals import Refused, refused, refused_by_backend
from kiwoomctl.simulator.messages import Outcome, Reply, Request
from kiwoomctl.simulator.rates import RateLimiter

_OAUTH_APIS = {"/oauth2/token": "au10001", "/oauth2/revoke": "au10002"}
_RECORDED_REQUESTS = 100_000
_KEPT_CURSORS = 2_000
_CURSOR_BYTES = 16
_HTTP_BAD_REQUEST = 400
_HTTP_NOT_FOUND = 404
_HTTP_BAD_METHOD = 405
_ACCOUNT_HANDLERS: dict[str, Handler] = {
    "ka00001": accounts.account_number,
    "kt00001": accounts.deposit,
    "kt00003": accounts.estimated_assets,
    "kt00004": accounts.evaluation,
    "kt00005": accounts.executed_balance,
    "kt00018": accounts.holdings,
}
_REFUSED_ON_MOCK = NOT_ON_MOCK_BACKEND | NOT_ON_MOCK_GATEWAY | FAILING_ON_MOCK


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as the control plane shows it."""

    t: float
    """The machine's time of arrival, seconds since 1970."""
    api_id: str
    appkey: str | None
    status: int
    """The HTTP status sent; 0 for no reply."""


@dataclass(frozen=True, slots=True)
class _Cursor:
    appkey: str
    api_id: str
    fields: Mapping[str, str]
    answer: Answer
    offset: int


class Gateway:
    """Answers the TRs of one simulated server."""

    def __init__(
        self,
        exchange: Exchange,
        tokens: TokenDesk,
        limiter: RateLimiter,
        faults: Faults,
        machine: Clock,
    ) -> None:
        self.exchange = exchange
        self.tokens = tokens
        self.limiter = limiter
        self.faults = faults
        self.machine = machine
        self.requests: deque[RecordedRequest] = deque(maxlen=_RECORDED_REQUESTS)
        self._cursors: OrderedDict[str, _Cursor] = OrderedDict()

    def clear(self) -> None:
        """Forget requests, cursors, faults and rates."""
        self.requests.clear()
        self._cursors.clear()
        self.faults.clear()
        self.limiter.clear()

    def answer(self, request: Request) -> Outcome:
        """Return what the client of this request gets."""
        arrived = self.machine.now().timestamp()
        api_id = _OAUTH_APIS.get(request.path) or request.headers.get("api-id", "")
        body = _json_object(request.body)
        appkey = self._caller(request, body)
        fault = self.faults.take(api_id, appkey)
        if fault is None:
            outcome: Outcome = self._handle(request, api_id, body)
        else:
            outcome = self._suffer(fault, request, api_id, body, appkey)
        status = outcome.status if isinstance(outcome, Reply) else 0
        self.requests.append(RecordedRequest(arrived, api_id, appkey, status))
        return outcome

    def _suffer(
        self,
        fault: Fault,
        request: Request,
        api_id: str,
        body: dict[str, Any] | None,
        appkey: str | None,
    ) -> Outcome:
        """Answer a request that a fault hits.

        A read is handled first wherever its reply is needed to be damaged; any
        other request only when the fault strikes after it.
        """
        from kiwoomctl.simulator.kiwoom.broken import NEEDS_REPLY, cut_off, damaged

        mode = fault.mode
        if mode in CONTENT_MODES:
            return self._handle(request, api_id, body, quirk=mode)
        endpoint = ENDPOINTS.get(api_id)
        is_read = endpoint is not None and endpoint.kind == "read"
        if fault.when == "after" or mode == "slow" or (is_read and mode in NEEDS_REPLY):
            reply = self._handle(request, api_id, body)
        else:
            reply = _success(api_id, Answer())
        if mode in SOCKET_MODES:
            return cut_off(fault)
        if mode == "token_dead":
            self.tokens.kill(appkey)
        return damaged(fault, reply, api_id)

    def _handle(
        self,
        request: Request,
        api_id: str,
        body: dict[str, Any] | None,
        quirk: str | None = None,
    ) -> Reply:
        if not request.path.startswith(("/api/", "/oauth2/")):
            return _framework_error(_HTTP_NOT_FOUND, "NOT_FOUND", "No static resource.")
        if request.method != "POST":
            message = f"Request method '{request.method}' is not supported"
            return _framework_error(_HTTP_BAD_METHOD, "METHOD_NOT_ALLOWED", message)
        if body is None:
            return _framework_error(
                _HTTP_BAD_REQUEST, "BAD_REQUEST", "Required request body is missing"
            )
        try:
            endpoint = _endpoint(request.path, api_id, self.exchange.seed.environment)
            if endpoint.kind == "auth":
                return self._authenticate(endpoint, body, quirk)
            return self._read(endpoint, request, body, quirk)
        except Refused as refusal:
            return _reply(api_id, refusal.body, status=refusal.status)

    def _authenticate(self, endpoint: Endpoint, body: dict[str, Any], quirk: str | None) -> Reply:
        keys = {account.appkey: account.secretkey for account in self.exchange.accounts.values()}
        self._admit(str(body.get("appkey") or ""), endpoint)
        if endpoint.api_id == "au10002":
            self.tokens.revoke(body, keys)
            return _success(endpoint.api_id, Answer())
        fields = self.tokens.issue(body, keys, self.exchange.clock.now())
        answer = Answer(fields)
        if quirk == "blank":
            answer = _blanked(answer)
        return _success(endpoint.api_id, answer)

    def _read(
        self, endpoint: Endpoint, request: Request, body: dict[str, Any], quirk: str | None
    ) -> Reply:
        moment = self.exchange.clock.now()
        authorization = request.headers.get("authorization", "")
        appkey = self.tokens.owner(authorization, moment)
        account = self.exchange.accounts.get(appkey)
        if account is None:
            raise refused(8005)
        self._admit(appkey, endpoint)
        if self.exchange.seed.environment == "mock":
            _refuse_on_mock(endpoint.api_id)
        fields = {name: _text(value) for name, value in body.items()}
        _check_fields(endpoint, fields)
        next_key = request.headers.get("next-key", "").strip()
        if request.headers.get("cont-yn", "").strip().upper() == "Y" and next_key:
            cursor = self._cursor(next_key, appkey, endpoint, fields)
        else:
            query = Query(
                exchange=self.exchange,
                account=account,
                fields=fields,
                moment=moment,
                business_day=self.exchange.clock.today(),
                quirk=quirk,
            )
            cursor = _Cursor(appkey, endpoint.api_id, fields, _handler(endpoint.api_id)(query), 0)
        if quirk == "blank":
            return _success(endpoint.api_id, _blanked(cursor.answer))
        if endpoint.page_size is None or cursor.answer.list_name is None:
            return _success(endpoint.api_id, cursor.answer)
        # Shifted: a row came in above since the last page, so its last row comes again.
        begin = max(0, cursor.offset - 1) if quirk == "page_shift" else cursor.offset
        end = begin + endpoint.page_size
        page = replace(cursor.answer, rows=cursor.answer.rows[begin:end])
        next_key = ""
        if end < len(cursor.answer.rows):
            next_key = self._keep(replace(cursor, offset=end))
        return _success(endpoint.api_id, page, next_key)

    def _keep(self, cursor: _Cursor) -> str:
        """Keep where the next page begins and return the key to it."""
        import secrets

        next_key = secrets.token_hex(_CURSOR_BYTES)
        self._cursors[next_key] = cursor
        while len(self._cursors) > _KEPT_CURSORS:
            self._cursors.popitem(last=False)
        return next_key

    def _cursor(
        self, next_key: str, appkey: str, endpoint: Endpoint, fields: Mapping[str, str]
    ) -> _Cursor:
        cursor = self._cursors.get(next_key)
        if cursor is None:
            raise refused(1517, name="next-key", reason="연속조회 키가 유효하지 않습니다")
        asked = (appkey, endpoint.api_id, fields)
        if asked != (cursor.appkey, cursor.api_id, cursor.fields):
            raise refused(1517, name="next-key", reason="연속조회 조건이 다릅니다")
        return cursor

    def _admit(self, appkey: str, endpoint: Endpoint) -> None:
        now = self.machine.monotonic()
        limit = self.limiter.admit(appkey, endpoint.api_id, endpoint.kind, now)
        if limit is not None:
            raise refused(1700, limit=limit, api_id=endpoint.api_id)

    def _caller(self, request: Request, body: dict[str, Any] | None) -> str | None:
        if request.path in _OAUTH_APIS:
            return None if body is None else _text(body.get("appkey")) or None
        return self.tokens.known_owner(request.headers.get("authorization", ""))


def _endpoint(path: str, api_id: str, environment: str) -> Endpoint:
    if path in _OAUTH_APIS:
        return ENDPOINTS[api_id]
    if not api_id:
        raise refused(1501)
    right_path = paths().get(api_id)
    if right_path is None:
        raise refused(1505, api_id=api_id)
    if right_path != path:
        raise refused(1504, api_id=api_id, path=path)
    endpoint = ENDPOINTS.get(api_id)
    if endpoint is not None:
        return endpoint
    if environment == "mock" and api_id in _REFUSED_ON_MOCK:
        return Endpoint(api_id, "read")
    raise refused(1505, api_id=api_id)


def _handler(api_id: str) -> Handler:
    """Return what answers a TR; the demo's usual commands need the accounts only."""
    handler = _ACCOUNT_HANDLERS.get(api_id)
    if handler is not None:
        return handler
    from kiwoomctl.simulator.kiwoom import order_lists, quotes

    return {
        "ka10075": order_lists.open_orders,
        "ka10076": order_lists.filled_orders,
        "ka10001": quotes.basic_information,
        "ka10095": quotes.watched,
        "ka10100": quotes.master_data,
    }[api_id]


def _refuse_on_mock(api_id: str) -> None:
    if api_id in NOT_ON_MOCK_GATEWAY:
        raise refused(8104)
    if api_id in NOT_ON_MOCK_BACKEND:
        raise refused_by_backend("RC9000", "모의투자에서는 해당업무가 제공되지 않습니다.")
    if api_id in FAILING_ON_MOCK:
        raise refused_by_backend("RC7006", "모의투자 조회실패")


def _check_fields(endpoint: Endpoint, fields: Mapping[str, str]) -> None:
    for name in endpoint.required:
        if not fields.get(name, "").strip():
            raise refused(1511, name=name)
    for name, choices in endpoint.choices.items():
        if fields[name] not in choices:
            raise refused(1517, name=name, reason="허용되지 않는 값입니다")


def _blanked(answer: Answer) -> Answer:
    """Return the success that says nothing: every value empty, one empty row in a list."""
    fields = dict.fromkeys(answer.fields, "")
    if answer.list_name is None:
        return Answer(fields)
    return Answer(fields, answer.list_name, [dict.fromkeys(answer.row_fields, "")])


def _json_object(body: bytes) -> dict[str, Any] | None:
    """Return the request's JSON object, or None when there is none."""
    try:
        data = json.loads(body)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _success(api_id: str, answer: Answer, next_key: str = "") -> Reply:
    body: dict[str, Any] = dict(answer.fields)
    if answer.list_name is not None:
        body[answer.list_name] = answer.rows
    endpoint = ENDPOINTS.get(api_id)
    body["return_code"] = 0
    body["return_msg"] = endpoint.success_text if endpoint else ""
    return _reply(api_id, body, next_key=next_key)


def _reply(api_id: str, body: Mapping[str, Any], *, status: int = 200, next_key: str = "") -> Reply:
    headers = {"api-id": api_id, "cont-yn": "Y" if next_key else "N", "next-key": next_key}
    return Reply(status, encode(body), headers=headers)


def _framework_error(status: int, error: str, message: str) -> Reply:
    return Reply(status, encode({"status": status, "error": error, "message": message}))


def encode(body: object) -> bytes:
    """Return compact JSON as the server writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
