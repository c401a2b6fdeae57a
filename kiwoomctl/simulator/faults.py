"""Faults that a test asks the simulator for, and which requests they hit.

A fault names a TR (or ``*``: every TR but the token endpoints), a mode, whether
it strikes before or after the request is handled, optionally one app key and
how many requests it hits. The first matching fault in the order of asking wins;
a used-up one is forgotten.

``late_accept`` and ``list_lag`` strike orders only, and beside whatever else
strikes the same request. ``kt00007_empty`` strikes kt00007, and
KIS's list of a day's orders, whatever TR it names.

The modes of live sessions strike no request: ``login_refused`` a login, ``ping_unheard`` an
echo of a heartbeat, ``bye`` an open session, which the server then closes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

When = Literal["before", "after"]

# The connection itself suffers.
SOCKET_MODES = frozenset({"drop", "reset", "hang"})
# The reply's body or status is replaced or damaged.
REPLY_MODES = frozenset(
    {
        "truncate",
        "html",
        "garbage",
        "list",
        "empty",
        "http_500",
        "http_502",
        "http_503",
        "http_404",
        "http_429",
        "rc_string",
        "slow",
    }
)
# A well-formed refusal in the place of the reply.
REFUSAL_MODES = frozenset({"token_dead", "ip_mismatch", "backend"})
# The request is answered, but oddly.
CONTENT_MODES = frozenset({"blank", "stale_price", "zero_pl", "page_shift", "balance_lag"})
# Orders and their lists know these.
ORDER_MODES = frozenset({"wrong_number", "late_accept", "list_lag", "kt00007_empty"})
# Live sessions know these.
LIVE_MODES = frozenset({"login_refused", "ping_unheard", "bye"})
MODES = SOCKET_MODES | REPLY_MODES | REFUSAL_MODES | CONTENT_MODES | ORDER_MODES | LIVE_MODES

# Beside these another fault may strike the same request.
BESIDE_MODES = frozenset({"late_accept", "list_lag", "kt00007_empty"})

_NOT_OF_REQUESTS = BESIDE_MODES | LIVE_MODES

EVERY_API = "*"
LONG_SECONDS = 3_600.0
_LATE_SECONDS = 10.0
MOST_SECONDS = 10 * 366 * 86_400

_TOKEN_APIS = frozenset({"au10001", "au10002", "tokenP", "revokeP", "Approval"})
# Of KIS: sell, buy, change; of the real and the mock server; the new ids and the old.
_KIS_ORDER_APIS = tuple(
    f"{server}TTC{number}U"
    for server in "TV"
    for number in ("0011", "0012", "0013", "0801", "0802", "0803")
)
_ORDER_APIS = frozenset({"kt10000", "kt10001", "kt10002", "kt10003", *_KIS_ORDER_APIS})
_DAY_LISTS = frozenset({"kt00007", "TTTC0081R", "VTTC0081R", "TTTC8001R", "VTTC8001R"})
_KEYS = frozenset({"api_id", "mode", "when", "appkey", "count", "seconds", "code", "text"})


class Fault:
    """One fault; ``left`` is how many requests it still hits, None for good."""

    def __init__(
        self,
        *,
        api_id: str,
        mode: str,
        when: When,
        appkey: str | None = None,
        left: int | None = None,
        seconds: float | None = None,
        code: str | None = None,
        text: str | None = None,
    ) -> None:
        self.api_id = api_id
        self.mode = mode
        self.when = when
        self.appkey = appkey
        self.left = left
        self.seconds = seconds
        self.code = code
        self.text = text

    def as_cut(self) -> Fault:
        """Return what cuts the connection of a request whose effect this fault has delayed."""
        how = self.text if self.text in SOCKET_MODES else "drop"
        return Fault(**{**vars(self), "mode": str(how), "seconds": None})

    def hits(self, api_id: str, appkey: str | None) -> bool:
        """Tell whether a request of this TR and key is meant."""
        if self.api_id == EVERY_API:
            if api_id in _TOKEN_APIS:
                return False
        elif self.api_id != api_id:
            return False
        return self.appkey is None or self.appkey == appkey


class Struck(NamedTuple):
    """What faults do to a request that is handled."""

    quirk: Fault | None
    """How it is answered oddly; None for the usual way."""
    beside: Mapping[str, Fault]
    """Of BESIDE_MODES those that strike it too."""

    @property
    def mode(self) -> str | None:
        """What is odd about the answer; None for nothing."""
        return None if self.quirk is None else self.quirk.mode

    @property
    def list_mode(self) -> str | None:
        """The same; a list of the day may be empty beside."""
        return "kt00007_empty" if "kt00007_empty" in self.beside else self.mode

    @property
    def seconds(self) -> float | None:
        """How long ago the answer looks; None where nobody said."""
        return None if self.quirk is None else self.quirk.seconds

    @property
    def hidden_seconds(self) -> float:
        """How long the lists will not show a new order."""
        lag = self.beside.get("list_lag")
        if lag is None:
            return 0.0
        return LONG_SECONDS if lag.seconds is None else lag.seconds

    @property
    def late_seconds(self) -> float | None:
        """How much later the exchange takes an order; None for at once."""
        late = self.beside.get("late_accept")
        if late is None:
            return None
        return _LATE_SECONDS if late.seconds is None else late.seconds

    @property
    def late_by_machine(self) -> bool:
        """Whether these seconds are the machine's and not the simulated ones."""
        late = self.beside.get("late_accept")
        return late is not None and late.code == "real"


class Faults:
    """The faults of one server; the caller lets one in at a time."""

    def __init__(self) -> None:
        self._asked: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault behind those already asked for."""
        self._asked.append(fault)

    def clear(self) -> None:
        """Forget every fault."""
        self._asked.clear()

    def take(self, api_id: str, appkey: str | None) -> Fault | None:
        """Return the fault that hits this request and use it up by one."""
        for fault in self._asked:
            if fault.mode in _NOT_OF_REQUESTS or not fault.hits(api_id, appkey):
                continue
            if fault.mode == "wrong_number" and api_id not in _ORDER_APIS:
                continue
            self._use(fault)
            return fault
        return None

    def take_beside(self, mode: str, api_id: str, appkey: str | None) -> Fault | None:
        """Return the fault of this mode that strikes beside others, and use it up by one."""
        for fault in self._asked:
            if fault.mode != mode:
                continue
            if mode == "kt00007_empty":
                meant = api_id in _DAY_LISTS and fault.appkey in (None, appkey)
            else:
                meant = api_id in _ORDER_APIS and fault.hits(api_id, appkey)
            if meant:
                self._use(fault)
                return fault
        return None

    def take_live(self, mode: str, appkey: str | None) -> Fault | None:
        """Return the fault of this mode that strikes a key's live session, and use it by one."""
        for fault in self._asked:
            if fault.mode == mode and fault.appkey in (None, appkey):
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.left is None:
            return
        fault.left -= 1
        if fault.left <= 0:
            # By identity: two faults may be equal.
            self._asked = [other for other in self._asked if other is not fault]


def parse_fault(data: Mapping[str, Any]) -> Fault:
    """Read a fault from the control plane's JSON object.

    Raises:
        ValueError: something in it is missing, unknown or of the wrong type.
    """
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(_KEYS))}")
    mode = data.get("mode")
    if mode not in MODES:
        raise ValueError(f"unknown mode {mode!r}; known: {', '.join(sorted(MODES))}")
    api_id = data.get("api_id", EVERY_API)
    if not isinstance(api_id, str) or not api_id:
        raise ValueError("api_id must be a TR or '*'")
    when = data.get("when", "before")
    if when not in ("before", "after"):
        raise ValueError(f"when must be 'before' or 'after', not {when!r}")
    count = data.get("count")
    if count is not None and (type(count) is not int or count < 1):
        raise ValueError("count must be a whole number above 0")
    seconds = data.get("seconds")
    if seconds is not None and (
        type(seconds) not in (int, float) or not 0 <= seconds <= MOST_SECONDS
    ):
        raise ValueError("seconds must be a number, 0 or more, and no more than ten years")
    return Fault(
        api_id=api_id,
        mode=str(mode),
        when="after" if when == "after" else "before",
        appkey=_text(data, "appkey"),
        left=count,
        seconds=seconds,
        code=_text(data, "code"),
        text=_text(data, "text"),
    )


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if type(value) is int and key == "code":
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a string")  # noqa: TRY004 - one error for the caller
    return value
