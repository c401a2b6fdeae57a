"""The system's keyring: one item a profile, kept encrypted by the platform, or nothing at all.

Invariants: no backend but those of ``ALLOWED`` is ever asked; one that does not answer is given
up once for all profiles. The library is slow to load, so only who needs it imports it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final

from kiwoomctl.config.profiles import Profile
from kiwoomctl.errors import Phrase, SignInError

SERVICE: Final = "kiwoomctl"
PATIENCE: Final = 3.0
"""Seconds until a keyring that does not answer counts as absent."""
ALLOWED: Final = (
    "keyring.backends.macOS",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.Windows",
)
"""Backends that keep secrets encrypted by the platform; anything else is refused."""
_is_silent = threading.Event()
"""Set when a keyring did not answer in time: the other profiles need not wait for it again."""


def item_of(profile: Profile) -> str:
    """Return the name of the profile's one item."""
    return f"{profile.broker}/{profile.environment}/{profile.name}"


def read(profile: Profile) -> str | None:
    """Return the text of a profile's item; None where it has none.

    Raises:
        SignInError: there is no safe keyring, or it does not answer.
    """
    return _ask(profile, lambda backend: backend.get_password(SERVICE, item_of(profile)))


def write(profile: Profile, text: str) -> None:
    """Keep a text as a profile's item; raises as ``read``."""
    _ask(profile, lambda backend: backend.set_password(SERVICE, item_of(profile), text))


def delete(profile: Profile) -> None:
    """Delete a profile's item, if there is one; raises as ``read``."""
    _ask(profile, lambda backend: _delete(backend, item_of(profile)))


def usable() -> list[str]:
    """Return the safe backends that can be used here, each with the version of its library."""
    found: list[str] = []

    def look() -> None:
        from importlib import metadata

        import keyring

        backend = keyring.get_keyring()
        names = [type(b).__module__ for b in getattr(backend, "backends", [backend])]
        version = metadata.version("keyring")
        found.extend(f"{n.rpartition('.')[2]} {version}" for n in names if n in ALLOWED)

    if not _is_silent.is_set():
        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        if thread.is_alive():
            _is_silent.set()
    return list(found)


def _ask(profile: Profile, question: Callable[[Any], object]) -> str | None:
    answer: list[object] = []
    failure: list[Exception] = []

    def ask() -> None:
        try:
            import keyring

            answer.append(question(_system_backend(profile, keyring.get_keyring())))
        except Exception as error:  # noqa: BLE001 - backends raise what they like
            failure.append(error)

    # A keyring may hang for ever on a locked or missing session bus: a daemon thread is
    # left behind then, and the process ends without it.
    if not _is_silent.is_set():
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        if thread.is_alive():
            _is_silent.set()
    if _is_silent.is_set():
        raise _no_keyring(
            profile, Phrase("it did not answer within {seconds:.0f} s", seconds=PATIENCE)
        )
    if failure and isinstance(failure[0], SignInError):
        raise failure[0]
    if failure:
        raise _no_keyring(profile, Phrase("{kind}", kind=type(failure[0]).__name__))
    return answer[0] if isinstance(answer[0], str) else None


def _system_backend(profile: Profile, backend: object) -> object:
    """Return the backend, or the first safe one of a chain; never one that stores plainly."""
    chain = list(getattr(backend, "backends", [backend]))
    for one in chain:
        if type(one).__module__ in ALLOWED:
            return one
    names = ", ".join(type(one).__module__ for one in chain) or type(backend).__module__
    if names in {"keyring.backends.fail", "keyring.backends.null", "keyring.backends.chainer"}:
        raise _no_keyring(profile, Phrase("there is no system keyring"))
    raise _no_keyring(profile, Phrase("the backend {name} is not a system keyring", name=names))


def _delete(backend: Any, item: str) -> None:
    from keyring.errors import PasswordDeleteError

    # Nothing to delete is what was wanted.
    with contextlib.suppress(PasswordDeleteError):
        backend.delete_password(SERVICE, item)


def _no_keyring(profile: Profile, reason: Phrase) -> SignInError:
    return SignInError(
        "profile {profile!r}: no usable keyring here ({reason})",
        hint="use another secret source: file, env, command or credential "
        "(kiwoomctl help security)",
        code="keyring",
        profile=str(profile.name),
        reason=reason,
    )
