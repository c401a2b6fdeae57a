"""The reports of ``condition``: the conditions there are, and the codes that meet one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kiwoomctl.locale import _
from kiwoomctl.render.report import Column, Report, Section

if TYPE_CHECKING:
    from kiwoomctl.domain.conditions import Condition
    from kiwoomctl.services.live.conditions import ConditionRow, HitRow

_PROFILE = Column("profile", "Account", lambda row: row.profile, rank=10)
_ENVIRONMENT = Column("environment", "Environment", lambda row: row.environment, in_table=False)
_ID = Column("condition_id", "No.", attrgetter("condition.id"), kind="id")
_NAME = Column("condition_name", "Condition", attrgetter("condition.name"))


def _hit(key: str, header: str, **more: Any) -> Column:
    return Column(key, header, attrgetter(f"hit.{key}"), **more)


CONDITIONS = (_PROFILE, _ENVIRONMENT, _ID, _NAME)
HITS = (
    _PROFILE._replace(in_table=False),
    _ENVIRONMENT,
    _ID._replace(in_table=False),
    _NAME._replace(in_table=False),
    _hit("symbol", "Code", kind="id"),
    _hit("name", "Name"),
    _hit("price", "Price", kind="number"),
    _hit("change", "Day change", kind="signed", rank=20),
    _hit("change_rate", "Change %", kind="rate"),
    _hit("volume", "Volume", kind="number", rank=10),
    _hit("open", "Opening", kind="number", rank=40),
    _hit("high", "High", kind="number", rank=50),
    _hit("low", "Low", kind="number", rank=60),
)


def conditions(rows: Sequence[ConditionRow], environment: str, as_of: datetime) -> Report:
    """Return the list of conditions."""
    return Report(
        name="conditions",
        title="Condition searches",
        columns=CONDITIONS,
        sections=(Section(environment, rows, accounts=1),),
        as_of=as_of,
        environments=(environment,),
        succeeded=1,
        empty=_("no conditions; they are made in Kiwoom's own trading program (영웅문)"),
    )


def hits(condition: Condition, rows: Sequence[HitRow], environment: str, as_of: datetime) -> Report:
    """Return the codes that meet a condition."""
    return Report(
        name="condition",
        title=f"{_('Condition')} {condition.id} {condition.name}",
        columns=HITS,
        sections=(Section(environment, rows, accounts=1),),
        as_of=as_of,
        environments=(environment,),
        succeeded=1,
        empty=_("no code meets it now; before 09:00 this is usual"),
    )
