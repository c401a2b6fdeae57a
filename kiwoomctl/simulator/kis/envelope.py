"""The envelope of requests and replies: fields, headers, success, continuation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from kiwoomctl.simulator.kis.formats import cursor, message
from kiwoomctl.simulator.kis.query import Answer
from kiwoomctl.simulator.messages import Reply, encode

_LISTED = "조회가 완료되었습니다."
_SUCCESSES: Mapping[str, str] = {
    "KIOK0500": "조회가 계속됩니다..다음버튼을 Click 하십시오.",
    "KIOK0460": "조회 되었습니다. (마지막 자료)",
    "KIOK0510": _LISTED,
    "KIOK0560": "조회할 내용(자료)이 없습니다.",
    "MCA00000": "정상처리 되었습니다.",
    "20310000": "모의투자 조회가 완료되었습니다.",
}


def query_fields(query: str, *, any_case: bool) -> dict[str, str]:
    """Return the fields of a query string; of a quote in any case of their names."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return {(name.upper() if any_case else name): value for name, value in pairs}


def blanked(answer: Answer) -> Answer:
    """Return the success that says nothing: every value empty, one empty row in a list."""
    parts: dict[str, Any] = {}
    for name, part in answer.parts.items():
        if isinstance(part, list):
            names = part[0] if part else answer.row_fields
            parts[name] = [dict.fromkeys(names, "")]
        else:
            parts[name] = dict.fromkeys(part, "")
    return Answer(parts, answer.paged)


def success(
    tr_id: str,
    answer: Answer,
    *,
    msg_cd: str,
    rt_cd: str = "0",
    tr_cont: str = "",
    cursors: tuple[str, str] | None = None,
) -> Reply:
    """Return a TR's success.

    Args:
        tr_id: As it was asked.
        answer: What it says.
        msg_cd: Unless the answer has its own.
        rt_cd: ``7`` for a list without rows, where the rules say so.
        tr_cont: What the header of the continuation says.
        cursors: The two strings of the continuation; None for a TR without pages.
    """
    body: dict[str, Any] = {}
    if cursors is not None:
        body["ctx_area_fk100"], body["ctx_area_nk100"] = map(cursor, cursors)
    body |= answer.parts
    code = answer.msg_cd or msg_cd
    body["rt_cd"], body["msg_cd"] = rt_cd, code
    body["msg1"] = message(answer.msg1 or _SUCCESSES.get(code, ""))
    return reply_of(tr_id, body, tr_cont=tr_cont)


def reply_of(tr_id: str, body: object, *, status: int = 200, tr_cont: str = "") -> Reply:
    """Return a TR's reply with its headers."""
    headers = {"tr_id": tr_id, "tr_cont": tr_cont, "gt_uid": ""}
    return Reply(status, encode(body), headers=headers)
