"""Every way in which a broker can answer an order, and what has to come of it.

The expectations are those of the outcome tables: written down here by hand, not taken from the
code that is tried. Which faults mean something on which wire is said here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from tests.campaign.houses import ACTIONS, Action, House

LISTED_CODE: Final = "855056"
"""A refusal of Kiwoom's real server that is known to be definite."""
UNLISTED_CODE: Final = "777777"
SOON: Final = 0.15
"""Seconds until a late order is taken, or a hidden one is shown."""
TOO_LONG: Final = 3.0
"""Seconds beyond the patience of a hurried command."""
ONE_LIST: Final = "the day's list empty"


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
    actions: tuple[Action, ...] = ACTIONS
    """What it can happen to."""
    cancel_code: int | None = None
    """The exit code of a cancel where it is another one."""

    def code_of(self, action: Action) -> int:
        """Return the exit code with ``--settle 0``."""
        return self.code if action != "cancel" or self.cancel_code is None else self.cancel_code

    @property
    def bound(self) -> bool:
        """Whether the --id key is used up: the same again sends nothing."""
        return self.state in {"ACCEPTED", "UNKNOWN"}


@cache
def kinds(house: House) -> tuple[Kind, ...]:
    """Return the kinds of replies of a house."""
    return (*_COMMON, *_SPECIAL[house.broker], _one_list(house))


@cache
def lies(house: House) -> tuple[Kind, ...]:
    """Return the replies that are not so.

    The broker says for certain that there is no order, or that there is one, and it is not so. No
    client can see that; they are told apart from what is judged.
    """
    return _LIES[house.broker]


def kind_of(house: House, name: str) -> Kind:
    """Return the kind of this name; raises StopIteration."""
    return next(kind for kind in kinds(house) if kind.name == name)


def _fault(mode: str, when: str, **more: Any) -> dict[str, Any]:
    return {"mode": mode, "when": when, "count": 1, **more}


def _lost(mode: str, when: str, **more: Any) -> Kind:
    exists = when == "after"
    name = f"{mode} {when}" + "".join(f" {value}" for value in more.values() if value != TOO_LONG)
    resolved = "MATCHED" if exists else "UNKNOWN"
    return Kind(name, (_fault(mode, when, **more),), 5, "UNKNOWN", exists, resolved)


def _refused(name: str, code: int, state: str, *faults: dict[str, Any], renewals: int = 0) -> Kind:
    return Kind(name, faults, code, state, state == "ACCEPTED", state, renewals)


def _gate(code: str, **more: Any) -> tuple[Kind, ...]:
    """Return the kinds of a rate that is refused: tried again twice at most."""

    def fault(count: int) -> dict[str, Any]:
        return _fault("backend", "before", code=code, text="x", **more) | {"count": count}

    return (
        _refused(f"{code} once", 0, "ACCEPTED", fault(1)),
        _refused(f"{code} always", 9, "NOT_SENT", fault(3)),
        _lost("backend", "after", code=code, text="x"),
    )


def _rejected(code: str) -> Kind:
    fault = _fault("backend", "before", code=code, text="x")
    return _refused(f"refused {code}", 3, "REJECTED", fault)


def _one_list(house: House) -> Kind:
    """Return the loss of a reply while the list of the day is empty.

    Where there is no other list, no evidence comes of it, and an order to be changed is not found;
    one other list, which shows no fills, is not enough for a match.
    """
    alone = len(house.lists) == 1
    seen = "AMBIGUOUS" if house.broker == "kis" else "MATCHED"
    return Kind(
        ONE_LIST,
        (_fault("drop", "after"), {"mode": "kt00007_empty", "api_id": house.day_list}),
        5, "UNKNOWN", exists=True, resolved="UNKNOWN" if alone else seen,
        actions=("buy", "sell") if alone else ACTIONS,
    )  # fmt: skip


_DAMAGED: Final = (
    "drop", "reset", "truncate", "html", "garbage", "list", "empty", "http_500", "http_502",
    "http_503", "http_404", "blank",
)  # fmt: skip

_COMMON: Final = (
    _refused("accepted", 0, "ACCEPTED"),
    *(_lost(mode, when) for mode in _DAMAGED for when in ("before", "after")),
    *(_lost("hang", when, seconds=TOO_LONG) for when in ("before", "after")),
    *(_lost("wrong_number", "after", text=text) for text in ("known", "zero", "nine")),
    *(_lost("wrong_number", "before", text=text) for text in ("known", "zero", "nine")),
    _lost("slow", "after", seconds=TOO_LONG),
    _refused("slow", 0, "ACCEPTED", _fault("slow", "after", seconds=0.05)),
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
)  # fmt: skip

_KIWOOM: Final = (
    *(_lost("backend", when, code="-994", text="x") for when in ("before", "after")),
    _refused("return_code as text", 0, "ACCEPTED", _fault("rc_string", "after")),
    # Refused for certain, and refused with a code nobody knows.
    _refused("other address", 3, "REJECTED", _fault("ip_mismatch", "before")),
    _refused("refused", 3, "REJECTED", _fault("backend", "before", code=LISTED_CODE, text="x")),
    _refused("unlisted", 3, "REJECTED", _fault("backend", "before", code=UNLISTED_CODE, text="x")),
    _lost("backend", "after", code=UNLISTED_CODE, text="x"),
)

_TROUBLES: Final = (
    "EGW00001", "EGW00002", "EGW00202", "EGW00203", "EGW00300", "EGW00301", "EGW00302",
)  # fmt: skip
"""Of KIS's gateway: each may come after the order was taken."""
_KIS: Final = (
    # Nobody has seen a number there, so nobody knows what it means.
    *(_lost("rc_string", when) for when in ("before", "after")),
    *(_lost("ip_mismatch", when) for when in ("before", "after")),
    *(_lost("backend", w, code=c, text="x") for c in _TROUBLES for w in ("before", "after")),
    # Neither the ledger's code, nor its input checks', nor the mock ledger's.
    *(_lost("backend", when, code="MCA05918", text="x") for when in ("before", "after")),
    _lost("backend", "before", code="?", text="x"),
    # A success and a refusal at once; a refusal that leaves open what became of the order.
    _lost("backend", "before", code="APBK0013", text="x"),
    _lost("backend", "after", code="APBK0952", text="직전 거래를 반드시 확인하세요"),
    *map(_rejected, ("APBK0952", "APBK0400", "OPSQ2000", "40570000")),
    _refused("refused", 3, "REJECTED", _fault("backend", "before", code="APBK0918", text="x")),
    *_gate("EGW00215"),
    *(
        _refused(f"{code} once", 0, "ACCEPTED", _fault("token_dead", "before", code=code),
                 renewals=1)
        for code in ("EGW00121", "EGW00122")
    ),
)  # fmt: skip
_SPECIAL: Final = {"kiwoom": _KIWOOM, "kis": _KIS}

_LIES: Final = {
    "kiwoom": (
        Kind("refused, yet accepted", (_fault("backend", "after", code=LISTED_CODE, text="x"),),
             3, "REJECTED", exists=True, resolved="REJECTED"),
        Kind("other address, yet accepted", (_fault("ip_mismatch", "after"),),
             3, "REJECTED", exists=True, resolved="REJECTED"),
        Kind("accepted, yet none", (_fault("rc_string", "before"),),
             0, "ACCEPTED", exists=False, resolved="ACCEPTED"),
    ),
    "kis": (
        # After a refused cancel the order is read: it is closed, which was wanted.
        Kind("refused, yet accepted", (_fault("backend", "after", code="APBK0952", text="x"),),
             3, "REJECTED", exists=True, resolved="REJECTED", cancel_code=0),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class After:
    """A refusal at the gate, after which the lists cannot be read."""

    name: str
    fault: Mapping[str, Any]
    point: str
    """From where on they cannot."""
    exists: bool = False


_GATES: Final[Mapping[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    "kiwoom": (
        ("429", {"mode": "http_429", "when": "before"}),
        ("429", {"mode": "http_429", "when": "after"}),
        ("dead token", {"mode": "token_dead", "when": "before"}),
        ("unlisted", {"mode": "backend", "when": "before", "code": UNLISTED_CODE, "text": "x"}),
        ("unlisted", {"mode": "backend", "when": "after", "code": UNLISTED_CODE, "text": "x"}),
    ),
    "kis": (
        ("rate", {"mode": "http_429", "when": "before"}),
        ("rate", {"mode": "http_429", "when": "after"}),
        ("dead token", {"mode": "token_dead", "when": "before"}),
        ("busy ledger", {"mode": "backend", "when": "before", "code": "EGW00215", "text": "x"}),
        ("busy ledger", {"mode": "backend", "when": "after", "code": "EGW00215", "text": "x"}),
    ),
}


@cache
def afters(house: House) -> tuple[After, ...]:
    """Return the refusals that only reads prove, each with reads that fail from a point on."""
    return tuple(
        After(f"{name} {fault['when']}, lists fail {point}", fault, point, fault["when"] == "after")
        for name, fault in _GATES[house.broker]
        for point in ("classify.after", "record_outcome.after")
        # After its outcome only what is tried again is read for.
        if point == "classify.after" or (name != "unlisted" and fault["when"] == "before")
    )
