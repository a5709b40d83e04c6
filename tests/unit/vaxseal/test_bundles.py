"""Fetching a bundle from a web server that nobody vouches for."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from certificates.errors import CertificateError
from vaxseal import bundles
from vaxseal.bundles import list_reader

_OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
_LARGEST = 100


@contextmanager
def server(*pieces: bytes) -> Iterator[str]:
    """Answers one request with these pieces, and then the last one again and again, a moment after each."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                    while pieces[-1]:
                        connection.sendall(pieces[-1])
                        time.sleep(0.01)
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1/lists"
        thread.join()


def fetched(*pieces: bytes, largest: int = _LARGEST) -> bytes:
    with server(*pieces) as address, list_reader(address) as get:
        return get("bundle.cbor", largest)


def refused(*pieces: bytes, largest: int = _LARGEST) -> str:
    with pytest.raises(CertificateError) as refusal:
        fetched(*pieces, largest=largest)
    return refusal.value.code


def test_a_file() -> None:
    assert fetched(_OK + b"\r\n", b"x" * _LARGEST, b"") == b"x" * _LARGEST


def test_one_without_an_end() -> None:
    assert refused(_OK + b"\r\n", b"x") == "list-differs"


def test_no_other_address_is_followed() -> None:
    assert refused(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", b"") == "lists-unreachable"


def test_what_was_packed_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(10_000_000))[:_LARGEST]
    assert fetched(_OK + b"Content-Encoding: gzip\r\n\r\n", packed, b"") == packed


@pytest.mark.parametrize("beginning", [b"", _OK + b"\r\n"], ids=["headers", "body"])
def test_who_drips_keeps_nobody_waiting(beginning: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "_TIMEOUT", 0.2)
    monkeypatch.setattr(bundles, "_SLOWEST", 1_000_000)
    assert refused(beginning or b"HTTP/1.1 200 OK\r\nX: ", b"x", largest=60_000) == "lists-unreachable"


def test_nobody_there(tmp_path: Path) -> None:
    with list_reader("http://127.0.0.1:1") as get, pytest.raises(CertificateError, match="lists-unreachable"):
        get("bundle.cbor", _LARGEST)
    with list_reader(str(tmp_path)) as get, pytest.raises(CertificateError, match="list-missing"):
        get("bundle.cbor", _LARGEST)
