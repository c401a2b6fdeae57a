"""Parts of the page with charts: totals, allocation, value over time, best and worst, months."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from kiwoomctl.locale import _, fill, told
from kiwoomctl.render.history_reports import LEAST_FOR_A_YEAR, METHODS
from kiwoomctl.render.html import charts
from kiwoomctl.render.html.figures import figure, month, short
from kiwoomctl.render.html.markup import Html, join, tag
from kiwoomctl.render.html.tables import cell, head, row_head, stacked, table

if TYPE_CHECKING:
    from kiwoomctl.domain.portfolio import PnlBasis, Position
    from kiwoomctl.services.account_states import StateTotals
    from kiwoomctl.services.allocation import Allocation, Share
    from kiwoomctl.services.recorded.days import Block, GroupReturns
    from kiwoomctl.services.report import Month, WorldReport


def card(title: str, *parts: Html | None, name: str, half: bool = False) -> Html:
    """Return a box with a title; ``half`` ones stand side by side where there is room."""
    classes = "card half" if half else "card"
    return tag("section", tag("h2", title), *parts, class_=classes, data_part=name)


def note(text: str) -> Html:
    """Return a small line below something."""
    return tag("p", text, class_="note")


def totals(sums: StateTotals, world: WorldReport) -> Html:
    """Return the sums over all accounts that are there."""
    whole = world.days.whole
    grown = None if whole is None else whole.time_weighted
    rate = figure(sums.unrealized_pnl_rate, "rate", field="unrealized_pnl_rate")
    items = [
        _total(_("Total assets"), figure(sums.total_assets, field="total_assets"), first=True),
        _total(_("P&L"), figure(sums.unrealized_pnl, "signed", field="unrealized_pnl"), below=rate),
        _total(_("Market value"), figure(sums.market_value, field="market_value")),
        _total(_("Cost"), figure(sums.cost, field="cost")),
        _total(_("Deposit D+2"), figure(sums.deposit_d2, field="deposit_d2")),
        _total(_("Positions"), figure(sums.positions, field="positions")),
        _total(_("Time-weighted return"), figure(grown, "rate", field="time_weighted")),
    ]
    return tag("dl", *items, class_="totals")


def _total(label: str, value: Html, *, below: Html | None = None, first: bool = False) -> Html:
    small = None if below is None else tag("small", below)
    shown = join([tag("dt", label), tag("dd", value, small)])
    return tag("div", shown, class_="first" if first else None)


def basis_note(basis: PnlBasis | None) -> str | None:
    """Return whether profits are after costs; None where there is no position."""
    return {
        "net": _("P&L is after the costs of buying and selling that the broker estimates."),
        "gross": _("P&L is before the costs of buying and selling."),
        "mixed": _("P&L is after estimated costs in some accounts, and before them in others."),
        None: None,
    }[basis]


def allocation(parts: Allocation) -> Html:
    """Return what the money is in, as a ring with its key."""
    if not parts.shares or not parts.whole:
        return tag("p", _("Nothing to show."), class_="soft")
    colours = [_colour(share, place) for place, share in enumerate(parts.shares, 1)]
    slices = [
        charts.Slice(colour, share.value * 100 / parts.whole)
        for colour, share in zip(colours, parts.shares, strict=True)
    ]
    middle = join([tag("b", short(parts.whole)), tag("span", _("Securities and cash"))])
    drawn = charts.ring([_rounded(one) for one in slices], _("Allocation"), middle)
    headers = (
        head(_("Name")),
        head(_("in KRW"), number=True),
        head(_("Share"), number=True),
    )
    rows = [
        tag(
            "tr",
            tag("td", tag("span", class_=f"key {colour}"), _share_name(share)),
            cell(figure(share.value, field="value"), number=True),
            cell(figure(share.percent, "percent", field="share"), number=True),
            data_share=share.kind,
        )
        for colour, share in zip(colours, parts.shares, strict=True)
    ]
    notes = []
    if parts.without_value:
        notes.append(
            note(fill("codes without a value, left out: {count}", {"count": parts.without_value}))
        )
    if parts.lacks_cash:
        notes.append(note(_("cash (D+2) is not known and no part of this")))
    if parts.owed is not None:
        notes.append(
            note(
                fill("cash is below zero and no part of this: {amount:,f}", {"amount": parts.owed})
            )
        )
    return tag("div", drawn, tag("div", table("allocation", headers, rows), *notes), class_="parts")


def _colour(share: Share, place: int) -> str:
    return f"c{place}" if share.kind == "symbol" else share.kind


def _rounded(part: charts.Slice) -> charts.Slice:
    return part._replace(percent=part.percent.quantize(Decimal("0.01")))


def _share_name(share: Share) -> str:
    if share.kind == "cash":
        return _("Cash (D+2)")
    if share.kind == "others":
        return fill("{count} others", {"count": share.codes})
    return share.name


def value_over_time(block: Block) -> Html:
    """Return the recorded days as a line, and what they cannot show."""
    if not block.series:
        return tag(
            "p",
            _("Nothing is recorded in these days: kiwoomctl snapshot records a day."),
            class_="soft",
        )
    points = [(row.day, row.total_assets if row.complete else None) for row in block.series]
    known = [(value, day) for day, value in points if value is not None]
    parts: list[Html] = []
    if len(known) == 1:
        values = {"day": known[0][1], "assets": known[0][0]}
        parts.append(
            tag("p", fill("{assets:,f} on {day}. A line takes two complete days.", values))
        )
    elif known:
        parts.append(charts.line(points, _("Total assets over time")))
        low, high = min(known), max(known)
        values = {"low": low[0], "low_day": low[1], "high": high[0], "high_day": high[1]}
        parts.append(
            note(fill("Lowest {low:,f} ({low_day}), highest {high:,f} ({high_day}).", values))
        )
    incomplete = len(points) - len(known)
    if incomplete:
        parts.append(
            note(
                fill(
                    "Days on which an account is missing: {count}. They are gaps, with a mark "
                    "below, and returns leave them out.",
                    {"count": incomplete},
                )
            )
        )
    if block.unrecorded:
        parts.append(
            note(
                fill(
                    "Trading days that were not recorded at all: {count}. They are gaps too.",
                    {"count": block.unrecorded},
                )
            )
        )
    return join(parts)


def returns(block: Block) -> Html:
    """Return what each account and all together returned, with the methods' names."""
    lines = [*block.groups, *([block.whole] if block.whole is not None else [])]
    if not any(one.time_weighted is not None for one in lines):
        return tag("p", _("No return yet: that takes two complete days."), class_="soft")
    grown, money, moved, assets = _return_labels()
    headers = (
        head(_("Account"), _("from · to")),
        head(*grown, number=True),
        head(*money, number=True),
        head(*moved, number=True),
        head(*assets, number=True, wide=True),
    )
    rows = [_returned(one) for one in block.groups]
    foot = None if block.whole is None else _returned(block.whole)
    methods = [note(told(text)) for text in METHODS]
    return join([table("returns", headers, rows, foot, stacks=True), *methods])


def _return_labels() -> tuple[tuple[str, str], ...]:
    return (
        (_("Time-weighted"), ""),
        (_("Money-weighted"), _("a year")),
        (_("Cash flow"), _("Realized P&L")),
        (_("Begin"), _("End")),
    )


def _returned(one: GroupReturns) -> Html:
    period, yearly = "-", None
    if one.first is not None and one.last is not None:
        period = f"{one.first} ~ {one.last}"
        if (one.last - one.first).days >= LEAST_FOR_A_YEAR:
            yearly = figure(one.money_weighted_yearly, "rate", field="money_weighted_yearly")
    grown, money, moved, assets = _return_labels()
    return tag(
        "tr",
        row_head(one.profile or _("all accounts"), period),
        stacked(grown, figure(one.time_weighted, "rate", field="time_weighted")),
        stacked(money, figure(one.money_weighted, "rate", field="money_weighted"), yearly),
        stacked(
            moved,
            figure(one.cash_flow, "signed", field="cash_flow"),
            figure(one.realized_pnl, "signed", field="realized_pnl"),
        ),
        stacked(
            assets,
            figure(one.begin_assets, field="begin_assets"),
            figure(one.end_assets, field="end_assets"),
            wide=True,
        ),
        data_profile=one.profile,
    )


def extremes(positions: Sequence[Position], name: str) -> Html:
    """Return the best or the worst codes as bars, the farthest from zero first."""
    if not positions:
        return tag("p", _("None."), class_="soft")
    gains = [row.unrealized_pnl for row in positions if row.unrealized_pnl is not None]
    rows = [
        tag(
            "tr",
            row_head(row.name or row.symbol, row.symbol),
            tag(
                "td",
                charts.bar(row.unrealized_pnl, min(gains), max(gains)),
                class_="bars-column",
            ),
            cell(
                figure(row.unrealized_pnl, "signed", field="unrealized_pnl"),
                figure(row.unrealized_pnl_rate, "rate", field="unrealized_pnl_rate"),
                number=True,
            ),
            data_symbol=row.symbol,
        )
        for row in positions
    ]
    headers = (head(_("Name"), _("Code")), head(""), head(_("P&L"), _("Return"), number=True))
    return table(name, headers, rows)


def months(found: Sequence[Month]) -> Html:
    """Return what each month's sales brought; a month that is not whole says so."""
    if not found:
        return tag(
            "p",
            _("Nothing is recorded in these days: kiwoomctl snapshot records a day."),
            class_="soft",
        )
    values = [one.realized_pnl for one in found if one.realized_pnl is not None] or [Decimal(0)]
    rows = [_month(one, min(values), max(values)) for one in found]
    whole = not any(one.unknown for one in found)
    sums = sum(values, Decimal(0)) if any(one.known for one in found) else None
    foot = tag(
        "tr",
        row_head(_("Total"), None if whole else _("of the days that are known")),
        cell(None),
        cell(figure(sums, "signed", field="realized_pnl"), number=True),
    )
    headers = (head(_("Month")), head(""), head(_("Realized P&L"), number=True))
    parts = [table("months", headers, rows, foot if len(rows) > 1 else None)]
    if not whole:
        parts.append(
            note(
                _(
                    "A pale bar is not the whole month: of some days and accounts it is not "
                    "recorded what they brought."
                )
            )
        )
    return join(parts)


def _month(one: Month, lowest: Decimal, highest: Decimal) -> Html:
    below = None
    if one.unknown:
        days = {"known": one.known, "days": one.known + one.unknown}
        below = fill("{known} of {days} days known", days)
    return tag(
        "tr",
        row_head(month(one.first), below),
        tag(
            "td",
            charts.bar(one.realized_pnl, lowest, highest, hollow=bool(one.unknown)),
            class_="bars-column",
        ),
        cell(figure(one.realized_pnl, "signed", field="realized_pnl"), number=True),
        data_month=month(one.first),
    )
