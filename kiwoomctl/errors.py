"""The errors a user may meet, each with its stable code and its exit code.

::

    KiwoomctlError
    ├── UsageError            2   the command line is wrong
    ├── BrokerRejected        3   the broker said no, definitely
    ├── SignInError           4   token, key or the source of a secret
    ├── UnknownOutcome        5   an order may exist: nobody can say yet
    ├── Refused               7   an own rule forbids the order
    ├── ConfigError           8   profiles.toml
    ├── StateError            8   files of the state folder
    ├── Busy                  9   a lock, a slot or the rate wait took too long
    ├── Unavailable          10   network or broker down, or its reply unreadable
    │   ├── Unreadable            the reply is not what the broker documents
    │   └── Throttled             the broker refused the rate (not processed)
    └── Interrupted         130   ^C with nothing in flight

``message`` and ``hint`` are English templates with ``{name}`` fields; ``values``
fills them. Templates are the keys of the translations, so the layers below
the terminal raise without knowing any language.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final


class Phrase:
    """A text inside a text: a template with its values, translated on its own."""

    def __init__(self, template: str, **values: Any) -> None:
        self.template = template
        self.values = values

    def __str__(self) -> str:
        """Return the English text."""
        return self.template.format(**self.values)


_OF_SYSTEM: Final = {
    phrase.template: phrase
    for phrase in (
        Phrase("No such file or directory"),
        Phrase("Permission denied"),
        Phrase("Read-only file system"),
        Phrase("No space left on device"),
        Phrase("Is a directory"),
        Phrase("Not a directory"),
    )
}


def system_reason(reason: str | None) -> Phrase:
    """Return what the system said of a file, in the user's language where it is known."""
    return _OF_SYSTEM.get(reason or "", Phrase("{reason}", reason=reason))


class KiwoomctlError(Exception):
    """Base of every expected error: one line, one hint, one exit code."""

    code: str = "error"
    exit_code: ClassVar[int] = 1
    safe_to_retry: bool = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str | None = None,
        safe_to_retry: bool | None = None,
        **values: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.values: dict[str, Any] = values
        if code is not None:
            self.code = code
        if safe_to_retry is not None:
            self.safe_to_retry = safe_to_retry

    def __str__(self) -> str:
        """Return the English text, for logs and tests."""
        text = self.message.format(**self.values)
        return f"{text}: {self.hint.format(**self.values)}" if self.hint else text


class UsageError(KiwoomctlError):
    """The command line is wrong."""

    code = "usage"
    exit_code = 2


class BrokerRejected(KiwoomctlError):
    """The broker answered with a definite business refusal."""

    code = "rejected"
    exit_code = 3


class SignInError(KiwoomctlError):
    """No usable token, key or secret."""

    code = "sign_in"
    exit_code = 4


class UnknownOutcome(KiwoomctlError):
    """An order may exist or not; sending it again could make a second one."""

    code = "unknown_outcome"
    exit_code = 5


class Refused(KiwoomctlError):
    """An own rule forbids the order; nothing was written and nothing sent."""

    code = "refused"
    exit_code = 7


class ConfigError(KiwoomctlError):
    """profiles.toml cannot be used as it is."""

    code = "config"
    exit_code = 8


class StateError(KiwoomctlError):
    """A file of the state folder cannot be read or written."""

    code = "state"
    exit_code = 8


class Busy(KiwoomctlError):
    """A lock, a slot or the wait for the rate limit took too long."""

    code = "busy"
    exit_code = 9
    safe_to_retry = True


class Unavailable(KiwoomctlError):
    """The network or the broker is down; nothing was placed."""

    code = "unavailable"
    exit_code = 10
    safe_to_retry = True


class Unreadable(Unavailable):
    """The broker answered with something that is not its documented form."""

    code = "unreadable"


class Throttled(Unavailable):
    """The broker refused the request for its rate: it was not processed."""

    code = "throttled"
    exit_code = 9


class Interrupted(KiwoomctlError):
    """The user stopped the command while nothing was in flight."""

    code = "interrupted"
    exit_code = 130
    safe_to_retry = True


UNKNOWN_OUTCOME = UnknownOutcome.exit_code
PARTIAL = 6
# Where every account failed, the first of these decides (an unknown outcome is the worst).
SEVERITY = (UNKNOWN_OUTCOME, 8, 4, 3, 7, 9, 10)


def combined_exit_code(failed: list[int], succeeded: int) -> int:
    """Return the exit code of a command over several accounts."""
    if not failed:
        return 0
    if UNKNOWN_OUTCOME in failed:
        return UNKNOWN_OUTCOME
    if succeeded:
        return PARTIAL
    return next((code for code in SEVERITY if code in failed), failed[0])


def nearest(name: str, known: Iterable[str]) -> tuple[str, str]:
    """Return a hint template about ``{near}`` and its value: the nearest name, or all."""
    import difflib

    names = sorted(str(k) for k in known)
    if not names:
        return "", ""
    close = difflib.get_close_matches(name, names, 1)
    return ("did you mean {near}?", close[0]) if close else ("known: {near}", ", ".join(names))
