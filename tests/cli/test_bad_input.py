"""What cannot be done is refused in one clear line; nothing is sent, nothing is lost.

A table: what is typed, or what is wrong with the files; the exit code; what the line must name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli import ordering
from tests.cli.conftest import Ran
from tests.cli.ordering import CODE, Desk, Room

BUY = f"buy {CODE} 3 --price LOW -p sim-001 --yes"
NOTHING: Mapping[str, str] = {}


class Case(NamedTuple):
    """One thing that cannot be done."""

    words: tuple[str, ...]
    code: int
    said: str
    """Must stand in the line, as a rule the value that is wrong."""
    harm: Callable[[Desk], None] | None = None
    env: Mapping[str, str] = NOTHING


def typed(code: int, *cases: tuple[str, str]) -> list[Case]:
    """Return cases of command lines; ``''`` in one stands for an empty word."""
    return [
        Case(tuple("" if word == "''" else word for word in line.split(" ")), code, said)
        for line, said in cases
    ]


COMMANDS = typed(
    2,
    ("positons", "positions"),
    ("''", "command"),
    ("BUY 005930 1", "BUY"),
    ("--nonsense", "--nonsense"),
    ("positions --nonsense", "--nonsense"),
    ("positions extra", "extra"),
    ("cash -z", "-z"),
    ("cash -o", "-o"),
    ("cash -o xml", "xml"),
    ("cash -o ''", "-o"),
    ("cash -o JSON", "JSON"),
    ("cash --fields ''", "field"),
    ("cash --fields depozit", "depozit"),
    ("cash --fields deposit,,owner", "known: profile"),
    ("cash --fields Deposit", "deposit"),
    ("accounts --fields password", "password"),
    ("doctor --fields nope", "nope"),
    ("cash --lang jp", "jp"),
    ("cash --lang ''", "--lang"),
    ("cash --timeout 0", "--timeout"),
    ("cash --timeout -1", "-1"),
    ("cash --timeout nan", "nan"),
    ("cash --timeout soon", "soon"),
    ("cash --timeout ''", "--timeout"),
    ("cash --timeout 1e9", "600"),
)
PROFILES = typed(
    2,
    ("cash -p nobody", "nobody"),
    ("cash -p sim-01", "sim-001"),
    ("cash -p SIM-001", "sim-001"),
    ("cash -p ''", "-p"),
    ("cash -p ,", "-p"),
    ("cash -p sim-001,", "-p"),
    ("cash -p @", "@"),
    ("cash -p @nobody", "@nobody"),
    ("cash -p @mien", "@mine"),
    ("cash -p sim-001,nobody", "nobody"),
    ("cash --demo -p sim-001", "sim-001"),
    ("cash -p asleep", "asleep"),
    ("quote 005930 -p nobody", "nobody"),
    ("login nobody", "nobody"),
    ("logout nobody", "nobody"),
    ("logout", "sim-001"),
    ("halt -p nobody", "nobody"),
    ("resume -p @nobody", "@nobody"),
    ("buy 088980 3 --price LOW --yes", "-p"),
    ("buy 088980 3 --price LOW --yes -p all", "all"),
    ("buy 088980 3 --price LOW --yes -p ''", "-p"),
    ("sell 088980 3 --price HIGH --yes", "-p"),
    ("buy 088980 3 --price LOW --yes -p asleep", "asleep"),
    ("buy 088980 3 --price LOW --yes --demo -p sim-001", "sim-001"),
    ("modify 0000001 --price LOW --yes", "-p"),
    ("cancel 0000001 --yes", "-p"),
)
ORDERS = typed(
    2,
    (f"{BUY} --market", "--market"),
    ("buy 088980 3 -p sim-001 --yes", "price"),
    ("buy 088980 3 --price '' -p sim-001 --yes", "--price"),
    ("buy 088980 '' --price LOW -p sim-001 --yes", "QTY"),
    ("buy '' 3 --price LOW -p sim-001 --yes", "code"),
    ("buy 088980 0 --price LOW -p sim-001 --yes", "0"),
    ("buy 088980 -5 --price LOW -p sim-001 --yes", "-5"),
    ("buy 088980 1.5 --price LOW -p sim-001 --yes", "1.5"),
    ("buy 088980 10abc --price LOW -p sim-001 --yes", "10abc"),
    ("buy 088980 99999999999999999999 --price LOW -p sim-001 --yes", "99999999999999999999"),
    ("buy 088980 all --price LOW -p sim-001 --yes", "all"),
    ("sell 088980 half --price HIGH -p sim-002 --yes", "half"),
    ("buy 088980 3 --price 0 -p sim-001 --yes", "0"),
    ("buy 088980 3 --price -1 -p sim-001 --yes", "-1"),
    ("buy 088980 3 --price NaN -p sim-001 --yes", "NaN"),
    ("buy 088980 3 --price 1e5 -p sim-001 --yes", "1e5"),
    ("buy A088980 3 --price LOW -p sim-001 --yes", "088980"),
    ("buy 88980 3 --price LOW -p sim-001 --yes", "088980"),
    ("buy 맥쿼리인프라 3 --price LOW -p sim-001 --yes", "맥쿼리인프라"),
    (f"{BUY} --type stop", "--stop-price"),
    (f"{BUY} --type limt", "limit"),
    (f"{BUY} --stop-price 100", "--stop-price"),
    (f"{BUY} --exchange KOSDAQ", "KOSDAQ"),
    (f"{BUY} --exchange ''", "--exchange"),
    (f"{BUY} --exchange krx2", "KRX2"),
    (f"{BUY} --allow CAHS", "CASH"),
    (f"{BUY} --allow ''", "--allow"),
    (f"{BUY} --id ''", "--id"),
    (f"{BUY} --settle -1", "-1"),
    (f"{BUY} --settle 99999", "99999"),
    (f"{BUY} extra", "extra"),
    ("modify 0000001 -p sim-001 --yes", "--price"),
    ("modify '' --price LOW -p sim-001 --yes", "ORDER"),
    ("modify 12345678 --price LOW -p sim-001 --yes", "12345678"),
    ("modify 0000000 --price LOW -p sim-001 --yes", "0000000"),
    ("modify abc --price LOW -p sim-001 --yes", "abc"),
    ("modify 9999999 --price LOW -p sim-001 --yes", "9999999"),
    ("modify 0000001 --price 0 -p sim-001 --yes", "0"),
    ("modify 0000001 --price LOW -p sim-001,sim-002 --yes", "-p"),
    ("cancel -p sim-001 --yes", "--all"),
    ("cancel '' -p sim-001 --yes", "ORDER"),
    ("cancel 9999999 -p sim-001 --yes", "9999999"),
    ("cancel 0000001 --all -p sim-001 --yes", "--all"),
    ("cancel --symbol 088980 -p sim-001 --yes", "--all"),
    ("cancel 0000001 --side buy -p sim-001 --yes", "--all"),
    ("cancel --all --side both -p sim-001 --yes", "both"),
    ("cancel --all --symbol 88980 -p sim-001 --yes", "088980"),
    ("cancel nonsense -p sim-001 --yes", "nonsense"),
    ("cancel --all --yes", "-p"),
)
RECORDS = typed(
    2,
    ("orders --date 2026-13-01", "2026-13-01"),
    ("orders --date 2026-02-30", "2026-02-30"),
    ("orders --date 20260230", "20260230"),
    ("orders --date yesterday", "yesterday"),
    ("orders --date ''", "--date"),
    ("orders --date 26-11-20", "26-11-20"),
    ("fills --date 2026/11/20", "2026/11/20"),
    ("pnl --from 2026-11-20 --to 2026-11-01", "2026-11-01"),
    ("pnl --from nope", "nope"),
    ("pnl --by week", "week"),
    ("transactions --type 이자놀이", "이자놀이"),
    ("transactions --from 2026-11-20 --to 2026-11-19", "2026-11-19"),
    ("positions --by name", "name"),
    ("positions --by ''", "--by"),
    ("history --by week", "week"),
    ("history --from 2026-11-20 --to 2026-11-01", "2026-11-01"),
    ("history cashflow", "cashflow"),
    ("history cashflow add nobody 2026-11-20 1000", "nobody"),
    ("history cashflow add sim-001 2026-11-20 0", "0"),
    ("history cashflow add sim-001 2026-11-20 1.5", "1.5"),
    ("history cashflow add sim-001 2026-11-20 many", "many"),
    ("history cashflow add sim-001 someday 1000", "someday"),
    ("history cashflow add sim-001 2026-11-20", "AMOUNT"),
    ("history cashflow remove sim-001 999", "999"),
    ("history cashflow remove sim-001 first", "first"),
    ("snapshot diff 2026-11-20", "B"),
    ("snapshot diff 2026-11-20 never", "never"),
    ("export", "--at"),
    ("export --at ''", "--at"),
    ("report --from 2026-11-20 --to 2026-11-01", "2026-11-01"),
    ("report --out ''", "--out"),
    ("ledger", "ledger"),
    ("ledger nope", "nope"),
    ("ledger show", "ORDER"),
    ("ledger show 9999999", "9999999"),
    ("ledger show ''", "order id"),
    ("ledger show 20991231-aaaaaaaa", "20991231-aaaaaaaa"),
    ("resolve 20991231-aaaaaaaa.1", "20991231-aaaaaaaa.1"),
    ("resolve nope", "nope"),
    ("resolve --absent", "--absent"),
    ("resolve --number 123", "--number"),
    ("resolve 20991231-aaaaaaaa.1 --number x", "x"),
    ("resolve --settle nan", "nan"),
)
MARKET = typed(
    2,
    ("quote", "CODE"),
    ("quote ''", "code"),
    ("quote 5930", "005930"),
    ("quote A005930", "005930"),
    ("quote 005930 12345678", "12345678"),
    ("quote 없는이름", "없는이름"),
    ("quote 005930 --exchange NYSE", "NYSE"),
    ("orderable", "CODE"),
    ("orderable 5930", "005930"),
    ("orderable 005930 --price 0", "0"),
    ("orderable 005930 --price cheap", "cheap"),
    ("symbols find ''", "TEXT"),
    ("symbols find", "TEXT"),
    ("symbols renew", "renew"),
    ("api show ka99999", "ka99999"),
    ("api show", "ID"),
    ("api search ''", "search"),
    ("api call ka99999", "ka99999"),
    ("api call kt10000 stk_cd=005930", "kt10000"),
    ("api call ka10001", "stk_cd"),
    ("api call ka10001 stk_cd", "stk_cd"),
    ("api call ka10001 stk_cd=005930 nope=1", "nope"),
    ("stream", "kind"),
    ("stream nonsense", "nonsense"),
    ("stream trades", "trades"),
    ("stream orders --count 0", "0"),
    ("stream orders --duration -1", "-1"),
    ("stream orders --silence 0", "0"),
    ("watch --duration nan", "nan"),
    ("condition", "condition"),
    ("condition search", "NO|NAME"),
    ("condition search 없는조건", "없는조건"),
)
SETUP = typed(
    2,
    ("login", "sim-001"),
    ("login sim-001 --environment mock --stdin", "sim-001"),
    ("login Bad --environment mock --stdin", "Bad"),
    ("login all --environment mock --stdin", "all"),
    ("login new --environment paper --stdin", "paper"),
    ("login a/b --environment mock --stdin", "a/b"),
    ("login new --environment mock --source file", "--stdin"),
    ("login new --environment mock --source file --stdin", "two"),
    ("login new --environment mock --stdin --broker kiwom", "kiwom"),
    ("login new --environment mock --stdin --broker kis", "account"),
    ("sim serve --port 99999", "99999"),
    ("sim serve --port http", "http"),
    ("sim serve --accounts 0", "0"),
    ("sim serve --positions -1", "-1"),
    ("sim serve --rate fast", "fast"),
    ("sim serve --clock noon", "noon"),
    ("sim serve --env paper", "paper"),
    ("sim serve --reissue maybe", "maybe"),
    ("sim serve --broker samsung", "samsung"),
    ("sim", "sim"),
    ("demo", "demo"),
    ("demo forget", "forget"),
    ("help nonsense", "nonsense"),
    ("help oders", "orders"),
)


def config(text: str | bytes) -> Callable[[Desk], None]:
    def write(desk: Desk) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        (desk.home / "profiles.toml").write_bytes(content)

    return write


GOOD = '[profiles.a]\nbroker = "kiwoom"\nenvironment = "mock"\nsecret = { source = "keyring" }\n'
SIM = 'environment = "sim"\nsecret = {source = "inline", appkey = "k", secretkey = "s"}\n'
CONFIGS = [
    Case(("cash",), 8, said, config(text))
    for text, said in (
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\x00", "line 1"),
        ("[profiles.a", "at end of document"),
        ("nonsense", "at end of document"),
        ("", "profile"),
        ("[profiles]\n", "profile"),
        ("[profiles.a]\n", "broker"),
        ("profiles = 3\n", "profiles"),
        ("[profiles.Bad]\n", "Bad"),
        ("[profiles.all]\n", "all"),
        (GOOD.replace("[profiles.a]", '[profiles."a b"]'), "a b"),
        (GOOD.replace("kiwoom", "kiwom"), "kiwoom"),
        (GOOD.replace('"kiwoom"', "1"), "broker"),
        (GOOD.replace("mock", "paper"), "paper"),
        (GOOD.replace('environment = "mock"\n', ""), "environment"),
        (GOOD.replace('"keyring"', '"keychain"'), "keychain"),
        (GOOD.replace('{ source = "keyring" }', '"abc"'), "secret"),
        (GOOD.replace('"keyring" }', '"file" }'), "path"),
        (GOOD.replace('"keyring" }', '"command" }'), "argv"),
        (GOOD.replace('"keyring"', '"inline", appkey = "k", secretkey = "s"'), "inline"),
        (GOOD + "ownr = 3\n", "owner"),
        (GOOD + "owner = 3\n", "owner"),
        (GOOD + "enabled = 1\n", "enabled"),
        (GOOD + 'account = "12"\n', "account"),
        (GOOD + 'url = "http://127.0.0.1:1"\n', "url"),
        (GOOD + 'pace = "off"\n', "pace"),
        (GOOD + "[profiles.a.risk]\nvalue = 5\n", "value"),
        (GOOD + "[profiles.a.risk]\nvaleu = { hold = 5 }\n", "value"),
        (GOOD + "[profiles.a.risk]\nhalt = 'off'\n", "kill switch"),
        (GOOD + "[groups]\nmine = ['b']\n", "b"),
        (GOOD + "[groups]\nmine = 'a'\n", "mine"),
        (GOOD + "[groups]\n'@x' = ['a']\n", "@x"),
        (GOOD + "[group]\nmine = ['a']\n", "groups"),
        ('default = ["@nobody"]\n' + GOOD, "@nobody"),
        ('default = ["b"]\n' + GOOD, "b"),
        ("default = 3\n" + GOOD, "default"),
        ('lang = "jp"\n' + GOOD, "lang"),
        ('color = "pink"\n' + GOOD, "color"),
        ('exchange = "NYSE"\n' + GOOD, "exchange"),
        ("version = 99\n" + GOOD, "version"),
        (GOOD + GOOD, "a"),
        (GOOD.replace("profiles.a", "profiles.a_b"), "a_b"),
        (f'[profiles.a]\nbroker = "kiwoom"\nurl = "http://10.0.0.1:1"\n{SIM}', "10.0.0.1"),
        (f'[profiles.a]\nbroker = "kiwoom"\nurl = "ftp://127.0.0.1"\n{SIM}', "ftp"),
        (GOOD.replace("kiwoom", "kis"), "account"),
        (GOOD.replace("kiwoom", "kis") + 'account = "123-01"\n', "-01"),
        (GOOD + "enabled = false\n", "enabled"),
    )
]  # fmt: skip


def open_to_others(desk: Desk) -> None:
    (desk.home / "profiles.toml").chmod(0o666)


def gone(desk: Desk) -> None:
    (desk.home / "profiles.toml").unlink()


def a_folder(desk: Desk) -> None:
    gone(desk)
    (desk.home / "profiles.toml").mkdir()


def state_is_a_file(desk: Desk) -> None:
    desk.state_folder.write_text("")


def state_is_a_link(desk: Desk) -> None:
    desk.state_folder.symlink_to(desk.home)


def ledger_is(content: bytes | None) -> Callable[[Desk], None]:
    """The ledger of an account that ordered once is not what it was; None: a folder."""

    def write(desk: Desk) -> None:
        desk.bought()
        file = desk.world() / "ledger.sqlite3"
        if content is None:
            file.unlink()
            file.mkdir()
        else:
            file.write_bytes(content)

    return write


def ledger_is_newer(desk: Desk) -> None:
    desk.bought()
    with closing(sqlite3.connect(desk.world() / "ledger.sqlite3")) as base:
        base.execute("PRAGMA user_version = 999")
        base.commit()


HARMED = [
    Case(tuple(f"{words}".split(" ")), 8, said, harm)
    for harm, said in (
        (open_to_others, "profiles.toml"),
        (gone, "profiles.toml"),
        (a_folder, "profiles.toml"),
        (state_is_a_file, "state"),
        (state_is_a_link, "link"),
    )
    for words in ("cash", BUY)
] + [
    Case(tuple(words.split(" ")), 8, "ledger", harm)
    for harm in (
        ledger_is(b"no ledger at all " * 100),
        ledger_is(b"SQLite format 3\0" + b"\0" * 5000),
        ledger_is(None),
        ledger_is_newer,
    )
    for words in (BUY.replace(" 3 ", " 4 "), "resolve --settle 0", "ledger list")
]
ENVIRONMENT = [
    Case(tuple(words.split(" ")), code, said, None, {name: value})
    for words, code, said, name, value in (
        ("cash", 8, "nowhere", "KIWOOMCTL_CONFIG", "/nowhere/profiles.toml"),
        ("cash", 8, "/dev/null", "KIWOOMCTL_STATE_DIR", "/dev/null/state"),
        (BUY, 8, "/dev/null", "KIWOOMCTL_STATE_DIR", "/dev/null/state"),
        ("cash", 2, "nobody", "KIWOOMCTL_PROFILE", "nobody"),
        ("cash", 2, "@nobody", "KIWOOMCTL_PROFILE", "@nobody"),
        ("buy 088980 3 --price LOW --yes", 2, "-p", "KIWOOMCTL_PROFILE", "sim-001"),
        ("cash", 2, "true", "KIWOOMCTL_DEMO", "true"),
        (BUY, 2, "yes", "KIWOOMCTL_DEMO", "yes"),
        ("cash -p sim-001", 2, "sim-001", "KIWOOMCTL_DEMO", "1"),
        (BUY, 2, "sim-001", "KIWOOMCTL_DEMO", "1"),
    )
]
CASES = [
    *COMMANDS, *PROFILES, *ORDERS, *RECORDS, *MARKET, *SETUP, *CONFIGS, *HARMED, *ENVIRONMENT,
]  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    desk = served.desk(own_home)
    asleep = SIM.replace('"k"', '"asleep"')
    desk.use(
        head='default = ["sim-001", "sim-002"]',
        tail=f'[groups]\nmine = ["sim-001"]\n'
        f'[profiles.asleep]\nbroker = "kiwoom"\nenabled = false\n{asleep}',
    )
    return desk


def test_the_table_is_long_enough() -> None:
    assert len(CASES) >= 200


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{' '.join(case.words)[:60]}-{case.said}")
def test_one_clear_line_the_right_code_nothing_sent_nothing_lost(desk: Desk, case: Case) -> None:
    if case.harm is not None:
        case.harm(desk)
    files = contents(desk)
    sent = desk.sent()
    prices = {"LOW": str(desk.low), "HIGH": str(desk.high)}
    ran = desk.run(*(prices.get(word, word) for word in case.words), env=case.env)
    assert ran.code == case.code, (ran.err, ran.out)
    line = one_clear_line(ran)
    assert case.said in line, line
    assert "Traceback" not in ran.err + ran.out
    assert desk.sent() == sent
    after = contents(desk)
    assert {name: after[name] for name in files} == files
    assert not any(after[name] for name in after.keys() - files.keys())


def one_clear_line(ran: Ran) -> str:
    """Return the only line that says what is wrong."""
    [line] = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert len(line) < 400, line
    return line


def contents(desk: Desk) -> dict[str, object]:
    """Return what a person wrote and what was ordered, as it lies on the disk."""
    config = desk.home / "profiles.toml"
    ledgers = desk.state_folder.glob("**/ledger.sqlite3")
    return {
        "config": config.read_bytes() if config.is_file() else None,
        **{str(path): attempts(path) for path in ledgers if path.is_file()},
    }


def attempts(ledger: Path) -> object:
    """Return the rows of a ledger that has any; the file itself where it cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as base:
            return base.execute("SELECT * FROM attempts").fetchall() or None
    except sqlite3.DatabaseError:
        return ledger.read_bytes()
