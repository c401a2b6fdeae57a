"""The envelope of requests and replies: JSON, headers, success, the framework's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiwoomctl.simulator.kiwoom.catalog import endpoint_of
from kiwoomctl.simulator.kiwoom.query import Answer
from kiwoomctl.simulator.messages import Reply, encode


def blanked(answer: Answer) -> Answer:
    """Return the success that says nothing: every value empty, one empty row in a list."""
    fields = dict.fromkeys(answer.fields, "")
    if answer.list_name is None:
        return Answer(fields)
    return Answer(fields, answer.list_name, [dict.fromkeys(answer.row_fields, "")])


def success(api_id: str, answer: Answer, next_key: str = "") -> Reply:
    """Return a TR's success, its code and message last."""
    body: dict[str, Any] = dict(answer.fields)
    if answer.list_name is not None:
        body[answer.list_name] = answer.rows
    endpoint = endpoint_of(api_id)
    body["return_code"] = 0
    usual = endpoint.success_text if endpoint else ""
    body["return_msg"] = usual if answer.message is None else answer.message
    return reply_of(api_id, body, next_key=next_key)


def reply_of(
    api_id: str, body: Mapping[str, Any], *, status: int = 200, next_key: str = ""
) -> Reply:
    """Return a TR's reply with its headers."""
    headers = {"api-id": api_id, "cont-yn": "Y" if next_key else "N", "next-key": next_key}
    return Reply(status, encode(body), headers=headers)


def framework_error(status: int, error: str, message: str) -> Reply:
    """Return what the framework answers before the gateway is reached."""
    return Reply(status, encode({"status": status, "error": error, "message": message}))
