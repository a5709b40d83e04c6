"""Software that nobody here wrote reads, verifies and accepts what the demo made: every code and every PDF."""

import asyncio
import base64
import io
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from certificates.hc1 import decode_hc1, encode_hc1

_ROOT = Path(__file__).parents[2]
_PEERS = {
    "PyPI cwt": (_ROOT / ".cache/peers/cwt", ("bin/python", str(_ROOT / "tests/peers/cwt/verify.py"))),
    "npm dcc-sdk": (_ROOT / ".cache/peers/npm", ("node", str(_ROOT / "tests/peers/npm/verify.js"))),
}
Played = tuple[Path, dict[str, Any]]


@pytest.fixture(params=_PEERS)
def peer(request: pytest.FixtureRequest) -> "Peer":
    folder, (program, script) = _PEERS[request.param]
    if not folder.is_dir():
        pytest.skip(f"{request.param} is not installed: its verdict is left out")
    inside = folder / program
    return Peer([str(inside) if inside.exists() else program, script], folder)


class Peer:
    """A verifier in a process of its own."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command, self._folder = command, folder

    def ask(self, texts: Iterable[str], certificates: list[str]) -> list[dict[str, Any]]:
        rows = [{"id": number, "text": text, "certificates": certificates} for number, text in enumerate(texts)]
        done = subprocess.run(
            self._command,
            input="".join(json.dumps(row) + "\n" for row in rows),
            capture_output=True,
            text=True,
            cwd=self._folder,
            timeout=300,
            check=True,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert [answer["id"] for answer in answers] == list(range(len(rows)))
        return answers


def passports(out: Path) -> list[str]:
    return [path.read_text("ascii").strip() for path in sorted((out / "passports").glob("*.txt"))]


def trusted(out: Path) -> Iterator[x509.Certificate]:
    for path in sorted((out / "trust").glob("*.pem")):
        yield x509.load_pem_x509_certificate(path.read_bytes())


def signers(out: Path) -> list[str]:
    return [
        base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        for certificate in trusted(out)
        if not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    ]


def test_an_independent_verifier_accepts_every_passport(played: Played, peer: Peer) -> None:
    out, _ = played
    texts = passports(out)
    answers = peer.ask(texts, signers(out))
    assert [answer["detail"] for answer in answers if not answer["ok"]] == []
    assert all(answer["payload"]["v"][0]["ci"].startswith("URN:UVCI:01:VN:") for answer in answers)
    assert len(answers) == len(texts) > 0


def test_an_independent_verifier_refuses_what_was_changed(played: Played, peer: Peer) -> None:
    """Without this the acceptance above would prove nothing."""
    out, _ = played
    changed = []
    for text in passports(out)[:10]:
        cose = bytearray(decode_hc1(text))
        cose[-1] ^= 1
        changed.append(encode_hc1(bytes(cose)))
    assert not any(answer["ok"] for answer in peer.ask(changed, signers(out)))


def test_zbarimg_reads_every_picture(played: Played) -> None:
    if shutil.which("zbarimg") is None:
        pytest.skip("zbarimg is not installed: its reading is left out")
    out, _ = played
    pictures = sorted((out / "passports").glob("*.png"))
    only = ("-Sdisable", "-Sqrcode.enable")  # among so many modules it sees a bar code of another kind now and then
    done = subprocess.run(
        ["zbarimg", *only, "--raw", "--quiet", *map(str, pictures)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.splitlines() == passports(out)


def test_pdfsig_finds_every_document_wholly_signed(played: Played) -> None:
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig is not installed: its verdict is left out")
    out, _ = played
    documents = sorted((out / "certificates").glob("*.pdf"))
    assert documents
    for document in documents:
        answer = subprocess.run(
            ["pdfsig", "-nocert", str(document)], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        assert answer.count("Signature is Valid.") == 1, document.name
        assert answer.count("Total document signed") == 1, document.name


def test_pyhanko_validates_every_document(played: Played) -> None:
    out, _ = played
    roots = [
        asn1.Certificate.load(certificate.public_bytes(Encoding.DER))  # type: ignore[no-untyped-call]
        for certificate in trusted(out)
        if certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    ]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    documents = sorted((out / "certificates").glob("*.pdf"))
    assert documents
    for document in documents:
        (signature,) = PdfFileReader(io.BytesIO(document.read_bytes())).embedded_signatures
        status = asyncio.run(async_validate_pdf_signature(signature, context))
        assert status.bottom_line, (document.name, status.summary())
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        assert status.modification_level is ModificationLevel.NONE
