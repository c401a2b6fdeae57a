"""The fields of live events: the broker's numbers, our names, and how each is read.

One table for all kinds of events. A name says its unit where that is neither KRW, shares nor
percent. ``price`` fields carry the direction of the day as a sign, which is taken off;
``number`` fields are signed. Texts, times and codes stay texts; a blank is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.domain.orders import bare_number, whole_number

if TYPE_CHECKING:
    from decimal import Decimal

    from kiwoomctl.domain.live import FieldValue

_STATUSES: Final = {
    "접수": "received",
    "체결": "filled",
    "확인": "confirmed",
    "취소": "cancelled",
    "거부": "rejected",
}
_SIDES: Final = {"1": "sell", "2": "buy"}
_TURNS: Final = {"I": "insert", "D": "delete"}
ACCOUNT_NUMBER: Final = "9201"
SYMBOL: Final = "9001"


class Field(NamedTuple):
    """How one field is called and read."""

    name: str
    read: Callable[[str], FieldValue]
    """Raises ValueError for what is none of its values."""


def status(text: str) -> str | None:
    """Return received, filled, confirmed, cancelled or rejected; any other text as sent."""
    return _STATUSES.get(text.strip(), wire.code(text))


def side(text: str) -> str | None:
    """Return sell or buy; any other text as sent."""
    return _SIDES.get(text.strip(), wire.code(text))


def number_of_order(text: str) -> str | None:
    """Return an order number in seven digits; None for a blank and for all zeros."""
    bare = bare_number(text)
    return None if bare is None else whole_number(bare)


def limit(text: str) -> Decimal | None:
    """Return the price of an order; None for a blank and for 0, which an order without has."""
    return wire.price(text) or None


def reason(text: str) -> str | None:
    """Return why it was refused; None for a blank and for 0, which stands for none."""
    return wire.code(text) if text.strip() != "0" else None


def turn(text: str) -> str | None:
    """Return insert or delete; any other text as sent."""
    return _TURNS.get(text.strip(), wire.code(text))


_READERS: Final[dict[str, Callable[[str], FieldValue]]] = {
    "price": wire.price,
    "limit": limit,
    "number": wire.number,
    "text": wire.code,
    "symbol": wire.symbol,
    "date": wire.date,
    "status": status,
    "side": side,
    "order": number_of_order,
    "reason": reason,
    "turn": turn,
}
# First field number, name and reader; a name with {} stands for a run of as many fields.
_TABLE: Final = """
10 price price
11 change number
12 change_rate number
13 volume number
14 turnover_millions number
15 trade_volume number
16 open price
17 high price
18 low price
20 time text
21 time text
23 expected_price price
24 expected_volume number
25 change_sign text
26 volume_change number
27 ask price
28 bid price
29 turnover_change number
30 volume_rate number
31 share_turnover_rate number
32 trading_cost number
36 nav price
37 nav_change number
38 nav_change_rate number
39 tracking_error_rate number
41 ask_price_{} price 10
51 bid_price_{} price 10
61 ask_quantity_{} number 10
71 bid_quantity_{} number 10
81 ask_quantity_change_{} number 10
91 bid_quantity_change_{} number 10
121 total_ask_quantity number
122 total_ask_quantity_change number
125 total_bid_quantity number
126 total_bid_quantity_change number
128 net_bid_quantity number
129 bid_ratio number
131 after_hours_ask_quantity number
132 after_hours_ask_quantity_change number
135 after_hours_bid_quantity number
136 after_hours_bid_quantity_change number
138 net_ask_quantity number
139 ask_ratio number
141 sell_broker_{} text 5
146 sell_broker_code_{} text 5
151 buy_broker_{} text 5
156 buy_broker_code_{} text 5
161 sell_broker_quantity_{} number 5
166 sell_broker_change_{} number 5
171 buy_broker_quantity_{} number 5
176 buy_broker_change_{} number 5
200 expected_change number
201 expected_change_rate number
202 sell_quantity number
204 sell_amount number
206 buy_quantity number
208 buy_amount number
210 net_buy_quantity number
211 net_buy_quantity_change number
212 net_buy_amount number
213 net_buy_amount_change number
214 time_to_open text
215 market_session text
216 investor_ticker text
228 trade_strength number
238 expected_change_sign text
251 limit_up_count number
252 rising_count number
253 unchanged_count number
254 limit_down_count number
255 falling_count number
256 traded_count number
257 traded_rate number
261 foreign_sell_estimate number
262 foreign_sell_estimate_change number
263 foreign_buy_estimate number
264 foreign_buy_estimate_change number
265 nav_index_gap_rate number
266 nav_etf_gap_rate number
267 foreign_net_buy_estimate number
268 foreign_net_buy_change number
271 sell_broker_color_{} text 5
281 buy_broker_color_{} text 5
290 session text
291 expected_match_price price
292 expected_match_volume number
293 expected_match_change_sign text
294 expected_match_change number
295 expected_match_change_rate number
297 volatility_extension text
299 expected_volume_rate number
302 name text
305 upper_limit price
306 lower_limit price
307 base_price price
311 market_cap_100_millions number
337 exchange text
370 stock_info text
382 margin_rate text
567 limit_up_time text
568 limit_down_time text
592 pre_market_extension text
593 after_market_extension text
594 currency text
620 day_average_price price
621 lp_ask_quantity_{} number 10
631 lp_bid_quantity_{} number 10
666 elw_parity number
667 elw_gearing number
668 elw_break_even_rate number
669 elw_capital_support number
670 elw_theoretical_price price
671 elw_implied_volatility number
672 elw_delta number
673 elw_gamma number
674 elw_theta number
675 elw_vega number
676 elw_rho number
689 elw_early_end text
691 knock_out_proximity number
706 lp_implied_volatility number
732 cfd_trading_cost number
841 condition_id text
843 event turn
851 same_time_volume_rate number
852 short_cost number
900 quantity number
901 order_price limit
902 remaining_quantity number
903 filled_amount number
904 original_order_id order
905 order_kind text
906 order_type text
907 side side
908 time text
909 fill_id text
910 last_fill_price price
911 filled_quantity number
912 order_group text
913 status status
914 fill_price price
915 fill_quantity number
916 loan_date date
917 credit_type text
918 expiry_date date
919 reject_reason reason
920 screen_number text
921 terminal_number text
922 credit_type text
923 loan_date date
924 extra_924 text
930 quantity number
931 average_price price
932 cost number
933 sellable_quantity number
938 commission number
939 tax number
945 net_buy_quantity number
946 side side
950 sell_pnl number
951 extra_951 text
957 credit_amount number
958 credit_interest number
959 pledged_quantity number
990 realized_pnl number
991 realized_pnl_rate number
992 credit_realized_pnl number
993 credit_realized_pnl_rate number
1030 sell_volume number
1031 buy_volume number
1032 buy_rate number
1071 sell_count number
1072 buy_count number
1211 elw_premium number
1221 vi_price price
1223 time text
1224 vi_end_time text
1225 vi_applied text
1236 static_base_price price
1237 dynamic_base_price price
1238 static_gap_rate number
1239 dynamic_gap_rate number
1279 extra_1279 text
1313 moment_turnover number
1314 net_buy_volume number
1315 single_sell_volume number
1316 single_buy_volume number
1489 vi_change_rate number
1490 vi_count number
1497 cfd_margin number
1498 maintenance_margin number
1890 open_time text
1891 high_time text
1892 low_time text
2134 exchange text
2135 exchange_name text
2136 sor text
6044 krx_ask_quantity_{} number 10
6054 krx_bid_quantity_{} number 10
6064 krx_total_ask_quantity number
6065 krx_total_bid_quantity number
6066 nxt_ask_quantity_{} number 10
6076 nxt_bid_quantity_{} number 10
6086 nxt_total_ask_quantity number
6087 nxt_total_bid_quantity number
6100 krx_mid_ask_quantity_change number
6101 krx_mid_ask_quantity number
6102 krx_mid_price price
6103 krx_mid_bid_quantity number
6104 krx_mid_bid_quantity_change number
6105 nxt_mid_ask_quantity_change number
6106 nxt_mid_ask_quantity number
6107 nxt_mid_price price
6108 nxt_mid_bid_quantity number
6109 nxt_mid_bid_quantity_change number
6110 krx_mid_change number
6111 krx_mid_change_sign text
6112 krx_mid_change_rate number
6113 nxt_mid_change number
6114 nxt_mid_change_sign text
6115 nxt_mid_change_rate number
8019 pnl_rate number
9001 symbol symbol
9008 market text
9068 vi_kind text
9069 vi_direction text
9075 pre_market text
9081 exchange text
9201 account text
9203 broker_order_id order
9205 manager text
10010 after_hours_price price
"""


def _table() -> Mapping[str, Field]:
    fields = {}
    for line in _TABLE.split("\n"):
        if line:
            first, name, reader, *count = line.split()
            for place in range(int(count[0]) if count else 1):
                fields[str(int(first) + place)] = Field(name.format(place + 1), _READERS[reader])
    return fields


FIELDS: Final = _table()
"""Every field of the domestic events and of condition searches, by its number."""


def field(number: str) -> Field:
    """Return how a field is called and read; one that is not known is a text under its number."""
    return FIELDS.get(number) or Field(f"field_{number}", wire.code)
