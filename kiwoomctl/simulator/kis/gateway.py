"""The gateway of KIS's REST service: keys, tokens, rates, faults.

The order of checks is this simulator's own: path and TR, headers, token, rate, what the server
does not offer, account, fields, then the TR itself. Requests that fail before the rate check
count against no limit.

The caller lets one request in at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from kiwoomctl.domain.clock import Clock
from kiwoomctl.simulator.account import Account
from kiwoomctl.simulator.exchange import Exchange
from kiwoomctl.simulator.faults import Fault, Faults, Struck
from kiwoomctl.simulator.gateway import Asked, Gateway
from kiwoomctl.simulator.kis.auth import KisTokens, text_of
from kiwoomctl.simulator.kis.catalog import Call, calls, is_order
from kiwoomctl.simulator.kis.door import OAUTH_PATHS, Door, check_order
from kiwoomctl.simulator.kis.envelope import (
    blanked,
    query_fields,
    reply_of,
    success,
)
from kiwoomctl.simulator.kis.handlers import handler
from kiwoomctl.simulator.kis.limits import Limits
from kiwoomctl.simulator.kis.paging import Pages, filters
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
from kiwoomctl.simulator.messages import Reply, Request
from kiwoomctl.simulator.paging import Place
from kiwoomctl.simulator.records import Records

if TYPE_CHECKING:
    from kiwoomctl.simulator.host import Host

MASTER_PREFIX = "/common/master/"
_PREFIXES = ("/uapi/", MASTER_PREFIX)


def speaks(path: str) -> bool:
    """Tell whether a path is one of KIS's service, and not of another's."""
    return path in OAUTH_PATHS or path.startswith(_PREFIXES)


class KisGateway(Gateway):
    """Answers the TRs of one simulated server."""

    tokens: KisTokens

    def __init__(
        self,
        exchange: Exchange,
        tokens: KisTokens,
        limits: Limits,
        faults: Faults,
        records: Records,
        machine: Clock,
    ) -> None:
        super().__init__(exchange, tokens, faults, records, machine)
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

    def _imagined(self, asked: Asked, *, is_order: bool) -> Reply:
        if not is_order:
            return success(asked.api_id, Answer(), msg_cd="KIOK0510")
        from kiwoomctl.simulator.kis.faulty import imagined

        return success(asked.api_id, imagined(self.exchange), msg_cd="APBK0013")

    def _misreported(self, fault: Fault, reply: Reply, appkey: str | None) -> Reply:
        from kiwoomctl.simulator.kis.faulty import misreported

        return misreported(fault, reply, self.exchange, appkey)

    def _damaged(self, fault: Fault, reply: Reply, api_id: str) -> Reply:
        from kiwoomctl.simulator.kis.faulty import damaged

        return damaged(fault, reply, api_id, self.rules)

    def _handle(self, asked: Asked, struck: Struck) -> Reply:
        request, api_id = asked.request, asked.api_id
        try:
            if request.path in OAUTH_PATHS:
                blank = struck.mode == "blank"
                return self.door.authenticate(api_id, request, asked.body, blank=blank)
            if request.path.startswith(MASTER_PREFIX):
                from kiwoomctl.simulator.kis.master import master_file

                name = request.path.removeprefix(MASTER_PREFIX)
                return master_file(name, full=self.rules.list_tail == "full")
            return self._answer(asked, struck)
        except Refused as refusal:
            return reply_of(api_id, refusal.body, status=self._status(refusal))

    def _status(self, refusal: Refused) -> int:
        if refusal.status is not None:
            return refusal.status
        if refusal.msg_cd in TOKEN_CODES:
            return self.rules.token_status
        return self.rules.business_status

    def _answer(self, asked: Asked, struck: Struck) -> Reply:
        request, tr_id, body = asked.request, asked.api_id, asked.body
        call, appkey = self._let_in(request, tr_id)
        account = self.door.accounts[appkey]
        fields = self._fields(request, call, body, account)
        self._be_busy(call)
        has_pages = call.endpoint.pages is not None
        place = self.pages.place(request, appkey, fields) if has_pages else None
        if place is None:
            query = self._query(account, call, fields, struck)
            query = query._replace(tr_id=tr_id, sent=body or {})
            place = Place(appkey, tr_id, filters(fields), handler(call.endpoint.name)(query), 0)
        if struck.mode == "blank":
            return success(tr_id, blanked(place.answer), msg_cd=self._usual(call))
        if not has_pages:
            return success(tr_id, place.answer, msg_cd=self._usual(call))
        shifted = struck.mode == "page_shift"
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
        self, account: Account, call: Call, fields: Mapping[str, str], struck: Struck
    ) -> Query:
        return Query(
            exchange=self.exchange,
            account=account,
            fields=fields,
            moment=self.exchange.clock.now(),
            business_day=self.exchange.clock.today(),
            name=call.endpoint.name,
            rules=self.rules,
            quirk=struck.list_mode,
            quirk_seconds=struck.seconds,
            chosen_texts=self.records.chosen_texts,
            hidden_seconds=struck.hidden_seconds,
            late_seconds=struck.late_seconds,
            late_by_machine=struck.late_by_machine,
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

    def _name_of(self, request: Request) -> str:
        """Return what a request is called: by its TR, else by its path, a file by its name."""
        if request.path.startswith(MASTER_PREFIX):
            return request.path.removeprefix(MASTER_PREFIX)
        return OAUTH_PATHS.get(request.path) or request.headers.get("tr_id", "")

    def _kind_of(self, api_id: str) -> Literal["read", "order", "other"]:
        return "order" if is_order(api_id) else "read"


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
