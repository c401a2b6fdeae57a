"""Pacing: all processes of this machine together stay below the broker's rate.

Purpose: right before the first byte of a request, :meth:`Pacer.take` reserves
the next slot in a small file that every process of the same app key shares, and
sleeps until it. The terms suspend a key for abnormal load, so this is a safety
part: when in doubt it waits.

Invariants:

- No window of one second holds more requests than ``Caps.total``: slots are
  planned for windows of 1.08 s. One used late is written down with its real time,
  and one that is 0.04 s late is not used any more, but reserved anew.
- Each api-id is a token bucket besides. A refusal (HTTP 429) halves its rate and
  takes its burst away; 10 quiet minutes give 0.5/s back.
- A reservation is never overtaken or displaced (first come, first served), but a
  later one may use a gap that an earlier one could not.
- The lock is held only to read and write the file, never during a sleep. A killed
  waiter leaves one unused slot behind, a killed lock holder nothing.
- One reservation per process and key is outstanding; threads wait in line for it.
- An unknown past counts as a full one: a damaged file, a clock that went back or
  another boot id cost one window of waiting. A missing file means first use.

Times in the file are whole microseconds on the machine-wide monotonic clock. The
file is written in place in one call, unsynced: nobody needs it after a power cut.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from kiwoomctl import errors, files
from kiwoomctl.brokers.slots import (
    HORIZON,
    LARGEST_TEXT,
    LATE,
    MOST_PER_SECOND,
    SECOND,
    Caps,
    SlotBook,
    is_damaged,
    load,
)
from kiwoomctl.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kiwoomctl.domain.clock import Clock

_LONG_SLEEP: Final = 200_000
_EARLIEST_WAKE: Final = 100_000
_STEP: Final = 1_000
_PROMPT: Final = 10_000  # later than this after the claim, the real time is written down again
_MOST_CLAIMS: Final = 3  # where the file itself is that slow, the plan has to do
_LOCK_WAIT_S: Final = 5.0  # at least: holders are quick, but an impatient caller meets them
_PADDING: Final = 512
_TORN_READS: Final = 5
NO_FILE: Final = "rate_file"
"""The code of a slot that cannot be had without making the file."""
_OPEN_FLAGS: Final = (
    os.O_RDWR
    | os.O_CREAT
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)  # Windows: a byte written is a byte in the file
)

__all__ = ["Caps", "Kind", "Pacer"]

Kind = Literal["query", "order", "approval"]

# One line per rate file, for the threads of this process; a forked child has no waiters yet.
_lines: dict[Path, threading.Lock] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_lines.clear)


@dataclass(frozen=True, slots=True)
class _Reservation:
    """A slot of this process: its number, its time, and the api-id's refusal known then."""

    number: int
    at: int
    refused_at: int | None


class Pacer:
    """The pace of one app key and kind of request, shared with all other processes."""

    def __init__(
        self,
        folder: Path,
        key_id: str,
        kind: Kind,
        caps: Caps,
        clock: Clock,
        *,
        patience: float = 60.0,
        on_wait: Callable[[str, float], None] | None = None,
    ) -> None:
        """Prepare; the file is made at the first use.

        Args:
            folder: Private folder of the rate files, made when missing.
            key_id: Hash of the app key, letters, digits, ``-`` and ``_``.
            kind: Queries and orders have limits, and files, of their own.
            caps: What the broker allows.
            clock: Its monotonic() must be the same for all processes.
            patience: Longest wait of one take in seconds, at most 300.
            on_wait: Called with the api-id and the seconds before a sleep over 0.2 s.

        Raises:
            ValueError: A key_id or an argument that no caller should pass.
        """
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", key_id):
            raise ValueError("key_id is not a hash")
        if not 0 <= patience <= HORIZON / SECOND / 2:
            raise ValueError("patience is out of range")
        if not 0 < caps.total <= MOST_PER_SECOND or caps.per_api <= 0 or caps.burst < 1:
            raise ValueError("caps are out of range")
        self._path = folder / f"rate-{key_id}-{kind}.json"
        self._lock = FileLock(folder / f"rate-{key_id}-{kind}.lock")
        self._kind = kind
        self._caps = caps
        self._clock = clock
        self._patience = patience
        self._on_wait = on_wait
        self._folder_ready = False
        self.makes_file = True
        """False: where no process has used the key before, no slot is to be had."""

    def take(self, api_id: str) -> None:
        """Return when one request of this api-id may be sent, at once.

        Raises:
            Busy: The next slot is further away than the patience; none is reserved.
            StateError: The rate file cannot be used.
        """
        line = _lines.setdefault(self._path, threading.Lock())
        begun = self._now()
        if not line.acquire(timeout=self._patience):
            raise self._busy(api_id, self._now() - begun)
        try:
            self._wait_for_slot(api_id, self._now() - begun)
        finally:
            line.release()

    def refused(self, api_id: str) -> None:
        """Learn from a refusal for the rate (HTTP 429); everybody waits a window.

        Raises:
            Busy: The rate file stayed locked.
            StateError: The rate file cannot be used.
        """
        with self._opened() as (descriptor, book, now):
            book.refuse(api_id, now)
            book.last_refusal = (api_id, self._clock.now().isoformat(timespec="seconds"))
            self._save(descriptor, book, now)

    def state(self) -> dict[str, Any]:
        """Return the current limits for a diagnosis, as JSON values; nothing is written.

        ``total``, ``per_api`` and ``limits`` (reduced api-ids only) are per second;
        ``reserved`` counts slots still to come; ``last_refusal`` is None or
        ``api_id`` and ``at`` (ISO 8601); ``used`` tells whether there is a file, ``damaged``
        whether it makes no sense.

        Raises:
            StateError: The rate file cannot be read.
        """
        raw = self._read()
        now = self._now()
        book, _known = load(raw, self._caps, now, _boot_id())
        reduced = [name for name, entry in book.api_ids.items() if entry.refused_at is not None]
        refusal = book.last_refusal
        return {
            "kind": self._kind,
            "total": self._caps.total,
            "per_api": self._caps.per_api,
            "burst": self._caps.burst,
            "limits": {name: book.bucket(name, now)[0] for name in sorted(reduced)},
            "reserved": sum(at > now for at, _ in book.slots),
            "last_refusal": refusal and {"api_id": refusal[0], "at": refusal[1]},
            "used": self._path.exists(),
            "damaged": is_damaged(raw, self._caps),
        }

    def _read(self) -> bytes:
        """Return the text of the rate file without its lock; nothing where there is none."""
        raw = b""
        for _ in range(_TORN_READS):
            try:
                raw = self._path.read_bytes()
            except FileNotFoundError:
                return b""
            except OSError as exc:
                raise errors.StateError(
                    "cannot read {path}: {reason}",
                    hint="check the permissions of the file and of its folder",
                    path=self._path,
                    reason=exc.strerror or exc,
                ) from exc
            if not is_damaged(raw, self._caps):
                break
            # Most likely somebody was just writing it.
            self._clock.sleep(_STEP / SECOND)
        return raw

    def _wait_for_slot(self, api_id: str, waited: int) -> None:
        reservation: _Reservation | None = None
        early = claims = 0
        while True:
            reservation = self._claim(api_id, reservation, waited)
            now = self._now()
            late = now - reservation.at
            if late >= 0:
                claims += 1
                if late <= (_PROMPT if claims < _MOST_CLAIMS else LATE):
                    return
                continue  # stopped or starved since the claim: others may have gone meanwhile
            # Time asleep beyond the plan (a stopped process) is not held against the caller.
            wait = -late
            waited += wait
            if self._on_wait is not None and wait > _LONG_SLEEP:
                self._on_wait(api_id, wait / SECOND)
            while late < 0:
                # One sleep, unless this machine woke the process late before: then it
                # wakes early and goes on in short steps, so as not to miss every slot.
                ahead = -late
                step = ahead - early if ahead > early else min(ahead, _STEP)
                self._clock.sleep((step + 1) / SECOND)
                late = self._now() - reservation.at
            if late > LATE:
                early = min(late, _EARLIEST_WAKE)

    def _claim(self, api_id: str, held: _Reservation | None, waited: int) -> _Reservation:
        """Confirm the reservation held, as it stands now, or make a new one."""
        latest = self._patience * SECOND - waited
        with self._opened() as (descriptor, book, now):
            latest += now
            refused_at = book.refused_at(api_id)
            if held is not None:
                at = book.slot_of(held.number)
                same_rate = refused_at == held.refused_at
                if at is not None and same_rate and now - LATE <= at <= latest:
                    if at < now:
                        at = now
                        book.use_late(held.number, at)
                        self._save(descriptor, book, now)
                    return replace(held, at=at)
                book.give_back(held.number, api_id if same_rate else None)
            at = book.earliest(api_id, now)
            if at > latest or book.full:
                if held is not None:
                    self._save(descriptor, book, now)
                raise self._busy(api_id, at - now)
            number = book.reserve(api_id, at, now)
            self._save(descriptor, book, now)
            return _Reservation(number, at, refused_at)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[int, SlotBook, int]]:
        """Lock and read the rate file; give its descriptor, its content and the time."""
        if not self.makes_file and not self._path.exists():
            raise errors.StateError("nothing was asked with this key from here yet", code=NO_FILE)
        if not self._folder_ready and self.makes_file:
            files.ensure_folder(self._path.parent)
            self._folder_ready = True
        with self._lock.hold(max(self._patience, _LOCK_WAIT_S), errors.Phrase("the rate file")):
            try:
                descriptor = os.open(self._path, _OPEN_FLAGS, 0o600)
            except OSError as exc:
                raise files.unwritable(self._path, exc) from exc
            try:
                now = self._now()
                yield descriptor, self._load(descriptor, now), now
            finally:
                os.close(descriptor)

    def _load(self, descriptor: int, now: int) -> SlotBook:
        try:
            raw = os.read(descriptor, LARGEST_TEXT + 1)
        except OSError as exc:
            raise files.unwritable(self._path, exc) from exc
        book, known = load(raw, self._caps, now, _boot_id())
        if not known:
            # At once: whoever has no patience for that window must not start it anew.
            self._save(descriptor, book, now)
        return book

    def _save(self, descriptor: int, book: SlotBook, now: int) -> None:
        text = book.dump(now, _boot_id())
        try:
            size = os.lseek(descriptor, 0, os.SEEK_END)
            # Blanks cover what a longer text left behind, so that one call replaces all.
            length = max(min(size, LARGEST_TEXT), -(-len(text) // _PADDING) * _PADDING)
            os.lseek(descriptor, 0, os.SEEK_SET)
            if os.write(descriptor, text.ljust(length)) != length:
                raise files.unwritable(self._path, OSError("the disk is full"))
            if size > length:
                os.ftruncate(descriptor, length)
        except OSError as exc:
            raise files.unwritable(self._path, exc) from exc

    def _now(self) -> int:
        return int(self._clock.monotonic() * SECOND)

    def _busy(self, api_id: str, wait: int) -> errors.Busy:
        return errors.Busy(
            "the rate limit of this app key is used up: {api_id} would wait {seconds} s",
            hint="all kiwoomctl commands of this machine share the limit; "
            "run fewer at once or try again later",
            api_id=api_id,
            seconds=f"{wait / SECOND:.1f}",
        )


@functools.cache
def _boot_id() -> str:
    """Return what changes with every boot; "" where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
