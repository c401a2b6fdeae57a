"""One account behind replies as KIS sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kiwoomctl.brokers.kis.broker import KisBroker
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.port import Call
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.brokers.transport import Transport
from kiwoomctl.domain.clock import KST
from kiwoomctl.errors import (
    KiwoomctlError,
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
