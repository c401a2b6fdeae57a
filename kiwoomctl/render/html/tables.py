"""Tables of the page: what is there now, by account and by code, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kiwoomctl.domain.identity import mask_account
from kiwoomctl.domain.portfolio import percent, position_totals
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.locale import _, fill, told
from kiwoomctl.render.html.figures import figure, moment
from kiwoomctl.render.html.markup import Child, Html, join, tag
from kiwoomctl.services.account_states import totals

if TYPE_CHECKING:
    from decimal import Decimal

    from kiwoomctl.domain.portfolio import Position
    from kiwoomctl.services.account_states import AccountState, StateTotals
    from kiwoomctl.services.orders.day_orders import OrderRow
    from kiwoomctl.services.report import MissingAccount, Orders, SymbolPart, WorldReport


def reason(error: KiwoomctlError) -> str:
    """Return why an account is missing, in the user's language."""
    return fill(error.message, error.values)


def table(
    name: str,
    headers: Sequence[Child],
    rows: Sequence[Html],
    foot: Html | None = None,
    *,
    stacks: bool = False,
) -> Html:
    """Return a table in a box that scrolls where it is too wide.

    Args:
        name: for programs that read the page.
        headers: cells of the head.
        rows: of the body.
        foot: the row of sums; None without one.
        stacks: whether a phone shows the cells of a row below each other, each with its label.
    """
    head = tag("thead", tag("tr", *headers))
    body = tag("tbody", *rows)
    sums = None if foot is None else tag("tfoot", foot)
    return tag(
        "div",
        tag("table", head, body, sums, class_="stack" if stacks else None, data_table=name),
        class_="scroll",
    )


def head(text: str, below: str = "", *, number: bool = False, wide: bool = False) -> Html:
    """Return a cell of a table's head; ``wide`` ones are not shown on a phone."""
    small = tag("small", below) if below else None
    return tag("th", text, small, scope="col", class_=_classes(number=number, wide=wide))


def cell(first: Child, second: Child = None, *, number: bool = False, wide: bool = False) -> Html:
    """Return a cell with a second, smaller line."""
    small = None if second is None else tag("small", second)
    return tag("td", first, small, class_=_classes(number=number, wide=wide))


def stacked(
    labels: tuple[str, str], first: Child, second: Child = None, *, wide: bool = False
) -> Html:
    """Return a cell of figures that has its labels beside it where a table stacks."""
    label = " · ".join(part for part, there in zip(labels, (first, second), strict=True) if there)
    small = None if second is None else tag("small", second)
    return tag("td", first, small, class_=_classes(number=True, wide=wide), data_label=label)


def row_head(first: Child, second: Child = None) -> Html:
    """Return the first cell of a row."""
    return tag("th", first, None if second is None else tag("small", second), scope="row")


def accounts(world: WorldReport) -> Html:
    """Return a row for each account; one that is missing says why and has no figure."""
    whole = world.totals and world.totals.total_assets
    rows = [_account(state, percent(state.total_assets, whole)) for state in world.states]
    rows += [_missing(one) for one in world.missing]
    assets, value, gain = _account_labels()
    headers = (
        head(_("Account"), _("owner · account number")),
        head(*assets, number=True),
        head(*value, number=True),
        head(*gain, number=True),
    )
    foot = None
    if world.totals is not None and len(rows) > 1:
        foot = _account_sums(world.totals, len(world.states), len(world.missing))
    return table("accounts", headers, rows, foot, stacks=True)


def _account_labels() -> tuple[tuple[str, str], tuple[str, str], tuple[str, str]]:
    return (
        (_("Total assets"), _("Weight")),
        (_("Market value"), _("D+2 cash")),
        (_("P&L"), _("Return")),
    )


def _account(state: AccountState, share: Decimal | None) -> Html:
    account, sums = state.account, totals([state])
    cells = _account_cells(sums, figure(share, "percent", field="share"))
    name = row_head(account.name, _whose(account.owner, account.known_number()))
    return tag("tr", name, *cells, data_profile=account.name)


def _account_cells(sums: StateTotals, share: Html | None) -> tuple[Html, ...]:
    assets, value, gain = _account_labels()
    return (
        stacked(assets, figure(sums.total_assets, field="total_assets"), share),
        stacked(
            value,
            figure(sums.market_value, field="market_value"),
            figure(sums.deposit_d2, field="deposit_d2"),
        ),
        stacked(
            gain,
            figure(sums.unrealized_pnl, "signed", field="unrealized_pnl"),
            figure(sums.unrealized_pnl_rate, "rate", field="unrealized_pnl_rate"),
        ),
    )


def _missing(one: MissingAccount) -> Html:
    account, last = one.account, None
    if one.last is not None and one.last.total_assets is not None:
        values = {"day": one.last.day, "assets": one.last.total_assets}
        last = tag(
            "small", fill("last recorded on {day}: {assets:,f}, in none of the sums", values)
        )
    why = tag("td", tag("b", _("Missing")), f" · {reason(one.error)}", last, colspan=3)
    name = row_head(account.name, _whose(account.owner, account.known_number()))
    return tag("tr", name, why, data_profile=account.name, data_missing="true")


def _account_sums(sums: StateTotals, found: int, missing: int) -> Html:
    below = None
    if missing:
        below = fill("{found} of {chosen} accounts", {"found": found, "chosen": found + missing})
    return tag("tr", row_head(_("Total"), below), *_account_cells(sums, None))


def _whose(owner: str | None, number: str | None) -> str | None:
    return " · ".join(part for part in (owner, mask_account(number)) if part) or None


def symbols(parts: Sequence[SymbolPart], sums: StateTotals) -> Html:
    """Return a row for each code over all accounts."""
    rows = [
        _position(part.position, figure(part.weight, "percent", field="weight"), part.profiles)
        for part in parts
    ]
    foot = tag(
        "tr",
        row_head(_("Total")),
        cell(None, number=True),
        cell(None, wide=True),
        cell(figure(sums.market_value, field="market_value"), number=True),
        cell(
            figure(sums.unrealized_pnl, "signed", field="unrealized_pnl"),
            figure(sums.unrealized_pnl_rate, "rate", field="unrealized_pnl_rate"),
            number=True,
        ),
        cell(None, wide=True),
    )
    return table("symbols", (*_position_heads(), head(_("Accounts"), wide=True)), rows, foot)


def holdings(states: Sequence[AccountState]) -> Html:
    """Return the positions of each account, to be unfolded."""
    parts = []
    for state in states:
        held = position_totals(state.positions)
        line = tag(
            "summary",
            tag("span", state.account.name),
            tag("span", state.account.owner or "", class_="soft"),
            tag(
                "span",
                fill("{count} positions", {"count": len(state.positions)}),
                class_="soft",
            ),
            figure(held.market_value),
        )
        rows = [
            _position(row, figure(percent(row.market_value, held.market_value), "percent"))
            for row in state.positions
        ]
        body = table("holdings", _position_heads(), rows) if rows else None
        parts.append(tag("details", line, body, data_profile=state.account.name))
    return join(parts)


def _position_heads() -> tuple[Html, ...]:
    return (
        head(_("Name"), _("Code")),
        head(_("Qty"), _("Avg price"), number=True),
        head(_("Price"), number=True, wide=True),
        head(_("Market value"), _("Weight"), number=True),
        head(_("P&L"), _("Return"), number=True),
    )


def _position(row: Position, weight: Html, profiles: Sequence[str] | None = None) -> Html:
    # Shares on credit are rows of their own beside those that were paid.
    loan = f"{_('Loan date')} {row.loan_date}" if row.loan_date else None
    code = " · ".join(part for part in (row.symbol, loan) if part)
    cells = [
        row_head(row.name or row.symbol, code),
        cell(
            figure(row.quantity, field="quantity"),
            figure(row.average_price, "average", field="average_price"),
            number=True,
        ),
        cell(figure(row.price, field="price"), number=True, wide=True),
        cell(figure(row.market_value, field="market_value"), weight, number=True),
        cell(
            figure(row.unrealized_pnl, "signed", field="unrealized_pnl"),
            figure(row.unrealized_pnl_rate, "rate", field="unrealized_pnl_rate"),
            number=True,
        ),
    ]
    if profiles is not None:
        cells.append(tag("td", ", ".join(profiles), class_="wide soft"))
    return tag("tr", *cells, data_symbol=row.symbol)


def open_orders(orders: Orders) -> Html:
    """Return what can still be filled, by the brokers' lists."""
    if orders.open is None:
        return tag("p", _("Not read: this report asks no broker."), class_="soft")
    parts: list[Html] = []
    for profile, error in orders.unread:
        values = {"profile": profile, "reason": reason(error)}
        parts.append(tag("p", fill("{profile}: not read: {reason}", values), class_="missing"))
    if orders.open:
        headers = (
            head(_("Name"), _("Account")),
            head(_("Side"), _("Type")),
            head(_("Remaining"), _("of quantity"), number=True),
            head(_("Limit"), number=True),
            head(_("Order"), _("Placed at"), wide=True),
        )
        parts.append(table("orders", headers, [_order(row) for row in orders.open]))
    elif not parts:
        parts.append(tag("p", _("None."), class_="soft"))
    return join(parts)


def _order(row: OrderRow) -> Html:
    side = None if row.side is None else _(row.side)
    kind = None if row.type is None else _(row.type.value)
    placed = None if row.submitted_at is None else moment(row.submitted_at)
    return tag(
        "tr",
        row_head(row.name or row.symbol, f"{row.symbol} · {row.profile}"),
        cell(side or "-", kind),
        cell(
            figure(row.remaining_quantity, field="remaining_quantity"),
            figure(row.quantity, field="quantity"),
            number=True,
        ),
        cell(figure(row.price, field="price"), number=True),
        cell(row.broker_order_id, placed, wide=True),
        data_order=row.broker_order_id,
    )


def unknown_orders(orders: Orders) -> Html:
    """Return the orders whose outcome is open, by our ledger, and what settles them."""
    if not orders.unknown:
        return tag("p", _("None."), class_="soft")
    headers = (head(_("Orders"), _("Account")), head(_("Placed at"), _("What settles it")))
    rows = [
        tag(
            "tr",
            row_head(told(one.wish), one.profile),
            cell(moment(one.since), tag("code", f"kiwoomctl resolve {one.attempt_id}")),
            data_attempt=one.attempt_id,
        )
        for one in orders.unknown
    ]
    return table("unknown", headers, rows)


def _classes(**given: bool) -> str | None:
    return " ".join(name for name, wanted in given.items() if wanted) or None
