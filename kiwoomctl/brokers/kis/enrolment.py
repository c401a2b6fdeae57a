"""How its customer gets an app key from KIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiwoomctl.brokers.port_enrolment import Enrolment
from kiwoomctl.errors import Phrase

if TYPE_CHECKING:
    from kiwoomctl.domain.portfolio import Environment


def enrolment(environment: Environment) -> Enrolment:
    """Return what its customer does for a key of this environment."""
    key = Phrase(
        "At apiportal.koreainvestment.com apply for the Open API and make an app key and an "
        "app secret for the account; the app secret is what is called secret key here."
    )
    mock = Phrase(
        "First join KIS's mock investment (모의투자): it has an account number and keys of its "
        "own; a key of the real account does not work there."
    )
    token = Phrase(
        "KIS sends the owner a message (알림톡) when a token is issued, and issues one a minute "
        "at most: after a failed try wait a minute."
    )
    return Enrolment(
        title=Phrase("Korea Investment & Securities (한국투자증권)"),
        steps=(mock, key, token) if environment == "mock" else (key, token),
        asks_account=True,
        asks_hts_id=True,
    )
