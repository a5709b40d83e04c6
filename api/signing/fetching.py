"""Fetching from addresses that stand in certificates: bounded in time and size, to public machines only.

The machine's proxy settings do not count here. The name is looked up once and exactly that address is connected to, so
that no second look-up can lead elsewhere; an answer that points to another place (a redirect) is not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from api.errors import CentreError

CONNECT_SECONDS: Final = 5.0  # also the longest silence
ALL_SECONDS: Final = 30.0
MAX_ANSWER: Final = 16 * 1024 * 1024  # bytes; lists of Vietnamese authorities have some MB
_PART: Final = 64 * 1024

Fetch = Callable[[str, bytes | None], bytes]  # address and, for OCSP, the question


def fetcher(*, allow_loopback: bool) -> Fetch:
    """How this deployment fetches; ``allow_loopback``: in development, where the authority runs on this machine."""

    def fetch(address: str, question: bytes | None) -> bytes:
        return fetch_answer(address, question, allow_loopback=allow_loopback)

    return fetch


def fetch_answer(address: str, question: bytes | None, *, allow_loopback: bool) -> bytes:
    """The body behind an http or https address; with ``question`` as an OCSP POST (RFC 6960, A.1).

    Raises CentreError ``fetch-address`` (not a public machine's), ``fetch-failed``, ``fetch-too-long``.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise CentreError("fetch-address", "not an address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise CentreError("fetch-address", "only plain http and https addresses are asked")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Connection": "close", "Accept-Encoding": "identity"}
    if question is not None:
        headers["Content-Type"] = "application/ocsp-request"
    end = time.monotonic() + ALL_SECONDS
    secure = parts.scheme == "https"
    try:
        with _connect(parts.hostname, port, secure=secure, allow_loopback=allow_loopback) as place:
            connection = http.client.HTTPConnection(parts.hostname, port)
            connection.sock = place
            connection.request("GET" if question is None else "POST", path, body=question, headers=headers)
            with connection.getresponse() as response:
                if response.status != http.client.OK:
                    raise CentreError("fetch-failed", f"{parts.hostname} answers {response.status}")
                return _read(response, end)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise CentreError("fetch-failed", f"{parts.hostname} gives no answer") from error


def _connect(host: str, port: int, *, secure: bool, allow_loopback: bool) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = {ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found}
    if not all(one.is_global or (allow_loopback and one.is_loopback) for one in addresses):
        raise CentreError("fetch-address", f"{host} is not a public machine")
    failure: OSError | None = None
    for family, kind, protocol, _, place in found:
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(CONNECT_SECONDS)
            plain.connect(place)
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
        except OSError as error:
            plain.close()
            failure = error
    raise failure or OSError("no address")


def _read(response: http.client.HTTPResponse, end: float) -> bytes:
    data = bytearray()
    while part := response.read1(_PART):
        data += part
        if len(data) > MAX_ANSWER:
            raise CentreError("fetch-too-long", "the answer is too long")
        if time.monotonic() > end:
            raise CentreError("fetch-failed", "the answer drips")
    return bytes(data)
