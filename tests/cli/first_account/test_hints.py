"""What a served simulator tells a person to type is what makes an account."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.first_account.conftest import Person, profiles_of


@pytest.mark.parametrize("broker", ["kiwoom", "kis"])
def test_sim_serve_tells_a_person_what_to_type(tmp_path: Path, config: Path, broker: str) -> None:
    near, far = pty.openpty()
    more = ("--broker", broker, "--env", "real", "--accounts", "1")
    words = [sys.executable, "-m", "kiwoomctl", "sim", "serve", *more]
    with subprocess.Popen(
        words, stdin=far, stdout=subprocess.PIPE, stderr=far, text=True
    ) as server:
        os.close(far)
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        said = ""
        while "summary" not in said:
            said += os.read(near, 4096).decode().replace("\r\n", "\n")
        line = said.replace("\\\n", "").split("\n")
        command = next(shlex.split(text) for text in line if " login " in text)
        assert url in command
        person = Person(tmp_path, *command[command.index("login") :])
        for label in ("App key", "Secret key"):
            (shown,) = re.findall(rf"{label}: (\S+)", said)
            person.answer(f"{label} [{shown}]: ")
        code, told = person.end()
        assert code == 0, told
        assert list(profiles_of(config)) == ["try"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    os.close(near)


def test_sim_serve_tells_a_script_its_line_only() -> None:
    words = [sys.executable, "-m", "kiwoomctl", "sim", "serve"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert set(json.loads(server.stdout.readline())) == {"url", "ws_url", "pid"}
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=10) == (b"", b"")
