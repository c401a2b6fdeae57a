"""The way of one order through the ledger: prepared, let out, known or not, settled."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from kiwoomctl.domain.orders import AttemptId, OrderId, OrderType, State, Terms
from kiwoomctl.errors import Refused, UsageError
from kiwoomctl.ledger import Ledger, Outcome, RuleBroken, Snapshot, Verdicts
from kiwoomctl.ledger.ids import new_order_id
from tests.ledger.samples import (
    ACCOUNT,
    DAY,
    HYNIX,
    OTHER,
    START,
    SetClock,
    accepted,
    no_checks,
    prepare,
    send,
    states,
    terms,
    wish,
)

UNKNOWN = Outcome(State.UNKNOWN, code="timeout")
NOT_SENT = Outcome(State.NOT_SENT, code="1700")


def test_an_order_that_is_accepted(ledger: Ledger, clock: SetClock) -> None:
    new = wish(terms(price=Decimal("70050.50"), stop_price=Decimal(1), type=OrderType.STOP))
    with ledger.account_lock(ACCOUNT):
        attempt = ledger.prepare(new, {"0000012", "0"}, lambda _: [{"code": "VALUE"}]).attempt
        assert (attempt.state, attempt.sends, attempt.sent_at) == (State.PREPARED, 0, None)
        assert attempt.before == {"12"}
        assert attempt.intent.terms == new.terms
        assert attempt.intent.verdicts == [{"code": "VALUE"}]
        assert attempt.request == new.request
        clock.sleep(1)
        attempt = ledger.start_sending(attempt.id)
        assert (attempt.state, attempt.sends) == (State.SENDING, 1)
        assert attempt.sent_at == START + timedelta(seconds=1)
        done = ledger.record_outcome(
            attempt.id,
            Outcome(State.ACCEPTED, "0", "ok", "0000123", "0000077", START),
        )
    assert (done.state, done.number, done.root, done.broker_at) == (
        State.ACCEPTED,
        "123",
        "77",
        START,
    )
    history = ledger.history(attempt.intent.order_id)
    assert [e.after for e in history.events] == [State.PREPARED, State.SENDING, State.ACCEPTED]
    assert ledger.claims(ACCOUNT, DAY) == {"123": attempt.id}
    assert ledger.owner(ACCOUNT, DAY, "0123") == done
    assert ledger.owner(OTHER, DAY, "0123") is None
    assert ledger.newest(5) == ledger.newest(5, [ACCOUNT, OTHER]) == ledger.of_day(DAY) == (done,)


def test_nothing_is_done_without_the_lock_nor_with_it_twice(ledger: Ledger) -> None:
    with pytest.raises(RuleBroken):
        ledger.prepare(wish(), (), no_checks)
    with ledger.account_lock(ACCOUNT):
        attempt = ledger.prepare(wish(), (), no_checks).attempt
        with pytest.raises(RuleBroken), ledger.account_lock(ACCOUNT):
            pass
    with pytest.raises(RuleBroken):
        ledger.start_sending(attempt.id)


def test_an_attempt_is_let_out_once(ledger: Ledger) -> None:
    attempt = send(ledger, wish(), None)
    with pytest.raises(RuleBroken), ledger.account_lock(OTHER):
        ledger.start_sending(attempt.id)
    ledger._held.add(ACCOUNT)  # noqa: SLF001 - as a second trace event in the same lock
    with pytest.raises(RuleBroken):
        ledger.start_sending(attempt.id)
    assert ledger.attempt(attempt.id).state is State.SENDING
    ledger.record_outcome(attempt.id, accepted("1"))
    with pytest.raises(RuleBroken):
        ledger.record_outcome(attempt.id, UNKNOWN)
    assert ledger.attempt(attempt.id).number == "1"


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REJECTED, State.UNKNOWN, State.MATCHED])
def test_what_was_never_let_out_has_no_such_outcome(ledger: Ledger, state: State) -> None:
    with ledger.account_lock(ACCOUNT):
        attempt = ledger.prepare(wish(), (), no_checks).attempt
        with pytest.raises(RuleBroken):
            ledger.record_outcome(attempt.id, Outcome(state, number="1"))
        assert ledger.record_outcome(attempt.id, NOT_SENT).sends == 0


def test_the_next_owner_of_the_lock_finds_what_was_left(ledger: Ledger) -> None:
    sending = send(ledger, wish(), None)
    with ledger.account_lock(ACCOUNT) as left:
        assert states(left) == [State.UNKNOWN]
    prepared = prepare(ledger, wish(terms(symbol=HYNIX))).attempt
    with ledger.account_lock(ACCOUNT) as left:
        assert states(left) == [State.ABANDONED]
    with ledger.account_lock(ACCOUNT) as left:
        assert left == ()
    assert ledger.attempt(sending.id).outcome_code == "interrupted"
    assert ledger.attempt(prepared.id).sends == 0


def test_one_attempt_is_in_hand_at_a_time(ledger: Ledger) -> None:
    with ledger.account_lock(ACCOUNT):
        first = ledger.prepare(wish(), (), no_checks).attempt
        second = ledger.prepare(wish(), (), no_checks).attempt
        assert ledger.attempt(first.id).state is State.ABANDONED
        ledger.start_sending(second.id)
        with pytest.raises(Refused):  # what was let out is UNKNOWN now, and blocks
            ledger.prepare(wish(), (), no_checks)


def test_an_open_outcome_blocks_its_symbol_until_it_is_settled(ledger: Ledger) -> None:
    unknown = send(ledger, wish(), UNKNOWN)
    for action in ("buy", "sell", "modify"):
        with pytest.raises(Refused, match=unknown.id) as caught:
            prepare(ledger, wish(terms(action)))
        assert (caught.value.exit_code, caught.value.code) == (7, "open_unknown")
    send(ledger, wish(terms("cancel")), UNKNOWN)
    send(ledger, wish(terms("cancel")), accepted("5"))
    send(ledger, wish(terms(symbol=HYNIX)), accepted("6"))
    send(ledger, wish(account=OTHER), accepted("5"))
    assert [a.intent.terms.action for a in ledger.open_attempts(ACCOUNT)] == ["buy", "cancel"]
    assert ledger.open_attempts() == ledger.open_attempts(ACCOUNT)
    with ledger.account_lock(ACCOUNT):
        for attempt in ledger.open_attempts():
            ledger.settle(attempt.id, State.ABSENT, by="person")
    done = ledger.attempt(unknown.id)
    assert done.settled_by == f"person {ledger.uid}@{ledger.host}"
    assert prepare(ledger, wish()).attempt.state is State.PREPARED


def test_settling_by_evidence(ledger: Ledger, clock: SetClock) -> None:
    send(ledger, wish(terms("cancel")), accepted("9"))
    attempt = send(ledger, wish(), UNKNOWN, before=["3"])
    clock.sleep(10)
    with ledger.account_lock(ACCOUNT):
        kept = ledger.settle(attempt.id, State.UNKNOWN, by="evidence", detail={"reads": 6})
        assert kept.state is State.UNKNOWN
        for known in ("3", "009"):
            with pytest.raises(UsageError):
                ledger.settle(attempt.id, State.MATCHED, by="evidence", number=known)
        assert ledger.settle(attempt.id, State.AMBIGUOUS, by="evidence").is_open
        assert ledger.settle(attempt.id, State.AMBIGUOUS, by="evidence").is_open
        done = ledger.settle(attempt.id, State.MATCHED, by="notice", number="010", also=["11"])
        assert (done.state, done.number, done.settled_by) == (State.MATCHED, "10", "notice")
        assert done.settled_at == clock.now()
        again = ledger.settle(attempt.id, State.ABSENT, by="person")
        assert again == done
        ledger.claim(attempt.id, ["11", "12"])
        with pytest.raises(UsageError):
            ledger.claim(attempt.id, ["9"])
    ledger.note(attempt.id, {"audit": "confirmed"})
    assert set(ledger.claims(ACCOUNT, DAY)) == {"9", "10", "11", "12"}
    details = [e.detail for e in ledger.history(attempt.intent.order_id).events]
    assert {"reads": 6, "by": "evidence"} in details
    assert details[-1] == {"audit": "confirmed"}


@pytest.mark.parametrize("number", [None, "", "0000000", "0000003", "9"])
def test_an_accepted_order_without_a_new_number_is_unknown(
    ledger: Ledger, number: str | None
) -> None:
    send(ledger, wish(terms("cancel")), accepted("9"))
    attempt = send(ledger, wish(), Outcome(State.ACCEPTED, number=number), before=["3"])
    assert (attempt.state, attempt.number, attempt.outcome_code) == (
        State.UNKNOWN,
        None,
        "number_not_new",
    )


@pytest.mark.parametrize("wanted", [terms(), terms("cancel")], ids=["buy", "cancel"])
@pytest.mark.parametrize(
    ("ahead", "waited", "is_over"),
    [
        (timedelta(0), timedelta(hours=13, minutes=59), False),
        (timedelta(0), timedelta(hours=14), True),
        (timedelta(minutes=5), timedelta(hours=13, minutes=56), True),
        (timedelta(minutes=-5), timedelta(hours=14), False),
    ],
)
def test_nothing_is_let_out_after_the_day_it_was_prepared_for(
    ledger: Ledger,
    clock: SetClock,
    wanted: Terms,
    ahead: timedelta,
    waited: timedelta,
    is_over: bool,
) -> None:
    with ledger.account_lock(ACCOUNT):
        new = wish(wanted)._replace(broker_ahead=ahead)
        attempt = ledger.prepare(new, (), no_checks).attempt
        clock.moment += waited  # a lid that was closed while the order waited for its slot
        if not is_over:
            assert ledger.start_sending(attempt.id).state is State.SENDING
            return
        with pytest.raises(Refused) as caught:
            ledger.start_sending(attempt.id)
        assert caught.value.code == "day_over"
        assert ledger.attempt(attempt.id).sends == 0


def test_numbers_are_keyed_by_day_and_account(ledger: Ledger) -> None:
    for day in (DAY, DAY + timedelta(days=3)):
        for account in (ACCOUNT, OTHER):
            new = wish(account=account, day=day)
            assert send(ledger, new, accepted("1")).state is State.ACCEPTED


# --id ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "settled"),
    [
        (accepted("1"), None),
        (UNKNOWN, None),
        (None, None),
        (UNKNOWN, State.MATCHED),
        (UNKNOWN, State.AMBIGUOUS),
        (UNKNOWN, State.ABSENT),
    ],
)
def test_a_bound_key_replays_for_ever(
    ledger: Ledger, outcome: Outcome | None, settled: State | None
) -> None:
    first = send(ledger, wish(client_id="a"), outcome)
    if settled:
        with ledger.account_lock(ACCOUNT):
            ledger.settle(first.id, settled, by="evidence", number="2")
    later = wish(terms(price=Decimal("70000.0")), client_id="a", day=DAY + timedelta(days=4))
    replay = prepare(ledger, later)
    assert replay.replayed
    assert replay.attempt == ledger.attempt(first.id) == ledger.recorded(ACCOUNT, "buy", "a")
    with pytest.raises(UsageError) as caught:
        prepare(ledger, wish(terms(quantity=11), client_id="a"))
    assert caught.value.exit_code == 2
    assert len(ledger.newest()) == 1
    other = wish(terms("buy", HYNIX), client_id="a", account=OTHER)
    assert not prepare(ledger, other).replayed
    assert not prepare(ledger, wish(terms("sell", HYNIX), client_id="a")).replayed


@pytest.mark.parametrize("state", [State.REJECTED, State.ABANDONED])
def test_a_key_stays_free_when_there_is_no_order(ledger: Ledger, state: State) -> None:
    if state is State.ABANDONED:
        with ledger.account_lock(ACCOUNT):
            attempt = ledger.prepare(wish(client_id="a"), (), no_checks).attempt
            ledger.abandon(attempt.id, "signal")
    else:
        send(ledger, wish(client_id="a"), Outcome(state))
    assert ledger.recorded(ACCOUNT, "buy", "a") is None
    assert ledger.continued(ACCOUNT, terms(), "a", DAY) is None
    assert not prepare(ledger, wish(terms(quantity=11), client_id="a")).replayed


def test_of_a_cancel_only_what_the_person_gave_is_compared(ledger: Ledger) -> None:
    first = send(ledger, wish(terms("cancel", target="0000077"), client_id="a"), accepted("5"))
    assert first.intent.terms.target == "77"
    same = prepare(ledger, wish(terms("cancel", target="77", exchange="NXT"), client_id="a"))
    assert same.replayed
    with pytest.raises(UsageError):
        prepare(ledger, wish(terms("cancel", target="78"), client_id="a"))


def test_a_second_attempt_keeps_the_first_before_set(ledger: Ledger) -> None:
    first = send(ledger, wish(client_id="a"), NOT_SENT, before=["3", "4"])
    assert ledger.continued(ACCOUNT, terms(), "a", DAY) == first
    assert ledger.continued(ACCOUNT, terms(), "a", DAY + timedelta(days=1)) is None
    assert ledger.continued(ACCOUNT, terms(quantity=1), "a", DAY) is None
    with pytest.raises(RuleBroken):
        prepare(ledger, wish(client_id="a"), before=["3", "4", "5"])
    with ledger.account_lock(ACCOUNT):
        second = ledger.second_attempt(first.intent.order_id, no_checks).attempt
        assert second.id == first.intent.order_id.attempt(2)
        assert second.before == {"3", "4"}
        assert second.request == first.request
        ledger.start_sending(second.id)
        ledger.record_outcome(second.id, accepted("5"))
        replay = ledger.second_attempt(first.intent.order_id, no_checks)
        assert replay.replayed
        assert replay.attempt.id == second.id


def test_a_second_attempt_may_find_the_first_one_s_order(ledger: Ledger) -> None:
    first = send(ledger, wish(), NOT_SENT)
    with ledger.account_lock(ACCOUNT):
        second = ledger.second_attempt(first.intent.order_id, no_checks).attempt
        ledger.record_outcome(second.id, Outcome(State.UNKNOWN, code="candidate"))
        done = ledger.settle(second.id, State.MATCHED, by="evidence", number="8")
    assert (done.state, done.sends) == (State.MATCHED, 0)


@pytest.mark.parametrize("outcome", [accepted("1"), UNKNOWN, Outcome(State.REJECTED)])
def test_there_is_no_second_attempt_of_what_may_exist(ledger: Ledger, outcome: Outcome) -> None:
    first = send(ledger, wish(terms("cancel")), outcome)
    with ledger.account_lock(ACCOUNT), pytest.raises(RuleBroken):
        ledger.second_attempt(first.intent.order_id, no_checks)


# Refusals -----------------------------------------------------------------------------------


def test_a_refusing_check_leaves_nothing(ledger: Ledger) -> None:
    def refuse(_: Snapshot) -> Verdicts:
        raise Refused("too much", code="VALUE")

    with ledger.account_lock(ACCOUNT), pytest.raises(Refused):
        ledger.prepare(wish(client_id="a"), (), refuse)
    assert ledger.newest() == ()


def test_the_kill_switch(ledger: Ledger) -> None:
    send(ledger, wish(terms("cancel")), accepted("1"))
    with ledger.account_lock(ACCOUNT):
        waiting = ledger.prepare(wish(), (), no_checks).attempt
        ledger.set_mode("halted", reason="panic")
        with pytest.raises(Refused) as caught:
            ledger.start_sending(waiting.id)
        assert caught.value.code == "HALT"
        assert ledger.attempt(waiting.id).sends == 0
        assert ledger.abandon(waiting.id, "HALT").state is State.ABANDONED
    with pytest.raises(Refused):
        prepare(ledger, wish(terms("sell")))
    assert send(ledger, wish(terms("cancel")), accepted("2")).state is State.ACCEPTED
    ledger.set_mode("reducing", ACCOUNT)
    assert (ledger.mode(ACCOUNT), ledger.mode(OTHER)) == ("halted", "halted")
    ledger.set_mode("active")
    assert (ledger.mode(ACCOUNT), ledger.mode(OTHER)) == ("reducing", "active")
    with pytest.raises(Refused):
        prepare(ledger, wish())
    assert send(ledger, wish(terms("sell")), accepted("3")).state is State.ACCEPTED
    assert send(ledger, wish(terms("modify", side="sell")), accepted("4")).number == "4"
    assert [h.mode for h in ledger.halts()] == ["halted", "reducing", "active"]


def test_doubt_blocks_until_it_is_adopted(ledger: Ledger) -> None:
    ledger.raise_doubt("foreign_orders", ACCOUNT, {"numbers": ["5"]})
    with pytest.raises(Refused) as caught:
        prepare(ledger, wish())
    assert caught.value.code == "ledger_doubt"
    assert prepare(ledger, wish(account=OTHER)).attempt
    assert prepare(ledger, wish(terms("cancel"))).attempt
    ledger.adopt(ACCOUNT)
    ledger.adopt(ACCOUNT)
    assert ledger.doubts(ACCOUNT) == ()
    assert prepare(ledger, wish()).attempt
    ledger.raise_doubt("foreign_orders", None, {})
    assert len(ledger.doubts(ACCOUNT)) == 1
    assert len(ledger.doubts(OTHER)) == 1


# Ids ----------------------------------------------------------------------------------------


def test_ids_sort_by_time_and_are_parsed_back() -> None:
    ids = [new_order_id(DAY, START + timedelta(seconds=n)) for n in range(200)]
    assert ids == sorted(ids)
    assert all(OrderId.parse(f" {one.upper()} ") == one for one in ids)
    assert AttemptId.parse(f"{ids[0]}.12").n == 12
    assert AttemptId.parse(f"{ids[0]}.12").order_id == ids[0]
    for bad in ("", "0000123", "20261120-3m7q9k2", "20261120-3m7q9k2i", "2026112０-3m7q9k2d"):
        with pytest.raises(UsageError):
            OrderId.parse(bad)
    for bad in (ids[0], f"{ids[0]}.", f"{ids[0]}.0", f"{ids[0]}.x"):
        with pytest.raises(UsageError):
            AttemptId.parse(bad)


def test_an_id_that_is_taken_is_not_given_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([7, 7, 8])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    first, second = prepare(ledger, wish()), prepare(ledger, wish())
    assert first.attempt.id != second.attempt.id
    nobody = OrderId("20261120-00000000")
    with pytest.raises(UsageError):
        ledger.history(nobody)
    with pytest.raises(UsageError):
        ledger.attempt(nobody.attempt(1))
