"""Cash and positions of one account (inquire-balance), which KIS tells in one list.

Profits are the broker's before any cost: ``pnl_basis`` is gross. Sold-out holdings stay in the
list with quantity 0 for two days. Outside trading hours prices may be 0: then they are asked for
one by one. With several pages the sums come with each; the first page's count.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

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
from kiwoomctl.errors import Phrase, Unreadable

_OWN_CASH: Final = frozenset({"", "현금"})
"""매매구분 of shares that no credit is in."""


def read_cash(client: KisClient) -> Cash:
    """Return the cash in KRW (inquire-balance; orderable by inquire-psbl-order).

    ``withdrawable`` is not told by any of the broker's calls. What can be ordered is without
    owing anything (미수).
    """
    page = next(client.pages(BALANCE, _query(client)))
    field = Fields(BALANCE, page.body)
    cash = Cash(
        deposit=field.maybe("dnca_tot_amt", wire.money),
        deposit_d1=field.maybe("nxdy_excc_amt", wire.money),
        deposit_d2=field.maybe("prvs_rcdl_excc_amt", wire.money),
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
    head = Fields(BALANCE, pages[0].body)
    worth = head.maybe("nass_amt", wire.money)
    rows = [_position(row) for page in pages for row in page.rows]
    positions = merge_lots(rows)
    if not rows and worth is None:
        raise blank(BALANCE)
    _refuse_lost_rows(head, positions)
    if len(pages) > 1:
        _refuse_shifted_rows(head, rows, pages)
    return Holdings(tuple(_with_price(client, position) for position in positions), worth)


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
    return Position(
        symbol=field.symbol("pdno"),
        name=field.text("prdt_name"),
        quantity=field.must("hldg_qty", wire.quantity),
        sellable_quantity=field.maybe("ord_psbl_qty", wire.quantity),
        average_price=field.maybe("pchs_avg_pric", wire.average),
        price=price,
        cost=field.maybe("pchs_amt", wire.money),
        # Without a price its value and its profit are no figures.
        market_value=None if price is None else field.maybe("evlu_amt", wire.money),
        unrealized_pnl=None if price is None else field.maybe("evlu_pfls_amt", wire.money),
        unrealized_pnl_rate=None if price is None else field.figure("evlu_pfls_rt"),
        credit_type=None if kind in _OWN_CASH else kind,
        loan_date=field.maybe("loan_dt", wire.date),
        pnl_basis="gross",
    )


def _with_price(client: KisClient, position: Position) -> Position:
    """Return a position valued at the last price where the list had none (inquire-price)."""
    if position.price is not None:
        return position
    from kiwoomctl.brokers.kis.market import read_quote

    last = read_quote(client, position.symbol).last
    if last is None:
        return position
    value = last * position.quantity
    pnl = None if position.cost is None else value - position.cost
    return position._replace(
        price=last,
        market_value=value,
        unrealized_pnl=pnl,
        unrealized_pnl_rate=percent(pnl, position.cost),
    )


def _refuse_lost_rows(head: Fields, positions: tuple[Position, ...]) -> None:
    """Refuse an empty list that its own totals contradict: it would show money as gone."""
    sums = [head.maybe(name, wire.money) for name in ("pchs_amt_smtl_amt", "scts_evlu_amt")]
    if not positions and any(sums):
        raise contradictory(BALANCE, Phrase("totals without positions"))


def _refuse_shifted_rows(head: Fields, rows: list[Position], pages: list[Page]) -> None:
    """Refuse pages that lost or repeated a row between them.

    The cost does not move with prices, so the pages must add up to their total; that a total
    might be each page's own is not documented, and accepted.
    """
    told = head.maybe("pchs_amt_smtl_amt", wire.money)
    added = total(row.cost for row in rows)
    if told is None or added is None or added == told:
        return
    own = [
        (
            total(_position(row).cost for row in page.rows),
            Fields(BALANCE, page.body).maybe("pchs_amt_smtl_amt", wire.money),
        )
        for page in pages
    ]
    if not all(sum_ == page_told for sum_, page_told in own):
        raise contradictory(BALANCE, Phrase("its pages do not add up to its totals"))
