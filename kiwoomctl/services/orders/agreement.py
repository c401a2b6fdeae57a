"""Whether an order may go out: what must be refused, what must be asked, what was agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from kiwoomctl.errors import KiwoomctlError, Refused, UsageError
from kiwoomctl.risk import verdicts
from kiwoomctl.risk.verdicts import (
    Code,
    Question,
    Tier,
    Verdict,
    needed_options,
    question,
    uncovered,
)
from kiwoomctl.services.orders.preview import Preview


def allowed_codes(texts: Iterable[str]) -> frozenset[Code]:
    """Return the codes of ``--allow CODE,..``; raises UsageError for one there is not."""
    return verdicts.parse_allowed(texts)


def wants_name(asked: Question) -> bool:
    """Tell whether the names of the profiles must be typed, not just a yes."""
    return asked is Question.NAME


def is_answered(asked: Question, answer: str, names: str) -> bool:
    """Tell whether a typed answer lets the orders go; an empty one never does."""
    return verdicts.is_answered(asked, answer, names)


@dataclass(frozen=True, slots=True)
class Manner:
    """How an order is to be placed: the options of the command."""

    client_id: str | None = None
    """The --id key."""
    yes: bool = False
    allowed: frozenset[Code] = frozenset()
    dry_run: bool = False
    settle: timedelta = timedelta(seconds=60)
    """How long evidence is gathered after a lost reply."""
    keep_going: bool = False
    asks: bool = True
    """False for a cancel of orders that were named: without a verdict nothing is asked."""

    def left(self, said: Sequence[Verdict]) -> tuple[Verdict, ...]:
        """Return the verdicts that the options do not cover."""
        return uncovered(said, yes=self.confirmed, allowed=self.allowed)

    @property
    def confirmed(self) -> bool:
        """Whether a plain yes is not needed any more; a dry run sends nothing."""
        return self.yes or self.dry_run or not self.asks


def refusal(shown: Preview, manner: Manner, *, is_there: bool) -> KiwoomctlError | None:
    """Return why an order may not go: forbidden, or to be asked where nobody is."""
    left = manner.left(shown.verdicts)
    forbidden = next((verdict for verdict in left if verdict.tier is Tier.REFUSE), None)
    if forbidden is not None:
        return Refused(
            "{check}: {verdict}",
            hint="kiwoomctl help risk",
            code=forbidden.code.value,
            check=forbidden.code.value,
            verdict=forbidden.message,
        )
    if is_there or not (left or not manner.confirmed):
        return None
    return _unconfirmed(left, manner)


def to_ask(previews: Sequence[Preview], manner: Manner, *, is_there: bool) -> Question:
    """Return what a person must answer before these go out; the worst verdict decides."""
    if not (previews and is_there) or manner.dry_run:
        return Question.NOTHING
    left = [verdict for shown in previews for verdict in manner.left(shown.verdicts)]
    if left:
        return question(left)
    return Question.NOTHING if manner.confirmed else Question.YES


def _unconfirmed(left: Sequence[Verdict], manner: Manner) -> UsageError:
    options = needed_options(left)
    if not manner.confirmed and "--yes" not in options:
        options = f"--yes {options}".strip()
    first = next((v for v in left if v.tier is Tier.HOLD), next(iter(left), None))
    if first is None:
        return UsageError(
            "there is no terminal to confirm the order at",
            hint="confirm it with {options}",
            code="confirmation_missing",
            options=options,
        )
    return UsageError(
        "{check}: {verdict}",
        hint="to send it all the same: {options}",
        code="confirmation_missing",
        options=options,
        check=first.code.value,
        verdict=first.message,
    )
