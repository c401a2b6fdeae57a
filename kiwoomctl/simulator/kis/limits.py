"""How many requests a key may make, counted in the machine's real time.

Profiles: ``terms`` has 18 requests a second on the real server and 1 on the mock server, over all
TRs of a key; ``strict`` has the 3 of a key in its first days (the mock server makes no
difference); ``observed`` has the 20 and 2 of before 2026; ``off`` has no limit, that of tokens
included. No window of one second holds more. A refused request counts nowhere.
"""

from __future__ import annotations

from collections import defaultdict, deque

_WINDOW_SECONDS = 1.0
_MOST = {
    ("terms", "real"): 18,
    ("terms", "mock"): 1,
    ("strict", "real"): 3,
    ("strict", "mock"): 1,
    ("observed", "real"): 20,
    ("observed", "mock"): 2,
}


class Limits:
    """Counts requests of one server; the caller lets one in at a time."""

    def __init__(self, profile: str, environment: str) -> None:
        self._most = _MOST.get((profile, environment))
        self._windows: dict[str, deque[float]] = defaultdict(deque)
        self._issued: dict[str, float] = {}
        self._approved: dict[str, float] = {}

    def clear(self) -> None:
        """Forget every request."""
        self._windows.clear()
        self._issued.clear()
        self._approved.clear()

    def admit(self, appkey: str, now: float) -> bool:
        """Count a request, or tell that it would break the limit."""
        if self._most is None:
            return True
        window = self._windows[appkey]
        while window and window[0] <= now - _WINDOW_SECONDS:
            window.popleft()
        if len(window) >= self._most:
            return False
        window.append(now)
        return True

    def admit_approval(self, appkey: str, now: float) -> bool:
        """Count an issue of an approval key, or tell that there was one within a second."""
        if self._most is None:
            return True
        last = self._approved.get(appkey)
        if last is not None and now - last < _WINDOW_SECONDS:
            return False
        self._approved[appkey] = now
        return True

    def admit_token(self, appkey: str, now: float, seconds: float) -> bool:
        """Count an issue of a token, or tell that the last one is not long enough ago."""
        if self._most is None:
            return True
        last = self._issued.get(appkey)
        if last is not None and now - last < seconds:
            return False
        self._issued[appkey] = now
        return True
