"""The page of ``report`` is nothing but a page, in a file of its own."""

from __future__ import annotations

import re
import stat
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kiwoomctl.domain.clock import KST
from tests.cli.conftest import Run, Serve
from tests.cli.pages import page_of, read, still
from tests.cli.recorded_year import Year
from tests.cli.test_snapshot import DAYS, evening, serve_days

HOSTILE = "<script>alert(1)</script>\"' onload=x <b>&amp;\u202e"


def test_names_from_outside_stay_text(run: Run, own_home: Path) -> None:
    year = Year(own_home, owner=HOSTILE)
    year.record(date(2026, 11, 19), Decimal(1_000_000), name=HOSTILE)
    year.record(date(2026, 11, 20), Decimal(1_100_000), name=HOSTILE)
    for words in ([], ["--lang", "ko"]):
        page = page_of(run, "--offline", *words)  # its reader refuses elements and handlers
        shown = HOSTILE.replace("\u202e", "?")
        assert page.one(data_table="symbols").one(data_symbol="000001").text.startswith(shown)
        assert shown in page.one(data_table="accounts").text
        assert shown in page.one(data_table="allocation").text
        assert "\u202e" not in page.text


def test_both_languages_are_whole(run: Run, serve: Serve) -> None:
    served = serve_days(serve, accounts=3)
    evening(served, run, DAYS[0])
    evening(served, run, DAYS[1])
    served.control("faults", api_id="kt00018", mode="ip_mismatch", appkey="sim-002-appkey")
    english = page_of(run, code=6)
    korean = page_of(run, "--lang", "ko", code=6)
    assert korean.one(lang="ko").name == "html"
    assert english.one(lang="en").name == "html"
    outside = {"SIM", "UNKNOWN", "kiwoomctl", "Modified", "Dietz", "XIRR", "KODEX", "TIGER"}
    names = {row.text for row in english.one(data_table="symbols").all(scope="row")}
    for text in korean.texts():
        words = set(re.findall(r"[A-Za-z]{3,}", text))
        if words - outside and not re.search(r"sim-00\d", text):
            assert any(text.strip() in name for name in names), text
    for text in english.texts():
        if re.search(r"[가-힣]", text):
            whose = any(text.strip() in name for name in names)
            assert whose or re.search(r"\d\*{6}\d|^..[희수지민]", text) or "·" in text, text
    assert [part.name for part in korean.all()] == [part.name for part in english.all()]


def test_account_numbers_are_masked(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=2)
    evening(served, run, DAYS[0])
    ran = run("report", "--out", "-")
    for account in served.state()["accounts"]:
        assert account["account"] not in ran.out
        assert f"{account['account'][:2]}******{account['account'][-2:]}" in ran.out


def test_money_that_is_not_real_is_marked(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=1)
    assert "none of this is real money" in page_of(run).one(data_part="state").text
    served.use(
        "[profiles.paper]",
        'broker = "kiwoom"',
        'environment = "mock"',
        'secret = { source = "env" }',
    )
    page = page_of(run, code=6)
    assert [part.text for part in page.all(class_="mark")] == []
    marks = [part.text for part in page.all() if part.attributes.get("class") == "mark"]
    assert marks == ["모의", "SIM"]
    worlds = [part for part in page.all() if "data-environment" in part.attributes]
    assert [part.attributes["data-environment"] for part in worlds] == ["mock", "sim"]
    assert [len(list(part.all(data_part="totals"))) for part in worlds] == [0, 1]
    assert "paper: not read" in worlds[0].one(data_part="orders").text


def test_red_is_up_unless_the_config_says_otherwise(run: Run, serve: Serve) -> None:
    served = still(serve, accounts=1)

    def colours() -> tuple[str, str]:
        found = re.search(r"--up:(#\w+);--down:(#\w+)", run("report", "--out", "-").out)
        assert found is not None
        return found[1], found[2]

    red, blue = colours()
    assert (red[1] > red[3], blue[5] > blue[1]) == (True, True)
    served.use('color = "us"')
    green, down = colours()
    assert green[3] > green[1]
    assert down == red


# The file


def test_the_file_is_named_by_the_day_private_and_only_its_own_kind_is_replaced(
    run: Run, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    still(serve, accounts=1)
    monkeypatch.chdir(tmp_path)
    ran = run("report")
    path = Path(ran.out.removesuffix("\n"))
    assert (ran.code, ran.err) == (0, "")
    today = datetime.now(KST).date()
    assert path.name in {
        f"kiwoomctl-report-{day}.html" for day in (today, today - timedelta(days=1))
    }
    assert path.parent.samefile(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text("utf-8")
    read(first)
    assert run("report", "-p", "sim-001").code == 0, "a report is replaced"
    other = tmp_path / "notes.html"
    other.write_text("<p>mine", "utf-8")
    for place in (other, tmp_path):
        ran = run("report", "--out", str(place))
        assert ran.code == 2
        assert str(place) in ran.err
    assert other.read_text("utf-8") == "<p>mine"
    assert run("report", "--out", "").code == 2
    assert run("report", "--out", str(tmp_path / "none" / "x.html")).code == 8
    ran = run("report", "--out", str(tmp_path / "new.html"), "-o", "json")
    [row] = ran.document["data"]
    assert (row["path"], row["accounts"], row["missing"]) == (str(tmp_path / "new.html"), 1, [])
    assert run("report", "--out", "-", "-o", "json").code == 2
    assert sorted(one.name for one in tmp_path.glob("*.html")) == sorted(
        ["new.html", "notes.html", path.name]
    )


@pytest.mark.parametrize("words", [["--fields", "nothing"], ["--to", "20261340"]])
def test_a_wrong_word_asks_nobody(run: Run, serve: Serve, words: list[str]) -> None:
    served = still(serve, accounts=1)
    assert run("report", *words).code == 2
    assert served.state()["requests"] == []
