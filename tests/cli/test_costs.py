"""What makes commands quick: no request too many, all accounts at once; and what long ones say."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiwoomctl.brokers.http_door import shared_tls_context
from kiwoomctl.brokers.transport import Transport
from tests.cli.conftest import Run, Serve, Served
from tests.test_architecture import modules_after

TOKEN, NUMBER, CASH, HOLDINGS = "au10001", "ka00001", "kt00001", "kt00018"
PATIENCE = 20


def asked(served: Served, do: Callable[[], object]) -> Counter[str]:
    """Return how often each api-id was asked for by what is done."""
    before = len(served.state()["requests"])
    do()
    return Counter(request["api_id"] for request in served.state()["requests"][before:])


# Requests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "each"),
    [
        (["accounts"], {}),
        (["accounts", "--check"], {NUMBER: 1}),
        (["cash"], {CASH: 1}),
        (["positions"], {HOLDINGS: 1}),
        (["positions", "--by", "symbol"], {HOLDINGS: 1}),
        (["summary"], {CASH: 1, HOLDINGS: 1}),
        (["orders"], {"kt00007": 1, "ka10075": 1, "ka10076": 1}),
        (["orders", "--open"], {"kt00007": 1, "ka10075": 1, "ka10076": 1}),
        (["pnl"], {"ka10073": 1, "ka10074": 1}),
        (["ledger", "list"], {}),
        (["doctor", "--offline"], {}),
    ],
)
def test_a_command_asks_each_account_once_for_what_it_shows(
    run: Run, serve: Serve, words: list[str], each: dict[str, int]
) -> None:
    served = serve(accounts=4)
    assert run("accounts", "--check").code == 0  # tokens and numbers are known from now on
    found = asked(served, lambda: run(*words))
    assert found == Counter({api_id: 4 * count for api_id, count in each.items()})


def test_the_first_read_asks_for_a_token_and_the_second_does_not(run: Run, serve: Serve) -> None:
    served = serve(accounts=3)
    assert asked(served, lambda: run("cash")) == {TOKEN: 3, CASH: 3}
    assert asked(served, lambda: run("cash")) == {CASH: 3}


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("accounts", []),
        ("positions", ["TTTC8434R", HOLDINGS, HOLDINGS]),
        ("cash", ["TTTC8434R", "TTTC8908R", CASH, CASH]),
    ],
)
def test_the_demo_asks_no_more_at_either_house(run: Run, command: str, more: list[str]) -> None:
    run("positions", "--demo")  # tokens are there from now on
    told = run(command, "--demo", "-v").err.splitlines()
    assert sorted(line.split()[1] for line in told if " HTTP " in line) == more


def test_a_page_is_asked_for_once(run: Run, serve: Serve) -> None:
    served = serve(accounts=1, positions=40)
    run("cash")
    served.control("page_size", api_id=HOLDINGS, rows=10)
    pages = asked(served, lambda: run("positions"))
    rows = len(run("positions", "-o", "json").document["data"])
    assert set(pages) == {HOLDINGS}
    assert rows == 40
    assert rows // 10 <= pages[HOLDINGS] <= rows // 10 + 1


# Imports ----------------------------------------------------------------------------------------


def rooms_after(*words: str) -> set[str]:
    """Return which parts of the package a command has loaded, two names deep, and dataclasses."""
    names = [name.split(".") for name in modules_after(*words)]
    own = {".".join(parts[1:3]) for parts in names if parts[0] == "kiwoomctl"}
    return own | {"dataclasses" for parts in names if parts == ["dataclasses"]}


def test_a_read_loads_nothing_that_only_orders_need(serve: Serve) -> None:
    serve(accounts=1)
    loaded = rooms_after("positions", "-o", "json")
    assert "services.portfolio" in loaded
    assert not loaded & {"domain.orders", "ledger.store", "risk.limits", "services.orders"}
    assert not {name for name in loaded if name.startswith(("risk", "simulator", "render.boxed"))}


def test_an_offline_command_loads_no_client_and_makes_no_dataclass(serve: Serve) -> None:
    serve(accounts=1)
    for words in (("accounts",), ("ledger", "list")):
        loaded = rooms_after(*words)
        assert "connection" in loaded
        assert not loaded & {"brokers.transport", "services.portfolio", "dataclasses"}, words


@pytest.mark.parametrize("command", ["positions", "buy", "cancel", "audit"])
def test_help_loads_no_more_than_its_words(command: str) -> None:
    loaded = rooms_after(command, "--help")
    assert not {
        name for name in loaded if name.startswith(("services", "brokers", "ledger", "risk"))
    }
    assert "dataclasses" not in loaded


# Connections ------------------------------------------------------------------------------------


def test_one_tls_context_serves_all_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    shared_tls_context()
    Transport("http://127.0.0.1:1", timeout=1)
    made: list[object] = []
    new = ssl.SSLContext.__new__

    def counted(cls: type[ssl.SSLContext], *args: int) -> ssl.SSLContext:
        made.append(cls)
        return new(cls, *args)

    monkeypatch.setattr(ssl.SSLContext, "__new__", counted)
    for _ in range(50):
        Transport("https://api.kiwoom.com", timeout=1).close()
        Transport("http://127.0.0.1:1", timeout=1).close()
    assert made == []
    ssl.create_default_context()
    assert made, "the counter counts"


class Meeting(BaseHTTPRequestHandler):
    """A broker that answers reads only when all that are expected have come."""

    protocol_version = "HTTP/1.1"
    barrier: threading.Barrier

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        api_id = self.headers["api-id"]
        if api_id != TOKEN:
            self.barrier.wait(PATIENCE)
        body = json.dumps({"return_code": 0, "return_msg": "", **ANSWERS[api_id]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("api-id", api_id)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


ANSWERS: dict[str, dict[str, object]] = {
    TOKEN: {"token": "TOKEN", "token_type": "bearer", "expires_dt": "20991231235959"},
    CASH: dict.fromkeys(
        ("entr", "d1_entra", "d2_entra", "ord_alow_amt", "pymn_alow_amt"), "000000000001000"
    ),
    HOLDINGS: {
        "tot_pur_amt": "0",
        "tot_evlt_amt": "0",
        "prsm_dpst_aset_amt": "000000000001000",
        "acnt_evlt_remn_indv_tot": [],
    },
}


@contextmanager
def meeting(home: Path, accounts: int, together: int) -> Iterator[None]:
    """Serve accounts whose reads are answered only when so many are under way."""
    handler = type("Handler", (Meeting,), {"barrier": threading.Barrier(together)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    profiles = [
        f"""
[profiles.p{number}]
broker = "kiwoom"
environment = "sim"
url = "http://127.0.0.1:{server.server_port}"
pace = "off"
secret = {{ source = "inline", appkey = "key-{number}", secretkey = "secret-{number}" }}
"""
        for number in range(accounts)
    ]
    config = home / "profiles.toml"
    config.write_text("".join(profiles), "utf-8")
    config.chmod(0o600)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("command", "each"), [("cash", 1), ("positions", 1), ("summary", 2)])
def test_all_reads_of_all_accounts_are_under_way_at_once(
    run: Run, own_home: Path, command: str, each: int
) -> None:
    with meeting(own_home, accounts=20, together=20 * each):
        ran = run(command, "-o", "json")
    assert (ran.code, ran.err) == (0, "")


# Progress ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("accounts", "told"), [(1, "0 of 1 accounts"), (3, "0 of 3 accounts")])
def test_a_slow_answer_is_told_on_a_terminal_and_wiped_away(
    run_on_terminal: Run, run: Run, serve: Serve, accounts: int, told: str
) -> None:
    serve(accounts=accounts, latency_ms=700)
    shown = run_on_terminal("cash", "--lang", "en").out
    assert told in shown
    assert shown.rindex("\r\x1b[K") > shown.rindex(told)
    assert shown.index("Deposit") > shown.rindex("\r\x1b[K")
    quiet = run_on_terminal("cash", "--lang", "en", "-q").out
    assert "of " not in quiet.splitlines()[0]
    assert run("cash").err == ""


def test_a_wait_for_the_rate_limit_is_told_by_name(run_on_terminal: Run, serve: Serve) -> None:
    served = serve(accounts=1, positions=30, rate="terms")
    served.control("page_size", api_id=HOLDINGS, rows=4)
    shown = run_on_terminal("positions", "--lang", "en").out
    assert re.search(r"sim-001: waiting \d\.\d s for the rate limit \(kt00018\)", shown)
    assert "\r\x1b[K" in shown
