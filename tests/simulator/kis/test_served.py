"""``sim serve --broker kis``: the command, as another program sees it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from tests.simulator.kis.conftest import BALANCE


def test_the_command_serves_kis(tmp_path: Path) -> None:
    words = ["sim", "serve", "--broker", "kis", "--env", "real", "--state-dir", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "kiwoomctl", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready["ws_url"].endswith("/tryitout")
            with httpx.Client(base_url=ready["url"]) as client:
                profile = tomllib.loads(client.get("/_sim/profiles").text)["profiles"]["sim-001"]
                assert profile["broker"] == "kis"
                keys = {
                    "appkey": profile["secret"]["appkey"],
                    "appsecret": profile["secret"]["secretkey"],
                }
                body = {"grant_type": "client_credentials", **keys}
                token = client.post("/oauth2/tokenP", json=body).json()["access_token"]
                # The limit of tokens holds where no other was asked for.
                assert client.post("/oauth2/tokenP", json=body).status_code == 403
                stem, product = profile["account"].split("-")
                reply = client.get(
                    "/uapi/domestic-stock/v1/trading/inquire-balance",
                    params={"CANO": stem, "ACNT_PRDT_CD": product, **BALANCE},
                    headers={
                        "authorization": f"Bearer {token}",
                        **keys,
                        "tr_id": "TTTC8434R",
                        "custtype": "P",
                    },
                )
                assert reply.json()["rt_cd"] == "0"
                assert len(reply.json()["output1"]) >= 5
                assert "Date" in reply.headers
                assert client.post("/api/dostk/acnt", json={}).json()["msg_cd"] == "OPSQ0002"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (tmp_path / "simulator.json").exists()


@pytest.mark.parametrize("broker", ["nobody", "KIS", ""])
def test_a_broker_that_there_is_not(broker: str) -> None:
    words = ["sim", "serve", "--broker", broker, "--lang", "en"]
    done = subprocess.run(
        [sys.executable, "-m", "kiwoomctl", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "kiwoom, kis" in done.stderr
