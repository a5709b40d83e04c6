"""Unit tests cannot reach the network: the guard itself is tested, so that nobody relies on a broken one."""

import socket

import pytest


def test_connecting_to_another_machine_fails() -> None:
    with socket.socket(socket.AF_INET) as sock, pytest.raises(AssertionError, match="wanted to connect"):
        sock.connect(("192.0.2.1", 443))


def test_looking_up_a_name_fails() -> None:
    with pytest.raises(AssertionError, match="wanted to look up"):
        socket.getaddrinfo("example.org", 443)


def test_the_own_machine_may_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
