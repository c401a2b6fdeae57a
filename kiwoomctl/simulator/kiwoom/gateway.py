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

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kiwoomctl.brokers.kiwoom.catalogue import rest_paths
from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import (
    BESIDE_MODES,
    CONTENT_MODES,
    LONG_SECONDS,
    SOCKET_MODES,
    Fault,
    Faults,
)
from kiwoomctl.simulator.kiwoom import accounts
from kiwoomctl.simulator.kiwoom.auth import TokenDesk
from kiwoomctl.simulator.kiwoom.catalog import (
    ENDPOINTS,
    FAILING_ON_MOCK,
    NOT_ON_MOCK_BACKEND,
    NOT_ON_MOCK_GATEWAY,
    Endpoint,
    endpoint_of,
)
from kiwoomctl.simulator.kiwoom.envelope import (
    as_text,
    blanked,
    framework_error,
    json_object,
    reply_of,
    success,
)
from kiwoomctl.simulator.kiwoom.query import Answer, Handler, Query
from kiwoomctl.simulator.kiwoom.refusals import Refused, refused, refused_by_backend
from kiwoomctl.simulator.messages import Outcome, Reply, Request
from kiwoomctl.simulator.rates import RateLimiter
from kiwoomctl.simulator.records import RecordedRequest, Records

_BROKER = "kiwoom"
_OAUTH_APIS = {"/oauth2/token": "au10001", "/oauth2/revoke": "au10002"}
_KEPT_CURSORS = 2_000
_CURSOR_BYTES = 16
_LATE_SECONDS = 10.0
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
NO_FAULTS: Mapping[str, Fault] = {}


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
        *,
        lenient: bool = False,
        records: Records | None = None,
    ) -> None:
        self.exchange = exchange
        self.lenient = lenient
        self.records = records or Records()
        self.requests = self.records.requests
        self.page_sizes = self.records.page_sizes
        self.chosen_texts = self.records.chosen_texts
        self.tokens = tokens
        self.limiter = limiter
        self.faults = faults
        self.machine = machine
        self._cursors: OrderedDict[str, _Cursor] = OrderedDict()

    def clear(self) -> None:
        """Forget requests, cursors, faults, rates and what tests have changed."""
        self.records.clear()
        self._cursors.clear()
        self.faults.clear()
        self.limiter.clear()

    def answer(self, request: Request) -> Outcome:
        """Return what the client of this request gets."""
        arrived = self.machine.now().timestamp()
        api_id = _OAUTH_APIS.get(request.path) or request.headers.get("api-id", "")
        body = json_object(request.body)
        appkey = self._caller(request, body)
        fault = self.faults.take(api_id, appkey)
        beside = {
            mode: struck
            for mode in BESIDE_MODES
            if (struck := self.faults.take_beside(mode, api_id, appkey)) is not None
        }
        late = beside.get("late_accept")
        if late is not None:
            outcome: Outcome = self._lose(fault, late, request, api_id, body, beside)
        elif fault is None:
            outcome = self._handle(request, api_id, body, beside=beside)
        else:
            outcome = self._suffer(fault, request, api_id, body, appkey, beside)
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
        beside: Mapping[str, Fault],
    ) -> Outcome:
        """Answer a request that a fault hits.

        A read is handled first wherever its reply is needed to be damaged; any
        other request only when the fault strikes after it. An order that is hit
        before it is handled does not exist, whatever its reply looks like.
        """
        from kiwoomctl.simulator.kiwoom.broken import NEEDS_REPLY, cut_off, damaged
        from kiwoomctl.simulator.kiwoom.order_faults import imagined, misreported

        mode = fault.mode
        endpoint = endpoint_of(api_id)
        is_order = endpoint is not None and endpoint.kind == "order"
        is_read = endpoint is not None and endpoint.kind == "read"
        if mode in CONTENT_MODES and not (is_order and mode == "blank"):
            return self._handle(request, api_id, body, quirk=fault, beside=beside)
        if fault.when == "after" or mode == "slow" or (is_read and mode in NEEDS_REPLY):
            reply = self._handle(request, api_id, body, beside=beside)
        else:
            answer = imagined(api_id, body, self.exchange) if is_order else Answer()
            reply = success(api_id, answer)
        if mode in SOCKET_MODES:
            return cut_off(fault)
        if mode == "token_dead":
            self.tokens.kill(appkey)
        if is_order and mode in ("blank", "wrong_number"):
            return misreported(fault, reply, self.exchange, appkey)
        return damaged(fault, reply, api_id)

    def _lose(
        self,
        fault: Fault | None,
        late: Fault,
        request: Request,
        api_id: str,
        body: dict[str, Any] | None,
        beside: Mapping[str, Fault],
    ) -> Outcome:
        """Lose the reply to an order that the exchange takes only later."""
        from kiwoomctl.simulator.kiwoom.order_faults import lost

        reply = self._handle(request, api_id, body, beside=beside)
        return lost(fault, late, reply, api_id, self.exchange)

    def _handle(
        self,
        request: Request,
        api_id: str,
        body: dict[str, Any] | None,
        quirk: Fault | None = None,
        beside: Mapping[str, Fault] = NO_FAULTS,
    ) -> Reply:
        if not request.path.startswith(("/api/", "/oauth2/")):
            return framework_error(_HTTP_NOT_FOUND, "NOT_FOUND", "No static resource.")
        if request.method != "POST":
            message = f"Request method '{request.method}' is not supported"
            return framework_error(_HTTP_BAD_METHOD, "METHOD_NOT_ALLOWED", message)
        if body is None:
            return framework_error(
                _HTTP_BAD_REQUEST, "BAD_REQUEST", "Required request body is missing"
            )
        try:
            endpoint = _endpoint(request.path, api_id)
            if endpoint.kind == "auth":
                return self._authenticate(endpoint, body, quirk.mode if quirk else None)
            return self._answer(endpoint, request, body, quirk, beside)
        except Refused as refusal:
            return reply_of(api_id, refusal.body, status=refusal.status)

    def _authenticate(self, endpoint: Endpoint, body: dict[str, Any], quirk: str | None) -> Reply:
        keys = {
            account.appkey: account.secretkey
            for account in self.exchange.accounts.values()
            if account.broker == _BROKER
        }
        self._admit(str(body.get("appkey") or ""), endpoint)
        if endpoint.api_id == "au10002":
            self.tokens.revoke(body, keys)
            return success(endpoint.api_id, Answer())
        fields = self.tokens.issue(body, keys, self.exchange.clock.now())
        answer = Answer(fields)
        if quirk == "blank":
            answer = blanked(answer)
        return success(endpoint.api_id, answer)

    def _answer(
        self,
        endpoint: Endpoint,
        request: Request,
        body: dict[str, Any],
        quirk: Fault | None,
        beside: Mapping[str, Fault],
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
        fields = {name: as_text(value) for name, value in body.items()}
        _check_fields(endpoint, fields)
        next_key = request.headers.get("next-key", "").strip()
        mode = quirk.mode if quirk else None
        if request.headers.get("cont-yn", "").strip().upper() == "Y" and next_key:
            cursor = self._cursor(next_key, appkey, endpoint, fields)
        else:
            lag, late = beside.get("list_lag"), beside.get("late_accept")
            empty = "kt00007_empty" in beside
            query = Query(
                exchange=self.exchange,
                account=account,
                fields=fields,
                moment=moment,
                business_day=self.exchange.clock.today(),
                quirk="kt00007_empty" if empty else mode,
                quirk_seconds=quirk.seconds if quirk else None,
                api_id=endpoint.api_id,
                sent=body,
                chosen_texts=self.chosen_texts,
                lenient=self.lenient,
                hidden_seconds=_seconds(lag, LONG_SECONDS) if lag else 0.0,
                late_seconds=_seconds(late, _LATE_SECONDS) if late else None,
                late_by_machine=late is not None and late.code == "real",
            )
            cursor = _Cursor(appkey, endpoint.api_id, fields, _handler(endpoint.api_id)(query), 0)
        if mode == "blank":
            return success(endpoint.api_id, blanked(cursor.answer))
        page_size = self.page_sizes.get(endpoint.api_id, endpoint.page_size)
        if page_size is None or cursor.answer.list_name is None:
            return success(endpoint.api_id, cursor.answer)
        # Shifted: a row came in above since the last page, so its last row comes again.
        begin = max(0, cursor.offset - 1) if mode == "page_shift" else cursor.offset
        end = begin + page_size
        page = replace(cursor.answer, rows=cursor.answer.rows[begin:end])
        next_key = ""
        if end < len(cursor.answer.rows):
            next_key = self._keep(replace(cursor, offset=end))
        return success(endpoint.api_id, page, next_key)

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
            return None if body is None else as_text(body.get("appkey")) or None
        return self.tokens.known_owner(request.headers.get("authorization", ""))


def _endpoint(path: str, api_id: str) -> Endpoint:
    if path in _OAUTH_APIS:
        return ENDPOINTS[api_id]
    if not api_id:
        raise refused(1501)
    right_path = rest_paths().get(api_id)
    if right_path is None:
        raise refused(1505, api_id=api_id)
    if right_path != path:
        raise refused(1504, api_id=api_id, path=path)
    endpoint = endpoint_of(api_id)
    if endpoint is not None:
        return endpoint
    raise refused(1505, api_id=api_id)


def _handler(api_id: str) -> Handler:
    """Return what answers a TR; the demo's usual commands need the accounts only."""
    handler = _ACCOUNT_HANDLERS.get(api_id)
    if handler is not None:
        return handler
    from kiwoomctl.simulator.kiwoom import (
        buying,
        generic,
        order_history,
        order_lists,
        orders,
        quotes,
        results,
        transactions,
    )

    if api_id in orders.ORDER_APIS:
        return orders.place
    return {
        "ka10088": order_lists.split_orders,
        "kt00007": order_history.daily_orders,
        "kt00009": order_history.order_status,
        "ka10075": order_lists.open_orders,
        "ka10076": order_lists.filled_orders,
        "ka10072": results.from_day,
        "ka10073": results.in_period,
        "ka10074": results.by_day,
        "ka10077": results.today,
        "kt00010": buying.by_order,
        "kt00011": buying.by_rate,
        "kt00015": transactions.transactions,
        "ka10099": quotes.listed,
        "ka10001": quotes.basic_information,
        "ka10095": quotes.watched,
        "ka10100": quotes.master_data,
    }.get(api_id, generic.documented)


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


def _seconds(fault: Fault, usual: float) -> float:
    return usual if fault.seconds is None else fault.seconds
