"""The simulated server's rate limits, counted in the machine's real time.

Profiles:

- ``terms``: 5 reads and 5 orders per second and key; no window of one second
  holds more.
- ``strict``: 1 request per second for each key and api-id, in bursts of 2.
- ``observed``: 7 requests per second for each key and api-id.
- ``off``: no limit, the token endpoint included.

Issuing tokens has a bucket of its own in every profile but ``off``: 1 per
second and key, in bursts of 2. A refused request counts nowhere.
"""

from __future__ import annotations

from collections import defaultdict, deque

from kiwoomctl.errors import UsageError

PROFILES = ("terms", "strict", "observed", "off")

_WINDOW_SECONDS = 1.0
_TERMS_PER_SECOND = 5
_OBSERVED_PER_SECOND = 7
_BURST = 2
_TOKEN_API = "au10001"  # noqa: S105 - an api-id


class _Bucket:
    def __init__(self, tokens: float, filled_at: float) -> None:
        self.tokens = tokens
        self.filled_at = filled_at


class RateLimiter:
    """Counts requests of one server; the caller lets one in at a time."""

    def __init__(self, profile: str) -> None:
        if profile not in PROFILES:
            raise UsageError(
                "{rate!r} is no rate profile",
                hint="use terms, strict, observed or off",
                rate=profile,
            )
        self.profile = profile
        self._windows: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def clear(self) -> None:
        """Forget every request."""
        self._windows.clear()
        self._buckets.clear()

    def admit(self, appkey: str, api_id: str, kind: str, now: float) -> int | None:
        """Count a request, or return the limit (requests per second) that it would break.

        Args:
            appkey: Whose request it is.
            api_id: The TR.
            kind: ``read`` or ``order``.
            now: Monotonic seconds.
        """
        if self.profile == "off":
            return None
        if api_id == _TOKEN_API or self.profile == "strict":
            return self._from_bucket((appkey, api_id), now)
        if self.profile == "terms":
            return self._from_window((appkey, kind), _TERMS_PER_SECOND, now)
        return self._from_window((appkey, api_id), _OBSERVED_PER_SECOND, now)

    def _from_window(self, key: tuple[str, str], most: int, now: float) -> int | None:
        window = self._windows[key]
        while window and window[0] <= now - _WINDOW_SECONDS:
            window.popleft()
        if len(window) >= most:
            return most
        window.append(now)
        return None

    def _from_bucket(self, key: tuple[str, str], now: float) -> int | None:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(_BURST, now)
        bucket.tokens = min(_BURST, bucket.tokens + (now - bucket.filled_at))
        bucket.filled_at = now
        if bucket.tokens < 1:
            return 1
        bucket.tokens -= 1
        return None
