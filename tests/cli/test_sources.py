"""The secret sources beside the keyring, through the real command: each works, or says why not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, Serve, Served

APPKEY = "sim-001-appkey"
SECRETKEY = "sim-001-secretkey"
BOTH = f"{APPKEY}\n{SECRETKEY}\n"
VARIABLES = {"KIWOOMCTL_MINE_APPKEY": APPKEY, "KIWOOMCTL_MINE_SECRETKEY": SECRETKEY}


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve(accounts=1)


@pytest.fixture
def folder(own_home: Path) -> Path:
    """Return a folder for keys, apart from config and state."""
    made = own_home / "keys"
    made.mkdir()
    return made


def use(served: Served, secret: str, name: str = "mine") -> None:
    """Make the one profile take its key from this source."""
    served.config.write_text(
        f'[profiles."{name}"]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "{served.url}"\n'
        f'pace = "off"\nsecret = {{ {secret} }}\n',
        "utf-8",
    )


def keep(path: Path, text: str = BOTH, mode: int = 0o600) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def script(folder: Path, body: str) -> Path:
    return keep(folder / "get-key", f"#!/bin/sh\n{body}\n", 0o700)


def works(run: Run, served: Served, env: dict[str, str] | None = None) -> bool:
    """Tell whether a read works without a word on stderr and shows the account's deposit."""
    ran = run("cash", "-o", "json", env=env)
    assert (ran.code, ran.err) == (0, "")
    deposit = served.state()["accounts"][0]["cash"]["deposit"]
    return bool(ran.document["data"][0]["deposit"] == deposit)


def refused(run: Run, served: Served, env: dict[str, str] | None = None) -> str:
    """Return the one line of a read that could not get its key; the broker was not asked."""
    ran = run("cash", env=env)
    assert ran.code == 4
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("error: profile 'mine'")
    assert "sim-001" not in ran.out + ran.err
    assert served.state()["requests"] == []
    return ran.err


def test_inline(run: Run, served: Served) -> None:
    use(served, f'source = "inline", appkey = "{APPKEY}", secretkey = "{SECRETKEY}"')
    assert works(run, served)


def test_env(run: Run, served: Served) -> None:
    use(served, 'source = "env"')
    assert works(run, served, VARIABLES)


@pytest.mark.parametrize("name", ["my-isa-2", "연금"])
def test_env_of_other_names(run: Run, served: Served, name: str) -> None:
    use(served, 'source = "env"', name)
    form = name.replace("-", "_").upper()
    env = {f"KIWOOMCTL_{form}_{kind}": VARIABLES[f"KIWOOMCTL_MINE_{kind}"] for kind in KINDS}
    assert works(run, served, env)


KINDS = ("APPKEY", "SECRETKEY")


@pytest.mark.parametrize("kind", KINDS)
def test_env_that_is_not_whole(run: Run, served: Served, kind: str) -> None:
    use(served, 'source = "env"')
    for env in ({**VARIABLES, f"KIWOOMCTL_MINE_{kind}": ""}, {}):
        told = refused(run, served, env)
        assert f"KIWOOMCTL_MINE_{kind if env else 'APPKEY'} is not set" in told


def test_file(run: Run, served: Served, folder: Path) -> None:
    use(served, f'source = "file", path = "{keep(folder / "mine.key")}"')
    assert works(run, served)


def test_file_that_is_no_good(run: Run, served: Served, folder: Path) -> None:
    path = folder / "mine.key"
    use(served, f'source = "file", path = "{path}"')
    assert str(path) in refused(run, served)
    keep(path, mode=0o640)
    assert f"chmod 600 {path}" in refused(run, served)
    keep(path, f"{APPKEY}\n")
    assert "it has 1 lines, not two" in refused(run, served)
    path.rename(folder / "other")
    path.symlink_to(folder / "other")
    assert str(path) in refused(run, served)


def test_credential(run: Run, served: Served, folder: Path) -> None:
    keep(folder / "kiwoom", mode=0o440)
    use(served, 'source = "credential", name = "kiwoom"')
    assert works(run, served, {"CREDENTIALS_DIRECTORY": str(folder)})


def test_credential_that_is_no_good(run: Run, served: Served, folder: Path) -> None:
    use(served, 'source = "credential", name = "kiwoom"')
    assert "LoadCredential=" in refused(run, served)
    env = {"CREDENTIALS_DIRECTORY": str(folder)}
    refused(run, served, env)
    keep(folder / "kiwoom", f"{BOTH}more\n")
    assert "it has 3 lines, not two" in refused(run, served, env)


def test_command(run: Run, served: Served, folder: Path) -> None:
    path = script(folder, f'echo "asking $1" >&2\necho {APPKEY}; echo {SECRETKEY}; echo >>"$0.ran"')
    use(served, f'source = "command", argv = ["{path}", "a b"]')
    ran = run("cash")
    assert (ran.code, ran.err) == (0, "asking a b\n")
    # While a token lives, nobody is asked again.
    assert works(run, served)
    assert run("accounts", "-o", "json").document["data"][0]["token"] == "valid"
    assert run("accounts", "--check").err == ""
    assert works(run, served)
    assert (folder / "get-key.ran").read_text("utf-8") == "\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("exit 3", "ended with 3"),
        (f"echo {APPKEY}; echo {SECRETKEY}; exit 1", "ended with 1"),
        (f"echo {APPKEY}", "it has 1 lines, not two"),
        ("kill -9 $$", "ended with -9"),
        (r"printf '\377\n\376\n'", "not UTF-8"),
    ],
)
def test_command_that_is_no_good(
    run: Run, served: Served, folder: Path, body: str, told: str
) -> None:
    path = script(folder, f'echo >>"$0.ran"\n{body}')
    use(served, f'source = "command", argv = ["{path}"]')
    assert told in refused(run, served)
    # It may ask a person, so it is asked once.
    assert (folder / "get-key.ran").read_text("utf-8") == "\n"


def test_command_that_cannot_run(run: Run, served: Served, folder: Path) -> None:
    for argv in ("get-key", "./get-key", str(folder / "get-key"), str(keep(folder / "plain"))):
        use(served, f'source = "command", argv = ["{argv}"]')
        assert argv in refused(run, served, {"PATH": f"{folder}:{os.environ['PATH']}"})


SOURCES = [
    'source = "file", path = "{folder}/none"',
    'source = "credential", name = "none"',
    'source = "command", argv = ["/bin/false"]',
    'source = "env"',
    'source = "keyring"',
]


@pytest.mark.parametrize("secret", SOURCES)
def test_no_source_stands_in_for_another(
    run: Run, served: Served, folder: Path, secret: str
) -> None:
    keep(folder / "mine")
    keep(folder / "kiwoom")
    env = {
        "CREDENTIALS_DIRECTORY": str(folder),
        "DBUS_SESSION_BUS_ADDRESS": "",
        "KIWOOMCTL_APPKEY": APPKEY,
        "KIWOOMCTL_SECRETKEY": SECRETKEY,
    }
    if "env" not in secret:
        env |= VARIABLES
    use(served, secret.format(folder=folder))
    refused(run, served, env)


def test_variables_never_replace_an_inline_key(run: Run, served: Served) -> None:
    use(served, f'source = "inline", appkey = "{APPKEY}", secretkey = "{SECRETKEY}"')
    assert works(run, served, dict.fromkeys(VARIABLES, "other"))


def test_the_command_may_be_an_interpreter_with_words(run: Run, served: Served) -> None:
    code = f"print({APPKEY!r}); print({SECRETKEY!r})"
    use(served, f'source = "command", argv = ["{sys.executable}", "-c", "{code}"]')
    assert works(run, served)


def test_one_account_without_a_key_does_not_hide_the_other(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.use(
        '[profiles.lost]\nbroker = "kiwoom"\nenvironment = "mock"\nsecret = { source = "env" }\n'
    )
    ran = run("cash", "-o", "json")
    assert ran.code == 6
    assert ran.document["status"] == "partial"
    assert [row["profile"] for row in ran.document["data"]] == ["sim-001"]
    (error,) = ran.document["errors"]
    assert (error["profile"], error["exit_code"]) == ("lost", 4)
