"""Secrets come from the one source a profile names, safely, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from kiwoomctl.config import keyrings, secrets
from kiwoomctl.config.profiles import Profile, SecretSource
from kiwoomctl.config.secrets import Credentials, Secret
from kiwoomctl.domain.identity import ProfileName
from kiwoomctl.errors import SignInError

APPKEY = "canary-appkey-5d1e"
SECRETKEY = "canary-secretkey-77b0"
BOTH = f"{APPKEY}\n{SECRETKEY}\n"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes mean nothing there")


def profile(kind: str, called: str = "my-isa", **source: Any) -> Profile:
    return Profile(ProfileName.parse(called), "kiwoom", "mock", SecretSource(kind, **source))


def refusal(profile: Profile, environ: dict[str, str] | None = None) -> SignInError:
    """Return the error of a fetch, having looked for secrets in everything it shows."""
    with pytest.raises(SignInError) as caught:
        secrets.fetch(profile, environ or {})
    error = caught.value
    assert error.exit_code == 4
    assert str(profile.name) in str(error)
    assert "\n" not in str(error)
    shown = (str(error), repr(error), repr(error.values), repr(error.args), str(error.__cause__))
    assert not any("canary" in text for text in shown)
    return error


def is_both(credentials: Credentials) -> bool:
    return (credentials.appkey, credentials.secretkey) == (APPKEY, SECRETKEY)


def private(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    path.chmod(0o600)
    return path


# Values -------------------------------------------------------------------------------------


def test_secrets_do_not_show_themselves() -> None:
    credentials = Credentials(Secret(APPKEY), Secret(SECRETKEY))
    shown = f"{credentials!r} {credentials} {[credentials.appkey]} {credentials.key_id}"
    assert "canary" not in shown
    assert repr(credentials.secretkey) == "***"
    assert "canary" not in repr(profile("inline", appkey=APPKEY, secretkey=SECRETKEY))


def test_a_key_id_names_a_key_without_telling_it() -> None:
    assert secrets.key_id(APPKEY) == Credentials(Secret(APPKEY), Secret("")).key_id
    assert secrets.key_id(APPKEY) != secrets.key_id(SECRETKEY)
    assert secrets.key_id(APPKEY).isalnum()


@pytest.mark.parametrize("hidden", [(), ("_sha2", "_sha256")])
def test_a_key_id_is_the_same_whatever_python_has(
    hidden: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in hidden:
        monkeypatch.setitem(sys.modules, name, None)
    whole = hashlib.sha256(b"kiwoomctl app key\0" + APPKEY.encode()).hexdigest()
    assert secrets.key_id(APPKEY) == whole[:24]


def test_inline() -> None:
    assert is_both(secrets.fetch(profile("inline", appkey=APPKEY, secretkey=SECRETKEY), {}))


def test_only_slow_sources_are_slow() -> None:
    kinds = ("keyring", "command", "credential", "file", "env", "inline")
    assert [secrets.is_quick(profile(kind)) for kind in kinds] == [False, False, *[True] * 4]


# env ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form"), [("isa", "ISA"), ("my-isa-2", "MY_ISA_2"), ("연금", "연금")]
)
def test_env(name: str, form: str) -> None:
    environ = {
        f"KIWOOMCTL_{form}_APPKEY": f" {APPKEY}\n",
        f"KIWOOMCTL_{form}_SECRETKEY": SECRETKEY,
        "KIWOOMCTL_OTHER_APPKEY": "x",
    }
    assert is_both(secrets.fetch(profile("env", name), environ))


@pytest.mark.parametrize("value", [None, "", "  "])
def test_env_without_a_value(value: str | None) -> None:
    environ = {"KIWOOMCTL_MY_ISA_APPKEY": APPKEY}
    if value is not None:
        environ["KIWOOMCTL_MY_ISA_SECRETKEY"] = value
    error = refusal(profile("env"), environ)
    assert error.code == "secret_env"
    assert "KIWOOMCTL_MY_ISA_SECRETKEY is not set" in str(error)


def test_env_is_not_asked_for_another_source() -> None:
    environ = {"KIWOOMCTL_MY_ISA_APPKEY": APPKEY, "KIWOOMCTL_MY_ISA_SECRETKEY": SECRETKEY}
    refusal(profile("file", path="/nowhere"), environ)


@pytest.mark.parametrize("bad", [f"{APPKEY}\udcff", f"{APPKEY}\x1b[2J", f"{APPKEY}\n{SECRETKEY}"])
def test_env_with_what_no_key_holds(bad: str) -> None:
    environ = {"KIWOOMCTL_MY_ISA_APPKEY": bad, "KIWOOMCTL_MY_ISA_SECRETKEY": SECRETKEY}
    refusal(profile("env"), environ)


# file ---------------------------------------------------------------------------------------

TWO_LINES = [
    BOTH.encode(),
    BOTH.encode().rstrip(),
    f"{APPKEY}\r\n{SECRETKEY}\r\n".encode(),
    f"\n  {APPKEY} \n\n\t{SECRETKEY}\n\n".encode(),
    b"\xef\xbb\xbf" + BOTH.encode(),
]


@pytest.mark.parametrize("raw", TWO_LINES)
def test_file(tmp_path: Path, raw: bytes) -> None:
    path = private(tmp_path / "key", raw)
    assert is_both(secrets.fetch(profile("file", path=str(path)), {}))


def test_file_in_the_home_folder(own_home: Path) -> None:
    private(own_home / "isa.key", BOTH.encode())
    assert is_both(secrets.fetch(profile("file", path="~/isa.key"), {}))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "it has 0 lines, not two"),
        (b"\n\n", "it has 0 lines"),
        (APPKEY.encode(), "it has 1 lines"),
        (BOTH.encode() + b"canary", "it has 3 lines"),
        (f"{APPKEY} {SECRETKEY}\n".encode(), "it has 1 lines"),
        (BOTH.encode() + b"\xff", "not UTF-8"),
        (BOTH.encode("utf-16"), "not UTF-8"),
        (f"{APPKEY}\x00\n{SECRETKEY}".encode(), "not UTF-8"),
    ],
)
def test_file_without_two_lines(tmp_path: Path, raw: bytes, told: str) -> None:
    error = refusal(profile("file", path=str(private(tmp_path / "key", raw))))
    assert told in str(error)
    assert error.code == "secret_file"


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o666, 0o601])
def test_file_open_to_others(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / "key", BOTH.encode())
    path.chmod(mode)
    told = str(refusal(profile("file", path=str(path))))
    assert "is open to others" in told
    assert f"chmod 600 {path}" in told


@posix_only
def test_file_through_a_link(tmp_path: Path) -> None:
    path = private(tmp_path / "key", BOTH.encode())
    (tmp_path / "link").symlink_to(path)
    assert str(tmp_path / "link") in str(refusal(profile("file", path=str(tmp_path / "link"))))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give")
def test_file_of_another_user(tmp_path: Path) -> None:
    path = private(tmp_path / "key", BOTH.encode())
    os.chown(path, 12345, -1)
    assert "belongs to another user" in str(refusal(profile("file", path=str(path))))


@posix_only
def test_file_that_is_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    told = str(refusal(profile("file", path=str(tmp_path / "pipe"))))
    assert "is not a plain file" in told


@pytest.mark.parametrize("path", [".", "/nowhere/key", "~no-such-user-here/key", "a\x00b"])
def test_file_that_cannot_be_read(path: str) -> None:
    assert refusal(profile("file", path=path)).code == "secret_file"


def test_file_is_stored_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "key"
    source = profile("file", path=str(path))
    secrets.store(source, Credentials(Secret(APPKEY), Secret(SECRETKEY)))
    assert is_both(secrets.fetch(source, {}))
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets.remove(source)
    secrets.remove(source)
    assert not path.exists()


def test_file_that_cannot_be_stored(tmp_path: Path) -> None:
    source = profile("file", path=str(tmp_path / "none" / "key"))
    with pytest.raises(SignInError, match="cannot write") as caught:
        secrets.store(source, Credentials(Secret(APPKEY), Secret(SECRETKEY)))
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.values}"


def test_file_that_cannot_be_removed(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    with pytest.raises(SignInError):
        secrets.remove(profile("file", path=str(tmp_path / "key")))


# credential ---------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", TWO_LINES)
def test_credential(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "kiwoom").write_bytes(raw)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert is_both(secrets.fetch(profile("credential", name="kiwoom"), environ))


def test_credential_outside_a_unit() -> None:
    assert "LoadCredential=" in str(refusal(profile("credential", name="kiwoom")))


@pytest.mark.parametrize("name", ["../kiwoom", "a/b", "..", ".hidden", "none", "a\x00b", "folder"])
def test_credential_that_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "unit").mkdir()
    (tmp_path / "kiwoom").write_text(BOTH)
    (tmp_path / "unit" / "folder").mkdir()
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "unit")}
    assert refusal(profile("credential", name=name), environ).code == "secret_credential"


# command ------------------------------------------------------------------------------------


def command(code: str) -> Profile:
    return profile("command", argv=(sys.executable, "-S", "-c", code))


def test_command() -> None:
    assert is_both(secrets.fetch(command(f"print({APPKEY!r}); print({SECRETKEY!r})"), {}))


def test_command_has_no_shell() -> None:
    argv = (sys.executable, "-S", "-c", "import sys; print(*sys.argv[1:], sep='\\n')")
    credentials = secrets.fetch(profile("command", argv=(*argv, "$HOME", "`id`;|")), {})
    assert (credentials.appkey, credentials.secretkey) == ("$HOME", "`id`;|")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (f"print({APPKEY!r})", "it has 1 lines, not two"),
        ("pass", "it has 0 lines"),
        (f"print({BOTH!r} + 'canary')", "it has 3 lines"),
        (f"print({BOTH!r}); raise SystemExit(3)", "ended with 3"),
        (f"import sys; sys.stdout.buffer.write({BOTH.encode()!r} + b'\\xff')", "not UTF-8"),
    ],
)
def test_command_that_gives_no_pair(code: str, told: str) -> None:
    error = refusal(command(code))
    # The argv is the user's own; the code of this test names the canary in it.
    assert told in str(error)
    assert error.code == "secret_command"


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("pass", "show"), "'pass' is not an absolute path"),
        (("./pass",), "is not an absolute path"),
        (("/nowhere/pass",), "/nowhere/pass"),
        ((sys.executable, "a\x00b"), sys.executable),
    ],
)
def test_command_that_cannot_run(argv: tuple[str, ...], told: str) -> None:
    assert told in str(refusal(profile("command", argv=argv)))


@pytest.mark.parametrize("kind", ["command", "credential", "env", "inline"])
def test_other_peoples_sources_are_not_written(kind: str) -> None:
    source = profile(kind, argv=("/bin/false",))
    with pytest.raises(SignInError, match="does not write there"):
        secrets.store(source, Credentials(Secret(APPKEY), Secret(SECRETKEY)))
    secrets.remove(source)


# keyring ------------------------------------------------------------------------------------


class Box(KeyringBackend):
    """A keyring in memory; its module is this test's, which is on no list."""

    priority = -1.0  # never the best of any machine

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.failure = failure
        self.items: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        if self.failure:
            raise self.failure
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.failure:
            raise self.failure
        self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.items:
            raise PasswordDeleteError
        del self.items[service, username]


class SystemBox(Box):
    """The same under the name of a system keyring."""


SystemBox.__module__ = "keyring.backends.SecretService"


class NearlySystemBox(Box):
    """The same under a name that only begins like one."""


NearlySystemBox.__module__ = "keyring.backends.SecretServicePlain"


class AltBox(Box):
    """The same under the name of the plain text keyring of keyrings.alt."""


AltBox.__module__ = "keyrings.alt.file"


class Chain(Box):
    """Several backends, as keyring itself chains them."""

    def __init__(self, *backends: KeyringBackend) -> None:
        super().__init__(AssertionError("the chain itself is never asked"))
        self.backends: Sequence[KeyringBackend] = backends


ITEM = ("kiwoomctl", "kiwoom/mock/my-isa")
PAIR = json.dumps({"appkey": APPKEY, "secretkey": SECRETKEY})


@pytest.fixture(autouse=True)
def restored_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_keyring() -> None:
    box = SystemBox()
    box.items[ITEM] = PAIR
    keyring.set_keyring(box)
    assert is_both(secrets.fetch(profile("keyring"), {}))


def test_keyring_is_stored_and_removed() -> None:
    box = SystemBox()
    keyring.set_keyring(box)
    secrets.store(profile("keyring"), Credentials(Secret(APPKEY), Secret(SECRETKEY)))
    assert list(box.items) == [ITEM]
    assert is_both(secrets.fetch(profile("keyring"), {}))
    secrets.remove(profile("keyring"))
    secrets.remove(profile("keyring"))
    assert box.items == {}


def test_environments_and_names_have_items_of_their_own() -> None:
    real = Profile(ProfileName("my-isa"), "kiwoom", "real", SecretSource("keyring"))
    items = {keyrings.item_of(p) for p in (profile("keyring"), real, profile("keyring", "x"))}
    assert len(items) == 3


@pytest.mark.parametrize(
    "backend",
    [
        Box(),
        NearlySystemBox(),
        AltBox(),
        Chain(),
        Chain(Box(), AltBox()),
        keyring.backends.null.Keyring(),  # type: ignore[no-untyped-call]
        keyring.backends.fail.Keyring(),  # type: ignore[no-untyped-call]
    ],
)
def test_what_is_no_system_keyring_is_refused(backend: KeyringBackend) -> None:
    keyring.set_keyring(backend)
    error = refusal(profile("keyring"))
    assert error.code == "keyring"
    assert "system keyring" in str(error)
    assert "file, env, command or credential" in str(error)
    with pytest.raises(SignInError) as caught:
        secrets.store(profile("keyring"), Credentials(Secret(APPKEY), Secret(SECRETKEY)))
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.values}"
    with pytest.raises(SignInError):
        secrets.remove(profile("keyring"))
    assert getattr(backend, "items", {}) == {}


def test_a_chain_gives_its_system_keyring() -> None:
    plain, system = Box(), SystemBox()
    plain.items[ITEM] = json.dumps({"appkey": "other", "secretkey": "other"})
    system.items[ITEM] = PAIR
    keyring.set_keyring(Chain(plain, system))
    assert is_both(secrets.fetch(profile("keyring"), {}))


def test_a_keyring_without_the_item_says_how_to_store_it() -> None:
    keyring.set_keyring(SystemBox())
    error = refusal(profile("keyring"))
    assert "kiwoomctl login my-isa" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "canary",
        "[]",
        "1",
        '"canary"',
        "{}",
        "[" * 100_000,
        json.dumps({"appkey": APPKEY}),
        json.dumps({"appkey": APPKEY, "secretkey": None}),
        json.dumps({"appkey": "", "secretkey": SECRETKEY}),
        json.dumps({"appkey": 1, "secretkey": SECRETKEY}),
    ],
)
def test_a_damaged_item(text: str) -> None:
    box = SystemBox()
    box.items[ITEM] = text
    keyring.set_keyring(box)
    assert "its item is damaged" in str(refusal(profile("keyring")))


@pytest.mark.parametrize(
    "failure", [KeyringLocked(f"locked {APPKEY}"), RuntimeError(SECRETKEY), OSError(5, APPKEY)]
)
def test_a_keyring_that_fails(failure: Exception) -> None:
    keyring.set_keyring(SystemBox(failure))
    error = refusal(profile("keyring"))
    assert type(failure).__name__ in str(error)
    with pytest.raises(SignInError) as caught:
        secrets.store(profile("keyring"), Credentials(Secret(APPKEY), Secret(SECRETKEY)))
    assert "canary" not in f"{caught.value} {caught.value.values}"


def test_no_backend_of_this_package_is_trusted_by_accident() -> None:
    names = {backend.__module__ for backend in (Box, AltBox, NearlySystemBox)}
    assert not names & set(keyrings.ALLOWED)
    chainer = keyring.backends.chainer.ChainerBackend.__module__
    assert chainer not in keyrings.ALLOWED
