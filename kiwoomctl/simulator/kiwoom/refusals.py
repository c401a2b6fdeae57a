"""The ways in which Kiwoom says no.

A refusal is HTTP 200 with a coarse class in ``return_code`` and the documented
code inside ``return_msg``; only the rate limit is HTTP 429. The message comes
before the code, as the server sends it.
"""

from __future__ import annotations

_CLASS_TEXTS = {
    1: "잘못된 요청입니다",
    2: "입력 값 오류입니다",
    3: "인증에 실패했습니다",
    5: "허용된 요청 개수를 초과하였습니다",
    7: "서비스를 처리하는 중에 오류가 발생했습니다",
}
_BACKEND_CLASS = 20

# code: (coarse class, text)
_TEXTS = {
    1501: (1, "API ID가 Null이거나 값이 없습니다"),
    1504: (1, "해당 URI에서는 지원하는 API ID가 아닙니다. API ID={api_id}, URI={path}"),
    1505: (1, "해당 API ID는 존재하지 않습니다. API ID={api_id}"),
    1511: (2, "필수 입력 값에 값이 존재하지 않습니다. 필수입력 파라미터={name}"),
    1517: (2, "입력 값 형식이 올바르지 않습니다. 파라미터={name} 실패사유= {reason}"),
    1700: (5, "허용된 API 요청 개수를 초과하였습니다. 유량={limit}, API ID={api_id}"),
    1902: (7, "종목 정보가 없습니다. 입력한 종목코드 값을 확인바랍니다. 종목코드={symbol}"),
    8001: (3, "App Key와 Secret Key 검증에 실패했습니다"),
    8005: (3, "Token이 유효하지 않습니다"),
    8010: (3, "Token을 발급받은 IP와 서비스를 요청한 IP가 동일하지 않습니다"),
    8011: (
        2,
        "Access Token을 발급하는데 실패했습니다. 입력값에 grant_type이 들어오지 않았습니다",
    ),
    8012: (2, "Access Token을 발급하는데 실패했습니다. grant_type의 값이 맞지 않습니다"),
    8015: (3, "Access Token을 폐기하는데 실패했습니다. 실패사유={reason}"),
    8016: (2, "Access Token을 폐기하는데 실패했습니다. 입력값에 Token이 들어오지 않았습니다"),
    8020: (2, "입력파라미터로 appkey 또는 secretkey가 전달되지 않았습니다."),
    8030: (2, "투자구분(실전/모의)이 달라서 Appkey를 사용할수가 없습니다"),
    8031: (3, "투자구분(실전/모의)이 달라서 Token를 사용할수가 없습니다"),
    8050: (3, "지정단말기 인증에 실패했습니다"),
    8104: (2, "모의투자에서 지원하지 않는 API 입니다."),
}

RATE_CODE = 1700
HTTP_TOO_MANY = 429


class Refused(Exception):
    """The server's definite no; ``body`` is what it answers."""

    def __init__(self, return_code: int, return_msg: str, status: int = 200) -> None:
        super().__init__(return_msg)
        self.status = status
        self.return_code = return_code
        self.return_msg = return_msg

    @property
    def body(self) -> dict[str, object]:
        """The JSON object, message first."""
        return {"return_msg": self.return_msg, "return_code": self.return_code}


def refused(code: int, **values: object) -> Refused:
    """Return the gateway's refusal with this documented code."""
    coarse, text = _TEXTS[code]
    message = f"{_CLASS_TEXTS[coarse]}[{code}:{text.format(**values)}]"
    return Refused(coarse, message, HTTP_TOO_MANY if code == RATE_CODE else 200)


def refused_by_backend(code: str, text: str) -> Refused:
    """Return a refusal of the systems behind the gateway."""
    return Refused(_BACKEND_CLASS, f"[2000]({code}:{text})")
