"""What Kiwoom's servers say when an order is refused: code and text by environment.

Codes that nobody has published are this simulator's own choice: the real
server's for a price above the band, and its answer to an unknown order number.
A test may say otherwise for any reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiwoomctl.simulator.kiwoom.refusals import Refused, refused, refused_by_backend
from kiwoomctl.simulator.orders import OrderRefused, Reason

# reason: code and text, separated by the first colon; {possible} is a number of shares.
_COMMON: Mapping[Reason, str] = {
    Reason.BAD_TYPE: "407022:매매구분을 확인하십시요",
    Reason.TYPE_NOT_HERE: "407022:주문이 불가능한 주문종류입니다.",
    Reason.NO_QUANTITY: "308007:주문수량을 입력하십시요.",
    Reason.NO_PRICE: "308003:주문단가를 입력하십시요",
    Reason.PRICE_NOT_TAKEN: "571357:시간외종가 주문시에는 단가를 입력하지 않습니다",
    Reason.OTHER_EXCHANGE: "571412:SOR정정 및 취소주문은 원주문이 SOR주문인 경우 가능합니다.",
}
_REAL: Mapping[Reason, str] = {
    **_COMMON,
    Reason.RESTRICTED: "509247:파생상품 ETF 거래신청 등록 후 주문이 가능합니다.",
    Reason.NOT_TRADED_HERE: "571566:주문불가능한종목입니다.",
    Reason.TYPE_NOT_NOW: "521790:해당 호가유형은 주문 불가능한 시간입니다.",
    Reason.SOR_MARKET_EARLY: (
        "571034:SOR 시장가 주문은 08:30 이후 가능합니다. 주문유형 변경 바랍니다."
    ),
    Reason.CLOSED_DAY: "571489:장이 열리지 않는 날입니다.",
    Reason.BEFORE_OPEN: "505182:장개시전입니다.",
    Reason.PAUSE: "505217:휴장시간으로 취소주문만 가능합니다.",
    Reason.AFTER_CLOSE: "505217:장종료되었습니다",
    Reason.NOT_POSSIBLE: "999999:주문 불가능합니다.",
    Reason.OFF_TICK: "571557:주문단가를 잘못입력하셨습니다",
    Reason.BELOW_BAND: "571552:주문단가가 하한가보다 낮습니다.",
    Reason.ABOVE_BAND: "571551:주문단가가 상한가보다 높습니다",
    Reason.CASH: "855056:매수증거금이 부족합니다. {possible}주 매수가능",
    Reason.SHARES: "800033:매도가능수량이 부족합니다. {possible}주 매도가능",
    Reason.UNKNOWN_ORDER: "506550:취소할 수량이 없습니다",
    Reason.NOTHING_LEFT: "506550:취소가능수량이 없습니다.",
    Reason.WAS_CANCELLED: "571435:원주문이취소주문입니다",
}
_MOCK: Mapping[Reason, str] = {
    **_COMMON,
    Reason.NOT_OFFERED: "RC9000:모의투자에서는 해당업무가 제공되지 않습니다.",
    Reason.RESTRICTED: "RC4007:모의투자 매매제한 종목입니다.",
    Reason.CLOSED_DAY: "RC4010:모의투자 영업일이 아닙니다",
    Reason.BEFORE_OPEN: "RC4057:모의투자 장시작전",
    Reason.AFTER_CLOSE: "RC4058:모의투자 장종료",
    Reason.OFF_TICK: "RC4003:모의투자 호가단위 오류입니다.",
    Reason.BELOW_BAND: "RC4027:모의투자 상/하한가 오류입니다.",
    Reason.ABOVE_BAND: "RC4027:모의투자 상/하한가 오류입니다.",
    Reason.CASH: "RC4025:모의투자 매수증거금이 부족합니다",
    Reason.SHARES: "800033:모의투자 매도가능수량이 부족합니다.",
    Reason.UNKNOWN_ORDER: "RC4061:모의투자 주문번호를 확인하세요.",
    Reason.NOTHING_LEFT: "RC4033:모의투자 정정/취소할 수량이 없습니다.",
    Reason.WAS_CANCELLED: "RC4033:모의투자 정정/취소할 수량이 없습니다.",
}


def refusal(
    error: OrderRefused, environment: str, symbol: str, chosen: Mapping[str, str]
) -> Refused:
    """Return what the client of a refused order gets.

    Args:
        error: Why the exchange refuses.
        environment: Mock or real.
        symbol: The code that was sent.
        chosen: ``code:text`` by reason, where a test wants something else.
    """
    if error.reason is Reason.UNKNOWN_SYMBOL:
        return refused(1902, symbol=symbol)
    texts = _MOCK if environment == "mock" else _REAL
    said = chosen.get(error.reason.value) or texts[error.reason]
    code, _, text = said.partition(":")
    return refused_by_backend(code, text.replace("{possible}", str(error.possible)))
