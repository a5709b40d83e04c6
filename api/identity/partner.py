"""HTTPS to another authority's service: client certificate, pinned CA, a time for everything, bounded answers.

A question is asked a few times before it counts as failed, with growing pauses that differ from process to process; so
every question must be one that can be repeated. The machine's proxy settings do not count, and redirects are not
followed.
"""

import contextlib
import http.client
import json
import os
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from api.errors import CentreError
from api.identity.breaker import Breaker

MAX_ANSWER: Final = 8 * 1024 * 1024  # bytes
PAUSES: Final = (0.5, 2.0)  # seconds before the second and the third try; up to as much again by chance
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PART: Final = 64 * 1024
_AWAY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a partner is, and by what it is known; no secret.

    Attributes:
        url: https, or on this machine http.
        ca: PEM file of the only authorities that may have issued the partner's certificate.
        certificate: PEM file of the client certificate, with the chain behind it.
        key: PEM file of its key.
        seconds: for one try, from the connection to the last byte.
    """

    url: str
    ca: Path | None
    certificate: Path | None
    key: Path | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One service of another authority. Made by `open_partner`."""

    host: str
    port: int
    base: str
    context: ssl.SSLContext | None = field(repr=False)
    seconds: float
    breaker: Breaker
    pauses: Sequence[float] = PAUSES

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """The JSON object that the partner answers to a JSON object.

        Args:
            key: tells the partner that a repetition is one (Idempotency-Key).

        Raises CentreError: ``partner-away`` (no answer in time, none at all, or 5xx; with ``retry_after``),
        ``partner-refused`` (4xx: repeating does not help), ``partner-answer`` (no JSON object, or too long).
        """
        failing = self.breaker.enter()
        data = json.dumps(body, ensure_ascii=False).encode()
        try:
            answer = self._insist(path, data, key)
        except CentreError as error:
            if error.code == "partner-refused":  # it is there
                self._note(failing)
            else:
                self.breaker.failed(error.code, error.retry_after)
            raise
        self._note(failing)
        return answer

    def _note(self, failing: bool) -> None:
        if failing:
            self.breaker.succeeded()

    def _insist(self, path: str, data: bytes, key: str | None) -> dict[str, Any]:
        for pause in self.pauses:
            try:
                return self._once(path, data, key)
            except CentreError as error:
                if error.code != "partner-away" or error.retry_after is not None:
                    raise
            time.sleep(pause * (1 + secrets.randbelow(1000) / 1000))
        return self._once(path, data, key)

    def _once(self, path: str, data: bytes, key: str | None) -> dict[str, Any]:
        headers = {"Host": self.host, "Content-Type": "application/json", "Accept": "application/json"}
        headers |= {"Connection": "close", **({"Idempotency-Key": key} if key else {})}
        try:
            with _bounded(self.host, self.port, self.seconds, self.context) as place:
                connection = http.client.HTTPConnection(self.host, self.port)
                connection.sock = place
                connection.request("POST", self.base + path, body=data, headers=headers)
                with connection.getresponse() as response:
                    if response.status != http.client.OK:
                        raise self._refusal(response)
                    text = _read(response)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CentreError("partner-away", f"{self.host} gives no answer ({type(error).__name__})") from error
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CentreError("partner-answer", f"{self.host} does not answer in JSON") from error
        if not isinstance(answer, dict):
            raise CentreError("partner-answer", f"{self.host} answers with another thing than an object")
        return answer

    def _refusal(self, response: http.client.HTTPResponse) -> CentreError:
        status = response.status
        if status not in _AWAY:
            return CentreError("partner-refused", f"{self.host} refuses the question ({status})")
        asked = response.headers.get("Retry-After", "")
        seconds = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
        return CentreError("partner-away", f"{self.host} answers {status}", retry_after=seconds)


def open_partner(address: Address, breaker: Breaker, *, pauses: Sequence[float] = PAUSES) -> Partner:
    """Raises CentreError ``settings``: not an address, or certificate, key or CA cannot be used."""
    try:
        parts = urlsplit(address.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    host = parts.hostname or ""
    unfit = parts.query or parts.fragment or "@" in parts.netloc
    if not host or unfit or not (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        raise CentreError("settings", f"the address of the {breaker.name} is not of the form https://host/path")
    return Partner(
        host=host,
        port=port,
        base=parts.path.rstrip("/"),
        context=_context(address, breaker.name) if parts.scheme == "https" else None,
        seconds=address.seconds,
        breaker=breaker,
        pauses=pauses,
    )


def _context(address: Address, name: str) -> ssl.SSLContext:
    if address.ca is None or address.certificate is None or address.key is None:
        raise CentreError("settings", f"the {name} needs its CA, and our client certificate with its key")
    if os.name == "posix" and address.key.is_file() and address.key.stat().st_mode & 0o077:
        raise CentreError("settings", f"{address.key.name} can be read by others: chmod 600")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # host names are checked, and no system's authorities known
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(address.ca)
        # Without an answer OpenSSL would ask at the terminal for the key's password.
        context.load_cert_chain(address.certificate, address.key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise CentreError("settings", f"the CA or the client certificate for the {name} cannot be read") from error
    return context


@contextlib.contextmanager
def _bounded(host: str, port: int, seconds: float, context: ssl.SSLContext | None) -> Iterator[socket.socket]:
    """A connection that is cut when the time is over, whatever it waits for then."""
    end, late = time.monotonic() + seconds, threading.Event()
    with socket.create_connection((host, port), timeout=seconds) as plain, plain.dup() as guard:
        watch = threading.Timer(max(0.0, end - time.monotonic()), _cut, (guard, late))
        watch.daemon = True
        watch.start()
        try:
            if context is None:
                yield plain
            else:
                with context.wrap_socket(plain, server_hostname=host) as secure:
                    yield secure
        finally:
            watch.cancel()
            watch.join()
        if late.is_set():  # an answer without a length ends as if it were whole
            raise TimeoutError


def _cut(guard: socket.socket, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError):
        guard.shutdown(socket.SHUT_RDWR)


def _read(response: http.client.HTTPResponse) -> bytes:
    data = bytearray()
    while part := response.read1(_PART):
        data += part
        if len(data) > MAX_ANSWER:
            raise CentreError("partner-answer", "the answer is too long")
    if response.length:  # it was cut off before its end
        raise OSError("cut off")
    return bytes(data)
