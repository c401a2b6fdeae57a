"""Cash and positions of one account (inquire-balance), which KIS tells in one list.

Profits are the broker's before any cost: ``pnl_basis`` is gross. Sold-out holdings stay in the
list with quantity 0 for two days. Outside trading hours prices and values may be 0: then they are
asked for one by one, and a worth that leaves them out is none. The D+2 deposit was seen without
the day's trades: where the broker's own figures show that, it and the worth are none. With several
pages the sums may come with each or with one; the first that tells any counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kis.endpoints import BALANCE, ORDERABLE
from kiwoomctl.brokers.kis.fields import Fields
from kiwoomctl.brokers.kis.replies import Page
from kiwoomctl.brokers.replies import CONTRADICTION, blank, contradictory
from kiwoomctl.domain.portfolio import (
    Cash,
    Holdings,
    Position,
    merge_lots,
    percent,
    total,
)
from kiwoomctl.errors import BrokerRejected, Phrase, Unreadable

if TYPE_CHECKING:
    from kiwoomctl.domain.identity import Symbol

_OWN_CASH: Final = frozenset({"", "현금"})
"""매매구분 of shares that no credit is in."""


def read_cash(client: KisClient) -> Cash:
    """Return the cash in KRW (inquire-balance; orderable by inquire-psbl-order).

    ``withdrawable`` is not told by any of the broker's calls. What can be ordered is without
    owing anything (미수). A D+2 deposit without what was traded today is none.
    """
    field = _sums(client.pages(BALANCE, _query(client)))
    cash = Cash(
        deposit=field.maybe("dnca_tot_amt", wire.money),
        deposit_d1=field.maybe("nxdy_excc_amt", wire.money),
        deposit_d2=None if _lags(field) else field.maybe("prvs_rcdl_excc_amt", wire.money),
        orderable=None,
        withdrawable=None,
    )
    if cash.deposit is None and cash.deposit_d2 is None:
        raise blank(BALANCE)
    return cash._replace(orderable=read_buying_power(client))


def read_buying_power(client: KisClient) -> Decimal | None:
    """Return the KRW for buys without owing anything (inquire-psbl-order, nrcvb_buy_amt)."""
    query = client.of_account(
        {
            "PDNO": "",
            "ORD_UNPR": "",
            "ORD_DVSN": "00",
            "CMA_EVLU_AMT_ICLD_YN": "N",
            "OVRS_ICLD_YN": "N",
        }
    )
    body = client.call(ORDERABLE, query).body
    return Fields(ORDERABLE, body).maybe("nrcvb_buy_amt", wire.money)


def read_holdings(client: KisClient) -> Holdings:
    """Return all positions and 순자산 (loans taken off) in KRW (inquire-balance).

    A list that contradicts its own totals is read once more, then refused.
    """
    try:
        return _holdings(client)
    except Unreadable as error:
        if error.code != CONTRADICTION:
            raise
    return _holdings(client)


def _holdings(client: KisClient) -> Holdings:
    pages = list(client.pages(BALANCE, _query(client)))
    head = _sums(pages)
    worth = head.maybe("nass_amt", wire.money)
    rows = [_position(row) for page in pages for row in page.rows]
    positions = merge_lots(rows)
    if worth is None and (not rows or not any(page.body for page in pages)):
        raise blank(BALANCE)
    _refuse_lost_rows(head, positions)
    if len(pages) > 1 or not pages[0].told_last:
        _refuse_shifted_rows(head, rows, pages)
    if _leaves_out_values(head, rows) or _lags(head):
        worth = None
    return Holdings(tuple(_valued(client, position) for position in positions), worth)


def _sums(pages: Iterable[Page]) -> Fields:
    """Return the sums of the first page that has any but zeros; no more pages are asked for."""
    seen: list[Fields] = []
    for page in pages:
        field = Fields(BALANCE, page.body)
        if any(field.figure(name) for name in BALANCE.required):
            return field
        seen.append(field)
    told = (f for f in seen if any(f.figure(name) is not None for name in BALANCE.required))
    return next(told, seen[0])


def _lags(head: Fields) -> bool:
    """Tell whether the D+2 deposit, and so the worth, is still without today's trades.

    They are settled on D+2, so by them it differs from that of D+1. Shares bought today would
    count twice, as shares and as cash.
    """
    names = ("thdt_sll_amt", "thdt_buy_amt", "thdt_tlex_amt")
    sold, bought, costs = (head.maybe(name, wire.money) or Decimal(0) for name in names)
    tomorrow = head.maybe("nxdy_excc_amt", wire.money)
    after = head.maybe("prvs_rcdl_excc_amt", wire.money)
    moved = bool(sold or bought) and sold - bought - costs != 0
    return moved and after is not None and after == tomorrow


def _query(client: KisClient) -> dict[str, str]:
    return client.of_account(
        {
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "01",  # by date of loan: lots of one code stay apart
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
        }
    )


def _position(row: Mapping[str, str]) -> Position:
    field = Fields(BALANCE, row)
    kind = field.text("trad_dvsn_name")
    price = field.price("prpr")
    # Without a price its value and its profit are no figures; a value of 0 is none either.
    value = None if price is None else field.maybe("evlu_amt", wire.money) or None
    loan_date = field.maybe("loan_dt", wire.date)
    # Of credit without its date nobody can tell whether a cash order may sell it.
    is_clear = kind in _OWN_CASH or loan_date is not None
    return Position(
        symbol=field.symbol("pdno"),
        name=field.text("prdt_name"),
        quantity=field.must("hldg_qty", wire.quantity),
        sellable_quantity=field.maybe("ord_psbl_qty", wire.quantity) if is_clear else None,
        average_price=field.maybe("pchs_avg_pric", wire.average),
        price=price,
        cost=field.maybe("pchs_amt", wire.money),
        market_value=value,
        unrealized_pnl=None if value is None else field.maybe("evlu_pfls_amt", wire.money),
        unrealized_pnl_rate=None if value is None else field.figure("evlu_pfls_rt"),
        credit_type=None if kind in _OWN_CASH else kind,
        loan_date=loan_date,
        pnl_basis="gross",
    )


def _valued(client: KisClient, position: Position) -> Position:
    """Return a position with the value that the list left out, at the last price if need be."""
    if position.market_value is not None:
        return position
    price = position.price or _last_price(client, position.symbol)
    if price is None:
        return position
    value = price * position.quantity
    pnl = None if position.cost is None else value - position.cost
    return position._replace(
        price=price,
        market_value=value,
        unrealized_pnl=pnl,
        unrealized_pnl_rate=percent(pnl, position.cost),
    )


def _last_price(client: KisClient, symbol: Symbol) -> Decimal | None:
    """Return the last price (inquire-price); None where there is none.

    One code that is no longer listed must not cost the figures of all the others.
    """
    from kiwoomctl.brokers.kis.market import read_quote

    try:
        return read_quote(client, symbol).last
    except (BrokerRejected, Unreadable):
        return None


def _leaves_out_values(head: Fields, rows: list[Position]) -> bool:
    """Tell whether the broker's worth may be without what its list gives no value of."""
    held = [row for row in rows if row.quantity]
    if all(row.market_value is not None for row in held):
        return False
    whole = head.maybe("scts_evlu_amt", wire.money)
    told = sum((row.market_value or Decimal(0) for row in held), Decimal(0))
    return whole is None or whole <= told


def _refuse_lost_rows(head: Fields, positions: tuple[Position, ...]) -> None:
    """Refuse an empty list that its own totals contradict: it would show money as gone."""
    sums = [head.maybe(name, wire.money) for name in ("pchs_amt_smtl_amt", "scts_evlu_amt")]
    if not positions and any(sums):
        raise contradictory(BALANCE, Phrase("totals without positions"))


def _refuse_shifted_rows(head: Fields, rows: list[Position], pages: list[Page]) -> None:
    """Refuse pages that lost or repeated a row between them, or of which one may be missing.

    The cost does not move with prices, so the pages must add up to their total; that a total
    might be each page's own is not documented, and accepted.
    """
    told = head.maybe("pchs_amt_smtl_amt", wire.money)
    added = total(row.cost for row in rows)
    if added == told:
        return
    lots = [[_position(row) for row in page.rows] for page in pages]
    if told is None or added is None:
        keys = [row.key for of_page in lots for row in {row.key: row for row in of_page}.values()]
        if len(keys) == len(set(keys)):
            return
    sums = [Fields(BALANCE, page.body).maybe("pchs_amt_smtl_amt", wire.money) for page in pages]
    if [total(row.cost for row in of_page) for of_page in lots] != sums or None in sums:
        raise contradictory(BALANCE, Phrase("its pages do not add up to its totals"))
