"""Names and numbers that identify things, each a type of its own.

They are strings (codes keep their zeros and letters) that exist only in a valid form.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from kiwoomctl.errors import UsageError

_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")
_SYMBOL = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SYMBOL_LENGTH = 6
PROFILE_NAME_LENGTH = 32
RESERVED_PROFILE_NAMES = frozenset({"all"})


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣"


class ProfileName(str):
    """The name of a profile: ``[a-z][a-z0-9-]{0,31}``, Hangul allowed, never ``all``."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the name.

        Raises:
            UsageError: the text is not a profile name.
        """
        first_ok = bool(text) and (text[0] in _LOWER or _is_hangul(text[0]))
        rest_ok = all(c in _LOWER or c in _DIGITS or c == "-" or _is_hangul(c) for c in text)
        if not (first_ok and rest_ok) or len(text) > PROFILE_NAME_LENGTH:
            raise UsageError(
                "{name!r} cannot be a profile name",
                hint="use a-z, 0-9, - or Hangul, a letter first, at most 32 characters",
                code="profile_name",
                name=text,
            )
        if text in RESERVED_PROFILE_NAMES:
            raise UsageError(
                "{name!r} cannot be a profile name: it means every enabled profile",
                hint="choose another name",
                code="profile_name",
                name=text,
            )
        return cls(text)

    @property
    def env_form(self) -> str:
        """The name inside an environment variable: upper case, ``-`` as ``_``."""
        return self.upper().replace("-", "_")


class Symbol(str):
    """A code of the Korean exchanges: six of ``[0-9A-Z]``, without class letter or venue.

    A broker's lists may hold what has a longer one, and what no order can name for that.
    """

    __slots__ = ()

    @classmethod
    def is_valid(cls, text: str) -> bool:
        """Tell whether the text is a code."""
        return len(text) == SYMBOL_LENGTH and all(c in _SYMBOL for c in text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the code.

        Raises:
            UsageError: the text is not a code; the hint says what may have been meant.
        """
        if cls.is_valid(text):
            return cls(text)
        raise UsageError(
            "{symbol!r} is not a code of six characters 0-9, A-Z",
            hint=_symbol_hint(text),
            code="symbol",
            symbol=text,
            meant=_meant_symbol(text),
        )


def _meant_symbol(text: str) -> str:
    candidate = text.strip().upper()
    if len(candidate) == SYMBOL_LENGTH + 1 and candidate[0] in "AJQ":
        candidate = candidate[1:]
    candidate = candidate.split("_", 1)[0]
    if candidate.isascii() and candidate.isdigit():
        candidate = candidate.zfill(SYMBOL_LENGTH)
    return candidate if Symbol.is_valid(candidate) else ""


def _symbol_hint(text: str) -> str:
    return (
        "did you mean {meant}?" if _meant_symbol(text) else "give the code as the broker shows it"
    )


class AccountId(NamedTuple):
    """Whose orders these are: never a profile's name, never an app key."""

    broker: str
    environment: str
    number: str
    """The broker's whole account number."""

    def __str__(self) -> str:
        return f"{self.broker}/{self.environment}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> AccountId:
        """Return the account that ``str()`` gave this text for."""
        broker, environment, number = text.split("/", 2)
        return cls(broker, environment, number)


def mask_account(number: str | None) -> str | None:
    """Return an account number with its middle hidden; None stays None."""
    if number is None:
        return None
    if len(number) <= 4:  # noqa: PLR2004 - too short to leave anything readable
        return "*" * len(number)
    return f"{number[:2]}{'*' * (len(number) - 4)}{number[-2:]}"
