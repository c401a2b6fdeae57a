"""Every way in which the broker can answer an order, and what has to come of it.

The expectations are those of the outcome table: written down here by hand, not taken from the
code that is tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LISTED_CODE: Final = "855056"
"""A refusal of the real server that is known to be definite."""
UNLISTED_CODE: Final = "777777"
SOON: Final = 0.15
"""Seconds until a late order is taken, or a hidden one is shown."""
TOO_LONG: Final = 3.0
"""Seconds beyond the patience of a hurried command."""


@dataclass(frozen=True)
class Kind:
    """One kind of reply to one order."""

    name: str
    faults: tuple[Mapping[str, Any], ...]
    """What the simulator is asked for; the api-id and the key are added."""
    code: int
    """The exit code with ``--settle 0``."""
    state: str
    """The state of the newest attempt then."""
    exists: bool
    """Whether the broker has, or will have, the order then."""
    resolved: str
    """The state after ``resolve``, once the broker shows what there is."""
    renewals: int = 0
    """How often a token is replaced."""
    late: bool = False
    """Whether what there is shows only a moment later."""

    @property
    def bound(self) -> bool:
        """Whether the --id key is used up: the same again sends nothing."""
        return self.state in {"ACCEPTED", "UNKNOWN"}


def _fault(mode: str, when: str, **more: Any) -> dict[str, Any]:
    return {"mode": mode, "when": when, "count": 1, **more}


def _lost(mode: str, when: str, **more: Any) -> Kind:
    exists = when == "after"
    name = f"{mode} {when}" + "".join(f" {value}" for value in more.values() if value != TOO_LONG)
    resolved = "MATCHED" if exists else "UNKNOWN"
    return Kind(name, (_fault(mode, when, **more),), 5, "UNKNOWN", exists, resolved)


def _refused(name: str, code: int, state: str, *faults: dict[str, Any], renewals: int = 0) -> Kind:
    return Kind(name, faults, code, state, state == "ACCEPTED", state, renewals)


_DAMAGED: Final = (
    "drop", "reset", "truncate", "html", "garbage", "list", "empty", "http_500", "http_502",
    "http_503", "http_404", "blank",
)  # fmt: skip

KINDS: Final = (
    _refused("accepted", 0, "ACCEPTED"),
    *(_lost(mode, when) for mode in _DAMAGED for when in ("before", "after")),
    *(_lost("hang", when, seconds=TOO_LONG) for when in ("before", "after")),
    *(_lost("wrong_number", "after", text=text) for text in ("known", "zero", "nine")),
    *(_lost("wrong_number", "before", text=text) for text in ("known", "zero", "nine")),
    *(_lost("backend", when, code="-994", text="x") for when in ("before", "after")),
    _lost("slow", "after", seconds=TOO_LONG),
    _refused("slow", 0, "ACCEPTED", _fault("slow", "after", seconds=0.05)),
    _refused("return_code as text", 0, "ACCEPTED", _fault("rc_string", "after")),
    # Refused at the gate: tried again, twice for the rate and once for the token.
    _refused("429 once", 0, "ACCEPTED", _fault("http_429", "before")),
    _refused("429 twice", 0, "ACCEPTED", _fault("http_429", "before", count=2)),
    _refused("429 always", 9, "NOT_SENT", _fault("http_429", "before", count=3)),
    _lost("http_429", "after"),
    _refused("dead token", 0, "ACCEPTED", _fault("token_dead", "before"), renewals=1),
    _refused("dead twice", 4, "NOT_SENT", _fault("token_dead", "before", count=2), renewals=2),
    Kind(
        "token_dead after", (_fault("token_dead", "after"),), 5, "UNKNOWN", exists=True,
        resolved="MATCHED", renewals=1,
    ),
    # Refused for certain, and refused with a code nobody knows.
    _refused("other address", 3, "REJECTED", _fault("ip_mismatch", "before")),
    _refused("refused", 3, "REJECTED", _fault("backend", "before", code=LISTED_CODE, text="x")),
    _refused("unlisted", 3, "REJECTED", _fault("backend", "before", code=UNLISTED_CODE, text="x")),
    _lost("backend", "after", code=UNLISTED_CODE, text="x"),
    # What exists shows late, or in one list only.
    Kind(
        "late acceptance", ({"mode": "late_accept", "count": 1, "seconds": SOON},), 5, "UNKNOWN",
        exists=True, resolved="MATCHED", late=True,
    ),
    Kind(
        "late acceptance, garbage",
        (_fault("garbage", "after"), {"mode": "late_accept", "count": 1, "seconds": SOON}),
        5, "UNKNOWN", exists=True, resolved="MATCHED", late=True,
    ),
    Kind(
        "hidden for a while",
        (_fault("drop", "after"), {"mode": "list_lag", "count": 1, "seconds": SOON}),
        5, "UNKNOWN", exists=True, resolved="MATCHED", late=True,
    ),
    Kind(
        "accepted, hidden", ({"mode": "list_lag", "count": 1, "seconds": SOON},), 0, "ACCEPTED",
        exists=True, resolved="ACCEPTED", late=True,
    ),
    Kind(
        "the day's list empty",
        (_fault("drop", "after"), {"mode": "kt00007_empty", "api_id": "kt00007"}),
        5, "UNKNOWN", exists=True, resolved="MATCHED",
    ),
)  # fmt: skip

LIES: Final = (
    # The broker says for certain that there is no order, or that there is one, and it is not
    # so. No client can see that; they are told apart from what is judged.
    Kind("refused, yet accepted", (_fault("backend", "after", code=LISTED_CODE, text="x"),),
         3, "REJECTED", exists=True, resolved="REJECTED"),
    Kind("other address, yet accepted", (_fault("ip_mismatch", "after"),),
         3, "REJECTED", exists=True, resolved="REJECTED"),
    Kind("accepted, yet none", (_fault("rc_string", "before"),),
         0, "ACCEPTED", exists=False, resolved="ACCEPTED"),
)  # fmt: skip
