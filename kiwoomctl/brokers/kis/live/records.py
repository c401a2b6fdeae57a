"""The fields of KIS's live records: where they stand, their names, and how each is read.

A record has no names on the wire: its fields stand in order. A name of ours says its unit where
that is neither KRW, shares nor percent, and is the same for the same thing at every broker.
Records of trades may have further fields at their end; those of orders were once widened in the
middle, so that only the known widths can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.live.kinds import NOTICES, TRADES
from kiwoomctl.brokers.kis.order_codes import exchange_of, side_of, type_of
from kiwoomctl.domain.orders import whole_number

if TYPE_CHECKING:
    from kiwoomctl.domain.live import FieldValue


class Field(NamedTuple):
    """How one field is called and read."""

    wire_name: str
    """The broker's own name."""
    name: str
    """Ours."""
    read: Callable[[str], FieldValue]
    """Raises ValueError for what is none of its values."""


def _order_number(text: str) -> str | None:
    bare = wire.order_number(text)
    return None if bare is None else whole_number(bare)


def _side(text: str) -> str | None:
    return side_of(text) or wire.code(text)


def _type(text: str) -> str | None:
    known = type_of(text)
    return wire.code(text) if known is None else known.value


def _exchange(text: str) -> str | None:
    return exchange_of(text) or wire.code(text)


_READERS: Final[dict[str, Callable[[str], FieldValue]]] = {
    "price": wire.price,
    "number": wire.number,
    "shares": wire.quantity,
    "text": wire.code,
    "symbol": wire.symbol,
    "date": wire.date,
    "order": _order_number,
    "side": _side,
    "type": _type,
    "exchange": _exchange,
}
_TRADE: Final = """
MKSC_SHRN_ISCD symbol symbol
STCK_CNTG_HOUR time text
STCK_PRPR price price
PRDY_VRSS_SIGN change_sign text
PRDY_VRSS change number
PRDY_CTRT change_rate number
WGHN_AVRG_STCK_PRC day_average_price price
STCK_OPRC open price
STCK_HGPR high price
STCK_LWPR low price
ASKP1 ask price
BIDP1 bid price
CNTG_VOL trade_volume number
ACML_VOL volume shares
ACML_TR_PBMN turnover number
SELN_CNTG_CSNU sell_count number
SHNU_CNTG_CSNU buy_count number
NTBY_CNTG_CSNU net_buy_count number
CTTR trade_strength number
SELN_CNTG_SMTN sell_volume number
SHNU_CNTG_SMTN buy_volume number
CCLD_DVSN trade_kind text
SHNU_RATE buy_rate number
PRDY_VOL_VRSS_ACML_VOL_RATE volume_rate number
OPRC_HOUR open_time text
OPRC_VRSS_PRPR_SIGN open_change_sign text
OPRC_VRSS_PRPR open_change number
HGPR_HOUR high_time text
HGPR_VRSS_PRPR_SIGN high_change_sign text
HGPR_VRSS_PRPR high_change number
LWPR_HOUR low_time text
LWPR_VRSS_PRPR_SIGN low_change_sign text
LWPR_VRSS_PRPR low_change number
BSOP_DATE date date
NEW_MKOP_CLS_CODE market_session text
TRHT_YN halted text
ASKP_RSQN1 ask_quantity_1 number
BIDP_RSQN1 bid_quantity_1 number
TOTAL_ASKP_RSQN total_ask_quantity number
TOTAL_BIDP_RSQN total_bid_quantity number
VOL_TNRT share_turnover_rate number
PRDY_SMNS_HOUR_ACML_VOL same_time_volume number
PRDY_SMNS_HOUR_ACML_VOL_RATE same_time_volume_rate number
HOUR_CLS_CODE hour_class text
MRKT_TRTM_CLS_CODE ending_class text
VI_STND_PRC vi_price price
"""
_NOTICE: Final = """
CUST_ID customer_id text
ACNT_NO account text
ODER_NO broker_order_id order
OODER_NO original_order_id order
SELN_BYOV_CLS side side
RCTF_CLS order_action text
ODER_KIND order_type type
ODER_COND order_condition text
STCK_SHRN_ISCD symbol symbol
CNTG_QTY told_quantity shares
CNTG_UNPR told_price price
STCK_CNTG_HOUR time text
RFUS_YN refused text
CNTG_YN fill_class text
ACPT_YN acceptance text
BRNC_NO branch text
ODER_QTY quantity shares
ACNT_NAME account_name text
ORD_COND_PRC stop_price price
ORD_EXG_GB exchange exchange
POPUP_YN popup text
FILLER filler text
CRDT_CLS credit_type text
CRDT_LOAN_DATE loan_date date
CNTG_ISNM40 name text
ODER_PRC order_price price
"""
_MOST_TRADE_FIELDS: Final = 91
"""Twice as many could as well be two records under a wrong count."""
_NOT_IN_THE_OLD_FORM: Final = ("ORD_COND_PRC", "ORD_EXG_GB", "POPUP_YN")


def _table(text: str) -> tuple[Field, ...]:
    rows = (line.split() for line in text.split("\n") if line)
    return tuple(Field(wire_name, name, _READERS[reader]) for wire_name, name, reader in rows)


TRADE_FIELDS: Final = _table(_TRADE)
NOTICE_FIELDS: Final = _table(_NOTICE)
OLD_NOTICE_FIELDS: Final = tuple(
    field for field in NOTICE_FIELDS if field.wire_name not in _NOT_IN_THE_OLD_FORM
)
"""As before 2025."""
BY_WIRE_NAME: Final[Mapping[str, Mapping[str, Field]]] = {
    "trade": {field.wire_name: field for field in TRADE_FIELDS},
    "notice": {field.wire_name: field for field in NOTICE_FIELDS},
}


def texts_of(kind: str, record: Sequence[str]) -> dict[str, str] | None:
    """Return the fields of a record by the broker's names; None for a width nobody knows.

    What a trade has beyond the known fields stands under its place.
    """
    if kind in NOTICES:
        for fields in (NOTICE_FIELDS, OLD_NOTICE_FIELDS):
            if len(record) == len(fields):
                return {field.wire_name: text for field, text in zip(fields, record, strict=True)}
        return None
    if kind not in TRADES or not len(TRADE_FIELDS) <= len(record) <= _MOST_TRADE_FIELDS:
        return None
    texts = {field.wire_name: text for field, text in zip(TRADE_FIELDS, record, strict=False)}
    for place in range(len(TRADE_FIELDS), len(record)):
        texts[str(place)] = record[place]
    return texts
