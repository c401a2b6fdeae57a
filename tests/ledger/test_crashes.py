"""Real processes that are killed, or that race: nothing is sent twice, nothing is forgotten.

The program below stands for a whole order command: it sends by appending a line to a file, which
is the broker; whatever the broker has must be in the ledger, once.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiwoomctl.domain.orders import State
from kiwoomctl.ledger import Ledger
from tests.ledger.samples import ACCOUNT, SetClock, finish, prepare, program, states, wish

COMMAND = """
import os, sys
from pathlib import Path
from tests.ledger.samples import *
from kiwoomctl.errors import Refused


folder, broker = Path(sys.argv[1]), sys.argv[2]

def send_bytes(attempt):
    line = f"{attempt.id} {attempt.intent.account}\\n".encode()
    there = os.open(broker, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(there, line)
    number = os.lseek(there, 0, os.SEEK_CUR) // len(line)
    os.close(there)
    return str(number)

def order(ledger, new):
    with ledger.account_lock(new.account):
        made = ledger.prepare(new, (), no_checks)
        if made.replayed:
            return made.attempt
        ledger.start_sending(made.attempt.id)
        return ledger.record_outcome(made.attempt.id, accepted(send_bytes(made.attempt)))
"""

# Each is killed in a child of a process that has loaded everything and has opened nothing.
KILLED_AT = (
    COMMAND
    + """
import signal, sqlite3

def count(statement):
    global seen
    seen += 1
    if seen == wait:
        os.kill(os.getpid(), signal.SIGKILL)

for line in sys.stdin:
    wait, seen = int(line), 0
    child = os.fork()
    if child == 0:
        broker = folder / f"broker{wait}"
        ledger = Ledger.open(folder / f"world{wait}", SetClock())
        ledger._db._connection.set_trace_callback(count)
        order(ledger, wish(client_id="a"))
        print(seen, flush=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
)

KILLED_ANYTIME = (
    COMMAND
    + """
import signal, sqlite3

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        broker = folder / f"broker{int(line)}"
        print(os.getpid(), flush=True)
        for n in range(100):
            with Ledger.open(folder / f"world{int(line)}", SetClock()) as ledger:
                try:
                    order(ledger, wish(terms(symbol=Symbol(f"{n % 7:06}"))))
                except Refused:
                    pass
        # Whoever kills it finds it.
        signal.pause()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
)

RACE = (
    COMMAND
    + """
with Ledger.open(folder, SetClock()) as ledger:
    sys.stdin.readline()
    for n in range(3):
        account = AccountId("kiwoom", "sim", sys.argv[4])
        print(order(ledger, wish(client_id=f"{sys.argv[3]}{n}", account=account)).id)
"""
)


def sent(broker: Path) -> Counter[str]:
    lines = broker.read_text().splitlines() if broker.exists() else []
    return Counter(line.split()[0] for line in lines)


def check(folder: Path, broker: Path) -> Ledger:
    """Restart, and compare the ledger with the broker."""
    ledger = Ledger.open(folder, SetClock())
    with ledger.account_lock(ACCOUNT):
        pass
    assert ledger.invariants() == []
    assert ledger.doubts(ACCOUNT) == ()
    assert set(sent(broker).values()) <= {1}
    known = {str(a.id): a for a in ledger.newest(100_000)}
    for attempt_id in sent(broker):
        assert known[attempt_id].sends == 1
        assert known[attempt_id].state in {State.ACCEPTED, State.UNKNOWN}
    for attempt in known.values():
        assert attempt.state in {State.ACCEPTED, State.UNKNOWN, State.ABANDONED}
        if attempt.state is State.ACCEPTED:
            assert sent(broker)[attempt.id] == 1
    return ledger


@contextmanager
def asked(code: str, folder: Path) -> Iterator[Callable[..., int]]:
    """Start a program that is told numbers and answers with numbers; None tells it nothing."""
    process = program(code, str(folder), "", stdin=-1)  # subprocess.PIPE

    def ask(number: int | None = None) -> int:
        assert process.stdin is not None
        assert process.stdout is not None
        if number is not None:
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
        return int(process.stdout.readline())

    try:
        yield ask
    finally:
        left, _, err = finish(process)
    assert left == 0, err


def test_killed_at_every_statement(tmp_path: Path) -> None:
    found = Counter[State]()
    with asked(KILLED_AT, tmp_path) as ask:
        total = ask(0)
        assert ask() == 0
        assert total > 20
        for n in range(1, total + 1):
            assert ask(n) == -signal.SIGKILL
            with check(tmp_path / f"world{n}", tmp_path / f"broker{n}") as ledger:
                left = states(ledger.newest())
                found.update(left)
                # The same command again: only what was surely not sent may be sent now.
                replayed = prepare(ledger, wish(client_id="a")).replayed
                assert replayed == (left in ([State.ACCEPTED], [State.UNKNOWN]))
    assert set(found) == {State.ACCEPTED, State.UNKNOWN, State.ABANDONED}


def test_killed_at_any_time(tmp_path: Path) -> None:
    chance = random.Random(20261120)  # noqa: S311 - points in time, not secrets
    found = Counter[State]()
    with asked(KILLED_ANYTIME, tmp_path) as ask:
        for n in range(40):
            child = ask(n)
            time.sleep(chance.uniform(0, 0.25))
            os.kill(child, signal.SIGKILL)
            assert ask() == -signal.SIGKILL
            with check(tmp_path / f"world{n}", tmp_path / f"broker{n}") as ledger:
                found.update(states(ledger.newest(1000)))
    assert found[State.ACCEPTED] > 0


@pytest.mark.parametrize("accounts", [1, 16])
@pytest.mark.parametrize("same_key", [True, False])
def test_sixteen_at_once(tmp_path: Path, accounts: int, *, same_key: bool) -> None:
    folder, broker = tmp_path / "world", tmp_path / "broker"
    running = []
    for n in range(16):
        key = "k" if same_key else f"k{n}-"
        account = f"80123456{n % accounts:02}"
        running.append(
            program(RACE, str(folder), str(broker), key, account, stdin=-1)  # subprocess.PIPE
        )
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [finish(process) for process in running]
    assert set(sent(broker).values()) == {1}, "an order was sent twice"
    assert [code for code, _, _ in outputs] == [0] * 16, outputs
    orders = 3 if same_key and accounts == 1 else 48
    assert len({line for _, out, _ in outputs for line in out.split()}) == orders
    assert sum(sent(broker).values()) == len(sent(broker)) == orders
    with Ledger.open(folder, SetClock()) as ledger:
        assert states(ledger.newest(100)) == [State.ACCEPTED] * orders
        assert ledger.invariants() == []
        assert seal_is_right(ledger)


def seal_is_right(ledger: Ledger) -> bool:
    from kiwoomctl.ledger import seal

    known, head = seal.read(ledger.folder), ledger._head()  # noqa: SLF001
    return known is not None and known.ledger_id == head.ledger_id and known.changes <= head.changes
