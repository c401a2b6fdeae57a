"""What KIS says when it refuses: of the gateway, of the ledger, of an input.

The token service has a body of its own (``error_code``); everything else says ``rt_cd``,
``msg_cd`` and ``msg1``. Texts in quotation marks of the sources are theirs, the others are this
simulator's own words; so is the code of a refusal that nobody has published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiwoomctl.simulator.kis.formats import message

UNPUBLISHED = "APBK9999"
"""Stands for every code of a refusal that no source names."""

_GATEWAY: Mapping[str, str] = {
    "EGW00001": "일시적 오류가 발생했습니다.",
    "EGW00002": "서버 에러가 발생했습니다.",
    "EGW00102": "appkey가 없습니다.",
    "EGW00103": "유효하지 않은 AppKey입니다.",
    "EGW00104": "appsecret이 없습니다.",
    "EGW00105": "유효하지 않은 AppSecret입니다.",
    "EGW00115": "grant_type이 없습니다.",
    "EGW00116": "지원하지 않는 grant_type입니다.",
    "EGW00121": "유효하지 않은 token 입니다.",
    "EGW00122": "token을 찾을 수 없습니다.",
    "EGW00123": "기간이 만료된 token 입니다.",
    "EGW00131": "유효하지 않은 hashkey 입니다.",
    "EGW00132": "Content-Type이 유효하지 않습니다.",
    "EGW00133": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
    "EGW00201": "초당 거래건수를 초과하였습니다.",
    "EGW00202": "GW라우팅 중 오류가 발생했습니다.",
    "EGW00203": "OPS라우팅 중 오류가 발생했습니다.",
    "EGW00205": "Bearer가 없습니다.",
    "EGW00206": "API 사용 권한이 없습니다.",
    "EGW00207": "IP 주소가 없거나 유효하지 않습니다.",
    "EGW00208": "고객유형(custtype)이 유효하지 않습니다.",
    "EGW00213": "모의투자 TR 이 아닙니다.",
    "EGW00215": "원장 초당 거래건수를 초과하였습니다.",
    "EGW00300": "라우팅 중 오류가 발생했습니다.",
    "EGW00301": "연결 시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.",
    "EGW00302": "거래시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.",
    "EGW00303": "법인고객에게 허용되지 않은 IP접근입니다.",
    "EGW00304": "고객식별키(appkey 또는 appSecret)가 유효하지 않습니다.",
    "EGW02004": "실전투자 TR 이 아닙니다.",
}
TOKEN_CODES = frozenset({"EGW00121", "EGW00122", "EGW00123"})
_RT_CODES = {"APBK0952": "7", "KIOK0560": "7"}
_HTTP_SERVER_ERROR = 500
_HTTP_FORBIDDEN = 403


class Refused(Exception):
    """A request that gets a refusal in the place of an answer."""

    def __init__(
        self, msg_cd: str, msg1: str, *, rt_cd: str = "1", status: int | None = None
    ) -> None:
        super().__init__(msg_cd)
        self.msg_cd = msg_cd
        self.msg1 = msg1
        self.rt_cd = rt_cd
        self.status = status
        """What HTTP says; None for what the server's rules say."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object."""
        return {"rt_cd": self.rt_cd, "msg_cd": self.msg_cd, "msg1": message(self.msg1)}


class TokenRefused(Refused):
    """The token service refuses; its body has another shape."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object."""
        return {"error_code": self.msg_cd, "error_description": self.msg1}


def by_gateway(msg_cd: str, text: str | None = None) -> Refused:
    """Return a refusal of the gateway."""
    status = None if msg_cd in TOKEN_CODES else _HTTP_SERVER_ERROR
    return Refused(msg_cd, _GATEWAY.get(msg_cd, "") if text is None else text, status=status)


def by_token_service(msg_cd: str) -> TokenRefused:
    """Return a refusal of a token."""
    return TokenRefused(msg_cd, _GATEWAY[msg_cd], status=_HTTP_FORBIDDEN)


def by_business(msg_cd: str, text: str) -> Refused:
    """Return a refusal of the systems behind the gateway."""
    rt_cd = _RT_CODES.get(msg_cd, "2" if msg_cd.startswith("OPSQ") else "1")
    return Refused(msg_cd, text, rt_cd=rt_cd)


def any_refusal(msg_cd: str, text: str | None = None) -> Refused:
    """Return the refusal with this code, whoever it is that gives it."""
    if msg_cd.startswith("EGW"):
        return by_gateway(msg_cd, text)
    return by_business(msg_cd, text or "")


def bad_account() -> Refused:
    """Return the refusal of an account that is not the key's."""
    return by_business("OPSQ2000", "ERROR : INPUT INVALID_CHECK_ACNO")


def missing(name: str) -> Refused:
    """Return the refusal of a request without a field, or with a value that it does not take."""
    return by_business("OPSQ2001", f"ERROR : INPUT FIELD NOT FOUND [{name}]")


def bad_value(name: str) -> Refused:
    """Return the refusal of a value that a field does not take."""
    return by_business("OPSQ2002", f"ERROR : INPUT FIELD INVALID [{name}]")
