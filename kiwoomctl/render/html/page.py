"""The page of ``report``: how much of it there is said first, then one part per environment.

Entry point: ``page``. It returns text; nothing is written or read here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from kiwoomctl import __version__
from kiwoomctl.locale import _, fill, language
from kiwoomctl.render.html import sections, tables
from kiwoomctl.render.html.figures import moment
from kiwoomctl.render.html.markup import NOTHING, Html, document, join, tag
from kiwoomctl.render.html.sections import card, note
from kiwoomctl.render.html.style import style
from kiwoomctl.services.report_file import MARK

if TYPE_CHECKING:
    from kiwoomctl.services.report import AccountReport, WorldReport

MARKS: Final = {"mock": "모의", "sim": "SIM", "real": None}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Whatever got into the page: nothing is loaded, nothing runs."""


def page(report: AccountReport, now: datetime, palette: str) -> str:
    """Return the report as an HTML document.

    Args:
        report: what it tells.
        now: when it was made.
        palette: ``kr`` (red is up) or ``us`` (green is up).
    """
    # The first world's name stands in the title of the page; several have one each.
    alone = len(report.worlds) == 1
    title = _("Account report")
    heading = tag("h1", *([_mark(report.worlds[0])] if alone else []), title)
    body = tag(
        "main",
        tag("header", heading, tag("p", _when(report, now), class_="sub"), _state(report)),
        *(_world(world, titled=not alone) for world in report.worlds),
        _footer(),
    )
    marks = [f"[{mark}] " for w in report.worlds if (mark := MARKS[w.environment])]
    head = join(
        [
            tag("meta", charset="utf-8"),
            Html("\n"),
            Html(f"{MARK}\n"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            Html("\n"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            Html("\n"),
            # A phone would make numbers into calls.
            tag("meta", name="format-detection", content="telephone=no"),
            tag("meta", name="referrer", content="no-referrer"),
            tag("meta", name="robots", content="noindex"),
            Html("\n"),
            tag("title", f"{''.join(marks)}{title} {now:%Y-%m-%d}"),
        ]
    )
    return document(language(), head, body, style(palette))


def _mark(world: WorldReport) -> Html:
    mark = MARKS[world.environment]
    return NOTHING if mark is None else tag("span", mark, class_="mark")


def _when(report: AccountReport, now: datetime) -> str:
    """Return as of when the figures are."""
    if report.is_live:
        return fill("As of {time} KST, read from the brokers", {"time": moment(now)})
    read = [state.as_of for world in report.worlds for state in world.states]
    first, last = min(read), max(read)
    if first == last:
        return fill("As recorded on {time} KST; no broker was asked", {"time": moment(first)})
    return fill(
        "As recorded from {first} to {last} KST; no broker was asked",
        {"first": moment(first), "last": moment(last)},
    )


def _state(report: AccountReport) -> Html:
    """Return how complete the report is, and what money it is about."""
    counts = {"found": report.found, "chosen": len(report.chosen)}
    missing = [one for world in report.worlds for one in world.missing]
    lines: list[Html] = []
    if missing:
        text = fill(
            "Incomplete: {found} of {chosen} accounts. What is missing is in no figure:", counts
        )
        items = (
            tag("li", tag("b", one.account.name), f": {tables.reason(one.error)}")
            for one in missing
        )
        lines += [tag("p", tag("b", text)), tag("ul", *items)]
    else:
        lines.append(tag("p", tag("b", fill("Complete: {found} of {chosen} accounts", counts))))
    for world in report.worlds:
        absent = {one.account.name for one in world.missing}
        unread = [name for name, _error in world.orders.unread if name not in absent]
        if unread:
            names = ", ".join(unread)
            lines.append(tag("p", fill("Open orders could not be read: {names}", {"names": names})))
        if world.orders.unknown:
            count = {"count": len(world.orders.unknown)}
            lines.append(tag("p", fill("Orders with an UNKNOWN outcome: {count}", count)))
        if world.unrecorded:
            names = ", ".join(world.unrecorded)
            lines.append(
                tag(
                    "p",
                    fill("Not in the recorded days, nor in the returns: {names}", {"names": names}),
                )
            )
    short = len(lines) > 1
    environments = {world.environment for world in report.worlds}
    if "sim" in environments:
        lines.append(tag("p", _("SIM: a simulator; none of this is real money.")))
    if "mock" in environments:
        lines.append(tag("p", _("모의: mock investment; none of this is real money.")))
    return tag(
        "div",
        *lines,
        class_="state short" if short else "state",
        data_part="state",
        role="status",
    )


def _world(world: WorldReport, *, titled: bool) -> Html:
    title = tag("h1", _mark(world), _(world.environment)) if titled else None
    parts: list[Html] = []
    if world.totals is not None:
        basis = sections.basis_note(world.totals.pnl_basis)
        parts.append(
            card(
                fill("Totals of {count} accounts, KRW", {"count": len(world.states)}),
                sections.totals(world.totals, world),
                None if basis is None else note(basis),
                name="totals",
            )
        )
    parts.append(card(_("Accounts"), tables.accounts(world), name="accounts"))
    if world.totals is not None:
        parts.append(
            card(_("Allocation"), sections.allocation(world.allocation), name="allocation")
        )
    if world.totals is not None or world.days.series:
        parts += _past(world)
    if world.totals is not None:
        parts += [
            card(_("Best"), sections.extremes(world.best, "best"), name="best", half=True),
            card(_("Worst"), sections.extremes(world.worst, "worst"), name="worst", half=True),
        ]
    parts.append(
        card(
            _("Orders"),
            tag("h3", _("Open")),
            tables.open_orders(world.orders),
            tag("h3", _("Outcome UNKNOWN")),
            tables.unknown_orders(world.orders),
            name="orders",
        )
    )
    if world.totals is not None and world.symbols:
        parts.append(
            card(
                _("Positions by symbol"),
                tables.symbols(world.symbols, world.totals),
                name="symbols",
            )
        )
        parts.append(
            card(_("Positions by account"), tables.holdings(world.states), name="holdings")
        )
    return tag(
        "div",
        title,
        tag("div", *parts, class_="cards"),
        class_="world",
        data_environment=world.environment,
    )


def _past(world: WorldReport) -> list[Html]:
    return [
        card(_("Total assets over time"), sections.value_over_time(world.days), name="history"),
        card(_("Returns"), sections.returns(world.days), name="returns"),
        card(_("Realized P&L by month"), sections.months(world.months), name="months"),
    ]


def _footer() -> Html:
    lines = (
        _("All amounts in KRW. - means that it is not known; it is never 0."),
        _(
            "Total assets are the broker's own estimate and need not be a sum of the others; of an "
            "account without shares they are its cash."
        ),
        fill(
            "Made by kiwoomctl {version}; no substitute for the broker's own screens.",
            {"version": __version__},
        ),
    )
    return tag("footer", *(tag("p", line) for line in lines))
