"""Reads that have no simulation of their own: answered in their documented form.

Every documented field is there, with a text of its kind: a value it may have, a code, a day,
a time, a figure in its unit. The figures follow the seed and mean nothing; they do not add up
to any other answer. Request fields that the reply repeats come back as they were asked.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from zlib import crc32

from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue
from kiwoomctl.domain.apis import Api, Field
from kiwoomctl.simulator.instruments import instruments
from kiwoomctl.simulator.kiwoom.catalog import Endpoint
from kiwoomctl.simulator.kiwoom.formats import clock_time, day, padded
from kiwoomctl.simulator.kiwoom.query import Answer, Query

ROWS = 3
_DONE = "정상적으로 처리되었습니다"
_READ = "조회가 완료되었습니다."
_PADDED = "kt"
"""Account APIs write figures zero padded."""
_US_STOCKS = (("AAPL", "애플", "Apple Inc"), ("MSFT", "마이크로소프트", "Microsoft Corp"))
_NAME_KINDS = {"dt": "day", "date": "day"}
"""Kinds by the last part of a field's name."""
_LABEL_KINDS = (
    (("종목코드", "종목번호"), "stock"),
    (("영문종목명", "종목영문명"), "english name"),
    (("종목명", "종목명한글"), "stock name"),
    (("통화코드",), "currency"),
    (("계좌번호",), "account"),
    (("주문번호", "원주문", "체결번호", "거래번호", "출납번호"), "order"),
    (("시간", "시각"), "time"),
    (("일자", "날짜", "만기일", "기준일", "상장일", "체결일", "대출일", "최고가일"), "day"),
    (("최저가일",), "day"),
    (("순위",), "rank"),
    (("코드",), "code"),
    (("여부", "여부값", "구분"), "flag"),
    (("명", "명칭", "텍스트", "내용", "처리자", "처리점", "정보", "이탈원", "상태"), "word"),
)
"""Kinds by how a label ends; the first that fits."""
_ORDER_DIGITS = 7
_US_ORDER_DIGITS = 9
_MOST_WON = 900_000
_MOST_PERCENT = 3_000


@lru_cache(maxsize=1)
def _catalogue() -> KiwoomCatalogue:
    return KiwoomCatalogue()


def endpoint(api_id: str) -> Endpoint | None:
    """Return a read of the catalogue with what it requires; None for what is no read."""
    api = _catalogue().api(api_id)
    if api is None or not api.title.callable:
        return None
    text = _READ if api_id.startswith(_PADDED) else _DONE
    required = tuple(field.name for field in api.request if field.required)
    return Endpoint(api_id, "read", text, required)


def documented(query: Query) -> Answer:
    """Answer any read of the catalogue."""
    api = _catalogue().api(query.api_id)
    assert api is not None, "an endpoint of the catalogue"  # noqa: S101 - for the type
    fields = {field.name: _value(query, api, field, 0) for field in api.scalars}
    if api.list_name is None:
        return Answer(fields)
    rows = [
        {field.name: _value(query, api, field, place) for field in api.row_fields}
        for place in range(ROWS)
    ]
    return Answer(fields, api.list_name, rows, tuple(field.name for field in api.row_fields))


def _value(query: Query, api: Api, field: Field, place: int) -> str:
    name, label = field.name, field.label
    number = crc32(f"{query.exchange.seed.seed}:{api.id}:{name}:{place}".encode())
    if field.values:
        return list(field.values)[number % len(field.values)]
    if query.get(name) and name == "stk_cd":
        return query.get(name)
    if field.unit:
        return _figure(api, field, number)
    text = _word(query, api, name, label, place)
    return _figure(api, field, number) if text is None else text


def _word(query: Query, api: Api, name: str, label: str, place: int) -> str | None:
    """Return the text of what is no figure; None for a figure."""
    kind = _NAME_KINDS.get(name.rpartition("_")[2]) or next(
        (kind for ends, kind in _LABEL_KINDS if label.endswith(ends)), None
    )
    if kind is None:
        return None
    code, korean, english = _stock(api, place)
    is_us = api.title.market == "us"
    digits = _US_ORDER_DIGITS if is_us else _ORDER_DIGITS
    return {
        "stock": code,
        "stock name": korean,
        "english name": english,
        "currency": "USD" if is_us else "KRW",
        "account": query.account.number,
        "order": f"{place + 1:0{digits}d}",
        "time": clock_time(query.moment),
        "day": day(query.business_day - timedelta(days=place)),
        "rank": str(place + 1),
        "code": f"{place + 1:03d}",
        "flag": "0",
        "word": f"시뮬{place + 1}",
    }[kind]


def _stock(api: Api, place: int) -> tuple[str, str, str]:
    """Return code, name and English name of one of a few stocks."""
    if api.title.market == "us":
        return _US_STOCKS[place % len(_US_STOCKS)]
    instrument = list(instruments().values())[place]
    return instrument.symbol, instrument.name, f"SIM {instrument.symbol}"


def _figure(api: Api, field: Field, number: int) -> str:
    is_rate = field.unit == "%" or field.label.endswith(("율", "률", "비율", "비중"))
    if is_rate:
        hundredths = number % (2 * _MOST_PERCENT + 1) - _MOST_PERCENT
        sign = "" if api.id.startswith(_PADDED) or hundredths <= 0 else "+"
        return f"{sign}{hundredths / 100:.2f}"
    amount = number % _MOST_WON + 1
    if "USD" in field.unit:
        return f"{amount // 100}.{amount % 100:02d}"
    return padded(amount) if api.id.startswith(_PADDED) else str(amount)
