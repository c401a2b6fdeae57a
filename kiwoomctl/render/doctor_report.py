"""The report of ``doctor``: every finding for machines, what matters first for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.locale import _, fill, told
from kiwoomctl.render.report import Column, Report, Section

if TYPE_CHECKING:
    from kiwoomctl.services.diagnosis.findings import Finding

_NOTHING = " "
"""An empty cell that is meant to be empty."""
_MOST_NAMED = 6
"""Of more accounts that are all well only the number is told."""

DOCTOR = (
    Column("check", "Check", lambda row: row.check, kind="word"),
    Column("profile", "Account", lambda row: row.profile, rank=10),
    Column("status", "Status", lambda row: row.status, kind="word"),
    Column("finding", "Finding", lambda row: told(row.finding), wraps=True),
    Column("fix", "What to do", lambda row: row.fix and told(row.fix), wraps=True),
    Column("subject", "Subject", lambda row: row.subject, kind="word", in_table=False),
)


class _Line(NamedTuple):
    """One line on a terminal."""

    check: str
    profile: str
    status: str
    text: str


_ON_TERMINAL = (
    Column("check", "Check", lambda row: row.check),
    Column("profile", "Account", lambda row: row.profile, rank=10),
    Column("status", "Status", lambda row: row.status),
    Column("finding", "Finding", lambda row: row.text, wraps=True),
)


def report(findings: Sequence[Finding], as_of: datetime, exit_code: int) -> Report:
    """Return the report of ``doctor``; its failures are its rows."""
    return Report(
        name="doctor",
        title="Doctor",
        columns=DOCTOR,
        sections=(Section(None, findings),),
        as_of=as_of,
        succeeded=len(findings),
        verdict=exit_code,
    )


def for_terminal(
    findings: Sequence[Finding], as_of: datetime, exit_code: int, *, whole: bool
) -> Report:
    """Return the report as a person reads it: what is well in few lines, the rest with its mend.

    Args:
        findings: subject by subject.
        as_of: when they were found.
        exit_code: of the command.
        whole: whether what is well is told in full too.
    """
    lines: list[_Line] = []
    for subject, members in groupby(findings, lambda finding: finding.subject):
        found = list(members)
        if whole:
            lines += (line for finding in found for line in _full(finding))
            continue
        lines += _well(subject, found)
        lines += (line for finding in found if finding.status != "ok" for line in _full(finding))
    wrong = sum(finding.status != "ok" for finding in findings)
    return report(findings, as_of, exit_code)._replace(
        columns=_ON_TERMINAL,
        sections=(Section(None, lines),),
        notes=() if whole or not wrong else (_("-v tells what is well too"),),
    )


def _full(finding: Finding) -> Iterator[_Line]:
    profile = finding.profile or _NOTHING
    yield _Line(_(finding.check), profile, _(finding.status), told(finding.finding))
    if finding.fix is not None:
        yield _Line(_NOTHING, _NOTHING, _NOTHING, f"-> {told(finding.fix)}")


def _well(subject: str, findings: Sequence[Finding]) -> Iterator[_Line]:
    """Say in a line for each set of checks whose they were that found nothing."""
    wrong = {(finding.check, finding.profile) for finding in findings if finding.status != "ok"}
    checks: dict[str | None, list[str]] = {}
    for finding in findings:
        if (finding.check, finding.profile) not in wrong:
            mine = checks.setdefault(finding.profile, [])
            if finding.check not in mine:
                mine.append(finding.check)
    owners: dict[tuple[str, ...], list[str]] = {}
    for profile, mine in checks.items():
        owners.setdefault(tuple(mine), []).append(profile or "")
    for names, profiles in owners.items():
        words = ", ".join(_(name) for name in names)
        if len(profiles) > 1:
            many = len(profiles) > _MOST_NAMED
            whose = fill("{count} accounts", {"count": len(profiles)})
            words = f"{words} ({whose if many else ', '.join(profiles)})"
        whose = profiles[0] if len(profiles) == 1 else ""
        yield _Line(_(subject), whose or _NOTHING, _("ok"), words)
