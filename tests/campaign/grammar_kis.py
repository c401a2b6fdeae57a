"""Replies as KIS's manual forms them, and what one surely says.

HTTP's status says nothing of a refusal there: no table of it is published. The codes here are
written down from the manual.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import httpx

from tests.campaign.grammar import DATES, STATUSES, Answer, as_bytes, changed, date, page, plain

DECIDING: Final = frozenset({"rt_cd", "msg_cd", "msg1", "output", "odno"})
TOKEN_PATH: Final = "/oauth2/tokenP"
SAME_CLASS: Final = re.compile(r"APBK[0-9]{4}|OPSQ(?:0002|2000|2001|2002)|4[0-9]{7}", re.ASCII)
"""The ledger's codes, its input checks', the mock ledger's."""
TAKEN: Final = frozenset({"APBK0013", "APBK2938", "40600000", "40590000"})
RATE: Final = frozenset({"EGW00201", "EGW00215"})
DEAD: Final = frozenset({"EGW00121", "EGW00122", "EGW00123"})
GATEWAY: Final = (
    *RATE, *DEAD, *RATE, *DEAD, "EGW00001", "EGW00002", "EGW00102", "EGW00105", "EGW00131",
    "EGW00132", "EGW00133", "EGW00202", "EGW00203", "EGW00205", "EGW00207", "EGW00208", "EGW00213",
    "EGW00300", "EGW00301", "EGW00302", "EGW00304", "EGW02004", "EGW002010", "EGW0020", "",
)  # fmt: skip
BUSINESS: Final = (
    "APBK0952", "APBK0400", "APBK0656", "APBK0918", "APBK0919", "APBK1943", "APBK3013", "OPSQ0002",
    "OPSQ2000", "OPSQ2001", "OPSQ2002", "40570000", "40580000", "40100000", "40310000",
)  # fmt: skip
OTHERS: Final = (
    "OPSQ0003", "OPSQ0008", "OPSQ0009", "OPSQ1002", "OPSQ2003", *sorted(TAKEN),
    "MCA05918", "KIOK0560", "KIOK0420", "20310000", "OPSP8996", "APAC0489",
    "APBK12", "APBK12345", "XAPBK0952", "apbk0952", "4057000", "405700001", "4０570000",
    "50570000", "APBK095²",
)  # fmt: skip
DOUBTS: Final = (
    "지연", "시간초과", "처리중", "직전거래", "TIMEOUT", "후처리", "결과처리", "MCI전송", "MCI수신",
)  # fmt: skip
TEXTS: Final = (
    "주문가능금액을 초과 했습니다", "ERROR : INPUT INVALID_CHECK_ACNO", "",
    "연결 시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.", "거래 시간 초과",
    "처리가 지연되었습니다", "처리 중 입니다", "gateway Timeout", "time out", "\x1b[2J",
    "호출 후처리(MCI수신) 오류 입니다.",
    "초당 거래건수를 초과하였습니다.", "장운영시간이 아닙니다.",
    "가" * 2500 + "처리중", "처리\n중",
)  # fmt: skip
WIDTH: Final = 80
_ADDED: Final = ("rt_cd", "msg_cd", "msg1", "output", "ODNO", "odno", "error_code")


def order_reply(chance: Random) -> Answer:
    """Return an answer to an order, good or bad, now and then broken."""
    make = chance.choice((_success, _success, _gateway, _business, _business, _token, _framework))
    status, body = make(chance)
    while chance.random() < 0.4:
        body = changed(chance, body, _ADDED)
    if chance.random() < 0.3:
        status = chance.choice(STATUSES)
    twice = chance.choice(('"rt_cd": "0"', '"msg1": "처리중"', '"output": {"ODNO": "0000000042"}'))
    return Answer(status, as_bytes(chance, body, twice), date(chance))


def lists(chance: Random, spoil: float) -> dict[str, list[tuple[bytes, dict[str, str]]]]:
    """Return the pages of each list with their headers; something is wrong with this chance."""
    found = {}
    for tr_id, name, rows in (("daily", "output1", day_rows), ("open", "output", open_rows)):
        number = chance.choice((1, 1, 1, 2, 3))
        parts = []
        for n in range(number):
            last = n == number - 1
            mark = chance.choice(("D", "E", "") if last else ("F", "M"))
            area = "" if last else str(n)
            if chance.random() < 0.05 * spoil:
                mark, area = chance.choice(("F", "M", "x", "D")), chance.choice(("", "0", " "))
            rest: dict[str, Any] = {
                "ctx_area_fk100": f"{'12345678^01^':100}",
                "ctx_area_nk100": f"{area:100}",
                "rt_cd": "0",
                "msg_cd": "KIOK0460" if last else "KIOK0500",
                "msg1": f"{'조회 되었습니다':{WIDTH}}",
            }
            if name == "output1":
                sums = ("tot_ord_qty", "tot_ccld_qty", "tot_ccld_amt", "prsm_tlex_smtl")
                rest["output2"] = dict.fromkeys(sums, "0")
            content = page(chance, name, rows(chance, chance.randrange(4)), rest, spoil)
            parts.append((content, {"tr_cont": mark, "Date": DATES[0]}))
        found[tr_id] = parts
    return found


def asked_for(request: httpx.Request) -> tuple[str, int]:
    """Return which list a request asks for, and its which page, counted from 0."""
    cursor = request.url.params.get("CTX_AREA_NK100", "").strip()
    at = int(cursor) + 1 if cursor.isdigit() and cursor.isascii() else 0
    return ("daily" if request.url.path.endswith("inquire-daily-ccld") else "open"), at


def token(text: str) -> dict[str, Any]:
    """Return what the token service says."""
    return {
        "access_token": text, "token_type": "Bearer", "expires_in": 86400,
        "access_token_token_expired": "2099-12-31 00:00:00",
    }  # fmt: skip


def day_rows(chance: Random, number: int) -> list[dict[str, str]]:
    """Return rows as inquire-daily-ccld has them."""
    return [
        {
            **_row(chance),
            "ord_dt": chance.choice(("20261002", "20261002", "")),
            "sll_buy_dvsn_cd_name": chance.choice(("현금매수", "매수정정", "매도취소", "", "?")),
            "avg_prvs": chance.choice(("", "0", "70000.5000")),
            "cncl_yn": chance.choice(("", "Y", "N")),
            "tot_ccld_amt": chance.choice(("", "0", "350000")),
            "rmn_qty": str(chance.randrange(0, 1000)),
            "rjct_qty": chance.choice(("", "0", "1")),
            "cncl_cfrm_qty": chance.choice(("", "0", "3")),
            "ordr_empno": chance.choice(("OpnAPI", "", "12345", "HTS")),
        }
        for _ in range(number)
    ]


def open_rows(chance: Random, number: int) -> list[dict[str, str]]:
    """Return rows as inquire-psbl-rvsecncl has them."""
    return [
        {
            **_row(chance),
            "rvse_cncl_dvsn_name": chance.choice(("", "매수정정", "매도취소")),
            "psbl_qty": str(chance.randrange(0, 1000)),
        }
        for _ in range(number)
    ]


def _row(chance: Random) -> dict[str, str]:
    return {
        "ord_gno_brno": chance.choice(("06010", "")),
        "odno": f"{chance.randrange(1, 10**7):010d}",
        "orgn_odno": chance.choice(("", "0000000000", "0000000012")),
        "pdno": chance.choice(("005930", "9006S0", "Q500001", "500001")),
        "prdt_name": "이름",
        "ord_dvsn_cd": chance.choice(("00", "01", "", "99", "22")),
        "sll_buy_dvsn_cd": chance.choice(("01", "02", "")),
        "ord_qty": str(chance.randrange(1, 1000)),
        "ord_unpr": chance.choice(("70000", "0", "")),
        "ord_tmd": chance.choice(("100001", "", "246100", "x")),
        "tot_ccld_qty": chance.choice(("", "0", "5")),
        "excg_id_dvsn_cd": chance.choice(("KRX", "NXT", "SOR", "3", "", "?")),
        "stpm_cndt_pric": chance.choice(("", "0")),
    }


def numbers(content: bytes) -> set[str]:
    """Return every order number of a page, read on its own, without leading zeros."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return set()
    return {text.strip().lstrip("0") for text in map(str, _numbers(body))} - {""}


# What a reply surely says ---------------------------------------------------------------------


def is_accepted(answer: Answer, number: str | None, known: frozenset[str]) -> bool:
    """Tell whether the body, read on its own, says that this order was taken."""
    body = plain(answer)
    if answer.status != 200 or body is None or number is None:
        return False
    output = body.get("output")
    if not _is_text(body.get("rt_cd"), {"0"}) or not isinstance(output, dict):
        return False
    told = list(_numbers(output))
    if len(told) != 1 or not isinstance(told[0], str):
        return False
    digits = told[0].strip()
    good = 1 <= len(digits) <= 10 and all(c in "0123456789" for c in digits) and int(digits) > 0
    return good and str(int(digits)) == number and number not in known


def is_rejected(answer: Answer, code: str) -> bool:
    """Tell whether the body, read on its own, surely says that no order exists."""
    certain = SAME_CLASS.fullmatch(code) is not None and code not in TAKEN
    return certain and _is_refusal(answer, code)


def is_refused_at_the_gate(answer: Answer, kind: str, code: str) -> bool:
    """Tell whether the body says that the rate or the token was refused."""
    return code in (RATE if kind == "rate" else DEAD) and _is_refusal(answer, code)


def is_doubtful(_answer: Answer, _code: str) -> bool:
    """Tell whether a refusal is one that reads decide about: none is here."""
    return False


def _is_refusal(answer: Answer, code: str) -> bool:
    """Tell whether a body is a refusal with this code that nothing in it contradicts."""
    body = plain(answer)
    if body is None or not _is_text(body.get("rt_cd"), {"1", "2", "7"}):
        return False
    if not _is_text(body.get("msg_cd", body.get("error_code")), {code}):
        return False
    if any(not isinstance(told, str) or told.strip().strip("0") for told in _numbers(body)):
        return False
    said = "".join("".join(text.upper().split()) for text in _texts(body))
    return not any(doubt in said for doubt in DOUBTS)


def _numbers(body: Any) -> Iterator[Any]:
    """Give every order number that stands anywhere in a body."""
    return (value for name, value in _parts(body) if name.lower() == "odno")


def _texts(body: Any) -> Iterator[str]:
    return (value for _, value in _parts(body) if isinstance(value, str))


def _parts(body: Any) -> Iterator[tuple[str, Any]]:
    """Give everything that stands anywhere in a body, with its name where it has one."""
    left = [("", body)]
    while left:
        name, part = left.pop(0)
        yield name, part
        if isinstance(part, dict):
            left += part.items()
        elif isinstance(part, list):
            left += [("", one) for one in part]


def _is_text(value: Any, wanted: set[str]) -> bool:
    return isinstance(value, str) and value.strip() in wanted


# How it is made -------------------------------------------------------------------------------


def _success(chance: Random) -> tuple[int, dict[str, Any]]:
    number = chance.choice(("ODNO", "ODNO", "ODNO", "odno"))
    output = {
        "KRX_FWDG_ORD_ORGNO": "06010",
        number: f"{chance.randrange(0, 2000):010d}",
        "ORD_TMD": "100001",
    }
    body = {
        "rt_cd": "0",
        "msg_cd": chance.choice(sorted(TAKEN)),
        "msg1": f"{'주문 전송 완료 되었습니다.':{WIDTH}}",
        "output": output,
    }
    return 200, body


def _gateway(chance: Random) -> tuple[int, dict[str, Any]]:
    body = _envelope(chance, chance.choice(GATEWAY), ("1",) * 6 + ("2", "0", "9"))
    return chance.choice((500, 500, 500, 200, 401)), body


def _business(chance: Random) -> tuple[int, dict[str, Any]]:
    code = chance.choice((chance.choice(BUSINESS), chance.choice(BUSINESS), chance.choice(OTHERS)))
    body = _envelope(chance, code, ("1", "1", "2", "7", "7", "0", "9"))
    output: Any = chance.choice((None, None, [], {}, {"ODNO": ""}, {"ODNO": "0000000000"}))
    if chance.random() < 0.5:
        body["output"] = output
    if chance.random() < 0.03:
        part = chance.choice(("output1", "output2", "output"))
        body[part] = chance.choice(({"ODNO": "0000000042"}, [{"odno": "0000000042"}]))
    return chance.choice((200, 200, 200, 400, 500)), body


def _token(chance: Random) -> tuple[int, dict[str, Any]]:
    code = chance.choice((*sorted(DEAD), "EGW00133", "APBK0952"))
    body = {"error_code": code, "error_description": chance.choice(TEXTS)}
    if chance.random() < 0.2:
        body["rt_cd"] = "1"
    return 403, body


def _framework(chance: Random) -> tuple[int, dict[str, Any]]:
    return 404, {"timestamp": "x", "status": chance.choice((404, 500)), "error": "Not Found"}


def _envelope(chance: Random, code: str, results: tuple[str, ...]) -> dict[str, Any]:
    text = chance.choice(TEXTS)
    return {"rt_cd": chance.choice(results), "msg_cd": code, "msg1": f"{text:{WIDTH}}"}
