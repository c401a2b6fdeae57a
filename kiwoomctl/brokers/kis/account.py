"""How KIS names an account: eight digits of its holder, two of its product."""

from __future__ import annotations

from typing import NamedTuple

from kiwoomctl.domain.identity import mask_account


class AccountNumber(NamedTuple):
    """An account as KIS names it."""

    cano: str
    """종합계좌번호, eight digits."""
    product: str
    """계좌상품코드, two digits."""

    @classmethod
    def of(cls, number: str) -> AccountNumber:
        """Return the parts of ten digits; raises ValueError."""
        if len(number) != 10 or not (number.isascii() and number.isdigit()):  # noqa: PLR2004 - eight and two
            msg = "not an account number of ten digits"
            raise ValueError(msg)
        return cls(number[:8], number[8:])

    @property
    def fields(self) -> dict[str, str]:
        """What every call about an account begins with."""
        return {"CANO": self.cano, "ACNT_PRDT_CD": self.product}

    @property
    def masked(self) -> str:
        """What may be shown of it."""
        return mask_account("".join(self)) or ""
