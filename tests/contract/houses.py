"""The houses under test: what their wires call the same things."""

from __future__ import annotations

from dataclasses import dataclass

from kiwoomctl.domain.portfolio import PnlBasis


@dataclass(frozen=True)
class House:
    """One house and one of its servers."""

    broker: str
    env: str
    buy: str
    sell: str
    modify: str
    cancel: str
    holdings: str
    """The list of positions, which has pages."""
    day_list: str
    """The list of a day's orders."""
    last_list: str
    """The last that is read of a day's orders."""
    token: str
    channel: str
    """What its lists call orders over its API."""
    pnl_basis: PnlBasis
    cash_fields: tuple[str, ...]
    """What of the cash it tells."""
    has_results: bool = True
    """Whether it tells realized profit."""

    def __str__(self) -> str:
        return f"{self.broker}-{self.env}"

    @property
    def orders(self) -> tuple[str, ...]:
        """Every TR that places or changes an order."""
        return (self.buy, self.sell, self.modify, self.cancel)


_CASH = ("deposit", "deposit_d1", "deposit_d2", "orderable")
HOUSES = (
    House(
        "kiwoom",
        "real",
        buy="kt10000",
        sell="kt10001",
        modify="kt10002",
        cancel="kt10003",
        holdings="kt00018",
        day_list="kt00007",
        last_list="ka10076",
        token="au10001",
        channel="REST API",
        pnl_basis="net",
        cash_fields=(*_CASH, "withdrawable"),
    ),
    House(
        "kis",
        "real",
        buy="TTTC0012U",
        sell="TTTC0011U",
        modify="TTTC0013U",
        cancel="TTTC0013U",
        holdings="TTTC8434R",
        day_list="TTTC0081R",
        last_list="TTTC0084R",
        token="tokenP",
        channel="OpnAPI",
        pnl_basis="gross",
        cash_fields=_CASH,
    ),
    House(
        "kis",
        "mock",
        buy="VTTC0012U",
        sell="VTTC0011U",
        modify="VTTC0013U",
        cancel="VTTC0013U",
        holdings="VTTC8434R",
        day_list="VTTC0081R",
        last_list="VTTC0081R",
        token="tokenP",
        channel="OpnAPI",
        pnl_basis="gross",
        cash_fields=_CASH,
        has_results=False,
    ),
)
