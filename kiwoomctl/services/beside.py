"""Calls in threads of their own, without the executors of the standard library.

Loading those, and the logging they load, takes longer than a short command has for its accounts.
The threads are daemons: after ^C nobody waits for them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from kiwoomctl.brokers.port import Broker
    from kiwoomctl.domain.portfolio import Cash, Holdings

_Value = TypeVar("_Value")
_Item = TypeVar("_Item")


class _End(NamedTuple, Generic[_Value]):
    """How a call ended: what it returned, or what it raised."""

    value: _Value | None
    error: BaseException | None

    @classmethod
    def of(cls, call: Callable[[], _Value]) -> _End[_Value]:
        try:
            return cls(call(), None)
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            return cls(None, error)

    def result(self) -> _Value:
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # what the call returned, None too


class Beside(Generic[_Value]):
    """A call that runs while its maker does something else."""

    def __init__(self, call: Callable[[], _Value]) -> None:
        self._call = call
        self._end: _End[_Value] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> _Value:
        """Return what the call returned, or raise what it raised, once it is over."""
        self.wait()
        assert self._end is not None, "set at the end of the thread"  # noqa: S101 - for the type
        return self._end.result()

    def wait(self) -> None:
        """Wait until the call is over."""
        self._thread.join()

    def _run(self) -> None:
        self._end = _End.of(self._call)


def cash_and_holdings(broker: Broker) -> tuple[Cash, Holdings]:
    """Return both of one account, read at the same time; raises what either read raises."""
    holdings = Beside(broker.holdings)
    try:
        cash = broker.cash()
    finally:
        holdings.wait()
    return cash, holdings.result()


def all_at_once(
    items: Sequence[_Item],
    call: Callable[[_Item], _Value],
    *,
    most: int,
    every: float,
    tell: Callable[[int], None],
) -> list[_Value]:
    """Return what a call makes of each item, in their order; raises what the first one raised.

    Args:
        items: one call each.
        call: runs in a thread.
        most: calls at the same time.
        every: seconds after which it is told how many are over, also where no other is.
        tell: is told whenever one is over.
    """
    open_ones = deque(enumerate(items))
    ended: dict[int, _End[_Value]] = {}
    news = threading.Condition()

    def work() -> None:
        while True:
            try:
                place, item = open_ones.popleft()
            except IndexError:
                return
            end = _End.of(partial(call, item))
            with news:
                ended[place] = end
                news.notify()

    for _number in range(min(most, len(items))):
        threading.Thread(target=work, daemon=True).start()
    told = 0
    try:
        while told < len(items):
            with news:
                if len(ended) == told:
                    news.wait(every)
                told = len(ended)
            tell(told)
    finally:
        open_ones.clear()
    return [ended[place].result() for place in range(len(items))]
