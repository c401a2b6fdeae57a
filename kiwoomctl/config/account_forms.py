"""The brokers a profile may name, and how each writes its account numbers: told nowhere else.

Profiles are read before any house is known, and by commands that need none.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from kiwoomctl.errors import Phrase

_BETWEEN: Final = re.compile(r"[ -]")


class AccountForm(NamedTuple):
    """How the account numbers of one broker are written."""

    shape: re.Pattern[str]
    """Its groups, or else all of it, are the digits that count."""
    dash: int
    """Before which digit there is one; 0 for none."""
    needed: bool
    """Whether a profile must say it: no key tells whose it is."""
    wrong: Phrase
    """What is said of any other text, ``{number}``."""
    advice: Phrase

    def digits(self, text: str) -> str | None:
        """Return the digits of a number; None for a text of another form."""
        found = self.shape.fullmatch(text)
        return None if found is None else "".join(found.groups()) or found[0]

    def written(self, text: str) -> str:
        """Return a number of this form whose dash was left out, put elsewhere, or is a blank."""
        digits = _BETWEEN.sub("", text)
        parts = (digits[: self.dash], digits[self.dash :]) if self.dash else (digits,)
        number = "-".join(parts)
        return text if self.digits(number) is None else number


FORMS: Final = {
    "kiwoom": AccountForm(
        re.compile(r"[0-9]{8,}"),
        dash=0,
        needed=False,
        wrong=Phrase("account {number!r} is not an account number"),
        advice=Phrase("digits only, as the broker shows them, in quotes"),
    ),
    "kis": AccountForm(
        re.compile(r"([0-9]{8})-([0-9]{2})"),
        dash=8,
        needed=True,
        wrong=Phrase("account {number!r} is not an account number of KIS"),
        advice=Phrase(
            'write the eight digits, a dash and the two of the product: account = "12345678-01"'
        ),
    ),
}
BROKERS: Final = tuple(FORMS)
