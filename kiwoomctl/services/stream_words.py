"""What the words after ``stream`` ask for: kinds of events, and the codes they are about.

A word is a kind where it is the broker's two characters (case matters), our English word or
the broker's Korean name; everything else is a code. Codes of six characters go to the kinds
about stocks, shorter ones to those about sectors; kinds about anything take all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.domain.identity import SYMBOL_LENGTH, Symbol
from kiwoomctl.errors import UsageError, nearest

if TYPE_CHECKING:
    from kiwoomctl.domain.live import LiveKind

VENUES: Final = ("_NX", "_AL")
"""Behind a code: NXT, and both exchanges together; without one it is KRX."""
_SECTOR_LENGTH: Final = 3
_CODE: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Request(NamedTuple):
    """Kinds with the same items."""

    types: tuple[str, ...]
    items: tuple[str, ...]


class Wanted(NamedTuple):
    """What a stream is to bring."""

    account: Request | None
    """What each chosen account tells of itself."""
    market: tuple[Request, ...]
    """What is the same for everybody: one account's connection brings it."""
    kinds: tuple[LiveKind, ...]


def wanted(words: Sequence[str], kinds: Sequence[LiveKind]) -> Wanted:
    """Return what the words ask for.

    Raises:
        UsageError: a word is neither, nothing is asked for, or a kind or a code lacks the other.
    """
    known = _known(kinds)
    chosen: dict[str, LiveKind] = {}
    items: list[str] = []
    for word in words:
        kind = known.get(word) or known.get(word.lower() if len(word) > 2 else word)  # noqa: PLR2004 - in the broker's two characters case matters
        if kind is not None:
            chosen[kind.type] = kind
        else:
            items.append(_item(word, known))
    if not chosen:
        raise UsageError(
            "nothing says what to stream",
            hint="name a kind of event, e.g. orders or trades 005930; all: stream --list",
            code="kind_missing",
        )
    return _matched(tuple(chosen.values()), tuple(dict.fromkeys(items)))


def _matched(kinds: tuple[LiveKind, ...], items: tuple[str, ...]) -> Wanted:
    stocks = tuple(item for item in items if _is_stock(item))
    sectors = tuple(item for item in items if not _is_stock(item))
    about = {"symbol": stocks, "sector": sectors, "any": items}
    market: dict[tuple[str, ...], list[str]] = {}
    for kind in kinds:
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
    used = {item for own in market for item in own}
    for item in items:
        if item not in used:
            raise UsageError(
                "none of these kinds of events is about the code {item!r}",
                hint="leave it out, or name a kind that is: stream --list",
                code="code_unused",
                item=item,
            )
    account = tuple(kind.type for kind in kinds if kind.items == "account")
    return Wanted(
        account=Request(account, ("",)) if account else None,
        market=tuple(Request(tuple(types), own) for own, types in market.items()),
        kinds=kinds,
    )


def _known(kinds: Sequence[LiveKind]) -> dict[str, LiveKind]:
    found: dict[str, LiveKind] = {}
    for kind in kinds:
        found |= {kind.type: kind, kind.word: kind, kind.name: kind, kind.name.lower(): kind}
    return found


def _item(word: str, known: dict[str, LiveKind]) -> str:
    """Return a code with its venue."""
    code = next((word.removesuffix(v) for v in VENUES if word.endswith(v)), word)
    if Symbol.is_valid(code) or (len(code) == _SECTOR_LENGTH and _CODE.issuperset(code)):
        return word
    looks_like_code = word[:1].isdigit() or (word.isascii() and any(map(str.isdigit, word)))
    if looks_like_code:
        Symbol.parse(word)
    words = [name for name in known if len(name) > 2 and name.isascii() and name.islower()]  # noqa: PLR2004 - the broker's own names have two
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
