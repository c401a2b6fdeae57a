"""The report of ``snapshot diff``: what changed, and what explains it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.domain.orders import whole_number
from kiwoomctl.locale import _, fill
from kiwoomctl.render.report import Column, Report, Section
from kiwoomctl.render.reports import ENVIRONMENT, OWNER, PROFILE

if TYPE_CHECKING:
    from kiwoomctl.domain.orders import Fill
    from kiwoomctl.services.recorded.differences import Difference, Differences


def _field(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(key), **more)


def _fill(fill_: Fill) -> dict[str, Any]:
    return {
        "broker_order_id": whole_number(fill_.number),
        "side": fill_.side,
        "quantity": fill_.quantity,
        "price": fill_.price,
        "amount": fill_.amount,
    }


def _told(row: Difference) -> str:
    """Return what explains a change of shares, for people."""
    parts = [
        fill(
            "{side} {quantity} at {price}",
            {"side": _(one.side), "quantity": one.quantity, "price": f"{one.price:,.0f}"},
        )
        for one in row.fills
    ]
    if row.flagged:
        parts.append(_("NOT EXPLAINED"))
    return ", ".join(parts)


COLUMNS = (
    PROFILE,
    OWNER,
    ENVIRONMENT,
    _field("kind", "Item", kind="word"),
    _field("symbol", "Code", rank=40),
    _field("name", "Name"),
    _field("before", "Before", kind="number", rank=20),
    _field("after", "After", kind="number", rank=10),
    _field("change", "Difference", kind="signed"),
    _field("by_fills", "By fills", kind="signed", rank=30),
    _field("by_cash_flows", "Cash flow", kind="signed", rank=35),
    _field("unexplained", "Unexplained", kind="signed"),
    _field("flagged", "Flagged", in_table=False),
    Column("explanation", "Explanation", _told, wraps=True),
    Column("fills", "Fills", lambda row: [_fill(one) for one in row.fills], in_table=False),
)


def differences(found: Differences, as_of: datetime) -> Report:
    """Return the report of ``snapshot diff``."""
    environments = tuple(dict.fromkeys(account.environment for account in found.chosen))
    return Report(
        name="snapshot_diff",
        title=fill("From {before} to {after}", {"before": found.before, "after": found.after}),
        columns=COLUMNS,
        sections=tuple(
            Section(name, [row for row in found.rows if row.environment == name])
            for name in environments
        ),
        as_of=as_of,
        failures=tuple((account.name, error) for account, error in found.failed),
        group="profile",
        environments=environments,
        succeeded=len(found.spans),
        empty="no accounts",
        notes=tuple(_notes(found)),
    )


def _notes(found: Differences) -> Iterator[str]:
    flagged = sum(1 for row in found.rows if row.flagged)
    if flagged:
        yield fill(
            "{count} changes of shares are not explained by fills: a transfer, a corporate "
            "action, or a fill no list showed",
            {"count": flagged},
        )
