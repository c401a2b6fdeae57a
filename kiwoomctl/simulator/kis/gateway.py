"""The gateway of KIS's REST service: keys, tokens, rates, faults.

The order of checks is this simulator's own: path and TR, headers, token, rate, what the server
does not offer, account, fields, then the TR itself. Requests that fail before the rate check
count against no limit.

The caller lets one request in at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import (
    BESIDE_MODES,
    CONTENT_MODES,
    LONG_SECONDS,
    SOCKET_MODES,
    Fault,
    Faults,
)
from kiwoomctl.simulator.kis.auth import KisTokens, text_of
from kiwoomctl.simulator.kis.catalog import Call, calls, is_order
from kiwoomctl.simulator.kis.door import OAUTH_PATHS, Door, check_order
from kiwoomctl.simulator.kis.envelope import (
    blanked,
    json_object,
    query_fields,
    reply_of,
    success,
)
from kiwoomctl.simulator.kis.handlers import handler
from kiwoomctl.simulator.kis.limits import Limits
from kiwoomctl.simulator.kis.paging import Pages, Place, filters
from kiwoomctl.simulator.kis.query import Answer, Query
from kiwoomctl.simulator.kis.refusals import (
    TOKEN_CODES,
    Refused,
    bad_account,
    by_business,
    by_gateway,
    missing,
)
from kiwoomctl.simulator.kis.rules import Rules
from kiwoomctl.simulator.messages import Outcome, Reply, Request
from kiwoomctl.simulator.records import RecordedRequest, Records

if TYPE_CHECKING:
    from kiwoomctl.simulator.host import Host

MASTER_PREFIX = "/common/master/"
_PREFIXES = ("/uapi/", MASTER_PREFIX)
_LATE_SECONDS = 10.0
NO_FAULTS: Mapping[str, Fault] = {}


def speaks(path: str) -> bool:
    """Tell whether a path is one of KIS's service, and not of another's."""
    return path in OAUTH_PATHS or path.startswith(_PREFIXES)


class KisGateway:
    """Answers the TRs of one simulated server."""

    def __init__(
        self,
        exchange: Exchange,
        tokens: KisTokens,
        limits: Limits,
        faults: Faults,
        records: Records,
        machine: Clock,
    ) -> None:
        self.exchange = exchange
        self.tokens = tokens
        self.faults = faults
        self.records = records
        self.machine = machine
        self.rules = Rules()
        self.door = Door(exchange, tokens, limits, self.rules, machine)
        self.pages = Pages(exchange.seed.environment, records.page_sizes)
        self._balances = 0

    def clear(self) -> None:
        """Forget tokens, cursors, rates and what tests have changed."""
        self.tokens.clear()
        self.pages.clear()
        self.door.clear()
        self.rules.reset()
        self._balances = 0

    def answer(self, request: Request) -> Outcome:
        """Return what the client of this request gets."""
        arrived = self.machine.now().timestamp()
        api_id = _name_of(request)
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
        self.records.requests.append(RecordedRequest(arrived, api_id, appkey, status))
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
        """Answer a request that a fault hits; an order hit before it is handled does not exist."""
        from kiwoomctl.simulator.kis.faulty import NEEDS_REPLY, damaged, imagined, misreported
        from kiwoomctl.simulator.kiwoom.broken import cut_off

        mode = fault.mode
        orders = is_order(api_id)
        if mode in CONTENT_MODES and not (orders and mode == "blank"):
            return self._handle(request, api_id, body, quirk=fault, beside=beside)
        needs = not orders and mode in NEEDS_REPLY
        if fault.when == "after" or mode == "slow" or needs:
            reply = self._handle(request, api_id, body, beside=beside)
        else:
            answer = imagined(self.exchange) if orders else Answer()
            reply = success(api_id, answer, msg_cd="APBK0013" if orders else "KIOK0510")
        if mode in SOCKET_MODES:
            return cut_off(fault)
        if mode == "token_dead":
            self.tokens.kill(appkey)
        if orders and mode in ("blank", "wrong_number"):
            return misreported(fault, reply, self.exchange, appkey)
        return damaged(fault, reply, api_id, self.rules)

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
        from kiwoomctl.simulator.kis.faulty import lost

        reply = self._handle(request, api_id, body, beside=beside)
        return lost(fault, late, reply, api_id, self.exchange, self.rules)

    def _handle(
        self,
        request: Request,
        api_id: str,
        body: dict[str, Any] | None,
        quirk: Fault | None = None,
        beside: Mapping[str, Fault] = NO_FAULTS,
    ) -> Reply:
        try:
            if request.path in OAUTH_PATHS:
                return self.door.authenticate(
                    api_id, request, body, blank=quirk is not None and quirk.mode == "blank"
                )
            if request.path.startswith(MASTER_PREFIX):
                from kiwoomctl.simulator.kis.master import master_file

                name = request.path.removeprefix(MASTER_PREFIX)
                return master_file(name, full=self.rules.list_tail == "full")
            return self._answer(request, api_id, body, quirk, beside)
        except Refused as refusal:
            return reply_of(api_id, refusal.body, status=self._status(refusal))

    def _status(self, refusal: Refused) -> int:
        if refusal.status is not None:
            return refusal.status
        if refusal.msg_cd in TOKEN_CODES:
            return self.rules.token_status
        return self.rules.business_status

    def _answer(
        self,
        request: Request,
        tr_id: str,
        body: dict[str, Any] | None,
        quirk: Fault | None,
        beside: Mapping[str, Fault],
    ) -> Reply:
        call, appkey = self._let_in(request, tr_id)
        account = self.door.accounts[appkey]
        fields = self._fields(request, call, body, account)
        self._be_busy(call)
        has_pages = call.endpoint.pages is not None
        place = self.pages.place(request, appkey, fields) if has_pages else None
        if place is None:
            query = self._query(account, call, fields, quirk, beside)
            query = query._replace(tr_id=tr_id, sent=body or {})
            place = Place(appkey, tr_id, filters(fields), handler(call.endpoint.name)(query), 0)
        if quirk is not None and quirk.mode == "blank":
            return success(tr_id, blanked(place.answer), msg_cd=self._usual(call))
        if not has_pages:
            return success(tr_id, place.answer, msg_cd=self._usual(call))
        shifted = quirk is not None and quirk.mode == "page_shift"
        return self.pages.page(call.endpoint, place, self.rules.empty_rt_cd, shifted=shifted)

    def _let_in(self, request: Request, tr_id: str) -> tuple[Call, str]:
        """Return what is asked for and by which key.

        Raises:
            Refused: headers, token, rate or TR are not what the server takes.
        """
        call = _call(request, tr_id)
        appkey = self.door.checked_keys(request)
        if request.headers.get("custtype", "").strip() not in ("P", "B"):
            raise by_gateway("EGW00208")
        moment = self.exchange.clock.now()
        if self.tokens.owner(request.headers.get("authorization", ""), moment) != appkey:
            raise by_gateway("EGW00121")
        self.door.admit(appkey)
        if call.environment not in ("both", self.exchange.seed.environment):
            raise self._not_here()
        if call.is_old and self.rules.old_ids == "blocked":
            raise _no_service()
        return call, appkey

    def _fields(
        self, request: Request, call: Call, body: dict[str, Any] | None, account: Account
    ) -> dict[str, str]:
        """Return the fields of a request.

        Raises:
            Refused: one is missing, or the account is not the key's.
        """
        if call.endpoint.kind == "order":
            check_order(request, body)
            fields = {name: text_of(body or {}, name) for name in body or {}}
        else:
            fields = query_fields(request.query, any_case=not call.endpoint.is_account)
        for name in call.endpoint.required:
            if name not in fields:
                raise missing(name)
        number = f"{fields.get('CANO', '')}{fields.get('ACNT_PRDT_CD', '')}"
        if call.endpoint.is_account and number != account.number:
            raise bad_account()
        return fields

    def _query(
        self,
        account: Account,
        call: Call,
        fields: Mapping[str, str],
        quirk: Fault | None,
        beside: Mapping[str, Fault],
    ) -> Query:
        late, lag = beside.get("late_accept"), beside.get("list_lag")
        mode = quirk.mode if quirk else None
        return Query(
            exchange=self.exchange,
            account=account,
            fields=fields,
            moment=self.exchange.clock.now(),
            business_day=self.exchange.clock.today(),
            name=call.endpoint.name,
            rules=self.rules,
            quirk="kt00007_empty" if "kt00007_empty" in beside else mode,
            quirk_seconds=quirk.seconds if quirk else None,
            chosen_texts=self.records.chosen_texts,
            hidden_seconds=_seconds(lag, LONG_SECONDS) if lag else 0.0,
            late_seconds=_seconds(late, _LATE_SECONDS) if late else None,
            late_by_machine=late is not None and late.code == "real",
        )

    def _not_here(self) -> Refused:
        if self.exchange.seed.environment == "real":
            return by_gateway("EGW02004")
        return by_gateway(self.rules.mock_tr_code, "모의투자 TR 이 아닙니다.")

    def _be_busy(self, call: Call) -> None:
        """Refuse a read of the ledger, as often as the rules say."""
        if call.endpoint.name != "balance" or not self.rules.busy_every:
            return
        self._balances += 1
        if self._balances % self.rules.busy_every == 0:
            raise by_gateway("EGW00215")

    def _usual(self, call: Call) -> str:
        if not call.endpoint.is_account:
            return "MCA00000"
        return "20310000" if self.exchange.seed.environment == "mock" else "KIOK0420"

    def _caller(self, request: Request, body: dict[str, Any] | None) -> str | None:
        if request.path in OAUTH_PATHS and request.path != "/uapi/hashkey":
            return None if body is None else text_of(body, "appkey") or None
        appkey = request.headers.get("appkey", "").strip()
        return appkey or self.tokens.known_owner(request.headers.get("authorization", ""))


def _name_of(request: Request) -> str:
    """Return what a request is called: by its TR, else by its path, a file by its name."""
    if request.path.startswith(MASTER_PREFIX):
        return request.path.removeprefix(MASTER_PREFIX)
    return OAUTH_PATHS.get(request.path) or request.headers.get("tr_id", "")


def _call(request: Request, tr_id: str) -> Call:
    """Return what is asked for.

    Raises:
        Refused: there is no such TR on this path.
    """
    call = calls().get(tr_id)
    if call is None or (call.endpoint.path, call.endpoint.method) != (request.path, request.method):
        raise _no_service()
    return call


def _no_service() -> Refused:
    return by_business("OPSQ0002", "없는 서비스 코드 입니다.")


def kis_gateway(host: Host) -> KisGateway:
    """Return the gateway to a host's exchange, with the host's faults and records."""
    environment, options = host.exchange.seed.environment, host.options
    return KisGateway(
        host.exchange,
        KisTokens(environment, options.reissue),
        Limits(options.rate, environment),
        host.faults,
        host.records,
        host.machine,
    )


def _seconds(fault: Fault, usual: float) -> float:
    return usual if fault.seconds is None else fault.seconds
