"""One account behind replies as the broker sends them."""

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
from kiwoomctl.brokers.port import Call
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.brokers.transport import Transport
from kiwoomctl.domain.clock import KST
from kiwoomctl.errors import (
    KiwoomctlError,
)

APPKEY = "canary-appkey-5d1e"
SECRETKEY = "canary-secretkey-77b0"


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
