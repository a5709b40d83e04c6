"""Verdicts over HTTP, a hundred texts a request, against the function's own rate."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bench import material
from bench.harness import Result, each, race
from certificates.bundle_signing import Changes, sign_next
from certificates.checking import check_text
from certificates.pki import ALL_KINDS
from certificates.trust import TrustStore
from certificates.trust_entries import TrustEntry

if TYPE_CHECKING:
    from bench.rows import Bench

TEXTS = 100  # of a request
CODES = 8_000
_PATH = "/v1/checkers/verify-bulk"
_HEADERS = {"Content-Type": "application/json"}
_PATIENCE = 60.0  # seconds for the service to start


def verdicts_over_http(bench: "Bench") -> Iterator[Result]:
    """One client with one connection; its own work counts against the service."""
    texts = bench.codes(CODES)
    trust = TrustStore.of([bench.dsc["EC"].der])
    bodies = [json.dumps({"texts": texts[i : i + TEXTS]}).encode() for i in range(0, CODES, TEXTS)]
    with _service(bench) as client:
        position = 0

        def run(rounds: int) -> float:
            nonlocal position
            start = perf_counter()
            for _ in range(rounds // TEXTS):
                client.request("POST", _PATH, bodies[position % len(bodies)], _HEADERS)
                answer = client.getresponse().read()
                assert answer.count(b'"verdict":"valid"') == TEXTS, answer[:200]
                position += 1
            return perf_counter() - start

        yield race(
            "text to verdict over HTTP, 100 a request",
            run,
            "the function itself",
            each(lambda number: check_text(texts[number % CODES], trust, material.NOW)),
            rounds=(1000, 500),
            must=0.7,
        )


@contextmanager
def _service(bench: "Bench") -> Iterator[http.client.HTTPConnection]:
    """A service in a process of its own with a published list, and a connection to it."""
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        data = Path(name)
        root = bench.tokens.root
        entry = TrustEntry.of(bench.dsc["EC"].der, country="VN", kinds=ALL_KINDS, use_from=material.NOW)
        ends = material.NOW + timedelta(days=7)
        sign_next(
            data / "lists",
            Changes(entries=(entry,)),
            bench.list_key,
            [root],
            issued_at=material.NOW,
            expires_at=ends,
        )
        (data / "root.pem").write_bytes(x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM))
        port = free_port()
        settings = {"VAXSEAL_LIST_ROOTS": str(data / "root.pem"), "VAXSEAL_VERIFICATIONS_PER_MINUTE": "100000000"}
        with serve(data, port, settings), connected(port) as client:
            yield client


def connected(port: int) -> closing[http.client.HTTPConnection]:
    """A client's connection, closed with its block."""
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE))


@contextmanager
def serve(data: Path, port: int, settings: Mapping[str, str], *options: str) -> Iterator[None]:
    """A service in a process of its own, up and ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vaxseal", "serve", "--data", str(data), "--port", str(port), *options],
        env={**os.environ, **settings},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service did not start")
