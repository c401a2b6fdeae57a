"""``stream`` and ``condition``: lines of JSON over a served simulator and in process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PATIENCE, Run, Serve, Served
from tests.cli.running import running

TRADES = ("stream", "trades", "005930")


def order(served: Served, key: int, **more: Any) -> str:
    """Place an order elsewhere."""
    body = {"side": "buy", "symbol": "316140", "quantity": 2, "price": 24_000, **more}
    served.control("foreign_order", appkey=f"sim-{key:03d}-appkey", **body)
    return str(served.state()["orders"][-1]["ord_no"])


def test_orders_of_all_accounts_come_together_and_end_by_interrupt(serve: Serve) -> None:
    served = serve(accounts=3)
    with running("stream", "orders", "balance", "-p", "sim-001,sim-002") as stream:
        stream.told(": live", 2)
        numbers = {f"sim-{key:03d}": order(served, key) for key in (1, 2, 3)}
        stream.brought(2)
        served.control("fill", ord_no=numbers["sim-002"], quantity=1, price=24_000)
        lines = stream.brought(4)
        assert stream.signal(signal.SIGINT) == 130
    assert {line["profile"] for line in lines} == {"sim-001", "sim-002"}
    received = next(line for line in lines if line["profile"] == "sim-001")
    filled = next(line for line in lines if line["fields"].get("status") == "filled")
    balance = next(line for line in lines if line["type"] == "04")
    assert list(received) == [
        *("profile", "environment", "type", "name", "item", "symbol", "received_at", "fields")
    ]
    assert (received["environment"], received["type"], received["symbol"]) == (
        "sim",
        "00",
        "316140",
    )
    assert received["received_at"].endswith("+09:00")
    fields = received["fields"]
    assert fields["broker_order_id"] == numbers["sim-001"]
    assert (fields["status"], fields["side"], fields["reject_reason"]) == ("received", "buy", None)
    assert (fields["quantity"], fields["order_price"], fields["filled_quantity"]) == (
        2,
        24_000,
        None,
    )
    assert "*" in fields["account"]
    assert (filled["fields"]["filled_quantity"], filled["fields"]["fill_quantity"]) == (1, 1)
    assert balance["fields"]["symbol"] == "316140"
    assert isinstance(balance["fields"]["quantity"], int)


def test_the_broker_s_own_numbers_and_texts(serve: Serve, run: Run) -> None:
    served = serve()
    served.control("ticks", symbols=["005930"], per_second=20)
    ran = run(*TRADES, "-p", "sim-001", "--raw", "--count", "3")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, len(lines)) == (0, 3)
    values = lines[0]["fields"]
    assert all(key.isdigit() and isinstance(value, str) for key, value in values.items())
    assert values["10"][0] in "+-0123456789"
    assert len(values["20"]) == 6


def test_chosen_fields_make_flat_lines(serve: Serve, run: Run) -> None:
    served = serve()
    served.control("ticks", symbols=["005930", "000660"], per_second=20)
    ran = run(
        *("stream", "trades", "005930", "000660", "-p", "sim-001"),
        *("--fields", "symbol,price,bid,item", "--count", "4"),
    )
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [list(line) for line in lines] == [["symbol", "price", "bid", "item"]] * 4
    assert {line["symbol"] for line in lines} == {"005930", "000660"}
    assert all(line["price"] > 0 for line in lines)


def test_the_market_needs_one_connection(serve: Serve) -> None:
    served = serve()
    served.control("ticks", symbols=["005930"], per_second=20)
    with running(*TRADES) as stream:
        assert {line["profile"] for line in stream.brought(5)} == {"sim-001"}
        sessions = served.state()["sockets"]["sessions"]
        assert [session["appkey"] for session in sessions] == ["sim-001-appkey"]
        assert stream.signal(signal.SIGINT) == 130


def test_no_variable_changes_where_a_connection_goes(
    serve: Serve, run: Run, own_home: Path
) -> None:
    served = serve()
    served.control("ticks", symbols=["005930"], per_second=50)
    nowhere = "http://127.0.0.1:9"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "ws_proxy")
    log = own_home / "keys"
    env = {**dict.fromkeys(names, nowhere), "SSLKEYLOGFILE": str(log)}
    ran = run(*TRADES, "--count", "1", "--duration", "20", env=env)
    assert ran.code == 0
    assert json.loads(ran.out)["symbol"] == "005930"
    assert not log.exists()


def test_a_duration_ends_it(serve: Serve, run: Run) -> None:
    serve()
    ran = run("stream", "orders", "--duration", "0.5")
    assert (ran.code, ran.out) == (0, "")


def test_a_reader_that_leaves_ends_it_although_nothing_comes(serve: Serve) -> None:
    served = serve()
    served.control("ticks", symbols=["005930"], per_second=50)
    process = subprocess.Popen(
        [sys.executable, "-m", "kiwoomctl", *TRADES, "-q"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    served.control("ticks", symbols=["005930"], per_second=0)
    time.sleep(0.3)
    process.stdout.close()
    assert process.wait(PATIENCE) == 0


def test_a_lost_connection_is_told_beside_the_lines_and_in_them(serve: Serve) -> None:
    served = serve()
    with running("stream", "orders", "-p", "sim-001") as stream:
        stream.told(": live")
        served.control("drop_sockets")
        stream.told("connecting again")
        stream.told("the live connection is back")
        order(served, 1)
        lines = stream.brought(3)
        assert stream.signal(signal.SIGTERM) == -signal.SIGTERM
    assert [line["type"] for line in lines] == ["lost", "gap", "00"]
    assert lines[1]["fields"]["since"] <= lines[1]["fields"]["until"]
    assert lines[1]["fields"]["dropped"] == 0


def test_a_key_in_use_is_refused_and_the_first_goes_on(serve: Serve, run: Run) -> None:
    served = serve()
    with running("stream", "orders", "-p", "sim-001") as stream:
        stream.told(": live")
        for words in (("stream", "orders"), ("condition", "list")):
            ran = run(*words, "-p", "sim-001")
            assert ran.code == 9
            assert "sim-001" in ran.err
        partial = run("stream", "orders", "-p", "sim-001,sim-002", "--duration", "1")
        assert partial.code == 6
        order(served, 1)
        assert stream.brought(1)[0]["type"] == "00"


def test_a_key_that_another_machine_takes_is_left_to_it(
    serve: Serve, run: Run, own_home: Path
) -> None:
    served = serve()
    with running("stream", "orders", "-p", "sim-001") as stream:
        stream.told(": live")
        there = {"KIWOOMCTL_STATE_DIR": str(own_home / "other")}
        # Its new token kills ours; what ends the connection is its session alone.
        other = run("stream", "orders", "-p", "sim-001", "--duration", "1", env=there)
        assert other.code == 0
        assert stream.ended() == 9
    assert "another program opened a live connection with this app key" in "".join(stream.err)
    assert served.state()["sockets"]["opened"] == 2


def test_a_dead_token_is_renewed(serve: Serve, run: Run) -> None:
    served = serve()
    assert run("cash", "-p", "sim-001").code == 0
    served.control("kill_tokens")
    assert run("stream", "orders", "-p", "sim-001", "--duration", "0.3").code == 0
    served.control("faults", api_id="*", mode="login_refused", count=2)
    ran = run("stream", "orders", "-p", "sim-001", "--duration", "5")
    assert ran.code == 4
    assert "sim-001" in ran.err


def test_a_server_that_is_gone_says_so(serve: Serve, run: Run) -> None:
    served = serve()
    text = served.config.read_text("utf-8").replace(served.url, "http://127.0.0.1:9")
    served.config.write_text(text, "utf-8")
    assert run("stream", "orders", "-p", "sim-001").code == 10


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "nothing says what to stream"),
        (("trades",), "'trades' needs a code"),
        (("trades", "5930"), "did you mean 005930?"),
        (("trades", "A005930"), "did you mean 005930?"),
        (("trade", "005930"), "did you mean trades?"),
        (("orders", "005930"), "none of these kinds of events is about the code '005930'"),
        (("index", "005930"), "'index' needs a code"),
        (("trades", ""), "neither a kind of event nor a code"),
        ((*TRADES[1:], "-o", "csv"), "lines of JSON, no csv document"),
        ((*TRADES[1:], "--count", "0"), "--count 0 is not above 0"),
        ((*TRADES[1:], "--duration", "-1"), "--duration -1 is not above 0"),
        ((*TRADES[1:], "--fields", "prise"), "unknown field 'prise'"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(
    run: Run, words: tuple[str, ...], text: str
) -> None:
    ran = run("stream", "--demo", *words)
    assert (ran.code, ran.out) == (2, "")
    assert text in ran.err
    assert len(ran.err.splitlines()) == 1


def test_the_kinds_are_listed(run: Run) -> None:
    rows = run("stream", "--list", "-o", "json").document["data"]
    brokers = [row["broker"] for row in rows]
    assert [brokers.count(broker) for broker in ("kiwoom", "kis")] == [19, 4]
    assert rows[0] == {
        "type": "00",
        "word": "orders",
        "name": "주문체결",
        "about": "account",
        "broker": "kiwoom",
    }
    assert {row["word"] for row in rows if row["broker"] == "kis"} >= {"orders", "trades"}


def test_the_demo_streams_without_a_server(run: Run) -> None:
    ran = run("stream", "trades", "005930", "--demo", "--count", "1", "--duration", "20")
    assert ran.code == 0
    assert json.loads(ran.out)["symbol"] == "005930"


def test_conditions_are_listed_and_searched(serve: Serve, run: Run) -> None:
    serve(env="real")
    listed = run("condition", "list", "-o", "json").document["data"]
    assert listed[2]["condition_id"] == "2"
    hits = run("condition", "search", "2", "-o", "json").document
    by_name = run("condition", "search", listed[2]["condition_name"], "-o", "json").document
    assert hits["data"] == by_name["data"]
    assert hits["data"]
    assert all(row["change"] == 0 and row["change_rate"] == 0 for row in hits["data"])
    assert all(len(row["symbol"]) == 6 and row["price"] > 0 for row in hits["data"])
    falling = run("condition", "search", "1", "-o", "json").document["data"]
    assert all(-30 <= row["change_rate"] <= -1 and row["change"] < 0 for row in falling)
    empty = run("condition", "search", "3")
    assert empty.code == 0
    assert "no code meets it now" in empty.out
    unknown = run("condition", "search", "보함")
    assert unknown.code == 2
    assert "보합" in unknown.err


def test_hits_come_over_several_pages(serve: Serve, run: Run) -> None:
    served = serve(env="real")
    whole = run("condition", "search", "2", "-o", "json").document["data"]
    served.control("sockets", condition_page=7)
    paged = run("condition", "search", "2", "-o", "json").document["data"]
    assert paged == whole
    assert len(whole) > 7


def test_a_watched_condition_tells_members_and_changes_and_survives_a_cut(
    serve: Serve, run: Run
) -> None:
    served = serve(env="real")
    hits = run("condition", "search", "2", "-p", "sim-002", "-o", "json").document["data"]
    hit = next(row for row in hits if row["price"] > 100_000)
    with running("condition", "watch", "2", "-p", "sim-001") as watch:
        watch.told(": live")
        watch.brought(len(hits))
        served.control("drop_sockets")
        watch.told("the live connection is back")
        watch.brought(2 * len(hits) + 2)
        served.control("price", symbol=hit["symbol"], price=hit["price"] // 1000 * 1000 + 5000)
        watch.until(lambda line: line["fields"].get("event") == "delete")
        assert watch.signal(signal.SIGINT) == 130
    kinds = [line["type"] for line in watch.lines]
    members = {row["symbol"] for row in hits}
    size = len(hits)
    assert kinds == ["02"] * size + ["lost", "gap"] + ["02"] * (size + 1)
    assert {line["symbol"] for line in watch.lines[:size]} == members
    assert {line["symbol"] for line in watch.lines[size + 2 : -1]} == members
    assert watch.lines[0]["fields"]["event"] == "member"
    assert watch.lines[-1]["symbol"] == hit["symbol"]
    assert watch.lines[-1]["fields"]["condition_id"] == "2"
    assert served.state()["sockets"]["sessions"] == []
    with running("condition", "watch", "2", "-p", "sim-001", "--count", "1") as again:
        assert again.ended() == 0


def test_the_mock_server_has_no_conditions(serve: Serve, run: Run, own_home: Any) -> None:
    serve(env="mock")
    ran = run("condition", "list", "-p", "sim-001")
    assert ran.code == 3
    (own_home / "profiles.toml").write_text(
        '[profiles.paper]\nbroker = "kiwoom"\nenvironment = "mock"\nsecret = { source = "env" }\n',
        "utf-8",
    )
    offline = run("condition", "list")
    assert offline.code == 3
    assert "the mock server has no condition search" in offline.err


@pytest.mark.parametrize("columns", [80, 200])
def test_on_a_terminal_conditions_are_a_table(run_on_terminal: Run, columns: int) -> None:
    ran = run_on_terminal("condition", "list", "--demo", columns=columns)
    assert ran.code == 0
    assert "보합" in ran.out
