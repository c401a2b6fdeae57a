"""What the state machine lets happen to orders: strategies of orders and of faults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st

from tests.campaign import deeds
from tests.campaign.houses import House

ACCOUNTS: Final = 2
CODES: Final = tuple(code for code, _ in deeds.cheap_codes()[:3])
PRICES: Final = dict(deeds.cheap_codes())
KEYS: Final = (None, None, "a", "b", "c")
LOST: Final = ("drop", "reset", "truncate", "html", "garbage", "empty", "http_502", "blank")
ORDERS: Final = st.fixed_dictionaries(
    {
        "who": st.sampled_from(["0", "1", "01"]),
        "action": st.sampled_from(["buy", "buy", "buy", "sell"]),
        "code": st.sampled_from(CODES),
        "lower": st.integers(0, 3),
        "key": st.sampled_from(KEYS),
        "settle": st.sampled_from([0, 0, 5, 60]),
        "keep_going": st.booleans(),
    }
)
_REFUSALS: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {
    "kiwoom": (
        {"mode": "backend", "code": "855056", "text": "x"},
        {"mode": "backend", "code": "777777", "text": "x"},
        {"mode": "backend", "code": "777777", "text": "x", "when": "after"},
    ),
    "kis": (
        {"mode": "backend", "code": "APBK0952", "text": "x"},
        {"mode": "backend", "code": "EGW00215", "text": "x"},
        {"mode": "backend", "code": "EGW00215", "text": "x", "when": "after"},
        {"mode": "backend", "code": "EGW00301", "text": "x", "when": "after"},
        {"mode": "backend", "code": "MCA05918", "text": "x"},
    ),
}
_ANYWHERE: Final[tuple[dict[str, Any], ...]] = (
    {"mode": "http_429"},
    {"mode": "http_429", "count": 3},
    {"mode": "http_429", "when": "after"},
    {"mode": "token_dead"},
    {"mode": "wrong_number", "when": "after", "text": "zero"},
    {"mode": "wrong_number", "when": "after", "text": "nine"},
)


def _one(api: str, **fault: Any) -> tuple[dict[str, Any], ...]:
    return ({"api_id": api, "count": 1, **fault},)


@cache
def trouble_of(house: House) -> st.SearchStrategy[tuple[dict[str, Any], ...]]:
    """Return what may happen to the next order at a house."""
    ids = house.api_ids
    orders = st.sampled_from([ids[a] for a in ("buy", "buy", "sell", "modify", "cancel")])
    losses = st.builds(
        lambda api, mode, when: _one(api, mode=mode, when=when),
        orders,
        st.sampled_from(LOST),
        st.sampled_from(["before", "after"]),
    )
    refusals = st.builds(
        lambda api, fault: _one(api, **fault),
        orders,
        st.sampled_from([*_ANYWHERE, *_REFUSALS[house.broker]]),
    )
    delays = st.builds(
        lambda late, lag: (
            *(
                _one(ids["buy"], mode="late_accept", seconds=late)
                if late
                else _one(ids["buy"], mode="drop", when="after")
            ),
            *(_one(ids["buy"], mode="list_lag", seconds=lag) if lag else ()),
        ),
        st.sampled_from([0, 2, 20, 200, 600]),
        st.sampled_from([0, 3, 45, 500]),
    )
    return st.one_of(losses, refusals, delays)
