"""What the words after ``stream`` ask for: kinds of events, and the codes they are about.

A word is a kind where it is our English word for it, or a broker's own name (Kiwoom's two
characters, in which case matters, KIS's TR, or a Korean one); everything else is a code. Codes
of six characters go to the kinds about stocks, shorter ones to those about sectors; kinds about
anything take all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.domain.identity import SYMBOL_LENGTH, Symbol
from kiwoomctl.errors import UsageError, nearest

if TYPE_CHECKING:
    from kiwoomctl.domain.live import LiveCatalogue, LiveKind

VENUES: Final = ("_NX", "_AL")
"""Behind a code: NXT, and both exchanges together; without one it is KRX."""
_SECTOR_LENGTH: Final = 3
_CODE: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Request(NamedTuple):
    """Kinds with the same items."""

    types: tuple[str, ...]
    items: tuple[str, ...]


class Wanted(NamedTuple):
    """What a stream is to bring of one house."""

    account: Request | None
    """What each chosen account tells of itself."""
    market: tuple[Request, ...]
    """What is the same for everybody: one account's connection brings it."""


Houses = Mapping[str, "LiveCatalogue"]
"""What live events houses have, by their names; the one of the first account first."""


def wanted(words: Sequence[str], chosen: Houses, others: Houses | None = None) -> dict[str, Wanted]:
    """Return what the words ask for, by house.

    What accounts tell of themselves comes from all of them. What the market tells comes from the
    first house that has it; of a house's own name for a kind, from that house.

    Args:
        words: kinds and codes.
        chosen: the houses of the chosen accounts.
        others: further houses, so that a kind which only they have is known as one.

    Raises:
        UsageError: a word is neither, nothing is asked for, a kind or a code lacks the other, or
            a house does not have a kind.
    """
    known = _known({**(others or {}), **chosen})
    kinds: dict[str, dict[str, LiveKind]] = {name: {} for name in chosen}
    items: list[str] = []
    for word in words:
        found = known.get(word) or known.get(word.lower() if len(word) > 2 else word)  # noqa: PLR2004 - in Kiwoom's two characters case matters
        if found is None:
            items.append(_item(word, known))
            continue
        for house in _houses_for(word, found, chosen):
            kinds[house][found[house].type] = found[house]
    if not any(kinds.values()):
        raise UsageError(
            "nothing says what to stream",
            hint="name a kind of event, e.g. orders or trades 005930; all: stream --list",
            code="kind_missing",
        )
    return _matched(
        {house: tuple(own.values()) for house, own in kinds.items()}, tuple(dict.fromkeys(items))
    )


def _houses_for(word: str, found: Mapping[str, LiveKind], chosen: Houses) -> list[str]:
    """Return the chosen houses that bring a kind; raises UsageError."""
    here = [house for house in chosen if house in found]
    if not here:
        raise _absent(word, next(iter(chosen.values())))
    kind = found[here[0]]
    if kind.items != "account":
        return here[:1]
    if word.lower() == kind.word:
        for house, catalogue in chosen.items():
            if house not in found:
                raise _absent(word, catalogue)
    return here


def _absent(word: str, catalogue: LiveCatalogue) -> UsageError:
    return UsageError(
        "{broker} has no live events {word!r}, only {words}",
        hint="leave its profiles out with -p; who has what: stream --list",
        code="kind_absent",
        broker=catalogue.title,
        word=word,
        words=", ".join(kind.word for kind in catalogue.kinds),
    )


def _matched(kinds: Mapping[str, Sequence[LiveKind]], items: tuple[str, ...]) -> dict[str, Wanted]:
    stocks = tuple(item for item in items if _is_stock(item))
    sectors = tuple(item for item in items if not _is_stock(item))
    about = {"symbol": stocks, "sector": sectors, "any": items}
    used: set[str] = set()
    matched = {}
    for house, own_kinds in kinds.items():
        market: dict[tuple[str, ...], list[str]] = {}
        for kind in own_kinds:
            if kind.items == "account":
                continue
            own = about.get(kind.items, ("",))
            if not own:
                raise UsageError(
                    "{word!r} needs a code",
                    hint="e.g. stream {word} {example}",
                    code="code_missing",
                    word=kind.word,
                    example="001" if kind.items == "sector" else "005930",
                )
            market.setdefault(own, []).append(kind.type)
        used.update(item for own in market for item in own)
        account = tuple(kind.type for kind in own_kinds if kind.items == "account")
        matched[house] = Wanted(
            account=Request(account, ("",)) if account else None,
            market=tuple(Request(tuple(types), own) for own, types in market.items()),
        )
    for item in items:
        if item not in used:
            raise UsageError(
                "none of these kinds of events is about the code {item!r}",
                hint="leave it out, or name a kind that is: stream --list",
                code="code_unused",
                item=item,
            )
    return matched


_Known = Mapping[str, Mapping[str, "LiveKind"]]
"""By each of its names, what a kind is at which house."""


def _known(houses: Houses) -> _Known:
    found: dict[str, dict[str, LiveKind]] = {}
    for house, catalogue in houses.items():
        for kind in catalogue.kinds:
            for name in {kind.type, *kind.also, kind.word, kind.name}:
                found.setdefault(name, {})[house] = kind
                if len(name) > 2:  # noqa: PLR2004 - as above
                    found.setdefault(name.lower(), {})[house] = kind
    return found


def _item(word: str, known: _Known) -> str:
    """Return a code with its venue."""
    code = next((word.removesuffix(v) for v in VENUES if word.endswith(v)), word)
    if Symbol.is_valid(code) or (len(code) == _SECTOR_LENGTH and _CODE.issuperset(code)):
        return word
    looks_like_code = word[:1].isdigit() or (word.isascii() and any(map(str.isdigit, word)))
    if looks_like_code:
        Symbol.parse(word)
    words = list({kind.word for houses in known.values() for kind in houses.values()})
    hint, near = nearest(word, words)
    raise UsageError(
        "{word!r} is neither a kind of event nor a code",
        hint=hint,
        code="kind_unknown",
        word=word,
        near=near,
    )


def _is_stock(item: str) -> bool:
    return len(item.split("_", 1)[0]) == SYMBOL_LENGTH
