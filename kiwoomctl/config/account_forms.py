"""The brokers a profile may name, and how each writes its account numbers: told nowhere else.

Profiles are read before any house is known, and by commands that need none.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from kiwoomctl.errors import Phrase


class AccountForm(NamedTuple):
    """How the account numbers of one broker are written."""

    shape: re.Pattern[str]
    """Its groups, or else all of it, are the digits that count."""
    needed: bool
    """Whether a profile must say it: no key tells whose it is."""
    wrong: Phrase
    """What is said of any other text, ``{number}``."""
    advice: Phrase

    def digits(self, text: str) -> str | None:
        """Return the digits of a number; None for a text of another form."""
        found = self.shape.fullmatch(text)
        return None if found is None else "".join(found.groups()) or found[0]


FORMS: Final = {
    "kiwoom": AccountForm(
        re.compile(r"[0-9]{8,}"),
        needed=False,
        wrong=Phrase("account {number!r} is not an account number"),
        advice=Phrase("digits only, as the broker shows them, in quotes"),
    ),
    "kis": AccountForm(
        re.compile(r"([0-9]{8})-([0-9]{2})"),
        needed=True,
        wrong=Phrase("account {number!r} is not an account number of KIS"),
        advice=Phrase(
            'write the eight digits, a dash and the two of the product: account = "12345678-01"'
        ),
    ),
}
BROKERS: Final = tuple(FORMS)
