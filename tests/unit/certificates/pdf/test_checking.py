"""Only CheckError leaves, and only an untouched document of a trusted signer gets through."""

import io
import random
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from certificates.errors import CheckError, CheckReason
from certificates.hc1 import encode_hc1
from certificates.issuance import claims_for
from certificates.pdf import cms, der
from certificates.pdf.checking import check_pdf, extract_hc1, read_page_code, render_png
from certificates.pdf.pades import prepare_pdf
from certificates.pdf.page import render_page
from certificates.pdf.validation import find_signer
from certificates.qr import read_qr
from certificates.records.dates import PartialDate
from certificates.records.model import VerifiedRecord
from certificates.signing import Algorithm
from certificates.trust import TrustStore
from tests.support.documents import (
    ISSUED_AT,
    PERSON,
    TERMS,
    named,
    prepared_document,
    sign_confirmation,
    sign_document,
    sign_passport,
    signed_document,
    verified_record,
)
from tests.support.fixtures import fixtures
from tests.support.softkeys import SoftKey, make_key, soft_key

ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "PS256")


@cache
def document(algorithm: Algorithm) -> bytes:
    record = verified_record()
    return signed_document(record, soft_key(algorithm), confirmation=sign_confirmation(record, soft_key("ES256")))


def trust(*keys: SoftKey) -> TrustStore:
    return TrustStore.of(key.certificate_der for key in keys)


def refused(pdf: bytes, store: TrustStore | None = None, at: datetime = ISSUED_AT) -> CheckError:
    with pytest.raises(CheckError) as error:
        check_pdf(pdf, store or trust(soft_key("ES256"), soft_key("PS256")), at)
    return error.value


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_document_is_valid(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    checked = check_pdf(document(algorithm), trust(key), ISSUED_AT + timedelta(days=30))
    assert checked.payload["nam"] == {"fn": "Nguyễn", "gn": "Thị Hồng Nhung", "fnt": "NGUYEN", "gnt": "THI<HONG<NHUNG"}
    assert checked.signer.der == key.certificate_der
    assert find_signer(document(algorithm), trust(key)).der == key.certificate_der


@pytest.mark.parametrize(
    "name", ["Y Ƀlŏ Ê̆ban", "W" * 79, "NGUYỄN, Văn An", 'A "B" \\ #c $d', "Đỗ  Thị\u00a0Hòa", "O'Neill-Đặng"]
)
def test_names_of_many_forms_are_found_on_their_page(name: str) -> None:
    record = verified_record(replace(named(name), date_of_birth=PartialDate(1942), id_number="001142012345"))
    check_pdf(signed_document(record, soft_key("ES256")), trust(soft_key("ES256")), ISSUED_AT)


@pytest.mark.parametrize("words", range(4, 9))
def test_a_name_may_be_broken_at_its_hyphen(words: int) -> None:
    record = verified_record(named("Jean " * words + "Marie-Anne-Sophie"))
    check_pdf(signed_document(record, soft_key("ES256")), trust(soft_key("ES256")), ISSUED_AT)


def test_the_reason_of_the_passport_is_kept() -> None:
    assert refused(document("ES256"), at=ISSUED_AT - timedelta(seconds=1)).reason is CheckReason.TIME
    assert refused(document("ES256"), at=TERMS.expires_at + timedelta(seconds=1)).reason is CheckReason.TIME


def test_an_unknown_signer_is_refused() -> None:
    error = refused(document("ES256"), trust(soft_key("PS256")))
    assert error.reason is CheckReason.PDF
    assert "not trusted" in error.detail


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_change_of_any_byte_is_found(algorithm: Algorithm) -> None:
    """Every place of the sample: in the objects, the streams, the table, the signature and what surrounds it."""
    pdf = document(algorithm)
    start = pdf.rindex(b"/Contents<") + len(b"/Contents<")
    source = random.Random(7)  # noqa: S311
    places = {
        *source.sample(range(len(pdf)), 300),
        *source.sample(range(start, len(pdf)), 300),
        *range(start - 60, start),
    }
    store = trust(soft_key(algorithm))
    for place in sorted(places):
        changed = bytearray(pdf)
        changed[place] ^= 1 << source.randrange(8)
        with pytest.raises(CheckError) as error:
            find_signer(bytes(changed), store)
        assert error.value.reason is CheckReason.PDF, place


def test_a_later_revision_is_refused() -> None:
    pdf = document("ES256")
    for addition in (b"\n", b"\x00", b"1 0 obj\n<<>>\nendobj\nxref\n0 0\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n", pdf):
        assert refused(pdf + addition).reason is CheckReason.PDF


def test_what_others_add_is_refused() -> None:
    """A revision by a PDF library: sound for a reader, with a script that runs when the file is opened."""
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(document("ES256")))
    script = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")}
    writer.root["/OpenAction"] = DictionaryObject(script)  # type: ignore[no-untyped-call]
    writer.update_root()
    changed = io.BytesIO()
    writer.write(changed)
    assert extract_hc1(changed.getvalue()) == extract_hc1(document("ES256"))
    assert "whole document" in refused(changed.getvalue()).detail


def test_a_page_without_its_signature_is_refused() -> None:
    prepared = prepared_document(verified_record(), soft_key("ES256"))
    assert "CMS" in refused(prepared.document).detail
    unsigned = prepared.document[: prepared.document.rindex(b"/Contents<")]
    assert "exactly once" in refused(unsigned).detail


def test_bytes_in_front_are_refused() -> None:
    assert refused(b"\n" + document("ES256")).reason is CheckReason.PDF
    assert refused(b"%PDF-1.7\n" + document("ES256")).reason is CheckReason.PDF


def test_a_byte_range_that_leaves_something_out_is_refused() -> None:
    pdf = document("ES256")
    match = re.search(rb"/ByteRange\[0 (\d+) +(\d+) +(\d+) *\]", pdf)
    assert match is not None
    before, start, after = (int(number) for number in match.groups())
    for numbers in (
        (before - 9, start, after),
        (before, start + 1, after - 1),
        (before, start, after - 1),
        (start, before, after),
    ):
        text = b"/ByteRange[0 " + b" ".join(b"%-10d" % number for number in numbers) + b"]"
        changed = pdf[: match.start()] + text + pdf[match.end() :]
        assert len(changed) == len(pdf)
        assert refused(changed).reason is CheckReason.PDF


def test_room_inside_the_place_of_the_signature_is_not_free() -> None:
    pdf = document("ES256")
    start = pdf.rindex(b"/Contents<") + len(b"/Contents<")
    end = pdf.index(b">", start)
    signed = pdf[start:end]
    mixed = signed[:-2] + b"41"
    for place in (mixed, signed.upper()[:20] + signed[20:], signed[:-1] + b" "):
        assert refused(pdf[:start] + place + pdf[end:]).reason is CheckReason.PDF


def with_place(pdf: bytes, place: bytes) -> bytes:
    """The document with other hexadecimal digits as its CMS, in a place as large as they need."""
    match = re.search(rb"/ByteRange\[0 (\d+) +(\d+) +\d+ *\]", pdf)
    assert match is not None
    before, start = int(match.group(1)), int(match.group(2))
    numbers = (before, before + len(place) + 2, len(pdf) - start)
    byte_range = b"/ByteRange[0 " + b" ".join(b"%-10d" % number for number in numbers) + b"]"
    return b"".join((pdf[:before], b"<", place, b">", pdf[start:].replace(match.group(0), byte_range, 1)))


@pytest.mark.parametrize("part", [3, 4], ids=["certificates", "signers"])
def test_a_signature_of_countless_parts_is_refused_at_once(part: int) -> None:
    pdf = document("ES256")
    start = pdf.rindex(b"/Contents<") + len(b"/Contents<")
    element, _ = der.decode_prefix(bytes.fromhex(pdf[start : pdf.index(b">", start)].decode()))
    content_type, wrapped = der.children(element)
    (signed_data,) = der.children(wrapped)
    parts = [child.encoded for child in der.children(signed_data)]
    parts[part] = der.encode(parts[part][0], b"\x30\x00" * 1_000_000)
    huge = der.encode(der.SEQUENCE, content_type.encoded, der.encode(0xA0, der.encode(der.SEQUENCE, *parts)))
    began = time.process_time()
    assert "CMS" in refused(with_place(pdf, huge.hex().encode())).detail
    assert time.process_time() - began < 2  # it was minutes


def test_a_signature_of_another_document_is_refused() -> None:
    one, other = document("ES256"), signed_document(verified_record(), soft_key("ES256"))
    start = one.rindex(b"/Contents<") + len(b"/Contents<")
    end = one.index(b">", start)
    other_start = other.rindex(b"/Contents<") + len(b"/Contents<")
    moved = one[:start] + other[other_start : other_start + end - start] + one[end:]
    assert "changed" in refused(moved).detail


def forged(record: VerifiedRecord, key: SoftKey, *, passport: str, pdf_key: SoftKey | None = None) -> bytes:
    """A page of ``record`` around another passport, properly signed: only the comparison can find it."""
    signer = pdf_key or key
    page = render_page(
        record,
        TERMS,
        claims_for(record, TERMS).certificate,
        passport=passport,
        signer=signer.certificate,
        confirmation=None,
        created_at=ISSUED_AT,
    )
    return sign_document(prepare_pdf(page, signer.certificate, ISSUED_AT), signer)


def test_a_page_that_says_something_else_than_its_passport_is_refused() -> None:
    key = soft_key("ES256")
    passport = encode_hc1(sign_passport(verified_record(), key).encode())
    check_pdf(forged(verified_record(), key, passport=passport), trust(key), ISSUED_AT)
    other_name = verified_record(named("Nguyễn Thị Hồng Nga"))
    assert "name" in refused(forged(other_name, key, passport=passport)).detail
    born = replace(PERSON, date_of_birth=PartialDate(1985, 3, 13))
    assert "date of birth" in refused(forged(verified_record(born), key, passport=passport)).detail
    terms = replace(TERMS, uvci="URN:UVCI:01:VN:00000000000000")
    coded = encode_hc1(sign_passport(verified_record(), key, terms).encode())
    assert "certificate code" in refused(forged(verified_record(), key, passport=coded)).detail


def test_passport_and_document_of_two_keys_are_refused() -> None:
    key, other = soft_key("ES256"), soft_key("PS256")
    passport = encode_hc1(sign_passport(verified_record(), key).encode())
    error = refused(forged(verified_record(), key, passport=passport, pdf_key=other))
    assert (error.reason, "different keys" in error.detail) == (CheckReason.PDF, True)


def test_a_passport_that_does_not_verify_gives_its_own_reason() -> None:
    key = soft_key("ES256")
    foreign = encode_hc1(sign_passport(verified_record(), make_key("ES256")).encode())
    assert refused(forged(verified_record(), key, passport=foreign)).reason is CheckReason.KID


def test_the_picture_of_the_page_shows_the_code() -> None:
    pdf = document("PS256")
    assert read_qr(render_png(pdf, 200)) == read_page_code(pdf) == extract_hc1(pdf)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_code_is_read_from_coarse_and_fine_prints(algorithm: Algorithm) -> None:
    pdf = document(algorithm)
    for dpi in (150, 300):
        assert read_qr(render_png(pdf, dpi)) == extract_hc1(pdf)


@pytest.mark.parametrize("pdf", [b"", b"%PDF-", b"%PDF-1.7\n%%EOF", b"HC1:ABC", b"%PDF-1.7\n" + b"[" * 100_000])
def test_what_is_no_pdf_is_refused(pdf: bytes) -> None:
    assert refused(pdf).reason is CheckReason.PDF
    for read in (extract_hc1, read_page_code, render_png):
        with pytest.raises(CheckError) as error:
            read(pdf)
        assert error.value.reason is CheckReason.PDF


def test_too_large_a_file_is_refused() -> None:
    pdf = b"%PDF-1.7\n" + bytes(10_000_001)
    assert refused(pdf).reason is CheckReason.PDF
    with pytest.raises(CheckError):
        render_png(pdf)


@given(data=st.data())
def test_broken_files_raise_nothing_else(data: st.DataObject) -> None:
    pdf = bytearray(document("ES256"))
    for _ in range(data.draw(st.integers(1, 20))):
        pdf[data.draw(st.integers(0, len(pdf) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(pdf[: data.draw(st.integers(0, len(pdf)))])
    for read in (extract_hc1, read_page_code):
        try:
            read(cut)
        except CheckError as error:
            reason = error.reason
        else:
            continue
        assert reason is CheckReason.PDF


@pytest.mark.parametrize(
    "name",
    [
        "eu-dss/validation_doc-firmado-T.pdf",
        "eu-dss/validation_dss-1376_DSS1376-rev_n.pdf",
        "pyhanko/form-update-override-appearance-stream-sneaky.pdf",
        "pyhanko/minimal-two-fields-signed-twice.pdf",
        "pyhanko/pades-with-old-style-signing-cert-attr.pdf",
        "pyhanko/tail-uncovered.pdf",
    ],
)
def test_public_documents_are_refused_in_good_order(name: str) -> None:
    pdf = (fixtures("public signed PDFs") / "pdf" / name).read_bytes()
    assert refused(pdf).reason is CheckReason.PDF


def test_the_digest_alone_is_not_enough() -> None:
    """A CMS over the right digest by a key that is not the named certificate's."""
    key, thief = soft_key("ES256"), make_key("ES256")
    pdf = document("ES256")
    start = pdf.rindex(b"/Contents<") + len(b"/Contents<")
    end = pdf.index(b">", start)
    read = cms.decode_signed_data(bytes.fromhex(pdf[start:end].decode()).rstrip(b"\x00"))
    stolen = cms.encode_signed_data(key.certificate, read.signed_attributes, thief.sign(read.signed_attributes))
    place = stolen.hex().encode().ljust(end - start, b"0")
    assert len(place) == end - start
    assert "does not verify" in refused(pdf[:start] + place + pdf[end:]).detail


def test_the_time_is_not_asked_from_a_clock() -> None:
    checked = check_pdf(document("ES256"), trust(soft_key("ES256")), datetime(2022, 12, 24, tzinfo=UTC))
    assert checked.expires_at == TERMS.expires_at
