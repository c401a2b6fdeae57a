"""Replies as Kiwoom's manual forms them, and what one surely says.

The codes here are written down from the manual.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

import httpx

from tests.campaign.grammar import DATES, STATUSES, Answer, as_bytes, changed, date, page, plain

GATEWAY: Final = (
    *range(1501, 1518), 1687, 1700, 1701, 1702, 1901, 1902, 1903, 1999, 8001, 8002, 8003, 8005,
    8006, 8009, 8010, 8011, 8012, 8015, 8016, 8020, 8030, 8031, 8040, 8050, 8103, 8104, 8200,
)  # fmt: skip
CERTAIN_GATEWAY: Final = frozenset(
    map(str, (*range(1501, 1518), 1901, 1902, 1903, 8001, 8002, 8010, 8020, 8030, 8031, 8040, 8050,
              8104, 8200))
)  # fmt: skip
CERTAIN_BACKEND: Final = frozenset(
    (
        "855056", "800033", "571557", "571552", "308003", "308007", "407022", "571357", "571034",
        "521790", "999999", "505217", "505182", "571489", "571412", "571435", "506550", "509193",
        "509247", "571566", "571242", "508540", "RC4003", "RC4007", "RC4010", "RC4025", "RC4027",
        "RC4032", "RC4033", "RC4057", "RC4058", "RC4061", "RC7006", "RC9000",
    )
)  # fmt: skip
OTHER_BACKEND: Final = ("777777", "-994", "501724", "571758", "RC1", "1", "507652", "RC9999", "x1")
NEVER: Final = frozenset({"1999", "1687", "8003", "8006", "8009", "-994"})
DOUBTS: Final = ("지연", "시간초과", "처리중")
TEXTS: Final = (
    "매수증거금이 부족합니다. 16주 매수가능", "주문 불가능합니다.", "", "입력 값 오류입니다", "x:y",
    "처리가 지연되었습니다", "시간 초과", "처리 중입니다", "[a](b)", ")", "]", "x)y", "x]y",
)  # fmt: skip
PREFIXES: Final = (
    "인증에 실패했습니다",
    "입력 값 오류입니다",
    "",
    "허용된 요청 개수를 초과했습니다",
)
DECIDING: Final = frozenset({"return_code", "return_msg", "ord_no"})
TOKEN_PATH: Final = "/oauth2/token"
_ADDED: Final = ("ord_no", "return_code", "return_msg")


def order_reply(chance: Random) -> Answer:
    """Return an answer to an order, good or bad, now and then broken."""
    make = chance.choice((_success, _success, _gateway, _backend, _backend, _framework))
    body: Any = make(chance)
    while chance.random() < 0.4:
        body = changed(chance, body, _ADDED)
    status = chance.choice(STATUSES)
    if "[1700" in str(body) and chance.random() < 0.7:
        status = 429
    return Answer(status, as_bytes(chance, body, '"ord_no": "0000042"'), date(chance))


def lists(chance: Random, spoil: float) -> dict[str, list[tuple[bytes, dict[str, str]]]]:
    """Return the pages of each list with their headers; something is wrong with this chance."""
    made = {
        "kt00007": ("acnt_ord_cntr_prps_dtl", day_rows),
        "ka10075": ("oso", today_rows),
        "ka10076": ("cntr", today_rows),
    }
    rest = {"return_code": 0, "return_msg": "조회가 완료되었습니다"}
    found = {}
    for api_id, (name, rows) in made.items():
        number = chance.choice((1, 1, 1, 2, 3))
        parts = []
        for n in range(number):
            headers = {"cont-yn": "Y", "next-key": f"{n}"} if n < number - 1 else {}
            if chance.random() < 0.05 * spoil:
                headers = {"cont-yn": chance.choice(("Y", "y", "x")), "next-key": ""}
            content = page(chance, name, rows(chance, chance.randrange(4)), rest, spoil)
            parts.append((content, {**headers, "Date": DATES[0]}))
        found[api_id] = parts
    return found


def asked_for(request: httpx.Request) -> tuple[str, int]:
    """Return which list a request asks for, and its which page, counted from 0."""
    cursor = request.headers.get("next-key", "")
    at = int(cursor) + 1 if cursor.isdigit() and cursor.isascii() else 0
    return request.headers["api-id"], at


def token(text: str) -> dict[str, Any]:
    """Return what the token service says."""
    return {"token": text, "expires_dt": "20991231000000", "return_code": 0, "return_msg": ""}


def day_rows(chance: Random, number: int) -> list[dict[str, str]]:
    """Return rows as kt00007 has them."""
    return [
        {
            "ord_no": f"{chance.randrange(1, 10**7):07d}",
            "stk_cd": chance.choice(("A005930", "005930", "A9006S0", "Q500001", "005930_AL")),
            "stk_nm": "이름",
            "trde_tp": chance.choice(("보통", "시장가", "", "새 유형", "보통(IOC)", "스톱지정가")),
            "ord_qty": _padded(chance, 10),
            "ord_uv": _padded(chance, 10),
            "cntr_qty": chance.choice(("", "0000000000", "0000000001")),
            "cntr_uv": _padded(chance, 10),
            "ord_remnq": _padded(chance, 10),
            "cond_uv": chance.choice(("", "0000000000", "0000070000")),
            "ord_tm": chance.choice(("10:00:01", "100001", "", "24:61:00", "x")),
            "ori_ord": chance.choice(("0000000", "", "0000012")),
            "io_tp_nm": chance.choice(("현금매수", "현금매도", "매수정정", "매도취소", "", "?")),
            "mdfy_cncl": chance.choice(("", "정정", "취소")),
            "acpt_tp": chance.choice(("접수", "확인", "거부", "")),
            "comm_ord_tp": chance.choice(("REST API", "영웅문4", "", "OpenAPI")),
            "dmst_stex_tp": chance.choice(("KRX", "NXT", "SOR", "", "?")),
        }
        for _ in range(number)
    ]


def today_rows(chance: Random, number: int) -> list[dict[str, str]]:
    """Return rows as ka10075 and ka10076 have them."""
    return [
        {
            "ord_no": f"{chance.randrange(1, 10**7):07d}",
            "stk_cd": chance.choice(("005930", "A005930", "9006S0")),
            "stk_nm": "이름",
            "trde_tp": chance.choice(("보통", "시장가", "")),
            "ord_qty": str(chance.randrange(1, 1000)),
            "ord_pric": chance.choice(("+70000", "-70000", "70000", "0", "")),
            "oso_qty": str(chance.randrange(0, 1000)),
            "cntr_qty": chance.choice(("", "0", "5")),
            "cntr_pric": chance.choice(("", "0", "70000")),
            "stop_pric": chance.choice(("", "0")),
            "tm": chance.choice(("100001", "", "x")),
            "ord_tm": chance.choice(("100001", "")),
            "orig_ord_no": chance.choice(("0000000", "", "0000012")),
            "io_tp_nm": chance.choice(("+매수", "-매도", "+매수정정", "")),
            "stex_tp_txt": chance.choice(("KRX", "NXT", "S-KRX", "통합", "")),
            "sor_yn": chance.choice(("Y", "N", "")),
            "tdy_trde_cmsn": chance.choice(("0", "", "15")),
            "tdy_trde_tax": chance.choice(("0", "")),
        }
        for _ in range(number)
    ]


def numbers(content: bytes) -> set[str]:
    """Return every order number of a page, read on its own, without leading zeros."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return set()
    lists = [value for value in body.values() if isinstance(value, list)] if body else []
    rows = [row for rows in lists for row in rows if isinstance(row, dict)]
    return {str(row.get("ord_no", "")).strip().lstrip("0") for row in rows} - {""}


# What a reply surely says ---------------------------------------------------------------------


def is_accepted(answer: Answer, number: str | None, known: frozenset[str]) -> bool:
    """Tell whether the body, read on its own, says that this order was taken."""
    body = plain(answer)
    if answer.status != 200 or body is None or number is None:
        return False
    told = body.get("ord_no")
    if not isinstance(told, str) or not _is_zero(body.get("return_code")):
        return False
    digits = told.strip()
    good = 1 <= len(digits) <= 7 and all(c in "0123456789" for c in digits) and int(digits) > 0
    return good and str(int(digits)) == number and number not in known


def is_rejected(answer: Answer, code: str) -> bool:
    """Tell whether the body, read on its own, surely says that no order exists."""
    body = plain(answer)
    if answer.status != 200 or body is None or _is_zero(body.get("return_code")):
        return False
    if str(body.get("ord_no") or "").strip().strip("0"):
        return False
    message = body.get("return_msg")
    if not isinstance(message, str) or any(d in "".join(message.split()) for d in DOUBTS):
        return False
    if code in CERTAIN_BACKEND:
        head = f"[2000]({code}:"
        return message.strip().startswith(head) and message.strip().endswith(")")
    return code in CERTAIN_GATEWAY and f"[{code}:" in message


def is_refused_at_the_gate(answer: Answer, kind: str, code: str) -> bool:
    """Tell whether the body says that the rate or the token was refused."""
    body = plain(answer) or {}
    told = body.get("return_code")
    named = f"[{code}:" in str(body.get("return_msg"))
    if kind == "rate":
        return answer.status == 429 and str(told).strip() == "5" and code == "1700" and named
    return answer.status == 200 and str(told).strip() == "3" and code in {"8005", "8103"} and named


def is_doubtful(answer: Answer, code: str) -> bool:
    """Tell whether the body is exactly a refusal of the backend, its code not a certain one."""
    body = plain(answer) or {}
    message = str(body.get("return_msg")).strip()
    exact = message.startswith(f"[2000]({code}:") and message.endswith(")")
    certain = code in CERTAIN_BACKEND | NEVER
    good = str(body.get("return_code")).strip() in {"20", "2000"}
    return answer.status == 200 and exact and good and not certain


def _is_zero(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    text = str(value).strip().removeprefix("-")
    return text != "" and set(text) == {"0"}


# How it is made -------------------------------------------------------------------------------


def _success(chance: Random) -> dict[str, Any]:
    body: dict[str, Any] = {"ord_no": f"{chance.randrange(0, 2000):07d}"}
    if chance.random() < 0.4:
        body |= {"base_orig_ord_no": f"{chance.randrange(0, 2000):07d}", "mdfy_qty": "000000000001"}
    body |= {"dmst_stex_tp": "KRX", "return_code": 0, "return_msg": "매수주문이 완료되었습니다."}
    return body


def _gateway(chance: Random) -> dict[str, Any]:
    code = chance.choice((*GATEWAY, *(1700, 8005) * 4))
    text = f"{chance.choice(PREFIXES)}[{code}:{chance.choice(TEXTS)}]"
    usual = {1700: 5, 8005: 3, 8103: 3}.get(code, 2)
    return {"return_msg": text, "return_code": chance.choice((usual, usual, 1, 3, 7, 8005))}


def _backend(chance: Random) -> dict[str, Any]:
    code = chance.choice((chance.choice(sorted(CERTAIN_BACKEND)), chance.choice(OTHER_BACKEND)))
    text = f"[2000]({code}:{chance.choice(TEXTS)})"
    if chance.random() < 0.1:
        text = chance.choice((text[:-1], f"{text} ", f"x{text}", f"{text}x", text.upper()))
    return {"return_msg": text, "return_code": chance.choice((20, 20, 20, 2000, 3, 0))}


def _framework(chance: Random) -> dict[str, Any]:
    return {"timestamp": "x", "status": chance.choice((404, 500)), "error": "Not Found"}


def _padded(chance: Random, width: int) -> str:
    return f"{chance.choice((0, 1, 5, 70000, 10**9)):0{width}d}"
