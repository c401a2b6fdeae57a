"""What each tier asks of a person, and what --yes and --allow cover."""

from __future__ import annotations

from itertools import combinations

import pytest

from kiwoomctl.errors import Phrase, UsageError
from kiwoomctl.risk.verdicts import (
    Code,
    Question,
    Tier,
    Verdict,
    is_answered,
    needed_options,
    parse_allowed,
    question,
    uncovered,
    unknown,
    worse_than_shown,
    worst,
)

WARN = Verdict(Code.HOURS, Tier.WARN, Phrase("w"))
HOLD = Verdict(Code.CASH, Tier.HOLD, Phrase("h"))
REFUSE = Verdict(Code.TICK, Tier.REFUSE, Phrase("r"))
NONE: frozenset[Code] = frozenset()


def test_tiers_are_ordered() -> None:
    assert Tier.WARN < Tier.HOLD < Tier.REFUSE
    assert [tier.word for tier in Tier] == ["warn", "hold", "refuse"]


@pytest.mark.parametrize(
    ("verdicts", "tier", "asked"),
    [
        ((), None, Question.NOTHING),
        ((WARN,), Tier.WARN, Question.YES),
        ((WARN, HOLD), Tier.HOLD, Question.NAME),
        ((HOLD, REFUSE, WARN), Tier.REFUSE, Question.IMPOSSIBLE),
    ],
)
def test_the_worst_verdict_decides(
    verdicts: tuple[Verdict, ...], tier: Tier | None, asked: Question
) -> None:
    assert worst(verdicts) is tier
    assert question(iter(verdicts)) is asked


@pytest.mark.parametrize(
    ("asked", "answer", "passes"),
    [
        (Question.YES, "y", True),
        (Question.YES, " Yes\n", True),
        (Question.YES, "예", True),
        (Question.YES, "", False),
        (Question.YES, "n", False),
        (Question.YES, "isa", False),
        (Question.NAME, "isa", True),
        (Question.NAME, " isa\n", True),
        (Question.NAME, "ISA", False),
        (Question.NAME, "y", False),
        (Question.NAME, "", False),
        (Question.NOTHING, "", True),
        (Question.IMPOSSIBLE, "isa", False),
        (Question.IMPOSSIBLE, "y", False),
    ],
)
def test_answers(asked: Question, answer: str, passes: bool) -> None:
    assert is_answered(asked, answer, "isa") is passes


def test_an_empty_name_is_no_answer() -> None:
    assert not is_answered(Question.NAME, " ", "")


@pytest.mark.parametrize(
    ("yes", "allowed", "left"),
    [
        (False, NONE, (WARN, HOLD, REFUSE)),
        (True, NONE, (HOLD, REFUSE)),
        (False, frozenset({Code.CASH}), (WARN, REFUSE)),
        (True, frozenset({Code.CASH}), (REFUSE,)),
        (True, frozenset({Code.VALUE}), (HOLD, REFUSE)),
        (False, frozenset({Code.HOURS}), (HOLD, REFUSE)),
        (True, frozenset(Code), (REFUSE,)),
    ],
)
def test_what_options_cover(yes: bool, allowed: frozenset[Code], left: tuple[Verdict, ...]) -> None:
    assert uncovered((WARN, HOLD, REFUSE), yes=yes, allowed=allowed) == left


def test_the_needed_options_cover() -> None:
    verdicts = (WARN, HOLD, unknown(Code.VALUE, Phrase("x")), unknown(Code.HOURS, Phrase("x")))
    for size in range(len(verdicts) + 1):
        for some in combinations(verdicts, size):
            words = needed_options(some).split()
            codes = parse_allowed(words[words.index("--allow") + 1 :] if "--allow" in words else ())
            assert uncovered(some, yes="--yes" in words, allowed=codes) == ()
    assert needed_options((HOLD, WARN)) == "--yes --allow CASH"
    assert needed_options((HOLD,)) == "--allow CASH"
    assert needed_options((WARN,)) == "--yes"
    assert needed_options(()) == ""
    assert needed_options((REFUSE, WARN)) == ""


def test_allowed_codes_may_be_repeated_and_in_any_case() -> None:
    assert parse_allowed(["CASH,value", "no_price"]) == {Code.CASH, Code.VALUE, Code.NO_PRICE}
    assert parse_allowed([]) == NONE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CAHS", "did you mean CASH?"),
        ("all", "'all'"),
        ("", "no check ''"),
        ("CASH,", "no check ''"),
        ("CASH VALUE", "'CASH VALUE'"),
        ("*", "known: CASH, COLLAR"),
    ],
)
def test_a_code_that_is_none(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_allowed([text])
    assert caught.value.exit_code == 2
    assert told in str(caught.value)


def test_worse_than_shown() -> None:
    worse = Verdict(Code.HOURS, Tier.HOLD, Phrase("w"))
    other_figures = Verdict(Code.HOURS, Tier.WARN, Phrase("others"))

    assert worse_than_shown((WARN,), (worse,)) == (worse,)
    assert worse_than_shown((), (WARN,)) == (WARN,)
    assert worse_than_shown((HOLD,), (WARN,)) == (WARN,)
    assert worse_than_shown((WARN, HOLD), (other_figures,)) == ()
    assert worse_than_shown((worse, WARN), (worse,)) == ()
    assert worse_than_shown((worse,), (WARN,)) == ()
    assert worse_than_shown((WARN,), ()) == ()


def test_what_cannot_be_checked_is_held() -> None:
    verdict = unknown(Code.CASH, Phrase("the figure is {what}", what=Phrase("lost")))

    assert (verdict.tier, str(verdict.message)) == (
        Tier.HOLD,
        "cannot be checked: the figure is lost",
    )
