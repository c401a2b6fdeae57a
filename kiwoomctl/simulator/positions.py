"""What fills do to an account: lots, average cost, trades, and what an order may ask for.

Invariants:

- A buy adds to the first cash lot of its symbol; a sale takes from the cash lots
  in their order, each at its own average cost. Shares bought on credit are not
  sold by cash orders.
- Costs of an order are those of its whole filled amount, however many fills made
  it: each fill books the difference.
"""

from __future__ import annotations

from datetime import date

from kiwoomctl.domain.sessions import settlement_date
from kiwoomctl.simulator.account import CASH_CREDIT_TYPE, Account, Lot, Side, Trade
from kiwoomctl.simulator.costs import CostRules


def book(
    account: Account,
    *,
    symbol: str,
    side: Side,
    quantity: int,
    price: int,
    day: date,
    commission: int,
    tax: int,
    exchange: str = "KRX",
    channel: str = "",
) -> None:
    """Book one fill: shares now, money at settlement."""
    cost = 0
    if side == "buy":
        _add(account, symbol, quantity, quantity * price)
    else:
        cost = _take(account, symbol, quantity, day)
    account.trades.append(
        Trade(
            symbol,
            side,
            quantity,
            price,
            day,
            settlement_date(day),
            commission,
            tax,
            cost=cost,
            exchange=exchange,
            channel=channel,
        )
    )
    account.touched = True


def free_shares(account: Account, symbol: str) -> int:
    """Return the shares of a symbol that cash orders may sell, resting orders not counted."""
    return sum(
        lot.quantity - lot.pledged
        for lot in account.lots
        if lot.symbol == symbol and lot.credit_type == CASH_CREDIT_TYPE
    )


def affordable(cash: int, price: int, costs: CostRules) -> int:
    """Return the shares that this much cash buys at a price in won, commission included."""
    if cash <= 0:
        return 0
    count = cash // price
    while count > 0 and count * price + costs.commission(count * price) > cash:
        # The commission is far below the amount: this takes a few steps at most.
        over = count * price + costs.commission(count * price) - cash
        count -= max(1, over // price)
    return count


def _add(account: Account, symbol: str, quantity: int, amount: int) -> None:
    for place, lot in enumerate(account.lots):
        if lot.symbol == symbol and lot.credit_type == CASH_CREDIT_TYPE:
            account.lots[place] = lot._replace(
                quantity=lot.quantity + quantity, cost=lot.cost + amount, closed_on=None
            )
            return
    account.lots.append(Lot(symbol, quantity, amount))


def _take(account: Account, symbol: str, quantity: int, day: date) -> int:
    """Take sold shares out of the lots and return the won that were paid for them."""
    left, cost = quantity, 0
    for place, lot in enumerate(account.lots):
        if lot.symbol != symbol or lot.credit_type != CASH_CREDIT_TYPE:
            continue
        taken = min(left, lot.quantity - lot.pledged)
        if taken <= 0:
            continue
        left -= taken
        rest = lot.quantity - taken
        # Half up: the average price of what stays is the average price of before.
        kept = (2 * lot.cost * rest + lot.quantity) // (2 * lot.quantity)
        cost += lot.cost - kept
        account.lots[place] = lot._replace(
            quantity=rest, cost=kept, closed_on=None if rest else day
        )
    if left:
        raise AssertionError(f"{left} shares of {symbol} more sold than held")
    return cost
