"""Text to verdict against the limit and other people's verifiers, and a batch of 100,000 in two processes."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bench import material
from bench.harness import Result, Run, each, race
from bench.native import Loop, NotHereError
from certificates.checking import CheckedCertificate, check_text
from certificates.cose import sig_structure
from certificates.purposes import PASSPORT
from certificates.trust import TrustStore

if TYPE_CHECKING:
    from bench.rows import Bench

ROUNDS = 500
CODES = 8_000  # more than a row asks for: none comes twice
LINES = 100_000
_HERE = Path(__file__).parent / "native"
_INSTALLED = Path(".cache/peers").absolute()  # by scripts/peers.sh


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peer:
    """Somebody else's verifier: a program in bench/native, and what runs it."""

    name: str
    runs: str  # a program, or where one is installed
    program: str
    rounds: int
    must: float
    stretch: float | None = None
    folder: Path | None = None

    def command(self) -> list[str]:
        """Raises NotHereError."""
        found = shutil.which(self.runs)
        if found is None or (self.folder is not None and not self.folder.is_dir()):
            raise NotHereError(f"{self.folder or self.runs} is not installed")
        return [found, str(_HERE / self.program)]


_PEERS = (
    _Peer(name="hand-written node", runs="node", program="hc1_loop.js", rounds=ROUNDS, must=0.9, stretch=1.1),
    _Peer(
        name="PyPI cwt and base45",
        runs=str(_INSTALLED / "cwt/bin/python"),
        program="cwt_loop.py",
        rounds=300,
        must=2,
    ),
    _Peer(
        name="npm dcc-sdk",
        runs="node",
        program="dcc_sdk_loop.js",
        folder=_INSTALLED / "npm",
        rounds=40,
        must=15,
    ),
)


def text_to_verdict(bench: "Bench") -> Iterator[Result]:
    """ES256, no two texts alike, every verdict "valid": against the bare verification, and against others' verdicts."""
    texts = bench.codes(CODES)
    trust = TrustStore.of([bench.dsc["EC"].der])

    def ours() -> Run:
        return each(lambda number: check_text(texts[number % CODES], trust, material.NOW))

    bare = _bare_verification(bench, [check_text(text, trust, material.NOW) for text in texts])
    yield race(
        "text to verdict, ES256",
        ours(),
        "cryptography, verification alone",
        each(bare),
        rounds=(ROUNDS, ROUNDS),
        must=0.55,
        stretch=0.70,
    )
    preamble = json.dumps({"certificate": base64.b64encode(bench.dsc["EC"].der).decode(), "texts": texts}) + "\n"
    for peer in _PEERS:
        try:
            with Loop(peer.command(), preamble, folder=peer.folder) as loop:
                yield race(
                    "text to verdict, ES256",
                    ours(),
                    peer.name,
                    loop.run,
                    rounds=(ROUNDS, peer.rounds),
                    must=peer.must,
                    stretch=peer.stretch,
                )
        except NotHereError as reason:
            print(f"left out, {peer.name}: {reason}", file=sys.stderr)


def _bare_verification(bench: "Bench", checked: list[CheckedCertificate]) -> Callable[[int], object]:
    key: Any = bench.dsc["EC"].public_key
    messages = [sig_structure(found.cose.protected, found.cose.payload, PASSPORT) for found in checked]
    halves = [(found.cose.signature[:32], found.cose.signature[32:]) for found in checked]
    signatures = [encode_dss_signature(int.from_bytes(r), int.from_bytes(s)) for r, s in halves]
    ecdsa = ec.ECDSA(SHA256())
    return lambda number: key.verify(signatures[number % CODES], messages[number % CODES], ecdsa)


def batch_in_two_processes(bench: "Bench") -> Iterator[Result]:
    """``vaxseal check --batch`` on 100,000 lines, from start to end, with one process and with two."""
    texts = bench.codes(CODES)
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        folder = Path(name)
        (folder / "dsc.der").write_bytes(bench.dsc["EC"].der)
        with (folder / "codes.jsonl").open("w", encoding="ascii") as file:
            file.writelines(json.dumps({"id": i, "text": texts[i % CODES]}) + "\n" for i in range(LINES))

        def run(jobs: int) -> Run:
            command = [sys.executable, "-m", "vaxseal", "check", "--batch", "codes.jsonl", "--trust", "dsc.der"]
            answers = folder / f"answers-{jobs}.jsonl"

            def batch(_: int) -> float:
                with answers.open("wb") as out:
                    start = perf_counter()
                    subprocess.run([*command, "--jobs", str(jobs)], stdout=out, check=True, cwd=folder, env=_here())
                    return perf_counter() - start

            return batch

        yield race("check --batch, 100,000 lines", run(2), "one process", run(1), rounds=(1, 1), must=1.7, repeats=2)
        assert (folder / "answers-1.jsonl").read_bytes() == (folder / "answers-2.jsonl").read_bytes()


def _here() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path.cwd())}
