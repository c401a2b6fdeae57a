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

from collections.abc import Mapping
from typing import Any, Literal

from kiwoomctl.brokers.kiwoom.catalogue import rest_paths
from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import Fault, Faults, Struck
from kiwoomctl.simulator.gateway import Asked, Gateway
from kiwoomctl.simulator.kiwoom import accounts
from kiwoomctl.simulator.kiwoom.auth import KiwoomTokens
from kiwoomctl.simulator.kiwoom.catalog import (
    ENDPOINTS,
    FAILING_ON_MOCK,
    NOT_ON_MOCK_BACKEND,
    NOT_ON_MOCK_GATEWAY,
    Endpoint,
    endpoint_of,
)
from kiwoomctl.simulator.kiwoom.envelope import (
    blanked,
    framework_error,
    reply_of,
    success,
)
from kiwoomctl.simulator.kiwoom.query import Answer, Handler, Query
from kiwoomctl.simulator.kiwoom.refusals import Refused, refused, refused_by_backend
from kiwoomctl.simulator.messages import Reply, Request, as_text
from kiwoomctl.simulator.paging import Place, Places
from kiwoomctl.simulator.rates import RateLimiter
from kiwoomctl.simulator.records import Records

_BROKER = "kiwoom"
_OAUTH_APIS = {"/oauth2/token": "au10001", "/oauth2/revoke": "au10002"}
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


class KiwoomGateway(Gateway):
    """Answers the TRs of one simulated server."""

    tokens: KiwoomTokens

    def __init__(
        self,
        exchange: Exchange,
        tokens: KiwoomTokens,
        limiter: RateLimiter,
        faults: Faults,
        records: Records,
        machine: Clock,
        *,
        lenient: bool = False,
    ) -> None:
        super().__init__(exchange, tokens, faults, records, machine)
        self.limiter = limiter
        self.lenient = lenient
        self.places: Places[Answer] = Places()

    def clear(self) -> None:
        """Forget tokens, cursors and rates."""
        self.tokens.clear()
        self.places.clear()
        self.limiter.clear()

    def _name_of(self, request: Request) -> str:
        return _OAUTH_APIS.get(request.path) or request.headers.get("api-id", "")

    def _caller(self, request: Request, body: dict[str, Any] | None) -> str | None:
        if request.path in _OAUTH_APIS:
            return None if body is None else as_text(body.get("appkey")) or None
        return self.tokens.known_owner(request.headers.get("authorization", ""))

    def _kind_of(self, api_id: str) -> Literal["read", "order", "other"]:
        endpoint = endpoint_of(api_id)
        return "other" if endpoint is None or endpoint.kind == "auth" else endpoint.kind

    def _imagined(self, asked: Asked, *, is_order: bool) -> Reply:
        if not is_order:
            return success(asked.api_id, Answer())
        from kiwoomctl.simulator.kiwoom.faulty import imagined

        return success(asked.api_id, imagined(asked.api_id, asked.body, self.exchange))

    def _misreported(self, fault: Fault, reply: Reply, appkey: str | None) -> Reply:
        from kiwoomctl.simulator.kiwoom.faulty import misreported

        return misreported(fault, reply, self.exchange, appkey)

    def _damaged(self, fault: Fault, reply: Reply, api_id: str) -> Reply:
        from kiwoomctl.simulator.kiwoom.faulty import damaged

        return damaged(fault, reply, api_id)

    def _handle(self, asked: Asked, struck: Struck) -> Reply:
        request, api_id, body = asked.request, asked.api_id, asked.body
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
                return self._authenticate(endpoint, body, blank=struck.mode == "blank")
            return self._answer(endpoint, request, body, struck)
        except Refused as refusal:
            return reply_of(api_id, refusal.body, status=refusal.status)

    def _authenticate(self, endpoint: Endpoint, body: dict[str, Any], *, blank: bool) -> Reply:
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
        if blank:
            answer = blanked(answer)
        return success(endpoint.api_id, answer)

    def _answer(
        self,
        endpoint: Endpoint,
        request: Request,
        body: dict[str, Any],
        struck: Struck,
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
        if request.headers.get("cont-yn", "").strip().upper() == "Y" and next_key:
            place = self._place(next_key, appkey, endpoint, fields)
        else:
            query = Query(
                exchange=self.exchange,
                account=account,
                fields=fields,
                moment=moment,
                business_day=self.exchange.clock.today(),
                quirk=struck.list_mode,
                quirk_seconds=struck.seconds,
                api_id=endpoint.api_id,
                sent=body,
                chosen_texts=self.records.chosen_texts,
                lenient=self.lenient,
                hidden_seconds=struck.hidden_seconds,
                late_seconds=struck.late_seconds,
                late_by_machine=struck.late_by_machine,
            )
            place = Place(appkey, endpoint.api_id, fields, _handler(endpoint.api_id)(query), 0)
        answer = place.answer
        if struck.mode == "blank":
            return success(endpoint.api_id, blanked(answer))
        page_size = self.records.page_sizes.get(endpoint.api_id, endpoint.page_size)
        if page_size is None or answer.list_name is None:
            return success(endpoint.api_id, answer)
        page = place.rows(page_size, shifted=struck.mode == "page_shift")
        next_key = ""
        if page.stop < len(answer.rows):
            next_key = self.places.keep(place._replace(offset=page.stop))
        return success(endpoint.api_id, answer._replace(rows=answer.rows[page]), next_key)

    def _place(
        self, next_key: str, appkey: str, endpoint: Endpoint, fields: Mapping[str, str]
    ) -> Place[Answer]:
        place = self.places.find(next_key)
        if place is None:
            raise refused(1517, name="next-key", reason="연속조회 키가 유효하지 않습니다")
        if not place.is_of(appkey, endpoint.api_id, fields):
            raise refused(1517, name="next-key", reason="연속조회 조건이 다릅니다")
        return place

    def _admit(self, appkey: str, endpoint: Endpoint) -> None:
        now = self.machine.monotonic()
        limit = self.limiter.admit(appkey, endpoint.api_id, endpoint.kind, now)
        if limit is not None:
            raise refused(1700, limit=limit, api_id=endpoint.api_id)


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
