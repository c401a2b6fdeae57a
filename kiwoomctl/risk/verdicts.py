"""Verdicts on an order: how bad each one is, and what it takes to send the order anyway.

A warning wants a yes, a hold wants the profile's name typed (or ``--allow CODE`` where nobody
can be asked), a refusal stays: only the config changes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Final

from kiwoomctl.errors import Phrase, UsageError, nearest


class Tier(IntEnum):
    """How bad a verdict is; the greater, the worse."""

    WARN = 1
    HOLD = 2
    REFUSE = 3

    @property
    def word(self) -> str:
        """The tier as users and JSON see it: warn, hold or refuse."""
        return self.name.lower()


class Code(StrEnum):
    """The checks, by the names that users, scripts and ``--allow`` use."""

    HALT = "HALT"
    ENVIRONMENT = "ENVIRONMENT"
    TICK = "TICK"
    LIMIT = "LIMIT"
    SYMBOLS = "SYMBOLS"
    CASH = "CASH"
    SELLABLE = "SELLABLE"
    VALUE = "VALUE"
    QUANTITY = "QUANTITY"
    COLLAR = "COLLAR"
    NO_PRICE = "NO_PRICE"
    MARKET = "MARKET"
    DAILY = "DAILY"
    COUNT = "COUNT"
    DUPLICATE = "DUPLICATE"
    CROSS = "CROSS"
    HOURS = "HOURS"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check says about an order."""

    code: Code
    tier: Tier
    message: Phrase
    """Names the values that were compared and the limit."""


class Question(Enum):
    """What a person at a terminal must answer before the order is sent."""

    NOTHING = "nothing"
    YES = "yes"
    """y or N."""
    NAME = "name"
    """The profile's name, typed."""
    IMPOSSIBLE = "impossible"
    """No answer helps: the order is refused."""


_QUESTIONS: Final[Mapping[Tier | None, Question]] = {
    None: Question.NOTHING,
    Tier.WARN: Question.YES,
    Tier.HOLD: Question.NAME,
    Tier.REFUSE: Question.IMPOSSIBLE,
}
_YES: Final = frozenset({"y", "yes", "예", "네"})


def unknown(code: Code, what: Phrase) -> Verdict:
    """Return the verdict of a check that cannot be evaluated: always a hold."""
    return Verdict(code, Tier.HOLD, Phrase("cannot be checked: {what}", what=what))


def worst(verdicts: Iterable[Verdict]) -> Tier | None:
    """Return the worst tier; None where there is no verdict."""
    return max((verdict.tier for verdict in verdicts), default=None)


def question(verdicts: Iterable[Verdict]) -> Question:
    """Return what these verdicts ask of a person at a terminal; the worst one decides."""
    return _QUESTIONS[worst(verdicts)]


def is_answered(asked: Question, answer: str, profile: str) -> bool:
    """Tell whether a typed answer lets the order go on; an empty one never does."""
    given = answer.strip()
    if asked is Question.YES:
        return given.lower() in _YES
    if asked is Question.NAME:
        return bool(given) and given == profile
    return asked is Question.NOTHING


def parse_allowed(texts: Iterable[str]) -> frozenset[Code]:
    """Return the codes of ``--allow CODE,..`` (repeatable; upper or lower case).

    Raises:
        UsageError: there is no such code, or a text names none.
    """
    return frozenset(_code(part) for text in texts for part in text.split(","))


def _code(text: str) -> Code:
    name = text.strip().upper()
    if name in Code.__members__:
        return Code(name)
    hint, near = nearest(name, Code)
    raise UsageError(
        "--allow: there is no check {name!r}", hint=hint, code="allow", name=text, near=near
    )


def uncovered(
    verdicts: Iterable[Verdict], *, yes: bool, allowed: frozenset[Code]
) -> tuple[Verdict, ...]:
    """Return the verdicts that stop an order where nobody can be asked.

    ``--yes`` covers warnings and nothing worse. ``--allow CODE`` covers that code's hold, and
    its warning too: who allows the worse allows the milder. Nothing covers a refusal.
    """
    return tuple(
        verdict
        for verdict in verdicts
        if verdict.tier is Tier.REFUSE
        or (verdict.code not in allowed and not (yes and verdict.tier is Tier.WARN))
    )


def needed_options(verdicts: Iterable[Verdict]) -> str:
    """Return the options that would cover these verdicts; "" for none or where none helps."""
    found = tuple(verdicts)
    if worst(found) is Tier.REFUSE:
        return ""
    held = {verdict.code for verdict in found if verdict.tier is Tier.HOLD}
    warned = any(verdict.tier is Tier.WARN and verdict.code not in held for verdict in found)
    # In the order of the checks, so that equal verdicts give equal texts.
    codes = ",".join(code for code in Code if code in held)
    return " ".join(("--yes",) * warned + (f"--allow {codes}",) * bool(codes))


def worse_than_shown(shown: Iterable[Verdict], fresh: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the fresh verdicts that are worse than what the person saw and agreed to.

    Compared per code by tier: other figures in the same tier are no news (prices move while
    a person thinks), a new code or a worse tier is.
    """
    seen: dict[Code, Tier] = {}
    for verdict in shown:
        seen[verdict.code] = max(verdict.tier, seen.get(verdict.code, verdict.tier))
    return tuple(v for v in fresh if v.code not in seen or v.tier > seen[v.code])
