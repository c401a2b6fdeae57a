"""What the state machine lets happen to orders: strategies of orders and of faults."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from tests.campaign import deeds

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
_BUYS: Final = st.sampled_from(["kt10000", "kt10000", "kt10001", "kt10002", "kt10003"])


def _one(api: str, **fault: Any) -> tuple[dict[str, Any], ...]:
    return ({"api_id": api, "count": 1, **fault},)


_LOSSES: Final = st.builds(
    lambda api, mode, when: _one(api, mode=mode, when=when),
    _BUYS,
    st.sampled_from(LOST),
    st.sampled_from(["before", "after"]),
)
_REFUSALS: Final = st.builds(
    lambda api, fault: _one(api, **fault),
    _BUYS,
    st.sampled_from(
        [
            {"mode": "http_429"},
            {"mode": "http_429", "count": 3},
            {"mode": "http_429", "when": "after"},
            {"mode": "token_dead"},
            {"mode": "backend", "code": "855056", "text": "x"},
            {"mode": "backend", "code": "777777", "text": "x"},
            {"mode": "backend", "code": "777777", "text": "x", "when": "after"},
            {"mode": "wrong_number", "when": "after", "text": "zero"},
            {"mode": "wrong_number", "when": "after", "text": "nine"},
        ]
    ),
)
_DELAYS: Final = st.builds(
    lambda late, lag: (
        *(
            _one("kt10000", mode="late_accept", seconds=late)
            if late
            else _one("kt10000", mode="drop", when="after")
        ),
        *(_one("kt10000", mode="list_lag", seconds=lag) if lag else ()),
    ),
    st.sampled_from([0, 2, 20, 200, 600]),
    st.sampled_from([0, 3, 45, 500]),
)
TROUBLE: Final = st.one_of(_LOSSES, _REFUSALS, _DELAYS)
