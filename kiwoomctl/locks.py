"""The one lock of the package: advisory, between processes and between threads.

Purpose: whoever must be alone (a token renewal, a rate file, a ledger) takes a
:class:`FileLock` on a file of the state folder.

Invariants:

- The operating system owns the lock: a process that ends in any way, kill -9
  included, gives it up at once. So the file is never deleted, never inspected
  for a pid and never "broken"; its content means nothing.
- The file is 0600 and is not followed through a symlink.
- Every acquisition opens a descriptor of its own, so threads exclude each other
  like processes do. Children never keep the lock alive: the descriptor is not
  inherited over exec, and is closed after a plain fork.

This module waits on the operating system, not on the exchange's time: it is
handed no Clock, because a lock held by another process is real whatever the
clock of the caller says.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING

from kiwoomctl import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        """Lock the first byte without waiting (written from the manual, not run on Windows)."""
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Unlock the first byte (written from the manual, not run on Windows)."""
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        """Lock without waiting; return False when somebody else holds it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Give the lock up, also for copies of the descriptor in forked children."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_OPEN_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
# Holders are quick (microseconds for a rate file), so the first pauses are short;
# a holder that takes a second is asked 50 times a second, which costs nothing.
_FIRST_PAUSE_S = 0.0005
_LONGEST_PAUSE_S = 0.02

_held: weakref.WeakSet[FileLock] = weakref.WeakSet()


class FileLock:
    """An exclusive lock on one file; not re-entrant.

    Threads may share one instance or have one each; both ways they wait for
    each other. On Windows the lock is a byte-range lock (msvcrt); that branch
    is untested, for want of a machine.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()
        self._descriptor: int | None = None

    def acquire(self, timeout: float) -> bool:
        """Take the lock, waiting at most that long.

        Args:
            timeout: Seconds; 0 tries exactly once.

        Returns:
            False when somebody else still holds it.

        Raises:
            StateError: The lock file cannot be opened or locked at all.
        """
        deadline = time.monotonic() + timeout
        if not self._turn.acquire(timeout=max(0, timeout)):
            return False
        try:
            taken = self._acquire_file(deadline)
        except BaseException:
            self._turn.release()
            raise
        if not taken:
            self._turn.release()
        return taken

    def release(self) -> None:
        """Give the lock up.

        Raises:
            RuntimeError: It is not held.
        """
        descriptor = self._descriptor
        if descriptor is None:
            raise RuntimeError(f"{self.path} is not locked by this object")
        self._descriptor = None
        _held.discard(self)
        try:
            # Before the close: a child forked meanwhile may hold a copy of the descriptor.
            _unlock(descriptor)
        finally:
            os.close(descriptor)
            self._turn.release()

    @contextlib.contextmanager
    def hold(self, timeout: float, what: errors.Phrase) -> Iterator[None]:
        """Hold the lock for a with block.

        Args:
            timeout: Seconds to wait for it at most.
            what: What is waited for, for the message, e.g. Phrase("the rate file").

        Raises:
            Busy: Somebody else held it all that time.
            StateError: The lock file cannot be opened or locked at all.
        """
        if not self.acquire(timeout):
            raise errors.Busy(
                "{what} is in use by another kiwoomctl process (waited {seconds} s)",
                hint="try again when the other command has ended",
                what=what,
                seconds=f"{timeout:g}",
            )
        try:
            yield
        finally:
            self.release()

    def _acquire_file(self, deadline: float) -> bool:
        """Try until the deadline (monotonic seconds); the caller owns the turn."""
        pause = _FIRST_PAUSE_S
        while True:
            descriptor = self._open()
            try:
                while not self._try_lock(descriptor):
                    left = deadline - time.monotonic()
                    if left <= 0:
                        os.close(descriptor)
                        return False
                    time.sleep(min(pause, left))
                    pause = min(pause * 2, _LONGEST_PAUSE_S)
                # Somebody may have removed the folder while this process waited: a lock
                # on a file without a name excludes nobody, so take the file of that name.
                stale = os.name == "posix" and os.fstat(descriptor).st_nlink == 0
            except BaseException:
                os.close(descriptor)
                raise
            if not stale:
                self._descriptor = descriptor
                _held.add(self)
                return True
            os.close(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self.path, _OPEN_FLAGS, 0o600)
        except OSError as exc:
            raise self._failure(exc) from exc

    def _try_lock(self, descriptor: int) -> bool:
        try:
            return _try_lock(descriptor)
        except OSError as exc:
            raise self._failure(exc) from exc

    def _failure(self, exc: OSError) -> errors.StateError:
        return errors.StateError(
            "cannot lock {path}: {reason}",
            hint="the state folder must be your own, on a local disk, not a network share",
            path=self.path,
            reason=exc.strerror or exc,
        )

    def _forget_after_fork(self) -> None:
        """Drop the parent's lock in a forked child, without unlocking it for the parent."""
        descriptor, self._descriptor = self._descriptor, None
        self._turn = threading.Lock()
        if descriptor is not None:
            os.close(descriptor)


def held_among(paths: Iterable[Path]) -> list[Path] | None:
    """Return the lock files that somebody holds right now; none is locked for that.

    By whom is not told: a process may have handed its lock on. None where the system does not
    list its locks (Linux does).
    """
    listed = set()
    try:
        with open("/proc/locks", encoding="ascii") as lines:  # noqa: PTH123 - pathlib is for annotations here
            for line in lines:
                fields = line.split()
                # "1: FLOCK ADVISORY WRITE pid major:minor:inode ..", who waits as "1: -> FLOCK"
                if fields[1:2] == ["FLOCK"] and len(fields) > 5:  # noqa: PLR2004 - as above
                    listed.add(fields[5].rpartition(":")[2])
    except OSError:
        return None
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            if str(path.lstat().st_ino) in listed:
                found.append(path)
    return found


def _forget_locks_after_fork() -> None:
    for lock in list(_held):
        lock._forget_after_fork()  # noqa: SLF001
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_locks_after_fork)
