"""Condition search: the list, one-shot and live requests, and what stays behind a dropped socket.

The conditions are the simulator's own; the last of them never finds anything. Live ones are
registered for their key: a session that ends takes none of them along, and asking for one
again is refused until it is cleared. The mock server offers none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kiwoomctl.simulator.account import percent
from kiwoomctl.simulator.instruments import instruments
from kiwoomctl.simulator.kiwoom.formats import padded
from kiwoomctl.simulator.kiwoom.live_quotes import change_values
from kiwoomctl.simulator.kiwoom.live_rules import LiveRules
from kiwoomctl.simulator.kiwoom.session import BAD_FORM, Refusal, Session
from kiwoomctl.simulator.market import Quote

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

_ALREADY = 900003
_BACKEND_CODE = 20
_WIDTH = 9
_SEQ_WIDTH = 3
_RISEN = Decimal(1)
_THOUSAND = 1_000


def _rising(quote: Quote) -> bool:
    return percent(quote.price - quote.base, quote.base) >= _RISEN


def _falling(quote: Quote) -> bool:
    return percent(quote.price - quote.base, quote.base) <= -_RISEN


def _unchanged(quote: Quote) -> bool:
    return quote.price == quote.base


def _nothing(_quote: Quote) -> bool:
    return False


_CONDITIONS: Mapping[str, tuple[str, Callable[[Quote], bool]]] = {
    "0": ("1% 이상 상승", _rising),
    "1": ("1% 이상 하락", _falling),
    "2": ("보합", _unchanged),
    "3": ("해당 종목 없음", _nothing),
    **{f"{number}": (f"상승 {number}", _rising) for number in range(4, 16)},
}


class Conditions:
    """The condition search of one server."""

    def __init__(self, exchange: Exchange, rules: LiveRules) -> None:
        self.exchange = exchange
        self.rules = rules
        self._registered: dict[str, set[str]] = {}

    def clear(self) -> None:
        """Forget every registration."""
        self._registered.clear()

    def answer(self, session: Session, frame: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a frame of a session that has signed in.

        Raises:
            Refusal: it is not done.
        """
        if self.exchange.seed.environment == "mock":
            raise Refusal(
                _BACKEND_CODE, "[2000](RC9000:모의투자에서는 해당업무가 제공되지 않습니다.)"
            )
        name = frame["trnm"]
        if name == "CNSRLST":
            session.listed_conditions = True
            pairs = [[seq, title] for seq, (title, _) in _CONDITIONS.items()]
            return {"trnm": name, "return_code": 0, "return_msg": "", "data": pairs}
        seq = str(frame.get("seq") or "").strip()
        if seq not in _CONDITIONS:
            raise Refusal(
                self.rules.refusal_code, f"조건검색 일련번호가 올바르지 않습니다.(seq={seq})"
            )
        if name == "CNSRCLR":
            self._of(session).discard(seq)
            session.conditions.pop(seq, None)
            return _reply(name, seq)
        if not session.listed_conditions:
            raise Refusal(self.rules.refusal_code, "조건검색 목록을 먼저 조회하십시오")
        if frame.get("stex_tp") != "K":
            raise Refusal(BAD_FORM, "stex_tp 값이 올바르지 않습니다")
        search = frame.get("search_type")
        if search == "0":
            return self._search(seq, frame)
        if search == "1":
            return self._watch(session, seq)
        raise Refusal(BAD_FORM, "search_type 값이 올바르지 않습니다")

    def changes(self, session: Session, symbol: str) -> Iterator[tuple[str, bool]]:
        """Yield the conditions that a symbol has begun (True) or ceased to meet."""
        for seq, met in list(session.conditions.items()):
            quote = self.exchange.market.quote(symbol, self.exchange.clock.now())
            meets = _CONDITIONS[seq][1](quote)
            if meets == (symbol in met):
                continue
            session.conditions[seq] = met | {symbol} if meets else met - {symbol}
            yield seq, meets

    def _of(self, session: Session) -> set[str]:
        return self._registered.setdefault(session.appkey or "", set())

    def _search(self, seq: str, frame: Mapping[str, Any]) -> dict[str, Any]:
        key = str(frame.get("next_key") or "")
        first = int(key) if frame.get("cont_yn") == "Y" and key.isdecimal() else 0
        end = first + max(1, self.rules.condition_page)
        hits = self._hits(seq)
        more = end < len(hits)
        return {
            "trnm": "CNSRREQ",
            "seq": seq.ljust(_SEQ_WIDTH),
            "cont_yn": "Y" if more else "N",
            "next_key": f"{end}" if more else "",
            "return_code": 0,
            "return_msg": "",
            "data": [_row(quote) for quote in hits[first:end]] or None,
        }

    def _watch(self, session: Session, seq: str) -> dict[str, Any]:
        registered = self._of(session)
        if seq in registered:
            raise Refusal(_ALREADY, f"이미 등록된 조건검색 일련번호입니다.(seq={seq})")
        if len(session.conditions) >= self.rules.live_conditions:
            most = self.rules.live_conditions
            raise Refusal(self.rules.refusal_code, f"실시간 조건검색은 {most}개까지 가능합니다")
        registered.add(seq)
        hits = self._hits(seq)
        session.conditions[seq] = frozenset(quote.instrument.symbol for quote in hits)
        codes = [{"jmcode": _code(quote)} for quote in hits]
        return {**_reply("CNSRREQ", seq), "data": codes or None}

    def _hits(self, seq: str) -> list[Quote]:
        moment = self.exchange.clock.now()
        market = self.exchange.market
        quotes = (market.quote(symbol, moment) for symbol in instruments())
        meets = _CONDITIONS[seq][1]
        return [quote for quote in quotes if meets(quote)]


def _reply(name: str, seq: str) -> dict[str, Any]:
    return {
        "trnm": name,
        "return_code": 0,
        "return_msg": "",
        "seq": seq.ljust(_SEQ_WIDTH),
    }


def _code(quote: Quote) -> str:
    return quote.instrument.class_letter + quote.instrument.symbol


def _row(quote: Quote) -> dict[str, str]:
    """Return a hit: nine digits each, the rate in thousandths of a percent."""
    rate = percent(quote.price - quote.base, quote.base)
    return {
        "9001": _code(quote),
        "302": quote.instrument.name,
        "10": padded(quote.price, _WIDTH),
        "25": change_values(quote)["25"],
        "11": padded(quote.price - quote.base, _WIDTH),
        "12": padded(int(rate * _THOUSAND), _WIDTH),
        "13": padded(quote.volume, _WIDTH),
        "16": padded(quote.open, _WIDTH),
        "17": padded(quote.high, _WIDTH),
        "18": padded(quote.low, _WIDTH),
    }
