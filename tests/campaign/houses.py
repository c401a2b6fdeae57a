"""The houses whose wires the campaign runs over: what each calls the same things.

A row is told its house and copies nothing of it. What is written here comes from the brokers'
manuals, not from the code that is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Action = Literal["buy", "sell", "modify", "cancel"]
ACTIONS: Final[tuple[Action, ...]] = ("buy", "sell", "modify", "cancel")
Body = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class House:
    """One broker and one of its servers."""

    name: str
    """What rows call it."""
    broker: str
    env: str
    api_ids: Mapping[str, str]
    """What places or changes an order, by action."""
    reads: tuple[str, ...]
    """What an order's way reads."""
    day_list: str
    lists: tuple[str, ...]
    """Every list of orders there is, that of the day first."""
    empty_is_proof: bool
    """Whether a list of the day without any order says that there is none."""
    channel: str
    """What its lists call orders over its API."""
    telling_digits: int
    """How many digits of an account number say whose it is."""
    account_fields: frozenset[str]
    """What of a request names the account: the journal has no copy of it."""
    placed: Callable[[str, int, int], Body]
    """Gives the request of a limit order: code, quantity, price."""
    changed: Callable[[str, str, int | None], Body]
    """Gives the request that changes an order: number, code, new price; None cancels."""
    refusals: tuple[str, ...]
    """Codes that refuse for certain."""
    odd_codes: tuple[str, ...]
    """Codes that leave something open."""
    part: float = 1.0
    """Which part of the quick cases is tried where other houses are tried too."""

    @property
    def orders(self) -> frozenset[str]:
        """Everything that places or changes an order."""
        return frozenset(self.api_ids.values())

    def account_line(self, number: str) -> str:
        """Return what a profile says of its account, where it has to say anything."""
        return f'account = "{number[:8]}-{number[8:]}"\n' if self.account_fields else ""

    def body_of(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request without what names the account."""
        return {name: told for name, told in request.items() if name not in self.account_fields}


def _kiwoom_placed(code: str, quantity: int, price: int) -> Body:
    return {
        "dmst_stex_tp": "KRX", "stk_cd": code, "ord_qty": str(quantity), "ord_uv": str(price),
        "trde_tp": "0", "cond_uv": "",
    }  # fmt: skip


def _kiwoom_changed(number: str, code: str, price: int | None) -> Body:
    body = {"dmst_stex_tp": "KRX", "orig_ord_no": number, "stk_cd": code}
    if price is None:
        return {**body, "cncl_qty": "0"}
    return {**body, "mdfy_qty": "0", "mdfy_uv": str(price), "mdfy_cond_uv": ""}


def _kis_placed(code: str, quantity: int, price: int) -> Body:
    return {
        "PDNO": code, "ORD_DVSN": "00", "ORD_QTY": str(quantity), "ORD_UNPR": str(price),
        "EXCG_ID_DVSN_CD": "KRX",
    }  # fmt: skip


def _kis_changed(branch: str) -> Callable[[str, str, int | None], Body]:
    def changed(number: str, _code: str, price: int | None) -> Body:
        return {
            "KRX_FWDG_ORD_ORGNO": branch, "ORGN_ODNO": number, "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": "02" if price is None else "01", "ORD_QTY": "0",
            "ORD_UNPR": str(price or 0), "QTY_ALL_ORD_YN": "Y", "EXCG_ID_DVSN_CD": "KRX",
        }  # fmt: skip

    return changed


def _kis(name: str, env: str, first: str, branch: str, *real_only: str, part: float) -> House:
    return House(
        name,
        "kis",
        env,
        api_ids={
            "buy": f"{first}TTC0012U",
            "sell": f"{first}TTC0011U",
            "modify": f"{first}TTC0013U",
            "cancel": f"{first}TTC0013U",
        },
        reads=("FHKST01010100", *(f"{first}TTC{n}R" for n in ("8908", "0081", "8434")), *real_only),
        day_list=f"{first}TTC0081R",
        lists=(f"{first}TTC0081R", *real_only),
        empty_is_proof=False,
        channel="OpnAPI",
        telling_digits=8,
        account_fields=frozenset({"CANO", "ACNT_PRDT_CD"}),
        placed=_kis_placed,
        changed=_kis_changed(branch),
        refusals=("APBK0952", "OPSQ2000", "40570000"),
        odd_codes=("EGW00202", "EGW00301", "MCA05918"),
        part=part,
    )


KIWOOM: Final = House(
    "kiwoom",
    "kiwoom",
    "real",
    api_ids={"buy": "kt10000", "sell": "kt10001", "modify": "kt10002", "cancel": "kt10003"},
    reads=("ka10001", "kt00001", "kt00007", "ka10075", "ka10076", "kt00018", "ka10100"),
    day_list="kt00007",
    lists=("kt00007", "ka10075", "ka10076"),
    empty_is_proof=True,
    channel="REST API",
    telling_digits=10,
    account_fields=frozenset(),
    placed=_kiwoom_placed,
    changed=_kiwoom_changed,
    refusals=("855056",),
    odd_codes=("777777", "8040", "-994"),
)
KIS: Final = _kis("kis", "real", "T", "06010", "TTTC0084R", part=0.4)
KIS_MOCK: Final = _kis("kis-mock", "mock", "V", "00950", part=0.2)
HOUSES: Final = {house.name: house for house in (KIWOOM, KIS, KIS_MOCK)}
CHOICES: Final = {
    "kiwoom": (KIWOOM,),
    "kis": (KIS, KIS_MOCK),
    "both": (KIWOOM, KIS, KIS_MOCK),
}
"""What ``--house`` may say."""
