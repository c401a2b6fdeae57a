"""``halt`` and ``resume``: the kill switch is turned at once, in every world, and never by half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.identity import AccountId
from kiwoomctl.errors import Refused
from kiwoomctl.ledger import Ledger
from kiwoomctl.worlds import LEDGER_FILE, demo_world
from tests.cli.conftest import Ran, Run, Serve, Served
from tests.cli.journal import Book, pinned
from tests.ledger.samples import accepted, terms

MOCK = '[profiles.paper]\nbroker = "kiwoom"\nenvironment = "mock"\nsecret = { source = "env" }\n'


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve(accounts=3)


@pytest.fixture
def book(run: Run, served: Served, own_home: Path) -> Book:
    return pinned(run, served, own_home)


def modes(ran: Ran) -> dict[str, Any]:
    return {row["profile"]: row["mode"] for row in ran.document["data"]}


def everybody(mode: str) -> dict[str, str]:
    return dict.fromkeys(("sim-001", "sim-002", "sim-003"), mode)


def test_everything_stops_and_goes_again(run: Run, book: Book) -> None:
    ran = run("halt", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.document["schema"] == "kiwoomctl.halt/1"
    assert list(ran.document["data"][0]) == ["profile", "environment", "mode"]
    assert modes(ran) == modes(run("accounts", "-o", "json")) == everybody("halted")
    for action in ("buy", "sell"):
        with pytest.raises(Refused, match="stopped"):
            book.write(accepted("1"), terms(action))
    assert book.write(accepted("1"), terms("cancel"))
    ran = run("resume", "-o", "json")
    assert (ran.code, ran.err, modes(ran)) == (0, "", everybody("active"))
    assert ran.document["schema"] == "kiwoomctl.resume/1"
    assert book.write(accepted("2"))


def test_reducing_lets_sells_through(run: Run, book: Book) -> None:
    assert modes(run("halt", "--reducing", "-o", "json")) == everybody("reducing")
    with pytest.raises(Refused):
        book.write(accepted("1"))
    assert book.write(accepted("1"), terms("sell"))


def test_one_account_stops_alone(run: Run, book: Book) -> None:
    assert modes(run("halt", "-p", "sim-002", "-o", "json")) == {"sim-002": "halted"}
    assert modes(run("accounts", "-o", "json")) == everybody("active") | {"sim-002": "halted"}
    with pytest.raises(Refused):
        book.write(accepted("1"), of=1)
    assert book.write(accepted("1"))
    assert modes(run("resume", "-p", "sim-002", "-o", "json")) == {"sim-002": "active"}
    assert book.write(accepted("1"), of=1)


def test_the_stricter_switch_holds_and_is_named(run: Run, book: Book) -> None:
    assert run("halt", "-p", "sim-002").code == 0
    assert modes(run("halt", "--reducing", "-o", "json")) == everybody("reducing") | {
        "sim-002": "halted"
    }
    ran = run("resume", "-o", "json")
    assert modes(ran) == everybody("active") | {"sim-002": "halted"}
    assert ran.err == "still halted: sim-002 - kiwoomctl resume -p sim-002\n"
    run("halt")
    ran = run("resume", "-p", "sim-002", "-o", "json")
    assert modes(ran) == {"sim-002": "halted"}
    assert ran.err.startswith("still halted by the switch over all accounts: sim-002 ")
    assert ran.err.endswith(" - kiwoomctl resume\n")
    assert run("resume", "-q").err == ""
    assert modes(run("accounts", "-o", "json")) == everybody("active")
    assert book.accounts


@pytest.mark.parametrize("choice", ["sim-001,sim-003", "@two"])
def test_names_and_groups_choose(run: Run, served: Served, book: Book, choice: str) -> None:
    served.config.write_text(
        f'{served.config.read_text("utf-8")}\n[groups]\ntwo = ["sim-001", "sim-003"]\n', "utf-8"
    )
    stopped = {"sim-001": "halted", "sim-003": "halted"}
    assert modes(run("halt", "-p", choice, "-o", "json")) == stopped
    assert modes(run("accounts", "-o", "json")) == everybody("active") | stopped
    assert modes(run("halt", "-p", "all", "-o", "json")) == everybody("halted")
    with book.open() as ledger:
        assert {turn.account for turn in ledger.halts()} == set(book.accounts)


def test_no_default_and_no_variable_narrows_it(run: Run, served: Served, book: Book) -> None:
    served.use('default = ["sim-001"]')
    ran = run("halt", "-o", "json", env={"KIWOOMCTL_PROFILE": "sim-002"})
    assert modes(ran) == everybody("halted")
    assert book.accounts


@pytest.mark.parametrize("choice", ["", "nobody", "@nobody", "sim-001,"])
def test_a_choice_that_is_none_switches_nothing(run: Run, book: Book, choice: str) -> None:
    for command in ("halt", "resume"):
        ran = run(command, "-p", choice)
        assert (ran.code, ran.out) == (2, "")
    assert not (book.folder / LEDGER_FILE).exists()


def test_an_account_nobody_asked_for_yet_is_proven_first(
    run: Run, served: Served, own_home: Path
) -> None:
    assert modes(run("halt", "-p", "sim-001", "-o", "json")) == {"sim-001": "halted"}
    asked = [request["api_id"] for request in served.state()["requests"]]
    assert asked == ["au10001", "ka00001"]
    run("halt", "-p", "sim-001")
    assert len(served.state()["requests"]) == 2
    assert pinned(run, served, own_home).accounts


def test_one_that_cannot_be_proven_keeps_no_other_from_stopping(run: Run, served: Served) -> None:
    served.control("faults", api_id="ka00001", mode="html", appkey="sim-002-appkey")
    ran = run("halt", "-p", "all", "-o", "json")
    assert ran.code == 6
    assert modes(ran) == {"sim-001": "halted", "sim-003": "halted"}
    assert [error["profile"] for error in ran.document["errors"]] == ["sim-002"]
    assert modes(run("halt", "-o", "json")) == everybody("halted")


def test_every_world_is_switched_and_a_broken_one_keeps_no_other_from_it(
    run: Run, served: Served, book: Book, own_home: Path
) -> None:
    served.use(MOCK)
    ran = run("halt", "-o", "json")
    assert modes(ran) == everybody("halted") | {"paper": "halted"}
    assert ran.document["environment"] == "mixed"
    with Ledger.open(own_home / "state", SystemClock()) as ledger:
        assert ledger.mode(AccountId("kiwoom", "mock", "8012345611")) == "halted"
    book.damage()
    ran = run("resume", "-o", "json")
    assert (ran.code, modes(ran)) == (6, {"paper": "active"})
    assert {error["exit_code"] for error in ran.document["errors"]} == {8}
    assert len(ran.document["errors"]) == 3
    assert run("halt", "-p", "sim-001").code == 8


def test_nothing_to_resume_makes_no_ledger(run: Run, book: Book) -> None:
    assert modes(run("resume", "-o", "json")) == everybody("active")
    assert modes(run("resume", "-p", "sim-001", "-o", "json")) == {"sim-001": "active"}
    assert not (book.folder / LEDGER_FILE).exists()


def test_a_disabled_profile_can_be_stopped(run: Run, served: Served, book: Book) -> None:
    text = served.config.read_text("utf-8")
    named = "[profiles.sim-001]"
    served.config.write_text(text.replace(named, f"{named}\nenabled = false"), "utf-8")
    assert modes(run("halt", "-p", "sim-001", "-o", "json")) == {"sim-001": "halted"}
    assert "sim-001" not in modes(run("halt", "-o", "json"))
    with book.open() as ledger:
        assert ledger.mode(book.accounts[0]) == "halted"


def test_the_demo_has_a_switch_of_its_own(run: Run, book: Book, own_home: Path) -> None:
    assert set(modes(run("halt", "--demo", "-o", "json")).values()) == {"halted"}
    assert modes(run("accounts", "-o", "json")) == everybody("active")
    assert not (book.folder / LEDGER_FILE).exists()
    assert (demo_world(own_home / "state") / LEDGER_FILE).exists()
    assert set(modes(run("resume", "--demo", "-o", "json")).values()) == {"active"}


def test_the_demo_reset_forgets_its_orders_and_its_switch(run: Run, own_home: Path) -> None:
    folder = demo_world(own_home / "state")
    assert run("halt", "--demo").code == 0
    assert run("accounts", "--check", "--demo").code == 0
    number = run("accounts", "--demo", "--show-account", "-o", "json").document["data"][0]
    demo = Book(folder, (AccountId("kiwoom", "sim", number["account"]),))
    demo.write(accepted("1"), terms("cancel"))
    assert len(run("ledger", "list", "--demo", "-o", "json").document["data"]) == 1
    assert run("demo", "reset").code == 0
    assert not (folder / LEDGER_FILE).exists()
    assert run("ledger", "list", "--demo", "-o", "json").document["data"] == []
    # A ledger that begins anew is none that was lost.
    assert demo.write(accepted("1"), terms())
    with demo.open() as ledger:
        assert ledger.doubts(demo.accounts[0]) == ()
        assert ledger.mode(demo.accounts[0]) == "active"


def test_doctor_tells_who_is_stopped_and_why(run: Run, book: Book) -> None:
    run("halt", "--reducing", "--reason", "장 점검")
    run("halt", "-p", "sim-002")
    found = [
        (row["profile"], row["status"], row["finding"], row["fix"])
        for row in run("doctor", "-o", "json").document["data"]
        if row["check"] == "ledger" and row["status"] != "ok"
    ]
    assert [row[:2] for row in found] == [(None, "warning"), ("sim-002", "warning")]
    assert "reducing" in found[0][2]
    assert found[0][2].endswith(": 장 점검")
    assert [row[3] for row in found] == ["kiwoomctl resume", "kiwoomctl resume -p sim-002"]
    assert book.accounts


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize(("lang", "said"), [("en", "halted"), ("ko", "정지")])
def test_a_terminal_shows_it_and_asks_nothing(
    run_on_terminal: Run, book: Book, columns: int, lang: str, said: str
) -> None:
    ran = run_on_terminal("halt", columns=columns, env={"KIWOOMCTL_LANG": lang})
    assert (ran.code, ran.out.count(said)) == (0, 3 if lang == "en" else 4)
    assert "…" not in ran.out
    assert book.accounts
