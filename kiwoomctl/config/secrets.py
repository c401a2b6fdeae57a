"""Fetch a profile's app key and secret key from the one source its profile names.

There is no fallback from one source to another: a secret that cannot be had is an error that
says which source failed and which others exist. Nothing here ever prints a secret.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from kiwoomctl import files
from kiwoomctl.config.profiles import Profile
from kiwoomctl.domain.redaction import redacted
from kiwoomctl.errors import Phrase, SignInError, StateError, system_reason

COMMAND_PATIENCE = 10.0
"""Seconds a secret command may take."""
_LAST_WORDS: Final = 0.5
"""Seconds that what a command said last is waited for."""


class Secret(str):
    """A text that does not show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"


class Credentials(NamedTuple):
    """App key and secret key of one account."""

    appkey: Secret
    secretkey: Secret

    @property
    def key_id(self) -> str:
        """A name for the app key that may stand in file names."""
        return key_id(self.appkey)


def key_id(appkey: str) -> str:
    """Return a short hash that names an app key without telling it."""
    return _sha256(b"kiwoomctl app key\0" + appkey.encode())[:24]


def _sha256(data: bytes) -> str:
    """Return the hash in hex, as hashlib does, which loads OpenSSL first: 2 ms at every start."""
    for name in ("_sha2", "_sha256"):  # Python's own, as of 3.12 and before; none need be there
        with contextlib.suppress(ImportError, AttributeError):
            found: str = import_module(name).sha256(data).hexdigest()
            return found
    import hashlib

    return hashlib.sha256(data).hexdigest()


def fetch(profile: Profile, environ: Mapping[str, str]) -> Credentials:
    """Return the profile's credentials.

    Raises:
        SignInError: the source has none, cannot be reached, or is not safe.
    """
    source = profile.secret
    readers: dict[str, Callable[[], tuple[str, str]]] = {
        "inline": lambda: (source.appkey, source.secretkey),
        "env": lambda: _from_env(profile, environ),
        "file": lambda: _from_file(profile),
        "credential": lambda: _from_credential(profile, environ),
        "command": lambda: _from_command(profile),
        "keyring": lambda: _from_keyring(profile),
    }
    appkey, secretkey = readers[source.kind]()
    if not (appkey.isprintable() and secretkey.isprintable()):
        raise _failed(profile, Phrase("it is not UTF-8 text"))
    return Credentials(Secret(appkey), Secret(secretkey))


def is_quick(profile: Profile) -> bool:
    """Tell whether the source answers at once (so that no cached answer is needed)."""
    return profile.secret.kind not in {"keyring", "command"}


def env_names(profile: Profile) -> tuple[str, str]:
    """Return the two variables of a profile with ``source = "env"``."""
    prefix = f"KIWOOMCTL_{profile.name.env_form}"
    return f"{prefix}_APPKEY", f"{prefix}_SECRETKEY"


def _from_env(profile: Profile, environ: Mapping[str, str]) -> tuple[str, str]:
    names = env_names(profile)
    for name in names:
        if not environ.get(name, "").strip():
            raise SignInError(
                "profile {profile!r}: the variable {name} is not set",
                hint="export it, or choose another secret source (kiwoomctl help security)",
                code="secret_env",
                profile=str(profile.name),
                name=name,
            )
    appkey, secretkey = (environ[name].strip() for name in names)
    return appkey, secretkey


def _from_file(profile: Profile) -> tuple[str, str]:
    return _two_lines(profile, _private_text(profile, _secret_path(profile)))


def _secret_path(profile: Profile) -> Path:
    path = Path(profile.secret.path)
    try:
        return path.expanduser()
    except RuntimeError:  # "~" of a user who is not there
        reason = system_reason(os.strerror(errno.ENOENT))
        raise _failed(profile, Phrase("{path}: {reason}", path=path, reason=reason)) from None


def _from_credential(profile: Profile, environ: Mapping[str, str]) -> tuple[str, str]:
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise _failed(
            profile,
            Phrase("CREDENTIALS_DIRECTORY is not set"),
            "run it from a systemd unit with LoadCredential=",
        )
    name = profile.secret.name
    if "/" in name or name.startswith("."):
        raise _failed(profile, Phrase("the credential name {name!r} is not a name", name=name))
    try:
        text = (Path(folder) / name).read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise _failed(profile, _reason(error)) from None
    return _two_lines(profile, text)


def _private_text(profile: Profile, path: Path) -> str:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags), encoding="utf-8-sig") as handle:
            status = os.fstat(handle.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _failed(profile, Phrase("{path} is not a plain file", path=path))
            if sys.platform != "win32":
                if status.st_uid != os.getuid():
                    raise _failed(profile, Phrase("{path} belongs to another user", path=path))
                if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise _failed(
                        profile,
                        Phrase("{path} is open to others", path=path),
                        "chmod 600 {path}",
                        path=path,
                    )
            return handle.read()
    except (OSError, ValueError) as error:
        hint = "store it with: kiwoomctl login {profile}" if not path.exists() else ""
        raise _failed(
            profile, Phrase("{path}: {reason}", path=path, reason=_reason(error)), hint
        ) from None


def _from_command(profile: Profile) -> tuple[str, str]:
    argv = profile.secret.argv
    if not Path(argv[0]).is_absolute():
        raise _failed(profile, Phrase("the command {name!r} is not an absolute path", name=argv[0]))
    try:
        done = _run(argv)
    except subprocess.TimeoutExpired:
        raise _failed(
            profile,
            Phrase("{name} took over {seconds:.0f} s", name=argv[0], seconds=COMMAND_PATIENCE),
        ) from None
    except (OSError, ValueError) as error:
        raise _failed(
            profile, Phrase("{path}: {reason}", path=argv[0], reason=_reason(error))
        ) from None
    if done.returncode:
        raise _failed(
            profile, Phrase("{name} ended with {status}", name=argv[0], status=done.returncode)
        )
    try:
        return _two_lines(profile, done.stdout.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _failed(profile, _reason(error)) from None


def _run(argv: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Run a command of the user's own file, without a shell; stdout holds the secret.

    On a terminal its stderr is the user's: password managers ask there. What goes into a file or
    a mail is passed on without what looks like a key.
    """

    def run(stderr: int | None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            argv,
            stdout=subprocess.PIPE,
            stderr=stderr,
            timeout=COMMAND_PATIENCE,
            check=False,
            env={name: value for name, value in os.environ.items() if not _is_secret(name)},
        )

    if sys.stderr.isatty():
        return run(None)
    near, far = os.pipe()
    said: list[bytes] = []

    def listen() -> None:
        with open(near, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
            while chunk := pipe.read(65536):
                said.append(chunk)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    told = b""
    try:
        done = run(far)
        told = done.stdout
    finally:
        os.close(far)
        # What it left running in the background may hold the pipe: that is not waited for.
        listener.join(_LAST_WORDS)
        _pass_on(b"".join(said), told)
    return done


def _is_secret(variable: str) -> bool:
    """Tell whether it holds a profile's key: no other profile's command is told that."""
    return variable.startswith("KIWOOMCTL_") and variable.endswith(("_APPKEY", "_SECRETKEY"))


def _pass_on(said: bytes, told: bytes) -> None:
    secrets = [line.strip() for line in told.decode("utf-8", "replace").splitlines()]
    text = redacted(said.decode("utf-8", "replace"), *secrets)
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _two_lines(profile: Profile, text: str) -> tuple[str, str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 2:  # noqa: PLR2004 - app key and secret key
        raise _failed(
            profile,
            Phrase("it has {count} lines, not two", count=len(lines)),
            "first line the app key, second line the secret key",
        )
    return lines[0], lines[1]


def _from_keyring(profile: Profile) -> tuple[str, str]:
    from kiwoomctl.config import keyrings

    text = keyrings.read(profile)
    if text is None:
        raise _failed(
            profile,
            Phrase("it holds nothing for this profile"),
            "store it with: kiwoomctl login {profile}",
        )
    try:
        item = json.loads(text)
        pair = item["appkey"], item["secretkey"]
    except (ValueError, KeyError, TypeError, RecursionError):
        pair = "", ""
    if not all(isinstance(value, str) and value.strip() for value in pair):
        raise _failed(
            profile, Phrase("its item is damaged"), "store it again: kiwoomctl login {profile}"
        )
    return pair


def place(profile: Profile) -> str:
    """Return the source and what stands behind it, never what it holds; after a ``fetch``."""
    source = profile.secret
    behind = {
        "file": source.path,
        "command": source.argv[0] if source.argv else "",
        "credential": source.name,
        "env": " ".join(env_names(profile)),
    }.get(source.kind, "")
    if source.kind == "keyring":
        from kiwoomctl.config import keyrings

        behind = ", ".join(keyrings.usable())
    return f"{source.kind} ({behind})" if behind else source.kind


def _failed(profile: Profile, reason: Phrase, hint: str = "", **values: Any) -> SignInError:
    return SignInError(
        "profile {profile!r}, secret source {kind}: {reason}",
        hint=hint,
        code=f"secret_{profile.secret.kind}",
        profile=str(profile.name),
        kind=profile.secret.kind,
        reason=reason,
        **values,
    )


def _reason(error: Exception) -> Phrase:
    if isinstance(error, OSError) and error.strerror:
        return system_reason(error.strerror)
    return Phrase("it is not UTF-8 text")


def check_store(profile: Profile) -> None:
    """Find out whether a new profile's key can be put into its source, before it is asked for.

    Raises:
        SignInError: there is no usable keyring, or the file is there already or cannot be made.
    """
    if profile.secret.kind == "keyring":
        from kiwoomctl.config import keyrings

        keyrings.read(profile)
    elif profile.secret.kind == "file":
        path = _secret_path(profile)
        if os.path.lexists(path):
            raise _failed(
                profile,
                Phrase("{path} is there already; it is never overwritten", path=path),
                "name another one with --source file:PATH, or move it away first",
            )
        folder = next(folder for folder in path.absolute().parents if folder.exists())
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            reason = system_reason(os.strerror(errno.EACCES))
            raise _failed(profile, Phrase("{path}: {reason}", path=folder, reason=reason))


def make_room(profile: Profile) -> None:
    """Make the folder that a new profile's key is to be kept in; raises StateError."""
    if profile.secret.kind == "file":
        folder = _secret_path(profile).parent
        if not folder.exists():
            files.ensure_folder(folder)


def store(profile: Profile, credentials: Credentials) -> None:
    """Put both values where the profile's source expects them (keyring or file only).

    Raises:
        SignInError: there is no safe keyring, the file cannot be written, or the source is
            not ours to write.
    """
    if profile.secret.kind == "keyring":
        from kiwoomctl.config import keyrings

        pair = {"appkey": credentials.appkey, "secretkey": credentials.secretkey}
        keyrings.write(profile, json.dumps(pair))
    elif profile.secret.kind == "file":
        path = _secret_path(profile)
        try:
            files.write_private(path, f"{credentials.appkey}\n{credentials.secretkey}\n")
        except StateError as error:
            raise _failed(profile, Phrase(error.message, **error.values)) from None
    else:
        raise _failed(profile, Phrase("kiwoomctl does not write there"))


def remove(profile: Profile) -> None:
    """Delete both values from the keyring or the file; other sources are left alone.

    Raises:
        SignInError: there is no safe keyring, or the file cannot be deleted.
    """
    if profile.secret.kind == "keyring":
        from kiwoomctl.config import keyrings

        keyrings.delete(profile)
    elif profile.secret.kind == "file":
        path = _secret_path(profile)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _failed(profile, _reason(error)) from None
