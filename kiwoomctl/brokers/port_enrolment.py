"""What a person has to know to open an account of a house to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kiwoomctl.errors import Phrase


class Enrolment(NamedTuple):
    """How a key of one environment is had from a house, and what beside it is needed."""

    title: Phrase
    """The house's name for people."""
    steps: tuple[Phrase, ...]
    """What its owner does, in turn."""
    asks_account: bool
    """Whether a key does not tell whose account it is, so that its owner must."""
    asks_hts_id: bool
    """Whether the owner's name at the house's own program is of use."""
