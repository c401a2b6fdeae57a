"""``doctor``: every part is looked at, nothing is changed, the exit code says what is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.conftest import Run, Serve


def findings(document: dict[str, Any], check: str) -> list[dict[str, Any]]:
    return [row for row in document["data"] if row["check"] == check]


def test_a_healthy_setup(run: Run, serve: Serve) -> None:
    served = serve(accounts=2)
    run("cash")
    before = served.state()
    ran = run("doctor", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.document["schema"] == "kiwoomctl.doctor/1"
    assert {row["check"] for row in ran.document["data"]} == {
        "versions",
        "state",
        "permissions",
        "config",
        "secret",
        "token",
        "clock",
    }
    assert {row["status"] for row in ran.document["data"]} == {"ok"}
    assert served.state()["tokens_issued"] == before["tokens_issued"]
    for secret in ("sim-001-appkey", "sim-001-secretkey"):
        assert secret not in ran.out


def test_the_demo_is_healthy(run: Run) -> None:
    assert run("doctor", "--demo").code == 0


def test_no_config_is_exit_8_and_says_how_to_begin(run: Run) -> None:
    ran = run("doctor", "-o", "json")
    assert ran.code == 8
    [config] = findings(ran.document, "config")
    assert config["status"] == "failed"
    assert "kiwoomctl init" in config["fix"]


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


def test_wide_permissions_are_named_with_their_mend(run: Run, serve: Serve, own_home: Path) -> None:
    served = serve(accounts=1)
    run("cash")
    served.config.chmod(0o644)
    token = next((own_home / "state").rglob("token-*.json"))
    token.chmod(0o640)
    ran = run("doctor", "-o", "json")
    assert ran.code == 0
    fixes = [row["fix"] for row in findings(ran.document, "permissions")]
    assert any(fix and fix.startswith("chmod 600") for fix in fixes)
    assert any(fix and fix.startswith("chmod -R") for fix in fixes)


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
