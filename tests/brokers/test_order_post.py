"""One order, one try: whether a byte may have left decides, not the kind of the error."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from kiwoomctl.brokers.order_post import post_order
from kiwoomctl.brokers.transport import NotSent, Reply, ReplyLost

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: Fri, 20 Nov 2026 01:00:00 GMT\r\n\r\n{}"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[int]]]:
    """Serve connections one by one; count them."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(1)
            with connection:
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def send(url: str, marks: list[str], seconds: float = 5.0) -> Reply:
    return post_order(
        url,
        "/api/dostk/ordr",
        {"api-id": "kt10000"},
        b"{}",
        lambda: marks.append("durable"),
        reply_seconds=seconds,
    )


def test_a_whole_reply_comes_back() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(REPLY)

    marks: list[str] = []
    with server(answer) as (url, connections):
        reply = send(url, marks)
    assert (reply.status, reply.content, marks, len(connections)) == (200, b"{}", ["durable"], 1)
    assert reply.headers["date"].endswith("GMT")


def test_nobody_listening_is_not_sent() -> None:
    marks: list[str] = []
    with pytest.raises(NotSent):
        send("http://127.0.0.1:9", marks)
    assert marks == []


@pytest.mark.parametrize(
    "reply", [b"", REPLY[:-1], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"garbage\r\n\r\n"]
)
def test_a_broken_reply_is_lost_and_never_sent_again(reply: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(reply)

    marks: list[str] = []
    with server(answer) as (url, connections):
        with pytest.raises(ReplyLost):
            send(url, marks)
        assert (marks, len(connections)) == (["durable"], 1)


def test_a_close_before_the_request_is_read_is_lost_all_the_same() -> None:
    marks: list[str] = []
    with server(lambda _connection: None) as (url, connections):
        with pytest.raises(ReplyLost):
            send(url, marks)
        assert (marks, len(connections)) == (["durable"], 1)


def test_what_the_journal_refuses_is_not_sent() -> None:
    received: list[bytes] = []

    def refuse() -> None:
        msg = "disk full"
        raise OSError(msg)

    with (
        server(lambda connection: received.append(connection.recv(65536))) as (url, _),
        pytest.raises(OSError, match="disk full"),
    ):
        post_order(url, "/", {}, b"{}", refuse)
    assert received in ([], [b""])


def test_a_dripping_reply_ends_at_the_deadline() -> None:
    stopped = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not stopped.wait(0.05):
                connection.sendall(b" ")
        except OSError:
            pass

    marks: list[str] = []
    with server(answer) as (url, connections):
        from kiwoomctl.brokers import order_post

        wait, order_post.WRITE_SECONDS = order_post.WRITE_SECONDS, 0.1
        try:
            with pytest.raises(ReplyLost):
                send(url, marks, seconds=0.3)
        finally:
            order_post.WRITE_SECONDS = wait
            stopped.set()
        assert (marks, len(connections)) == (["durable"], 1)


def test_a_redirect_is_a_reply_and_is_not_followed() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(
            b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
        )

    marks: list[str] = []
    with server(answer) as (url, connections):
        assert send(url, marks).status == 307
        assert len(connections) == 1
