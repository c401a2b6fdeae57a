"""What KIS's servers say when an order is refused: code and text by environment.

Few of these codes are published. Where a source names one it stands here; every other is the
placeholder of an unpublished code (on the mock server the one whose meaning is disputed), and
its text is this simulator's own. A test may say otherwise for any reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kiwoomctl.domain.sessions import Session, session_at
from kiwoomctl.simulator.kis.refusals import UNPUBLISHED, Refused, any_refusal
from kiwoomctl.simulator.orders import OrderRefused, Reason

_MOCK_UNPUBLISHED = "40310000"
# reason: code and text, separated by the first colon; {possible} is a number of shares.
_KNOWN: Mapping[Reason, str] = {
    Reason.UNKNOWN_SYMBOL: "APBK0656:해당종목정보가 없습니다.",
    Reason.NOT_TRADED_HERE: "APBK0656:해당종목정보가 없습니다. NXT 상장종목인지 확인하세요.",
    Reason.CASH: "APBK0952:주문가능금액을 초과 했습니다",
    Reason.SHARES: "APBK0400:주문 가능한 수량을 초과했습니다.",
    Reason.CLOSED_DAY: "APBK0919:장운영일자가 주문일과 상이합니다.",
    Reason.BEFORE_OPEN: "APBK0918:장운영시간이 아닙니다.",
    Reason.PAUSE: "APBK0918:장운영시간이 아닙니다.",
    Reason.AFTER_CLOSE: "APBK0918:장운영시간이 아닙니다.",
    Reason.NOT_POSSIBLE: "APBK0918:장운영시간이 아닙니다.",
    Reason.TYPE_NOT_HERE: "APBK1943:해당 거래소에 불가능한 호가유형입니다.",
    Reason.SOR_MARKET_EARLY: "APBK1943:시장가호가불가",
}
_AFTER_MARKET = "APBK3013:[애프터마켓] 지정가 및 최유리/최우선만 주문 가능합니다."
_OWN_WORDS: Mapping[Reason, str] = {
    Reason.NOT_OFFERED: "모의투자에서 제공하지 않는 거래소 또는 주문유형입니다.",
    Reason.RESTRICTED: "매매가 제한된 종목입니다.",
    Reason.TYPE_NOT_NOW: "현재 시간에 불가능한 주문구분입니다.",
    Reason.BAD_TYPE: "주문구분을 확인하세요.",
    Reason.NO_QUANTITY: "주문수량을 확인하세요.",
    Reason.NO_PRICE: "주문단가를 확인하세요.",
    Reason.PRICE_NOT_TAKEN: "단가를 입력하지 않는 주문유형입니다.",
    Reason.OFF_TICK: "호가단위를 확인하세요.",
    Reason.BELOW_BAND: "주문단가가 하한가보다 낮습니다.",
    Reason.ABOVE_BAND: "주문단가가 상한가보다 높습니다.",
    Reason.UNKNOWN_ORDER: "원주문번호가 존재하지 않습니다.",
    Reason.OTHER_EXCHANGE: "원주문의 거래소와 다릅니다.",
    Reason.NOTHING_LEFT: "정정/취소할 수량이 없습니다.",
    Reason.WAS_CANCELLED: "정정/취소할 수량이 없습니다.",
}
_MOCK: Mapping[Reason, str] = {
    Reason.BEFORE_OPEN: "40570000:모의투자 장시작전 입니다.",
    Reason.AFTER_CLOSE: "40580000:모의투자 장종료 입니다.",
    Reason.CLOSED_DAY: "40100000:모의투자 영업일이 아닙니다.",
}


def refusal(
    error: OrderRefused, environment: str, moment: datetime, chosen: Mapping[str, str]
) -> Refused:
    """Return what the client of a refused order gets.

    Args:
        error: Why the exchange refuses.
        environment: Mock or real.
        moment: When it was sent.
        chosen: ``code:text`` by reason, where a test wants something else.
    """
    reason = error.reason
    usual = _MOCK.get(reason) if environment == "mock" else None
    if reason is Reason.TYPE_NOT_NOW and session_at(moment) is Session.AFTER_MARKET:
        usual = _AFTER_MARKET
    unpublished = _MOCK_UNPUBLISHED if environment == "mock" else UNPUBLISHED
    said = (
        chosen.get(reason.value)
        or usual
        or _KNOWN.get(reason)
        or f"{unpublished}:{_OWN_WORDS.get(reason, reason.value)}"
    )
    code, _, text = said.partition(":")
    return any_refusal(code, text.replace("{possible}", str(error.possible)))
