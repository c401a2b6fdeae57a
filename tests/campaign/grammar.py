"""Replies as the broker's manual forms them, and what may go wrong with them on the way.

Also what such a reply surely says, read by rules of its own: a second opinion, not the code that
is tried. The codes here are written down from the manual.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

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
STATUSES: Final = (200,) * 14 + (429, 500, 502, 503, 401, 404, 201, 302)
ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 0.0, 0.5, 10**30, "", " ", "0", "00", "-0", "0.0", "20", "x",
    "０", "²", "١٥", [], ["0"], {}, {"a": 1}, "\x00", "\ud800", "0000000", "12345678", " 0000123 ",
    "+123", "1_2", "1e3", "a" * 3000,
)  # fmt: skip
DATES: Final = (
    "Fri, 02 Oct 2026 01:00:00 GMT", "", "x", "Fri, 31 Dec 9999 23:59:59 GMT", "0 0 0 0",
    "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 02 Oct 2026 01:00:00 -0000", "Fri, 02 Oct 2026",
    "Fri, 02 Oct 99999 01:00:00 GMT", "Fri, 02 Oct 2026 01:00:00 +9999", "02 Oct 2026 25:00:00 GMT",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    content: bytes
    date: str

    def __str__(self) -> str:
        return f"HTTP {self.status} {self.content[:300]!r} Date {self.date!r}"


def order_reply(chance: Random) -> Answer:
    """Return an answer to an order, good or bad, now and then broken."""
    make = chance.choice((_success, _success, _gateway, _backend, _backend, _framework))
    body: Any = make(chance)
    while chance.random() < 0.4:
        body = _changed(chance, body)
    status = chance.choice(STATUSES)
    if "[1700" in str(body) and chance.random() < 0.7:
        status = 429
    return Answer(status, _bytes(chance, body), _date(chance))


def list_reply(chance: Random, rows_name: str, rows: list[dict[str, str]], spoil: float) -> bytes:
    """Return a page of a list; with this chance something in it is wrong."""
    body: dict[str, Any] = {
        rows_name: rows,
        "return_code": 0,
        "return_msg": "조회가 완료되었습니다",
    }
    if chance.random() >= spoil:
        return json.dumps(body, ensure_ascii=False).encode()
    for _ in range(chance.randint(1, 3)):
        if rows and chance.random() < 0.6:
            at = chance.randrange(len(rows))
            changed = _changed(chance, rows[at])
            body[rows_name] = [*rows[:at], changed, *rows[at + 1 :]]
        else:
            body = _changed(chance, body)
    return _bytes(chance, body)


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


# What a reply surely says ---------------------------------------------------------------------


def is_accepted(answer: Answer, number: str | None, known: frozenset[str]) -> bool:
    """Tell whether the body, read on its own, says that this order was taken."""
    body = _plain(answer)
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
    body = _plain(answer)
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
    body = _plain(answer) or {}
    told = body.get("return_code")
    named = f"[{code}:" in str(body.get("return_msg"))
    if kind == "rate":
        return answer.status == 429 and str(told).strip() == "5" and code == "1700" and named
    return answer.status == 200 and str(told).strip() == "3" and code in {"8005", "8103"} and named


def is_doubtful(answer: Answer, code: str) -> bool:
    """Tell whether the body is exactly a refusal of the backend, its code not a certain one."""
    body = _plain(answer) or {}
    message = str(body.get("return_msg")).strip()
    exact = message.startswith(f"[2000]({code}:") and message.endswith(")")
    certain = code in CERTAIN_BACKEND | NEVER
    good = str(body.get("return_code")).strip() in {"20", "2000"}
    return answer.status == 200 and exact and good and not certain


def contradicts_itself(content: bytes) -> bool:
    """Tell whether a field that decides stands there twice, with different values."""
    seen: dict[str, Any] = {}
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, value in found:
            if name in {"return_code", "return_msg", "ord_no"}:
                if name in seen and repr(seen[name]) != repr(value):
                    twice.append(name)
                seen[name] = value
        return dict(found)

    try:
        json.loads(content, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return False
    return bool(twice)


def _plain(answer: Answer) -> Mapping[str, Any] | None:
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


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


def _changed(chance: Random, body: Any) -> Any:
    """Return a body of which one thing is otherwise."""
    if not isinstance(body, dict) or not body:
        return chance.choice(([body], {"data": body}, body))
    body = dict(body)
    name = chance.choice(list(body))
    how = chance.randrange(5)
    if how == 0:
        del body[name]
    elif how == 1:
        body[name] = chance.choice(ODD_VALUES)
    elif how == 2:
        body[chance.choice(("ord_no", "return_code", "return_msg", "x"))] = chance.choice(
            (*ODD_VALUES, "0000042")
        )
    elif how == 3 and isinstance(body[name], str):
        text = body[name]
        at = chance.randrange(len(text) + 1)
        body[name] = (
            text[:at] + chance.choice(("", " ", "\n", "]", ")", ":", "0", "가")) + text[at:]
        )
    else:
        body[name] = str(body[name])
    return body


def _bytes(chance: Random, body: Any) -> bytes:
    text = json.dumps(body, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.02:
        # The same field twice.
        text = text.replace("{", '{"ord_no": "0000042", ', 1)
    encoding = "utf-16" if chance.random() < 0.01 else "utf-8"
    content = text.encode(encoding, "surrogatepass")
    if chance.random() < 0.75:
        return content
    how = chance.randrange(7)
    at = chance.randrange(len(content) + 1)
    if how == 0:
        return content[:at]
    if how == 1:
        return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    if how == 2:
        return content[:at] + content[at - 5 : at] + content[at:]
    if how == 3:
        return b"\xef\xbb\xbf" + content
    if how == 4:
        return content + chance.choice((b"\n", b"x", content, b"\x00", b"<html>"))
    if how == 5:
        return b"[" * chance.choice((1, 100, 100_000)) + content
    return chance.randbytes(chance.randrange(64))


def _date(chance: Random) -> str:
    if chance.random() < 0.8:
        return DATES[0]
    text = chance.choice(DATES)
    if text and chance.random() < 0.5:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(("", "9", ":", " ", "-", "+", "é")) + text[at + 1 :]
    return text


def _padded(chance: Random, width: int) -> str:
    return f"{chance.choice((0, 1, 5, 70000, 10**9)):0{width}d}"
