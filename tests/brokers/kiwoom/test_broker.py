"""One account behind replies as the broker sends them: figures, pages, repeats, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiwoomctl.brokers.kiwoom.broker import KiwoomBroker
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.paging import MAX_PAGES
from kiwoomctl.brokers.port import Call
from kiwoomctl.brokers.repeats import THROTTLED_REPEATS
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.brokers.transport import Transport
from kiwoomctl.domain.clock import KST
from kiwoomctl.errors import (
    BrokerRejected,
    KiwoomctlError,
    SignInError,
    Throttled,
    Unavailable,
    Unreadable,
)

APPKEY = "canary-appkey-5d1e"
SECRETKEY = "canary-secretkey-77b0"
DEAD = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}
TOO_MANY = {
    "return_msg": "허용된 요청 개수를 초과하였습니다[1700:허용된 API 요청. 유량=1, API ID=kt00018]",
    "return_code": 5,
}
LIST = "acnt_evlt_remn_indv_tot"
CASH = {
    "entr": "000000001000000",
    "d1_entra": "000000000900000",
    "d2_entra": "-00000000050000",
    "ord_alow_amt": "000000000800000",
    "pymn_alow_amt": "000000000700000",
    "stk_entr_prst": [],
    "return_code": 0,
    "return_msg": "정상적으로 처리되었습니다",
}

Answer = httpx.Response | Exception | dict[str, Any] | Callable[[httpx.Request], httpx.Response]


def amount(value: int) -> str:
    return f"{value:015d}"


def row(code: str = "A005930", **changes: str) -> dict[str, str]:
    return {
        "stk_cd": code,
        "stk_nm": "삼성전자",
        "evltv_prft": "-00000000002694",
        "prft_rt": "-00000000.99",
        "pur_pric": "000000000272750",
        "pred_close_pric": "000000259000",
        "rmnd_qty": "000000000000001",
        "trde_able_qty": "000000000000001",
        "cur_prc": "000000272500",
        "pur_amt": "000000000272750",
        "evlt_amt": "000000000272500",
        "crd_tp": "00",
        "crd_loan_dt": "",
        **changes,
    }


def holdings(*rows: dict[str, str], **changes: Any) -> dict[str, Any]:
    return {
        "tot_pur_amt": amount(sum(int(r.get("pur_amt") or 0) for r in rows)),
        "tot_evlt_amt": amount(sum(int(r.get("evlt_amt") or 0) for r in rows)),
        "prsm_dpst_aset_amt": "000000010000000",
        LIST: list(rows),
        "return_code": 0,
        "return_msg": " 조회가 완료되었습니다.",
        **changes,
    }


def paged(body: dict[str, Any], key: str) -> httpx.Response:
    return httpx.Response(200, json=body, headers={"cont-yn": "Y", "next-key": key})


def whole(*values: Decimal | None) -> tuple[int | None, ...]:
    return tuple(None if value is None else int(value) for value in values)


class StillClock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 10, 0, tzinfo=KST) + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class House:
    """An account at a broker that gives these answers, one a read, the last one for ever."""

    def __init__(self, folder: Path, answers: Iterable[Answer]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.issued = 0
        self.calls: list[Call] = []
        self.clock = StillClock()
        self.token_answer: Answer | None = None
        client = KiwoomClient(
            profile="isa",
            transport=Transport(
                "http://broker.invalid", timeout=5, in_process=httpx.MockTransport(self.answer)
            ),
            tokens=TokenStore(folder / "tokens", "broker.invalid", "a1", self.clock),
            credentials=lambda: (APPKEY, SECRETKEY),
            pacer=None,
            observer=self,
            clock=self.clock,
        )
        self.broker = KiwoomBroker(client, folder / "instruments.json", Decimal("0.0035"))

    def called(self, profile: str, call: Call) -> None:
        assert profile == "isa"
        self.calls.append(call)

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        raise AssertionError((profile, api_id, seconds))

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers["api-id"] == "au10001":
            self.issued += 1
            assert json.loads(request.content)["secretkey"] == SECRETKEY
            return self.told(request, self.token_answer or self.token())
        self.requests.append(request)
        return self.told(request, self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    @staticmethod
    def told(request: httpx.Request, answer: Answer) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            return httpx.Response(200, json=answer)
        return answer(request) if callable(answer) else answer

    def token(self) -> dict[str, Any]:
        return {
            "expires_dt": "20261121100000",
            "token_type": "bearer",
            "token": f"canary-token-{self.issued}",
            "return_code": 0,
            "return_msg": "정상적으로 처리되었습니다",
        }

    @property
    def bearers(self) -> list[str]:
        return [request.headers["authorization"] for request in self.requests]

    def refusal(self, question: Callable[[KiwoomBroker], object]) -> KiwoomctlError:
        """Return the error of a question, having looked for secrets in it and in the calls."""
        with pytest.raises(KiwoomctlError) as caught:
            question(self.broker)
        error = caught.value
        for shown in (str(error), repr(error), repr(error.values), repr(self.calls)):
            assert "canary" not in shown
        return error


Open = Callable[..., House]


@pytest.fixture
def at(tmp_path: Path) -> Open:
    return lambda *answers: House(tmp_path, answers)


# Requests -----------------------------------------------------------------------------------


def test_requests_are_those_the_broker_knows(at: Open) -> None:
    house = at(CASH, holdings(row()), {"acctNo": "8012345611", "return_code": 0})
    house.broker.cash()
    house.broker.holdings()
    assert house.broker.account_number() == "8012345611"

    assert [r.headers["api-id"] for r in house.requests] == ["kt00001", "kt00018", "ka00001"]
    assert [json.loads(r.content) for r in house.requests] == [
        {"qry_tp": "3"},
        {"qry_tp": "1", "dmst_stex_tp": "KRX"},
        {},
    ]
    for request in house.requests:
        assert (request.method, request.url.path) == ("POST", "/api/dostk/acnt")
        assert request.headers["authorization"] == "Bearer canary-token-1"
        assert request.headers["content-type"] == "application/json;charset=UTF-8"
        assert "next-key" not in request.headers
    assert house.issued == 1
    assert [call.outcome for call in house.calls] == ["HTTP 200 rc 0"] * 4


@pytest.mark.parametrize("number", ["", " ", "0000000000", "80123456ab", "８０１２３４５６１１"])
def test_an_account_number_that_is_none(at: Open, number: str) -> None:
    house = at({"acctNo": number, "return_code": 0})
    assert isinstance(house.refusal(KiwoomBroker.account_number), Unreadable)


def test_an_account_number_with_a_dash(at: Open) -> None:
    house = at({"acctNo": " 80123456-11 ", "return_code": 0})
    assert house.broker.account_number() == "8012345611"


# Cash ---------------------------------------------------------------------------------------


def test_cash(at: Open) -> None:
    cash = at(CASH).broker.cash()
    assert whole(cash.deposit, cash.deposit_d1, cash.deposit_d2) == (1_000_000, 900_000, -50_000)
    assert whole(cash.orderable, cash.withdrawable) == (800_000, 700_000)
    assert cash.currency == "KRW"


@pytest.mark.parametrize(
    ("blank", "field"),
    [
        ("entr", "deposit"),
        ("d1_entra", "deposit_d1"),
        ("d2_entra", "deposit_d2"),
        ("ord_alow_amt", "orderable"),
        ("pymn_alow_amt", "withdrawable"),
    ],
)
def test_cash_partly_blank_is_missing_and_not_zero(at: Open, blank: str, field: str) -> None:
    cash = at({**CASH, blank: " "}).broker.cash()
    assert getattr(cash, field) is None
    fields = ("deposit", "deposit_d1", "deposit_d2", "orderable", "withdrawable")
    assert sum(getattr(cash, name) is None for name in fields) == 1


def test_blank_cash_is_no_answer(at: Open) -> None:
    names = ("entr", "d1_entra", "d2_entra", "ord_alow_amt", "pymn_alow_amt")
    error = at({**CASH, **dict.fromkeys(names, "")}).refusal(KiwoomBroker.cash)
    assert (type(error), error.code, error.exit_code) == (Unreadable, "blank", 10)


@pytest.mark.parametrize("junk", ["abc", "1.5", "-", "9" * 30, "1e5"])
def test_cash_that_is_no_figure(at: Open, junk: str) -> None:
    error = at({**CASH, "d2_entra": junk}).refusal(KiwoomBroker.cash)
    assert isinstance(error, Unreadable)
    assert "d2_entra" in str(error)


# Holdings -----------------------------------------------------------------------------------


def test_a_position(at: Open) -> None:
    held = at(holdings(row())).broker.holdings()
    (position,) = held.positions
    assert held.total_assets == 10_000_000
    assert (position.symbol, position.name) == ("005930", "삼성전자")
    assert (position.quantity, position.sellable_quantity) == (1, 1)
    assert whole(position.average_price, position.price) == (272_750, 272_500)
    assert whole(position.cost, position.market_value) == (272_750, 272_500)
    assert position.unrealized_pnl == -2_694
    assert position.unrealized_pnl_rate == Decimal("-0.99")
    assert (position.credit_type, position.loan_date) == ("00", None)
    assert (position.pnl_basis, position.currency) == ("net", "KRW")


@pytest.mark.parametrize(
    ("sent", "code"),
    [("A005930", "005930"), ("A0001A0", "0001A0"), ("33626K", "33626K"), ("Q500001", "500001"),
     ("J57A123", "57A123"), ("005930_AL", "005930")],
)  # fmt: skip
def test_codes(at: Open, sent: str, code: str) -> None:
    assert at(holdings(row(sent))).broker.holdings().positions[0].symbol == code


def test_rows_of_one_holding_are_one_position(at: Open) -> None:
    credit = {"crd_tp": "03", "crd_loan_dt": "20261102"}
    held = at(
        holdings(
            row(),
            row(**credit),
            row("A0001A0"),
            row(),
            row(**credit),
            row(crd_tp="03", crd_loan_dt="20261103"),
            row(crd_loan_dt="00000000"),
        )
    ).broker.holdings()

    keys = [(*p.key, p.quantity, *whole(p.cost)) for p in held.positions]
    assert keys == [
        ("005930", "00", "", 3, 818_250),
        ("005930", "03", "2026-11-02", 2, 545_500),
        ("0001A0", "00", "", 1, 272_750),
        ("005930", "03", "2026-11-03", 1, 272_750),
    ]


def test_sold_out_and_blank_rows_are_gone(at: Open) -> None:
    sold = row("A000660", rmnd_qty=amount(0), pur_amt=amount(0), evlt_amt=amount(0))
    blank = dict.fromkeys(row(), "")
    held = at(holdings(sold, blank, row(), sold)).broker.holdings()
    assert [p.symbol for p in held.positions] == ["005930"]


def test_an_empty_account(at: Open) -> None:
    held = at(holdings()).broker.holdings()
    assert (held.positions, whole(held.total_assets)) == ((), (10_000_000,))
    sold = row(rmnd_qty=amount(0), pur_amt=amount(0), evlt_amt=amount(0))
    assert at(holdings(sold)).broker.holdings().positions == ()


@pytest.mark.parametrize("extra", [{}, {LIST: []}])
def test_no_data_is_an_empty_account(at: Open, extra: dict[str, Any]) -> None:
    body = {"return_msg": "[2000](501724:관련자료가없습니다)", "return_code": 20, **extra}
    held = at(body).broker.holdings()
    assert (held.positions, held.total_assets) == ((), None)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (dict.fromkeys(row(), ""),),
        (row(rmnd_qty=amount(0), pur_amt=amount(0), evlt_amt=amount(0)),),
    ],
)
@pytest.mark.parametrize("name", ["tot_pur_amt", "tot_evlt_amt"])
def test_totals_without_positions_are_no_empty_account(
    at: Open, rows: tuple[dict[str, str], ...], name: str
) -> None:
    error = at(holdings(*rows, **{name: amount(1)})).refusal(KiwoomBroker.holdings)
    assert (type(error), error.code, error.exit_code) == (Unreadable, "contradiction", 10)


def test_blank_totals_without_rows_are_no_empty_account(at: Open) -> None:
    blank = {"tot_pur_amt": "", "tot_evlt_amt": " ", "prsm_dpst_aset_amt": ""}
    assert at(holdings(**blank)).refusal(KiwoomBroker.holdings).code == "blank"


@pytest.mark.parametrize(
    ("blank", "field"),
    [
        ("pur_amt", "cost"),
        ("evlt_amt", "market_value"),
        ("evltv_prft", "unrealized_pnl"),
        ("prft_rt", "unrealized_pnl_rate"),
        ("pur_pric", "average_price"),
        ("cur_prc", "price"),
        ("trde_able_qty", "sellable_quantity"),
        ("crd_tp", "credit_type"),
    ],
)
def test_a_blank_figure_is_missing_and_not_zero(at: Open, blank: str, field: str) -> None:
    house = at(holdings(row(**{blank: ""}), tot_pur_amt=amount(1)))
    assert getattr(house.broker.holdings().positions[0], field) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("rmnd_qty", ""), ("rmnd_qty", "1.5"), ("rmnd_qty", "x"), ("stk_cd", "5930"),
     ("pur_amt", "9" * 25), ("evlt_amt", "x"), ("prft_rt", "x"), ("cur_prc", "x"),
     ("crd_loan_dt", "20261399")],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_no_answer(at: Open, name: str, value: str) -> None:
    body = holdings(row(), row("A000660"))
    body[LIST][1][name] = value
    assert isinstance(at(body).refusal(KiwoomBroker.holdings), Unreadable)


# Pages --------------------------------------------------------------------------------------


def test_pages_are_one_answer(at: Open) -> None:
    first, second = holdings(row(), row("A000660")), holdings(row(), row("A0001A0"))
    house = at(paged(first, "key/1"), paged(second, "key/2"), holdings(row("A035420")))
    held = house.broker.holdings()

    assert [(p.symbol, p.quantity) for p in held.positions] == [
        ("005930", 2), ("000660", 1), ("0001A0", 1), ("035420", 1),
    ]  # fmt: skip
    cursors = [(r.headers.get("cont-yn"), r.headers.get("next-key")) for r in house.requests]
    assert cursors == [(None, None), ("Y", "key/1"), ("Y", "key/2")]
    assert len({r.content for r in house.requests}) == 1


def test_a_promised_page_that_says_nothing_is_no_end_of_the_list(at: Open) -> None:
    nothing = {"tot_pur_amt": "", "tot_evlt_amt": " ", "prsm_dpst_aset_amt": ""}
    for last in (holdings(**nothing), holdings(dict.fromkeys(row(), ""), **nothing)):
        house = at(paged(holdings(row()), "key/1"), last)
        assert house.refusal(KiwoomBroker.holdings).code == "blank"
    assert len(at(paged(holdings(row()), "key/1"), holdings()).broker.holdings().positions) == 1


@pytest.mark.parametrize("keys", [("a", "a"), ("a", "b", "a"), ("a", "b", "b")])
def test_a_repeated_cursor_is_no_list(at: Open, keys: tuple[str, ...]) -> None:
    house = at(*(paged(holdings(row()), key) for key in keys))
    error = house.refusal(KiwoomBroker.holdings)
    assert (type(error), error.code) == (Unreadable, "list_cut")
    assert len(house.requests) == len(keys)


def test_a_list_without_end(at: Open) -> None:
    count = iter(range(10**6))
    house = at(lambda _request: paged(holdings(row()), f"key-{next(count)}"))
    assert house.refusal(KiwoomBroker.holdings).code == "list_cut"
    assert len(house.requests) == MAX_PAGES


def test_a_failure_on_the_last_page_is_no_half_answer(at: Open) -> None:
    house = at(paged(holdings(row()), "k"), {"return_code": 7, "return_msg": "[1903:x]"})
    assert isinstance(house.refusal(KiwoomBroker.holdings), BrokerRejected)


# Tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dead",
    [
        DEAD,
        {"return_code": "8005", "return_msg": "Token이 유효하지 않습니다"},
        {"return_code": 3, "return_msg": "[8103:토큰]"},
        {"return_code": 3, "return_msg": "[8010:IP가 동일하지 않습니다]"},
        httpx.Response(401, text="<html>"),
    ],
)
def test_a_dead_token_is_renewed_once(at: Open, dead: Answer) -> None:
    house = at(dead, CASH)
    assert house.broker.cash().deposit == 1_000_000
    assert house.issued == 2
    assert house.bearers == ["Bearer canary-token-1", "Bearer canary-token-2"]
    house.broker.cash()
    assert house.issued == 2


def test_a_token_that_dies_again_is_not_renewed_twice(at: Open) -> None:
    house = at(DEAD)
    error = house.refusal(KiwoomBroker.cash)
    assert (type(error), error.code, error.exit_code) == (SignInError, "kiwoom_8005", 4)
    assert "kiwoomctl login isa --refresh" in str(error)
    assert (house.issued, len(house.requests)) == (2, 2)


def test_a_token_somebody_else_renewed_is_used(at: Open) -> None:
    house = at(DEAD, CASH)
    other = KiwoomBroker(house.broker._client, Path("unused"), Decimal(0))  # noqa: SLF001 - the same cache

    def renew_elsewhere(_request: httpx.Request) -> httpx.Response:
        other.renew_token()
        return httpx.Response(200, json=DEAD)

    house.answers = [renew_elsewhere, CASH]
    house.broker.cash()
    assert house.issued == 2
    assert house.bearers[-1] == "Bearer canary-token-2"


@pytest.mark.parametrize("code", ["8001", "8030", "8031", "8050", "8777"])
def test_other_sign_in_failures_renew_nothing(at: Open, code: str) -> None:
    house = at({"return_code": 3, "return_msg": f"[{code}:텍스트]"})
    assert house.refusal(KiwoomBroker.cash).code == f"kiwoom_{code}"
    assert (house.issued, len(house.requests)) == (1, 1)


def test_a_refused_key_asks_nothing_else(at: Open) -> None:
    house = at(CASH)
    house.token_answer = {
        "return_code": 3,
        "return_msg": f"인증에 실패했습니다[8001:App Key {APPKEY}와 {SECRETKEY}]",
    }
    error = house.refusal(KiwoomBroker.cash)
    assert error.code == "kiwoom_8001"
    assert "isa" in str(error)
    assert (house.issued, house.requests) == (1, [])


@pytest.mark.parametrize(
    "changes",
    [{"token": ""}, {"token": " "}, {"token": "a b\n"}, {"token": "토큰"}, {"token": None},
     {"expires_dt": "tomorrow"}, {"expires_dt": ""}, {"expires_dt": "20261399000000"},
     {"expires_dt": 20261121100000}],
)  # fmt: skip
def test_a_token_that_cannot_be_used(at: Open, changes: dict[str, Any]) -> None:
    house = at(CASH)
    if changes == {"token": "a b\n"}:
        changes = {"token": "a\nb"}
    house.token_answer = {**house.token(), **changes}
    assert isinstance(house.refusal(KiwoomBroker.cash), Unreadable)
    assert house.requests == []


def test_a_renewed_token_says_when_it_ends(at: Open) -> None:
    assert at(CASH).broker.renew_token() == datetime(2026, 11, 21, 10, 0, tzinfo=KST)


# Repeats ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [
        httpx.Response(429, json=TOO_MANY),
        httpx.Response(429, text="<html>"),
        httpx.Response(200, json=TOO_MANY),
    ],
)
def test_a_refused_rate_is_asked_again(at: Open, refused: httpx.Response) -> None:
    house = at(*[lambda _request: refused] * THROTTLED_REPEATS, CASH)
    assert house.broker.cash().deposit == 1_000_000
    assert len(house.requests) == THROTTLED_REPEATS + 1
    assert house.clock.slept == sorted(house.clock.slept)


def test_a_rate_refused_for_ever(at: Open) -> None:
    house = at(httpx.Response(429, json=TOO_MANY))
    error = house.refusal(KiwoomBroker.cash)
    assert (type(error), error.exit_code, error.safe_to_retry) == (Throttled, 9, True)
    assert len(house.requests) == THROTTLED_REPEATS + 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("down"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="<html>"),
        {"return_code": 20, "return_msg": "[2000](-994:fail to sendReceive:WINGSj)"},
    ],
)
def test_what_may_pass_is_asked_three_times(at: Open, failure: Answer) -> None:
    assert at(failure, failure, CASH).broker.cash().deposit == 1_000_000
    house = at(failure)
    error = house.refusal(KiwoomBroker.cash)
    assert isinstance(error, Unavailable)
    assert error.exit_code == 10
    assert len(house.requests) == 3


def test_a_reply_that_takes_too_long_is_not_asked_again(at: Open) -> None:
    house = at(httpx.ReadTimeout("slow"))
    assert house.refusal(KiwoomBroker.cash).code == "timeout"
    assert len(house.requests) == 1


def test_a_refusal_is_not_asked_again(at: Open) -> None:
    house = at({"return_code": 20, "return_msg": "[2000](571489:장이 열리지 않는 날입니다)"})
    error = house.refusal(KiwoomBroker.cash)
    assert (type(error), error.code, error.exit_code) == (BrokerRejected, "kiwoom_571489", 3)
    assert len(house.requests) == 1


# Secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["571489", "-994", "8777"])
def test_a_token_the_server_sends_back_is_not_shown(at: Open, code: str) -> None:
    rc = 3 if code == "8777" else 20

    def echo(request: httpx.Request) -> httpx.Response:
        text = f"[2000]({code}:bad {request.headers['authorization']} here)"
        return httpx.Response(200, json={"return_code": rc, "return_msg": text})

    assert "***" in str(at(echo).refusal(KiwoomBroker.cash))


@pytest.mark.parametrize(
    "message", ["[2000](1:{body})", "[8777:{body}]", "{body}", "[8001:{body}]", "[1511:{body}"]
)
def test_keys_the_server_sends_back_are_not_shown(at: Open, message: str) -> None:
    house = at(CASH)

    def echo(request: httpx.Request) -> httpx.Response:
        text = message.format(body=request.content.decode())
        return httpx.Response(200, json={"return_code": 3, "return_msg": text})

    house.token_answer = echo
    house.refusal(KiwoomBroker.cash)


def test_keys_in_a_page_that_is_no_json_are_not_shown(at: Open) -> None:
    house = at(CASH)
    house.token_answer = lambda request: httpx.Response(200, content=request.content[:-1])
    house.refusal(KiwoomBroker.cash)


def test_keys_the_server_sends_back_to_a_revoke_are_not_shown(at: Open) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        text = f"[1999:{request.content.decode()}]"
        return httpx.Response(200, json={"return_code": 20, "return_msg": text})

    house = at(echo)
    house.broker.renew_token()
    house.refusal(KiwoomBroker.revoke_token)
