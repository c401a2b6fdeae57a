"""One account behind replies as KIS sends them: figures, pages, tokens, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kiwoomctl.brokers.kis.broker import KisBroker
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.paging import MAX_PAGES
from kiwoomctl.brokers.port import Call
from kiwoomctl.brokers.repeats import REPEATS, THROTTLED_REPEATS
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.brokers.transport import Transport
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.errors import (
    BrokerRejected,
    Busy,
    ConfigError,
    KiwoomctlError,
    SignInError,
    Throttled,
    Unavailable,
    Unreadable,
)

APPKEY = "canary-appkey-5d1e"
APPSECRET = "canary-appsecret-77b0"
NUMBER = "1234567801"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=KST)
Answer = httpx.Response | Exception | dict[str, Any]


def reply(status: int = 200, mark: str = "", **body: Any) -> httpx.Response:
    return httpx.Response(status, json=body, headers={"tr_cont": mark})


def refusal(
    code: str, text: str = "안 됩니다", status: int = 500, rt_cd: str = "1"
) -> httpx.Response:
    return reply(status, rt_cd=rt_cd, msg_cd=code, msg1=text.ljust(80))


def lot(code: str = "005930", **changes: str) -> dict[str, str]:
    return {
        "pdno": code,
        "prdt_name": "삼성전자",
        "trad_dvsn_name": "현금",
        "hldg_qty": "2",
        "ord_psbl_qty": "1",
        "pchs_avg_pric": "70000.5000",
        "pchs_amt": "140001",
        "prpr": "71000",
        "evlu_amt": "142000",
        "evlu_pfls_amt": "1999",
        "evlu_pfls_rt": "1.42",
        "loan_dt": "",
        **changes,
    }


def balance(*lots: dict[str, str], mark: str = "", cursor: str = "", **sums: str) -> httpx.Response:
    told = {
        "dnca_tot_amt": "1000000",
        "nxdy_excc_amt": "900000",
        "prvs_rcdl_excc_amt": "-50000",
        "nass_amt": "10000000",
        "scts_evlu_amt": "0",
        "pchs_amt_smtl_amt": str(len(lots) * 140_001),
        **sums,
    }
    return reply(
        mark=mark,
        rt_cd="0",
        msg_cd="KIOK0510",
        msg1="",
        output1=list(lots),
        output2=[told],
        ctx_area_fk100="12345678^01^".ljust(100),
        ctx_area_nk100=cursor.ljust(100),
    )


POWER = reply(
    rt_cd="0",
    msg_cd="KIOK0510",
    msg1="",
    output={"ord_psbl_cash": "700000", "nrcvb_buy_amt": "800000", "nrcvb_buy_qty": "0"},
)


class StillClock:
    """Time that passes only in sleep()."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.passed = timedelta(0)

    def now(self) -> datetime:
        return NOON + self.passed + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class House:
    """An account at a broker that gives these answers, one a read, the last one for ever."""

    def __init__(self, folder: Path, answers: Iterable[Answer], *, is_mock: bool) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.issues: list[Answer] = []
        self.issued = 0
        self.clock = StillClock()
        self.calls: list[Call] = []
        self.client = KisClient(
            profile="isa",
            number=NUMBER,
            transport=Transport(
                "http://broker.invalid", timeout=5, in_process=httpx.MockTransport(self.answer)
            ),
            tokens=TokenStore(folder / "tokens", "broker.invalid", "a1", self.clock),
            credentials=lambda: (APPKEY, APPSECRET),
            pacer=None,
            observer=self,
            clock=self.clock,
            is_mock=lambda: is_mock,
        )
        self.broker = KisBroker(self.client, folder / "instruments.json", Decimal("0.005"))

    def called(self, profile: str, call: Call) -> None:
        assert profile == "isa"
        self.calls.append(call)

    def waiting(self, profile: str, api_id: str, seconds: float) -> None:
        raise AssertionError(profile, api_id, seconds)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/tokenP":
            self.issued += 1
            if self.issues:
                return given(self.issues.pop(0))
            return httpx.Response(
                200,
                json={
                    "access_token": f"canary-token-{self.issued}",
                    "token_type": "Bearer",
                    "expires_in": 86400,
                    "access_token_token_expired": "2026-11-21 12:00:00",
                },
            )
        self.requests.append(request)
        return given(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    def query(self, number: int = -1) -> dict[str, str]:
        told = parse_qs(urlsplit(str(self.requests[number].url)).query, keep_blank_values=True)
        return {name: values[0] for name, values in told.items()}


def given(answer: Answer) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def plain(*values: object) -> list[str]:
    """Return values as text, for comparing figures with what they should be."""
    return [str(value) for value in values]


Open = Callable[..., House]


@pytest.fixture
def at(tmp_path: Path) -> Open:
    """Open an account at a house that gives these answers."""
    return lambda *answers, is_mock=False: House(tmp_path, answers, is_mock=is_mock)


def error_of(house: House, read: Callable[[KisBroker], object]) -> KiwoomctlError:
    with pytest.raises(KiwoomctlError) as caught:
        read(house.broker)
    for secret in (APPKEY, APPSECRET, "canary-token", NUMBER[:8]):
        assert secret not in str(caught.value)
        assert secret not in repr(house.calls)
    return caught.value


# Requests -----------------------------------------------------------------------------------------


def test_a_read_carries_key_token_and_account(at: Open) -> None:
    house = at(POWER)
    assert house.broker.account_number() == NUMBER
    [request] = house.requests
    assert (request.method, request.content) == ("GET", b"")
    wanted = {
        "authorization": "Bearer canary-token-1",
        "appkey": APPKEY,
        "appsecret": APPSECRET,
        "tr_id": "TTTC8908R",
        "custtype": "P",
        "tr_cont": "",
    }
    assert {name: request.headers[name] for name in wanted} == wanted
    assert (house.query()["CANO"], house.query()["ACNT_PRDT_CD"]) == ("12345678", "01")


def test_the_mock_server_has_ids_of_its_own(at: Open) -> None:
    house = at(POWER, is_mock=True)
    house.broker.buying_power()
    assert house.requests[0].headers["tr_id"] == "VTTC8908R"
    assert error_of(house, lambda b: b.realized(None, None)).code == "not_on_mock"
    assert len(house.requests) == 1


@pytest.mark.parametrize("text", ["", "123", "12345678-01", "123456780a", "１２３４５６７８０１"])
def test_a_number_is_ten_digits(text: str) -> None:
    from kiwoomctl.brokers.kis.account import AccountNumber

    with pytest.raises(ValueError, match="ten digits"):
        AccountNumber.of(text)


# Figures ------------------------------------------------------------------------------------------


def test_cash(at: Open) -> None:
    house = at(balance(), POWER)
    cash = house.broker.cash()
    assert [cash.deposit, cash.deposit_d1, cash.deposit_d2] == [1_000_000, 900_000, -50_000]
    assert plain(cash.orderable, cash.withdrawable) == ["800000", "None"]


def test_a_holding_is_gross_and_a_blank_is_none(at: Open) -> None:
    house = at(balance(lot(evlu_pfls_rt="", ord_psbl_qty="")))
    [position] = house.broker.holdings().positions
    assert (position.symbol, position.quantity, position.sellable_quantity) == ("005930", 2, None)
    assert plain(position.average_price, position.price) == ["70000.5", "71000"]
    assert plain(position.cost, position.market_value) == ["140001", "142000"]
    assert position.unrealized_pnl == 1_999
    assert (position.unrealized_pnl_rate, position.pnl_basis) == (None, "gross")
    assert (position.credit_type, position.loan_date) == (None, None)


def test_credit_stays_apart_and_what_is_sold_out_falls_away(at: Open) -> None:
    loan = lot(trad_dvsn_name="자기융자", loan_dt="20261001")
    house = at(balance(lot(), loan, lot("000660", hldg_qty="0", pchs_amt="0")))
    told = [(p.symbol, p.credit_type, p.loan_date) for p in house.broker.holdings().positions]
    assert told == [("005930", None, None), ("005930", "자기융자", "2026-10-01")]


def test_a_price_of_zero_is_asked_for(at: Open) -> None:
    price = reply(
        rt_cd="0",
        msg_cd="MCA00000",
        msg1="",
        output={"stck_prpr": "72000", "stck_mxpr": "90000", "stck_llam": "50000"},
    )
    zero = lot(prpr="0", evlu_amt="0", evlu_pfls_amt="-140001", evlu_pfls_rt="-100.00")
    [position] = at(balance(zero), price).broker.holdings().positions
    assert plain(position.price, position.market_value) == ["72000", "144000"]
    assert position.unrealized_pnl == 3_999
    assert position.unrealized_pnl_rate == Decimal("2.86")


def test_an_empty_list_that_its_totals_contradict_is_refused(at: Open) -> None:
    house = at(balance(scts_evlu_amt="142000"))
    assert error_of(house, KisBroker.holdings).code == "contradiction"
    assert len(house.requests) == 2


@pytest.mark.parametrize("rt_cd", ["0", "7"])
def test_no_rows_are_none_however_they_are_said(at: Open, rt_cd: str) -> None:
    none = reply(rt_cd=rt_cd, msg_cd="KIOK0560", msg1="조회할 내용이 없습니다.", output=[])
    assert at(none).broker.open_orders() == ()


@pytest.mark.parametrize(
    "field",
    ["hldg_qty", "pchs_amt", "evlu_amt", "evlu_pfls_amt", "prpr", "pdno", "pchs_avg_pric"],
)
@pytest.mark.parametrize("value", ["x", "1,000", "1.5e3", "٣"])
def test_a_figure_that_is_none_is_refused(at: Open, field: str, value: str) -> None:
    house = at(balance(lot(), {**lot("000660"), field: value}, pchs_amt_smtl_amt=""))
    assert isinstance(error_of(house, KisBroker.holdings), Unreadable)


def test_a_row_without_a_code_is_refused(at: Open) -> None:
    assert isinstance(error_of(at(balance(lot(""))), KisBroker.holdings), Unreadable)


# Pages --------------------------------------------------------------------------------------------


def test_pages_go_on_with_the_broker_s_own_words(at: Open) -> None:
    total = str(140_001 * 2)
    house = at(
        balance(lot(), mark="F", cursor="next 1", pchs_amt_smtl_amt=total),
        balance(lot("000660"), mark="E", pchs_amt_smtl_amt=total),
    )
    assert [p.symbol for p in house.broker.holdings().positions] == ["005930", "000660"]
    assert [r.headers["tr_cont"] for r in house.requests] == ["", "N"]
    assert house.query(0)["CTX_AREA_NK100"] == ""
    assert house.query(1)["CTX_AREA_NK100"] == "next 1".ljust(100)
    assert house.query(1)["CTX_AREA_FK100"] == "12345678^01^".ljust(100)


def test_a_cursor_that_comes_again_is_refused(at: Open) -> None:
    house = at(balance(lot(), mark="M", cursor="same"))
    assert error_of(house, KisBroker.holdings).code == "list_cut"
    assert len(house.requests) == 2


def test_a_list_without_end_is_refused(at: Open) -> None:
    pages = [balance(lot(), mark="M", cursor=f"{n}") for n in range(MAX_PAGES + 5)]
    house = at(*pages)
    assert error_of(house, KisBroker.holdings).code == "list_cut"
    assert len(house.requests) == MAX_PAGES


@pytest.mark.parametrize("page", [{"mark": "F"}, {"mark": "M", "cursor": "  "}, {"mark": "X"}])
def test_a_promise_that_cannot_be_kept_is_refused(at: Open, page: dict[str, str]) -> None:
    assert isinstance(error_of(at(balance(lot(), **page)), KisBroker.holdings), Unreadable)


def test_a_cursor_that_no_request_can_carry_is_refused(at: Open) -> None:
    first = balance(lot(), mark="M", cursor="half")
    # JSON can hold half a character.
    content = first.content.replace(b'"half', rb'"\ud800')
    page = httpx.Response(200, content=content, headers={"tr_cont": "M"})
    assert isinstance(error_of(at(page), KisBroker.holdings), Unreadable)


# Tokens -------------------------------------------------------------------------------------------


def test_one_token_serves_for_a_day(at: Open) -> None:
    house = at(POWER)
    for _ in range(20):
        house.broker.buying_power()
    house.clock.passed = timedelta(hours=23, minutes=45)
    house.broker.buying_power()
    assert house.issued == 1
    house.clock.passed = timedelta(hours=23, minutes=55)
    house.broker.buying_power()
    assert house.issued == 2


def test_a_renewal_that_would_bring_the_same_token_is_not_asked_for(at: Open) -> None:
    house = at(POWER)
    house.broker.renew_token()
    for hours in (0, 1, 5):
        house.clock.passed = timedelta(hours=hours)
        house.broker.renew_token()
    assert house.issued == 1
    house.clock.passed = timedelta(hours=6, minutes=1)
    house.broker.renew_token()
    assert house.issued == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.ReadTimeout("slow"), Unavailable),
        (httpx.ReadError("reset"), Unavailable),
        (httpx.Response(502, text="<html>"), Unavailable),
        (refusal("EGW00201"), Throttled),
        (
            httpx.Response(403, json={"error_code": "EGW00133", "error_description": "1분당 1회"}),
            Busy,
        ),
        (
            httpx.Response(403, json={"error_code": "EGW00105", "error_description": APPSECRET}),
            SignInError,
        ),
        ({"access_token": "", "expires_in": 86400}, Unreadable),
        ({"access_token": "a b", "expires_in": 86400}, Unreadable),
        ({"access_token": "x", "expires_in": "soon"}, Unreadable),
        ({}, Unreadable),
    ],
)
def test_an_issue_is_never_repeated(at: Open, answer: Answer, kind: type[KiwoomctlError]) -> None:
    house = at(POWER)
    house.issues = [answer]
    assert isinstance(error_of(house, KisBroker.buying_power), kind)
    assert (house.issued, house.requests, house.clock.slept) == (1, [], [])


def test_a_token_given_again_ends_when_it_says(at: Open) -> None:
    house = at(POWER)
    house.issues = [
        {
            "access_token": "again",
            "expires_in": 86400,
            "access_token_token_expired": "2026-11-20 18:00:00",
        }
    ]
    assert house.broker.renew_token() == NOON + timedelta(hours=6)


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("code", ["EGW00121", "EGW00122", "EGW00123"])
def test_a_dead_token_is_renewed_once(at: Open, code: str, status: int) -> None:
    house = at(refusal(code, status=status), POWER)
    assert house.broker.buying_power() == 800_000
    assert [r.headers["authorization"] for r in house.requests] == [
        "Bearer canary-token-1",
        "Bearer canary-token-2",
    ]
    again = at(refusal(code, status=status))
    assert error_of(again, KisBroker.buying_power).code == f"kis_{code}"


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "code", "tries"),
    [
        (refusal("EGW00201"), Throttled, "throttled", THROTTLED_REPEATS + 1),
        (refusal("EGW00215"), Unavailable, "ledger_busy", REPEATS + 1),
        (refusal("EGW00001"), Unavailable, "server_error", REPEATS + 1),
        (refusal("EGW00302"), Unavailable, "server_error", REPEATS + 1),
        (refusal("", ""), Unavailable, "server_error", REPEATS + 1),
        (httpx.Response(404), Unavailable, "server_error", REPEATS + 1),
        (httpx.Response(502, text="<html>"), Unavailable, "server_error", REPEATS + 1),
        (httpx.Response(200, text="<html>"), Unreadable, "unreadable", REPEATS + 1),
        (reply(rt_cd="0", msg_cd="KIOK0510"), Unreadable, "unreadable", REPEATS + 1),
        (refusal("EGW00105"), SignInError, "kis_EGW00105", 1),
        (refusal("EGW00304"), SignInError, "kis_EGW00304", 1),
        (refusal("EGW02004"), SignInError, "kis_EGW02004", 1),
        (refusal("EGW00207"), SignInError, "kis_EGW00207", 1),
        (refusal("EGW00213"), BrokerRejected, "not_on_mock", 1),
        (refusal("EGW99", "모의투자 TR 이 아닙니다"), BrokerRejected, "not_on_mock", 1),
        (refusal("APBK0489", status=200), BrokerRejected, "kis_APBK0489", 1),
        (
            refusal("OPSQ2000", "INPUT INVALID_CHECK_ACNO", 200, "2"),
            ConfigError,
            "account_differs",
            1,
        ),
        (refusal("OPSQ2000", "INPUT", 200, "2"), BrokerRejected, "kis_OPSQ2000", 1),
        (httpx.ReadTimeout("slow"), Unavailable, "timeout", 1),
    ],
)
def test_a_refusal_is_what_its_code_says(
    at: Open, answer: Answer, kind: type[KiwoomctlError], code: str, tries: int
) -> None:
    house = at(answer)
    error = error_of(house, KisBroker.buying_power)
    assert (type(error), error.code) == (kind, code)
    assert (len(house.requests), house.issued) == (tries, 1)


def test_a_text_with_secrets_is_told_without_them(at: Open) -> None:
    text = f"{APPKEY} {APPSECRET} canary-token-1 12345678 {NUMBER}"
    error_of(at(refusal("APBK0400", text, 200)), KisBroker.buying_power)


# Orders -------------------------------------------------------------------------------------------


def order(number: str = "0000002891", **changes: str) -> dict[str, str]:
    return {
        "ord_dt": "20261120",
        "ord_gno_brno": "06010",
        "odno": number,
        "orgn_odno": "",
        "ord_dvsn_cd": "00",
        "sll_buy_dvsn_cd": "02",
        "sll_buy_dvsn_cd_name": "현금매수",
        "pdno": "005930",
        "prdt_name": "삼성전자",
        "ord_qty": "3",
        "ord_unpr": "70000",
        "ord_tmd": "094941",
        "tot_ccld_qty": "0",
        "avg_prvs": "0",
        "tot_ccld_amt": "0",
        "cncl_yn": "",
        "rmn_qty": "3",
        "rjct_qty": "0",
        "ordr_empno": "OpnAPI",
        "excg_id_dvsn_Cd": "KRX",
        **changes,
    }


def daily(*orders: dict[str, str], day: str = "Fri, 20 Nov 2026 03:00:00 GMT") -> httpx.Response:
    told = reply(mark="D", rt_cd="0", msg_cd="KIOK0510", msg1="", output1=list(orders), output2={})
    if day:
        told.headers["date"] = day
    return told


def opened(*orders: dict[str, str]) -> httpx.Response:
    rows = [{**one, "psbl_qty": one["rmn_qty"]} for one in orders]
    return reply(mark="D", rt_cd="0", msg_cd="KIOK0510", msg1="", output=rows)


def test_an_order_as_the_list_has_it(at: Open) -> None:
    lists = at(daily(order()), opened()).broker.day_orders(None)
    [found] = lists.orders
    assert (found.number, found.original, found.side, found.type) == ("2891", None, "buy", "limit")
    assert plain(found.price, found.exchange, found.channel) == ["70000", "KRX", "REST API"]
    assert (found.status, found.remaining_quantity) == ("open", 3)
    assert found.ordered_at == datetime(2026, 11, 20, 9, 49, 41, tzinfo=KST)
    assert lists.in_day_list == {"2891"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"rmn_qty": "1", "tot_ccld_qty": "2", "avg_prvs": "70000"}, "partial"),
        ({"rmn_qty": "0", "tot_ccld_qty": "3", "avg_prvs": "70000"}, "filled"),
        ({"rmn_qty": "0", "cncl_yn": "Y"}, "cancelled"),
        ({"rmn_qty": "0", "cncl_cfrm_qty": "3"}, "cancelled"),
        ({"rmn_qty": "0", "rjct_qty": "3"}, "rejected"),
        ({"rmn_qty": "0"}, "closed"),
    ],
)
def test_what_became_of_an_order(at: Open, changes: dict[str, str], status: str) -> None:
    [found] = at(daily(order(**changes)), opened()).broker.day_orders(None).orders
    assert found.status == status


@pytest.mark.parametrize("text", ["", "12345", "HTS"])
def test_a_channel_that_is_not_known_tells_nothing(at: Open, text: str) -> None:
    [found] = at(daily(order(ordr_empno=text)), opened()).broker.day_orders(None).orders
    assert (found.channel, found.channel_known) == (None, not text)


def test_both_lists_are_joined_and_the_day_list_is_told(at: Open) -> None:
    late = order("0000002892", rmn_qty="3")
    lists = at(daily(order()), opened(order(), late)).broker.day_orders(None)
    assert {one.number for one in lists.orders} == {"2891", "2892"}
    assert lists.in_day_list == {"2891"}


def test_a_list_without_a_date_has_no_time_of_the_broker(at: Open) -> None:
    assert at(daily(order(), day=""), opened()).broker.day_orders(None).broker_time is None


def test_today_is_the_broker_s(at: Open) -> None:
    monday = "Mon, 23 Nov 2026 01:00:00 GMT"
    house = at(daily(day=monday), daily(order(ord_dt="20261123"), day=monday), opened())
    lists = house.broker.day_orders(None)
    assert (lists.day, len(lists.orders)) == (date(2026, 11, 23), 1)
    assert [house.query(n)["INQR_STRT_DT"] for n in (0, 1)] == ["20261120", "20261123"]


def test_orders_of_another_day_are_no_orders_of_this(at: Open) -> None:
    assert at(daily(order(ord_dt="20261119")), opened()).broker.day_orders(None).orders == ()


@pytest.mark.parametrize(
    ("day", "api_id"),
    [
        (date(2026, 11, 19), "TTTC0081R"),
        (date(2026, 8, 1), "TTTC0081R"),
        (date(2026, 7, 31), "CTSC9215R"),
        (date(2025, 11, 20), "CTSC9215R"),
    ],
)
def test_older_months_are_another_list(at: Open, day: date, api_id: str) -> None:
    house = at(daily(order(ord_dt=f"{day:%Y%m%d}")))
    [found] = house.broker.day_orders(day).orders
    assert [request.headers["tr_id"] for request in house.requests] == [api_id]
    assert found.status == "expired"


def test_the_mock_server_s_open_orders_are_of_the_day_list(at: Open) -> None:
    house = at(daily(order(), order("0000002892", rmn_qty="0")), is_mock=True)
    assert [one.number for one in house.broker.open_orders()] == ["2891"]
    assert (house.query()["CCLD_DVSN"], house.query()["EXCG_ID_DVSN_CD"]) == ("02", "KRX")


def test_a_change_names_the_branch_of_its_order(at: Open) -> None:
    house = at(daily(order()), opened())
    house.broker.day_orders(None)
    assert house.client.branches == {"2891": "06010"}


def test_fills_are_sums_and_a_fill_without_a_price_is_refused(at: Open) -> None:
    filled = {"rmn_qty": "1", "tot_ccld_qty": "2", "avg_prvs": "70000.5000"}
    told = at(daily(order(**filled, tot_ccld_amt="140001")), opened()).broker.fills(None)
    [fill] = told.fills
    assert plain(fill.quantity, fill.price, fill.amount) == ["2", "70000.5", "140001"]
    assert (fill.fill_id, fill.commission, fill.tax, fill.filled_at) == (None, None, None, None)
    house = at(daily(order(**{**filled, "avg_prvs": ""})), opened())
    assert isinstance(error_of(house, lambda b: b.fills(None)), Unreadable)


# Instruments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "tick", "kind"),
    [
        ("70000", "100", "stock"),
        ("70000", "5", "etf"),
        ("1500", "1", None),
        ("3000", "5", None),
        ("70000", "7", None),
        ("70000", "", None),
    ],
)
def test_a_kind_that_is_not_told_follows_from_its_tick(
    at: Open, price: str, tick: str, kind: str | None
) -> None:
    told = {"stck_prpr": price, "stck_mxpr": "1", "stck_llam": "1", "aspr_unit": tick}
    house = at(reply(rt_cd="0", msg_cd="MCA00000", msg1="", output=told), is_mock=True)
    for _ in range(2):
        found = house.broker.instrument(Symbol("005930")).kind
        assert (found and found.value) == kind
    assert len(house.requests) == 1


def test_a_code_without_any_price_is_not_known(at: Open) -> None:
    told = {"stck_prpr": "0", "stck_mxpr": "0", "stck_llam": "0"}
    house = at(reply(rt_cd="0", msg_cd="MCA00000", msg1="", output=told))
    assert error_of(house, lambda b: b.quote(Symbol("999999"))).code == "unknown_code"
    assert house.broker.quotes([Symbol("999999")], "KRX") == ()
