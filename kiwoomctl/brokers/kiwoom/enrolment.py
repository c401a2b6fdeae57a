"""How its customer gets an app key from Kiwoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiwoomctl.brokers.port_enrolment import Enrolment
from kiwoomctl.errors import Phrase

if TYPE_CHECKING:
    from kiwoomctl.domain.portfolio import Environment


def enrolment(environment: Environment) -> Enrolment:
    """Return what its customer does for a key of this environment."""
    key = Phrase(
        "At openapi.kiwoom.com apply for the REST API (API 사용신청) and make an app key "
        "for the account."
    )
    address = Phrase(
        "There register this computer's public IP address for the key (IP 등록): from any "
        "other address the broker refuses it."
    )
    mock = Phrase(
        "First join Kiwoom's mock investment (모의투자): it has an application, an account and "
        "keys of its own; a key of the real account does not work there."
    )
    return Enrolment(
        title=Phrase("Kiwoom Securities (키움증권)"),
        steps=(mock, key, address) if environment == "mock" else (key, address),
        asks_account=False,
        asks_hts_id=False,
    )
