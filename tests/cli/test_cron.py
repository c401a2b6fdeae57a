"""What ``help cron`` tells people to write is run as cron and systemd would run it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiwoomctl import topics
from kiwoomctl.config import paths
from kiwoomctl.locale import LANGUAGES
from tests.cli.conftest import Serve, Served
from tests.cli.pages import read

HOME = "/home/me"
PLACEHOLDER = f"{HOME}/.local/bin/kiwoomctl"
SCHEDULE = re.compile(r"\d{1,2} +\d{1,2} \* \* [\d-]+ +(?P<command>\S.*)")
PROGRAM = Path(sys.executable).with_name("kiwoomctl")

both_languages = pytest.mark.parametrize("language", LANGUAGES)


def indented(language: str) -> list[str]:
    text = topics.text("cron", language)
    assert text is not None
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


def crontab(language: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables of the sample crontab and its command lines, those of orders too."""
    lines = indented(language)
    first = next(place for place, line in enumerate(lines) if SCHEDULE.match(line))
    variables = dict(line.split("=", 1) for line in lines[:first])
    return variables, [found["command"] for line in lines if (found := SCHEDULE.match(line))]


class Machine:
    """A home with a config in its usual place, and nothing else in the environment."""

    def __init__(self, home: Path, served: Served) -> None:
        self.home, self.served = home, served
        program = home / ".local" / "bin" / "kiwoomctl"
        program.parent.mkdir(parents=True)
        program.symlink_to(PROGRAM)
        (home / "kiwoom").mkdir(mode=0o700)
        config = Path(paths.config_file({"HOME": str(home)}))
        assert config.is_relative_to(home)
        config.parent.mkdir(parents=True)
        text = served.config.read_text("utf-8").replace("[profiles.sim-001]", "[profiles.isa]")
        config.write_text(text, "utf-8")
        config.chmod(0o600)

    def run(
        self, command: str, variables: dict[str, str], **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command line as cron does: with ``sh``, ``\\%`` for ``%``, and what it sets."""
        given = {
            "HOME": str(self.home),
            "LOGNAME": "me",
            "SHELL": "/bin/sh",
            "PATH": "/usr/bin:/bin",
            **{key: value.replace(HOME, str(self.home)) for key, value in variables.items()},
            **more,
        }
        return subprocess.run(
            ["/bin/sh", "-c", command.replace(HOME, str(self.home)).replace("\\%", "%")],
            env=given,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
            encoding="utf-8",
        )


@pytest.fixture
def machine(serve: Serve, own_home: Path) -> Machine:
    return Machine(own_home, serve(accounts=2))


@both_languages
def test_every_line_of_the_crontab_runs_as_cron_runs_it(machine: Machine, language: str) -> None:
    variables, commands = crontab(language)
    assert variables["K"] == PLACEHOLDER
    assert variables["KIWOOMCTL_LANG"] == language
    words = ("login --refresh", "resolve", "audit", "snapshot", "report", "summary", "buy")
    assert all(any(f"$K {word}" in command for command in commands) for word in words)
    for command in commands:
        ran = machine.run(command, variables)
        assert ran.returncode == 0, (command, ran)
        # What is printed is mailed: an order is told, the rest would come every day.
        assert bool(ran.stdout or ran.stderr) == (" buy " in command), (command, ran)
    left = {path.name: path for path in (machine.home / "kiwoom").iterdir()}
    [positions] = [name for name in left if name.startswith("positions-")]
    assert re.fullmatch(r"positions-\d{4}-\d\d-\d\d\.csv", positions)
    assert set(left) == {positions, "summary.json", "resolve.txt", "audit.txt", "report.html"}
    page = read(left["report.html"].read_text("utf-8"))
    assert page.one(lang=language)
    assert "2" in page.one(data_part="state").text


@both_languages
def test_an_order_of_the_crontab_is_placed_once(machine: Machine, language: str) -> None:
    variables, commands = crontab(language)
    [order] = [command for command in commands if " buy " in command]
    first, second = (machine.run(order, variables) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    listed = machine.run("$K ledger list -o csv --fields attempt_id", variables)
    assert len(listed.stdout.splitlines()) == 2, "the header and one order"


@both_languages
def test_services_of_systemd_run_as_they_are_written(machine: Machine, language: str) -> None:
    lines = indented(language)
    commands = [line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")]
    assert {command.split(" ", 1)[1] for command in commands} == {
        "snapshot",
        "audit",
        "report",
        "login --refresh",
    }
    calendars = [line for line in lines if line.startswith("OnCalendar=")]
    assert len(calendars) == len(commands)
    assert all(
        re.fullmatch(r"OnCalendar=Mon\.\.Fri \d\d:\d\d Asia/Seoul", line) for line in calendars
    )
    variables = {"KIWOOMCTL_LANG": language}
    for command in commands:
        ran = machine.run(f"cd %h/kiwoom && {command}".replace("%h", HOME), variables)
        assert (ran.returncode, ran.stderr) == (0, ""), (command, ran)
    assert [path.name[:17] for path in (machine.home / "kiwoom").iterdir()] == ["kiwoomctl-report-"]


@both_languages
def test_the_line_to_try_it_and_the_scripts_run(machine: Machine, language: str) -> None:
    lines = indented(language)
    [trial] = [line for line in lines if line.startswith("env -i")]
    tried = machine.run(trial, {})
    assert tried.returncode == 0, tried.stderr
    assert "isa" in tried.stdout
    scripts = "\n".join(lines).split("#!/bin/sh\n")[1:]
    path = {"PATH": f"{machine.home}/.local/bin:/usr/bin:/bin", "KIWOOMCTL_LANG": language}
    for script in scripts:
        body = script[: script.index("esac") + len("esac")]
        if "| jq" in body and shutil.which("jq") is None:
            body = re.sub(r"\| jq [^;]*;;", "| cat ;;", body)
        ran = machine.run(body, {}, **path)
        assert (ran.returncode, ran.stderr.count("error")) == (0, 0), (body, ran)


def test_a_failure_is_what_cron_mails(machine: Machine) -> None:
    variables, commands = crontab("en")
    machine.served.control("faults", api_id="kt00018", mode="http_500", appkey="sim-002-appkey")
    for word, code in (("snapshot", 6), ("report", 6)):
        [command] = [line for line in commands if f"$K {word}" in line]
        ran = machine.run(command, variables)
        assert (ran.returncode, ran.stdout) == (code, "")
        assert ran.stderr.startswith("error: sim-002:")
