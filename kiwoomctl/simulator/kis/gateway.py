"""The gateway of KIS's REST service: keys, tokens, rates, continuation, faults.

The order of checks is this simulator's own: path and TR, headers, token, rate, what the server
does not offer, account, fields, then the TR itself. Requests that fail before the rate check
count against no limit.

Continuation: a list is cut from the answer as it was on page 1. The strings of a page are good
for the same key, TR and fields; without the header ``tr_cont: N`` a request begins at page 1.

The caller lets one request in at a time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
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
from kiwoomctl.simulator.kis.auth import KisTokens, other_environment, text_of
from kiwoomctl.simulator.kis.catalog import Call, calls, is_order
from kiwoomctl.simulator.kis.envelope import (
    blanked,
    encode,
    json_object,
    query_fields,
    reply_of,
    success,
)
from kiwoomctl.simulator.kis.handlers import handler
from kiwoomctl.simulator.kis.limits import Limits
from kiwoomctl.simulator.kis.query import Answer, Query
from kiwoomctl.simulator.kis.refusals import (
    TOKEN_CODES,
    Refused,
    bad_account,
    bad_value,
    by_business,
    by_gateway,
    by_token_service,
    missing,
)
from kiwoomctl.simulator.kis.rules import Rules
from kiwoomctl.simulator.messages import Outcome, Reply, Request
from kiwoomctl.simulator.records import RecordedRequest, Records

if TYPE_CHECKING:
    from kiwoomctl.simulator.host import Host

BROKER = "kis"
OAUTH_PATHS = {
    "/oauth2/tokenP": "tokenP",
    "/oauth2/revokeP": "revokeP",
    "/oauth2/Approval": "Approval",
    "/uapi/hashkey": "hashkey",
}
MASTER_PREFIX = "/common/master/"
_PREFIXES = ("/uapi/", MASTER_PREFIX)
_KEPT_CURSORS = 2_000
_CURSOR_BYTES = 16
_LATE_SECONDS = 10.0
_HTTP_BAD_METHOD = 405
NO_FAULTS: Mapping[str, Fault] = {}


def speaks(path: str) -> bool:
    """Tell whether a path is one of KIS's service, and not of another's."""
    return path in OAUTH_PATHS or path.startswith(_PREFIXES)


@dataclass(frozen=True, slots=True)
class _Cursor:
    appkey: str
    tr_id: str
    fields: Mapping[str, str]
    answer: Answer
    offset: int


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
        self.limits = limits
        self.faults = faults
        self.records = records
        self.machine = machine
        self.rules = Rules()
        self._cursors: OrderedDict[str, _Cursor] = OrderedDict()
        self._asked = 0
        self._balances = 0

    @property
    def accounts(self) -> dict[str, Account]:
        """The accounts of this house by app key."""
        return {
            appkey: account
            for appkey, account in self.exchange.accounts.items()
            if account.broker == BROKER
        }

    def clear(self) -> None:
        """Forget tokens, cursors, rates and what tests have changed."""
        self.tokens.clear()
        self._cursors.clear()
        self.limits.clear()
        self.rules.reset()
        self._asked = self._balances = 0

    def answer(self, request: Request) -> Outcome:
        """Return what the client of this request gets."""
        arrived = self.machine.now().timestamp()
        api_id = OAUTH_PATHS.get(request.path) or request.headers.get("tr_id", "")
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
        return damaged(fault, reply, self.rules)

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
        return lost(fault, late, reply, self.exchange, self.rules)

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
                return self._authenticate(api_id, request, body, quirk)
            if request.path.startswith(MASTER_PREFIX):
                from kiwoomctl.simulator.kis.master import master_file

                return master_file(request.path.removeprefix(MASTER_PREFIX))
            return self._answer(request, api_id, body, quirk, beside)
        except Refused as refusal:
            return reply_of(api_id, refusal.body, status=self._status(refusal))

    def _status(self, refusal: Refused) -> int:
        if refusal.status is not None:
            return refusal.status
        if refusal.msg_cd in TOKEN_CODES:
            return self.rules.token_status
        return self.rules.business_status

    def _authenticate(
        self, what: str, request: Request, body: dict[str, Any] | None, quirk: Fault | None
    ) -> Reply:
        if request.method != "POST":
            return Reply(_HTTP_BAD_METHOD, b"")
        _check_content_type(request)
        if body is None:
            raise by_token_service("EGW00115")
        if what == "hashkey":
            return self._hash(request, body)
        now = self.exchange.clock.now()
        if what != "revokeP":
            self.tokens.check_grant(body)
        secret = "secretkey" if what == "Approval" else "appsecret"
        appkey = self.tokens.check_keys(body, self.accounts, secret)
        if what == "revokeP":
            told = self.tokens.revoke(appkey, body)
        elif what == "Approval":
            told = self.tokens.approve(appkey, now)
        else:
            seconds = float(self.rules.token_seconds)
            if not self.limits.admit_token(appkey, self.machine.monotonic(), seconds):
                raise by_token_service("EGW00133")
            same_for = timedelta(hours=self.rules.same_token_hours)
            told = self.tokens.issue(appkey, now, same_for)
        if quirk is not None and quirk.mode == "blank":
            told = dict.fromkeys(told, "")
        return Reply(200, encode(told))

    def _hash(self, request: Request, body: dict[str, Any]) -> Reply:
        import hashlib

        appkey = self._checked_keys(request)
        self._admit(appkey)
        digest = hashlib.sha256(encode(body)).hexdigest()
        return Reply(200, encode({"BODY": body, "HASH": digest}))

    def _answer(
        self,
        request: Request,
        tr_id: str,
        body: dict[str, Any] | None,
        quirk: Fault | None,
        beside: Mapping[str, Fault],
    ) -> Reply:
        call, appkey = self._let_in(request, tr_id)
        account = self.accounts[appkey]
        fields = self._fields(request, call, body, account)
        self._be_busy(call)
        cursor = self._begun(request, appkey, call, fields)
        if cursor is None:
            query = self._query(account, call, fields, quirk, beside)
            query = replace(query, tr_id=tr_id, sent=body or {})
            answer = handler(call.endpoint.name)(query)
            cursor = _Cursor(appkey, tr_id, _filters(fields), answer, 0)
        if quirk is not None and quirk.mode == "blank":
            return success(tr_id, blanked(cursor.answer), msg_cd=self._usual(call))
        if call.endpoint.pages is None:
            return success(tr_id, cursor.answer, msg_cd=self._usual(call))
        return self._page(tr_id, call, cursor, shifted=bool(quirk and quirk.mode == "page_shift"))

    def _let_in(self, request: Request, tr_id: str) -> tuple[Call, str]:
        """Return what is asked for and by which key.

        Raises:
            Refused: headers, token, rate or TR are not what the server takes.
        """
        call = _call(request, tr_id)
        appkey = self._checked_keys(request)
        if request.headers.get("custtype", "").strip() not in ("P", "B"):
            raise by_gateway("EGW00208")
        moment = self.exchange.clock.now()
        if self.tokens.owner(request.headers.get("authorization", ""), moment) != appkey:
            raise by_gateway("EGW00121")
        self._admit(appkey)
        if call.environment not in ("both", self.exchange.seed.environment):
            raise self._not_here()
        if call.is_old and call.endpoint.kind == "order" and self.rules.old_ids == "blocked":
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
            _check_content_type(request)
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

    def _page(self, tr_id: str, call: Call, cursor: _Cursor, *, shifted: bool) -> Reply:
        """Return one page of a list, and how it goes on."""
        is_mock = self.exchange.seed.environment == "mock"
        pages = call.endpoint.pages or (0, 0)
        size = self.records.page_sizes.get(tr_id, pages[1 if is_mock else 0])
        answer, offset = cursor.answer, cursor.offset
        rows = answer.parts[answer.paged]
        # Shifted: a row came in above since the last page, so its last row comes again.
        begin = max(0, offset - 1) if shifted else offset
        end = begin + size
        page = replace(answer, parts={**answer.parts, answer.paged: rows[begin:end]})
        next_key = self._keep(replace(cursor, offset=end)) if end < len(rows) else ""
        rt_cd = "0"
        if next_key:
            tr_cont, msg_cd = "M" if offset else "F", "KIOK0500"
        elif not rows:
            tr_cont, msg_cd, rt_cd = "D", "KIOK0560", self.rules.empty_rt_cd
        else:
            tr_cont, msg_cd = ("E", "KIOK0460") if offset else ("D", "KIOK0510")
        if is_mock and rows and not next_key:
            msg_cd = "20310000"
        number = f"{cursor.fields.get('CANO', '')}^{cursor.fields.get('ACNT_PRDT_CD', '')}^"
        return success(
            tr_id, page, msg_cd=msg_cd, rt_cd=rt_cd, tr_cont=tr_cont, cursors=(number, next_key)
        )

    def _begun(
        self, request: Request, appkey: str, call: Call, fields: Mapping[str, str]
    ) -> _Cursor | None:
        """Return where a list goes on; None for one that begins."""
        key = fields.get("CTX_AREA_NK100", "").strip()
        if call.endpoint.pages is None or not key:
            return None
        if request.headers.get("tr_cont", "").strip() != "N":
            return None
        cursor = self._cursors.get(key)
        if cursor is None or not fields.get("CTX_AREA_FK100", "").strip():
            raise bad_value("CTX_AREA_NK100")
        asked = (appkey, request.headers.get("tr_id", ""), _filters(fields))
        if asked != (cursor.appkey, cursor.tr_id, cursor.fields):
            raise bad_value("CTX_AREA_FK100")
        return cursor

    def _keep(self, cursor: _Cursor) -> str:
        """Keep where the next page begins and return the key to it."""
        import secrets

        key = secrets.token_hex(_CURSOR_BYTES)
        self._cursors[key] = cursor
        while len(self._cursors) > _KEPT_CURSORS:
            self._cursors.popitem(last=False)
        return key

    def _not_here(self) -> Refused:
        if self.exchange.seed.environment == "real":
            return by_gateway("EGW02004")
        return by_gateway(self.rules.mock_tr_code, "모의투자 TR 이 아닙니다.")

    def _checked_keys(self, request: Request) -> str:
        """Return the app key of a request whose headers bring it and its secret."""
        appkey = request.headers.get("appkey", "").strip()
        secret = request.headers.get("appsecret", "").strip()
        if not appkey:
            raise by_gateway("EGW00102")
        other = "real" if self.exchange.seed.environment == "mock" else "mock"
        if appkey.startswith(f"{other}-"):
            raise other_environment(self.exchange.seed.environment)
        account = self.accounts.get(appkey)
        if account is None:
            raise by_gateway("EGW00103")
        if not secret:
            raise by_gateway("EGW00104")
        if account.secretkey != secret:
            raise by_gateway("EGW00105")
        return appkey

    def _admit(self, appkey: str) -> None:
        if not self.limits.admit(appkey, self.machine.monotonic()):
            raise by_gateway("EGW00201")
        self._asked += 1
        if self.rules.refuse_every and self._asked % self.rules.refuse_every == 0:
            raise by_gateway("EGW00201")

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


def _filters(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a list that stay the same from page to page."""
    return {name: value for name, value in fields.items() if not name.startswith("CTX_AREA_")}


def _check_content_type(request: Request) -> None:
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise by_gateway("EGW00132")


def _seconds(fault: Fault, usual: float) -> float:
    return usual if fault.seconds is None else fault.seconds
