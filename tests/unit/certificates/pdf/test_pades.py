"""Signed documents are judged by pyHanko and by poppler's pdfsig, each on its own."""

import asyncio
import hashlib
import io
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from certificates.errors import IssuanceError
from certificates.hc1 import encode_hc1
from certificates.issuance import claims_for
from certificates.pdf.pades import build_cms, embed_cms, prepare_pdf
from certificates.pdf.page import render_page
from certificates.signing import Algorithm
from tests.support.documents import (
    ISSUED_AT,
    TERMS,
    prepared_document,
    sign_document,
    sign_passport,
    signed_document,
    verified_record,
)
from tests.support.softkeys import SoftKey, make_key, soft_key

ASN1_X509: Any = asn1_x509  # its calls have no types
ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "PS256")


def pyhanko_verdict(pdf: bytes, key: SoftKey) -> tuple[bool, SignatureCoverageLevel | None, ModificationLevel | None]:
    (signature,) = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_signatures
    context = ValidationContext(
        trust_roots=[ASN1_X509.Certificate.load(key.ca_der)], moment=ISSUED_AT, allow_fetching=False
    )
    status = asyncio.run(async_validate_pdf_signature(signature, signer_validation_context=context))
    return status.bottom_line, status.coverage, status.modification_level


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pyhanko_finds_the_whole_file_signed_and_unchanged(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    verdict = pyhanko_verdict(signed_document(verified_record(), key), key)
    assert verdict == (True, SignatureCoverageLevel.ENTIRE_FILE, ModificationLevel.NONE)


def test_pyhanko_accepts_an_embedded_chain() -> None:
    key = soft_key("ES256")
    page = prepared_document(verified_record(), key)
    chained = prepare_pdf(unsigned_page(), key.certificate, ISSUED_AT, chain=(key.ca_der,))
    (start, end), (chained_start, chained_end) = page.contents, chained.contents
    assert chained_end - chained_start > end - start + len(key.ca_der)  # of two passports, so of two sizes otherwise
    assert pyhanko_verdict(sign_document(chained, key), key)[0]


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig is not installed: poppler's verdict left out")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pdfsig_finds_the_total_document_signed(algorithm: Algorithm, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(signed_document(verified_record(), soft_key(algorithm)))
    answer = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, check=False, text=True).stdout
    assert "Signature Validation: Signature is Valid." in answer
    assert "Total document signed" in answer
    assert "Signature Type: ETSI.CAdES.detached" in answer
    assert answer.count("Signature #") == 1


def unsigned_page() -> bytes:
    """A page as the renderer makes it, before there is a signature field."""
    record, key = verified_record(), soft_key("ES256")
    return render_page(
        record,
        TERMS,
        claims_for(record, TERMS).certificate,
        passport=encode_hc1(sign_passport(record, key).encode()),
        signer=key.certificate,
        confirmation=None,
        created_at=ISSUED_AT,
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_preparing_is_deterministic(algorithm: Algorithm) -> None:
    page, certificate = unsigned_page(), soft_key(algorithm).certificate
    first, second = (prepare_pdf(page, certificate, ISSUED_AT) for _ in range(2))
    assert first == second
    later = prepare_pdf(page, certificate, ISSUED_AT + timedelta(seconds=1))
    assert later.digest != first.digest
    assert later.signed_attributes != first.signed_attributes


def test_the_signature_field() -> None:
    key = soft_key("ES256")
    reader = PdfFileReader(io.BytesIO(signed_document(verified_record(), key)), strict=True)
    assert reader.xrefs.total_revisions == 1
    (signature,) = reader.embedded_signatures
    assert signature.field_name == "Signature"
    value = signature.sig_object
    assert value["/SubFilter"] == "/ETSI.CAdES.detached"
    assert value["/M"] == "D:20220415073000+00'00'"
    assert value["/ByteRange"][0] == 0
    field = signature.sig_field
    assert [float(number) for number in field["/Rect"]] == [0, 0, 0, 0]
    assert field["/F"] == 132  # printed, locked; not hidden, which PDF/A forbids
    assert "Digital signature" in field["/TU"]  # PDF/UA: a name that is read aloud
    assert reader.root["/AcroForm"]["/SigFlags"] == 3
    assert "/StructTreeRoot" in reader.root
    assert reader.root["/MarkInfo"]["/Marked"]


def test_the_prepared_digest_is_of_the_whole_prepared_file() -> None:
    prepared = prepared_document(verified_record(), soft_key("ES256"))
    assert prepared.digest == hashlib.sha256(prepared.document).digest()
    start, end = prepared.contents
    assert set(prepared.document[start:end]) == {ord("0")}
    assert prepared.document[start - 1 : start] == b"<"
    assert prepared.document[end : end + 1] == b">"


def test_a_signature_by_another_key_or_over_something_else_is_refused() -> None:
    key, other = soft_key("ES256"), make_key("ES256")
    prepared = prepared_document(verified_record(), key)
    good = key.sign(prepared.signed_attributes)
    for bad in (
        other.sign(prepared.signed_attributes),
        key.sign(prepared.document),
        good[:-1],
        b"",
        bytes([good[0] ^ 1]) + good[1:],
    ):
        with pytest.raises(IssuanceError) as refused:
            build_cms(prepared, bad)
        assert refused.value.code == "pdf-signature"


def test_only_our_own_cms_is_embedded() -> None:
    key = soft_key("ES256")
    record = verified_record()
    prepared = prepared_document(record, key)
    signed_data = build_cms(prepared, key.sign(prepared.signed_attributes))
    assert embed_cms(prepared, signed_data)[prepared.contents[0] :].startswith(signed_data.hex().encode())

    with pytest.raises(IssuanceError) as refused:
        embed_cms(prepared, signed_data + b"\x00")
    assert refused.value.code == "pdf-cms"
    with pytest.raises(IssuanceError) as refused:
        embed_cms(prepared, b"")
    assert refused.value.code == "pdf-cms"
    chained = replace(prepared, chain=(key.ca_der,))
    with pytest.raises(IssuanceError) as refused:
        embed_cms(prepared, build_cms(chained, key.sign(prepared.signed_attributes)))
    assert refused.value.code == "pdf-cms"
    another = prepared_document(record, key)  # another COSE signature in the page, so other attributes
    with pytest.raises(IssuanceError) as refused:
        embed_cms(prepared, build_cms(another, key.sign(another.signed_attributes)))
    assert refused.value.code == "pdf-signature"


@pytest.mark.parametrize("page", [b"", b"%PDF-1.7\n", b"%PDF-1.7\nstartxref\n9\n%%EOF\n"])
def test_what_is_no_page_of_ours_is_refused(page: bytes) -> None:
    with pytest.raises(IssuanceError) as refused:
        prepare_pdf(page, soft_key("ES256").certificate, ISSUED_AT)
    assert refused.value.code == "pdf-form"


@pytest.mark.parametrize(
    "time",
    [
        datetime(2022, 4, 15, 7, 30),  # noqa: DTZ001
        datetime(2022, 4, 15, 7, 30, 0, 5, tzinfo=UTC),
    ],
)
def test_the_time_is_utc_with_whole_seconds(time: datetime) -> None:
    with pytest.raises(IssuanceError) as refused:
        prepare_pdf(unsigned_page(), soft_key("ES256").certificate, time)
    assert refused.value.code == "pdf-time"


def test_nothing_secret_or_large_stands_in_the_repr() -> None:
    prepared = prepared_document(verified_record(), soft_key("ES256"))
    assert "%PDF" not in repr(prepared)
    assert len(repr(prepared)) < 20_000
