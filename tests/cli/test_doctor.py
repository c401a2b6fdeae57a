"""``doctor``: every part is looked at, nothing is changed, the exit code says what is broken."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.render.cells import width
from kiwoomctl.services import diagnosis
from kiwoomctl.services.diagnosis.findings import SUBJECTS
from tests.cli import mending
from tests.cli.conftest import Ran, Run, Serve
from tests.cli.journal import pinned
from tests.cli.mending import everything, healthy, mend, rows, wrong
from tests.ledger.samples import accepted

tmp_path = mending.tmp_path
"""The fixture of a folder on the disk."""

ALLOWED = ("--market", "--demo", "-p", "isa", "--yes", "--allow", "MARKET")


def findings(document: dict[str, Any], check: str) -> list[dict[str, Any]]:
    return [row for row in document["data"] if row["check"] == check]


def doctor(run: Run, *words: str, **more: Any) -> Ran:
    return run("doctor", "-o", "json", *words, **more)


def test_a_healthy_setup(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=2)
    healthy(own_home)
    run("cash")
    before = served.state()
    ran = run("doctor", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.document["schema"] == "kiwoomctl.doctor/1"
    assert {row["check"] for row in ran.document["data"]} == {
        "versions",
        "sqlite",
        "terminal",
        "state",
        "storage",
        "disk",
        "locks",
        "leftovers",
        "permissions",
        "config",
        "account",
        "secret",
        "token",
        "clock",
    }
    assert {row["status"] for row in ran.document["data"]} == {"ok"}
    assert {row["fix"] for row in ran.document["data"]} == {None}
    assert list(dict.fromkeys(row["subject"] for row in ran.document["data"])) == [
        subject for subject in SUBJECTS if subject != "records"
    ]
    assert served.state()["tokens_issued"] == before["tokens_issued"]
    for secret in ("sim-001-appkey", "sim-001-secretkey", before["accounts"][0]["account"]):
        assert secret not in ran.out


def test_the_demo_is_healthy(run: Run) -> None:
    ran = doctor(run, "--demo")
    assert (ran.code, wrong(ran, but=""), ran.err) == (0, [], "")
    assert run("buy", "005930", "1", *ALLOWED).code == 0
    assert run("snapshot", "--demo").code == 0
    ran = doctor(run, "--demo")
    assert (ran.code, wrong(ran, but=""), ran.err) == (0, [], "")
    assert run("halt", "--demo").code == 0
    ran = doctor(run, "--demo")
    assert rows(ran, "ledger")[-1]["fix"] == "kiwoomctl resume --demo"
    assert mend(run, rows(ran, "ledger")[-1]["fix"]).code == 0
    assert wrong(doctor(run, "--demo"), but="") == []


def test_nothing_at_all_is_written(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    book = pinned(run, served, own_home)
    book.write(accepted("1"))
    assert run("snapshot").code == 0
    for path in book.folder.glob("*.sqlite3"):
        path.chmod(0o644)
    (book.folder / "tokens").chmod(0o755)
    # The key is to be spared from now on: its request would have to begin the rate file.
    text = served.config.read_text("utf-8").replace('pace = "off"', 'pace = "on"')
    served.config.write_text(text, "utf-8")
    before = everything(own_home)
    ran = doctor(run)
    assert ran.code == 0, ran.out
    assert {row["finding"] for row in rows(ran, "clock")} == {
        "not asked: no command has used this key here yet"
    }
    assert everything(own_home) == before


def test_the_one_request_takes_its_place_in_the_rate_file(
    run: Run, serve: Serve, own_home: Path
) -> None:
    served = serve(accounts=1, rate="terms")
    assert run("cash").code == 0
    before, asked = everything(own_home), len(served.state()["requests"])
    ran = doctor(run)
    assert [row["status"] for row in rows(ran, "clock")] == ["ok"]
    now = everything(own_home)
    (changed,) = [path for path in now if now[path] != before.get(path)]
    assert "/rate/" in changed
    assert len(served.state()["requests"]) == asked + 1
    assert served.state()["orders"] == []


def test_every_command_of_ours_that_is_advised_can_be_typed(run: Run) -> None:
    package = Path(diagnosis.__file__).parent.parent.parent
    sources = [
        *Path(diagnosis.__file__).parent.glob("*.py"),
        *(package / kept / "migrations.py" for kept in ("ledger", "history")),
    ]
    texts = [path.read_text("utf-8") for path in sources]
    advised = {m for t in texts for m in re.findall(r'kiwoomctl ([a-z][a-z ]+[^"`\\n]*)["`]', t)}
    assert {"resume", "resolve {attempt}", "audit --adopt -p {profile}", "history"} <= advised
    for text in advised:
        words = [word for word in text.split() if "{" not in word]
        options = [word for word in words if word.startswith("-")]
        ran = run(*(word for word in words if word not in options), "--help")
        assert ran.code == 0, text
        assert all(option in ran.out for option in options), text


def test_no_config_is_exit_8_and_says_how_to_begin(run: Run) -> None:
    ran = run("doctor", "-o", "json")
    assert ran.code == 8
    [config] = findings(ran.document, "config")
    assert config["status"] == "failed"
    assert "kiwoomctl init" in config["fix"]


def test_a_config_that_cannot_be_read_is_mended_by_what_is_said(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(accounts=1)
    good = served.config.read_text("utf-8")

    def broken(fix: str) -> None:
        ran = doctor(run)
        [config] = rows(ran, "config")
        assert (ran.code, config["status"]) == (8, "failed")
        assert re.search(fix, config["fix"]), config["fix"]
        ran = mend(run, re.sub('^.*(?="\\${EDITOR)', "", config["fix"]))
        assert ran.code == 0, ran.err
        [config] = rows(doctor(run), "config")
        assert config["status"] == "ok", config

    block = "# 김영희\n"
    served.config.write_bytes((block + good).encode("cp949"))
    broken("iconv")
    served.config.write_text(block + good, "utf-8")
    served.config.chmod(0o666)
    broken("chmod go-w")
    served.config.chmod(0o600)
    # An editor that puts it right, whatever it was.
    served.config.with_name("good").write_text(block + good, "utf-8")
    editor = served.config.with_name("editor")
    editor.write_text(f'#!/bin/sh\ncp "{served.config.with_name("good")}" "$1"\n', "utf-8")
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    for text, fix in (
        ("[profiles", "EDITOR"),
        (f"colour = 1\n{block}{good}", "did you mean color.*EDITOR"),
    ):
        served.config.write_text(text, "utf-8")
        broken(fix)


def test_a_missing_secret_is_exit_4_for_that_account(run: Run, serve: Serve) -> None:
    served = serve(accounts=1)
    served.use(
        "[profiles.paper]",
        'broker = "kiwoom"',
        'environment = "mock"',
        'secret = { source = "env" }',
    )
    ran = run("doctor", "-o", "json")
    assert ran.code == 4
    status = {row["profile"]: row["status"] for row in findings(ran.document, "secret")}
    assert status == {"paper": "failed", "sim-001": "ok"}


def test_a_dead_keyring_and_broken_state_together_are_exit_8(
    run: Run, serve: Serve, own_home: Path
) -> None:
    served = serve(accounts=1)
    gone = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={own_home}/none"}
    served.use(
        "[profiles.mine]",
        'broker = "kiwoom"',
        'environment = "mock"',
        'secret = { source = "keyring" }',
    )
    ran = doctor(run, env=gone)
    assert ran.code == 4
    [secret] = [row for row in rows(ran, "secret") if row["status"] == "failed"]
    assert "no usable keyring" in secret["finding"]
    assert 'source = "file"' in secret["fix"]
    assert [row["status"] for row in rows(ran, "keyring")] == ["warning"]
    (own_home / "state").write_text("no folder", "utf-8")
    assert doctor(run, env=gone).code == 8


def test_a_slowed_rate_is_told(run: Run, serve: Serve) -> None:
    served = serve(accounts=1, rate="terms")
    served.control("faults", api_id="kt00001", mode="http_429", when="before", count=1)
    assert run("cash").code == 0
    [rate] = findings(run("doctor", "-o", "json").document, "rate")
    assert rate["status"] == "warning"
    assert "kt00001" in rate["finding"]


def test_a_server_that_is_down_is_a_warning(run: Run, own_home: Path) -> None:
    (own_home / "profiles.toml").write_text(
        '[profiles.gone]\nbroker = "kiwoom"\nenvironment = "sim"\nurl = "http://127.0.0.1:9"\n'
        'secret = { source = "inline", appkey = "sim-001-appkey", '
        'secretkey = "sim-001-secretkey" }\n',
        "utf-8",
    )
    ran = run("doctor", "-o", "json")
    assert ran.code == 0
    [clock] = findings(ran.document, "clock")
    assert (clock["status"], "127.0.0.1:9" in clock["finding"]) == ("warning", True)


def test_the_number_of_an_account_is_told_masked_with_how_it_was_proven(
    run: Run, serve: Serve, own_home: Path
) -> None:
    served = serve(accounts=2)
    pinned(run, served, own_home)
    number = served.state()["accounts"][0]["account"]
    (state,) = (own_home / "state").glob("sim-*")
    pin = state / "pins" / "sim-001.json"
    kept = json.loads(pin.read_text("utf-8"))
    served.use(
        "[profiles.live]",
        'broker = "kiwoom"',
        'environment = "real"',
        'secret = { source = "env" }',
    )

    def told(**changed: str) -> tuple[str, str]:
        pin.write_text(json.dumps({**kept, **changed}), "utf-8")
        ran = doctor(run)
        assert number not in ran.out
        assert ran.code == 4, "the real one has no key"
        found = {row["profile"]: row for row in rows(ran, "account")}
        assert (found["sim-002"]["status"], found["live"]["status"]) == ("ok", "warning")
        assert "no order is sent" in found["live"]["finding"]
        assert found["live"]["fix"] == "kiwoomctl login live"
        return found["sim-001"]["status"], found["sim-001"]["finding"]

    assert told() == ("ok", f"{number[:2]}******{number[-2:]}, proven for this key")
    status, text = told(key_id="another")
    assert (status, "for another key" in text) == ("warning", True)
    served.config.write_text(
        served.config.read_text("utf-8").replace(
            "[profiles.sim-001]", '[profiles.sim-001]\naccount = "8099999999"', 1
        ),
        "utf-8",
    )
    status, text = told()
    assert (status, "than profiles.toml says" in text) == ("warning", True)


def test_one_account_under_two_names_is_found_and_the_rest_is_looked_at(
    run: Run, serve: Serve
) -> None:
    served = serve(accounts=2)
    text = served.config.read_text("utf-8")
    first = text[: text.index("[profiles.sim-002]")]
    served.config.write_text(text + first.replace("sim-001]", "again]", 1), "utf-8")
    ran = doctor(run)
    assert ran.code == 8
    [(check, profile, status)] = wrong(ran)
    assert (check, profile, status) == ("account", "again", "failed")
    [found] = [row for row in rows(ran, "account") if row["status"] == "failed"]
    assert found["fix"] == "set enabled = false in [profiles.again]"
    assert len(rows(ran, "secret")) == 3
    text = served.config.read_text("utf-8")
    head, _, tail = text.partition("[profiles.again]")
    served.config.write_text(f"{head}[profiles.again]\nenabled = false{tail}", "utf-8")
    assert wrong(doctor(run)) == []


def test_an_account_of_kis_without_its_hts_id(run: Run, own_home: Path) -> None:
    config = own_home / "profiles.toml"
    config.write_text(
        '[profiles.kis]\nbroker = "kis"\nenvironment = "sim"\nurl = "http://127.0.0.1:9"\n'
        'account = "12345678-01"\n'
        'secret = { source = "inline", appkey = "sim-001-appkey", secretkey = "x" }\n',
        "utf-8",
    )
    config.chmod(0o600)
    ran = doctor(run)
    assert ("account", "kis", "warning") in wrong(ran)
    [found] = [row for row in rows(ran, "account") if row["status"] == "warning"]
    line = found["fix"].partition("write ")[2].partition(" into")[0]
    head, _, tail = config.read_text("utf-8").partition("\n")
    config.write_text(f"{head}\n{line}\n{tail}", "utf-8")
    assert [row["status"] for row in rows(doctor(run), "account")] == ["ok"]


def test_tokens_that_ended_are_cut_off_or_replaced_again_and_again(
    run: Run, serve: Serve, own_home: Path
) -> None:
    serve(accounts=1)
    run("cash")
    (path,) = (own_home / "state").rglob("token-*.json")
    kept = json.loads(path.read_text("utf-8"))
    now = datetime.now(KST)

    def told(text: str) -> dict[str, Any]:
        path.write_text(text, "utf-8")
        ran = doctor(run)
        assert ran.code == 0
        assert kept["token"] not in ran.out
        [token] = rows(ran, "token")
        return token

    token = told(json.dumps({**kept, "issued_at": (now - timedelta(hours=3)).isoformat()}))
    assert (token["status"], "cached here 3.0 hours ago" in token["finding"]) == ("ok", True)
    ended = (now - timedelta(minutes=5)).isoformat()
    token = told(json.dumps({**kept, "expires_at": ended}))
    assert (token["status"], "ended at" in token["finding"]) == ("ok", True)
    token = told(json.dumps({**kept, "renewals": [ended, ended]}))
    assert (token["status"], "2 times" in token["finding"]) == ("warning", True)
    token = told(path.read_text("utf-8").strip()[:-20])
    assert (token["status"], "damaged" in token["finding"]) == ("warning", True)
    assert mend(run, token["fix"]).code == 0
    assert rows(doctor(run), "token")[0]["finding"].startswith("valid until")


def test_a_damaged_rate_file(run: Run, serve: Serve, own_home: Path) -> None:
    serve(accounts=1, rate="terms")
    assert run("cash").code == 0
    (path,) = (own_home / "state").rglob("rate-*-query.json")
    path.write_bytes(path.read_bytes()[:40])
    before = path.read_bytes()
    ran = doctor(run)
    [rate] = rows(ran, "rate")
    assert (ran.code, rate["status"], "damaged" in rate["finding"]) == (0, "warning", True)
    assert path.read_bytes() != before, "the clock's request waited for a slot in it"
    path.write_bytes(before)
    assert mend(run, rate["fix"]).code == 0
    [rate] = rows(doctor(run), "rate")
    assert rate["status"] == "ok"


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_terminal_shows_what_matters_and_nothing_is_cut(
    run_on_terminal: Run, serve: Serve, own_home: Path, lang: str
) -> None:
    serve(accounts=2).config.chmod(0o644)
    healthy(own_home)
    shown = run_on_terminal("doctor", "--lang", lang).out
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.splitlines()]
    assert max(map(width, lines)) <= 80
    assert "…" not in shown
    joined = "".join("".join(line.split()) for line in lines)
    assert f"->chmod600{own_home}/profiles.toml" in joined
    assert "sim-001,sim-002" in joined, "what is well is told once for all accounts"
    assert len(lines) < 20
    assert "-v" in lines[-1]
    assert lines[-1].isascii() == (lang == "en")


def test_a_terminal_shows_all_of_it_when_asked(run_on_terminal: Run, run: Run) -> None:
    whole = run_on_terminal("doctor", "--demo", "-v", columns=200).out
    told = [row["finding"] for row in doctor(run, "--demo").document["data"]]
    assert sum(text in whole for text in told) > len(told) - 3, "but for what changes meanwhile"
    chosen = run("doctor", "--demo", "--fields", "check,fix", "-o", "csv").out.splitlines()
    assert (chosen[0], chosen[1]) == ("check,fix", "config,")
