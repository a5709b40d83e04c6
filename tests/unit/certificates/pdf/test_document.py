"""Both ends compute: the same arguments give the same bytes, in this process and in any other."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certificates.errors import IssuanceError
from certificates.pdf.document import prepare_document
from certificates.pdf.layout import LAYOUT
from certificates.pdf.reading import extract_hc1, read_page_code
from tests.support.documents import (
    ISSUED_AT,
    TERMS,
    named,
    passport_text,
    prepared_document,
    sign_confirmation,
    signed_document,
    verified_record,
)
from tests.support.softkeys import make_key, soft_key

_OTHER_PROCESS = """
import pickle, sys
from certificates.pdf.document import prepare_document
from certificates.pki import SigningCertificate
from tests.support.documents import ISSUED_AT, TERMS, named, verified_record

hc1, der, confirmation, name, before = pickle.load(sys.stdin.buffer)
for _ in range(before):  # what was laid out before must not matter
    other = verified_record(named("Trần Văn Khác"))
record = verified_record(named(name))
certificate = SigningCertificate.from_der(der)
prepared = prepare_document(
    record, TERMS, hc1, certificate, signing_time=ISSUED_AT, confirmation=confirmation
)
print(prepared.digest.hex())
"""


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_another_process_makes_the_same_bytes(algorithm: str) -> None:
    import pickle

    key = soft_key("ES256" if algorithm == "ES256" else "PS256")
    record = verified_record(named("Y Ƀlŏ Ê̆ban"))
    confirmation = sign_confirmation(record, soft_key("ES256"))
    hc1 = passport_text(record, key)
    prepared = prepare_document(record, TERMS, hc1, key.certificate, signing_time=ISSUED_AT, confirmation=confirmation)
    for number, seed in enumerate(("0", "4711")):
        answer = subprocess.run(
            [sys.executable, "-c", _OTHER_PROCESS],
            input=pickle.dumps((hc1, key.certificate_der, confirmation, "Y Ƀlŏ Ê̆ban", number)),
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[4],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Ho_Chi_Minh", "LC_ALL": "C"},
        )
        assert answer.stdout.decode().strip() == prepared.digest.hex()


def test_pages_made_before_do_not_matter() -> None:
    key = soft_key("ES256")
    record, hc1 = verified_record(), passport_text(verified_record(), key)

    def prepare() -> bytes:
        return prepare_document(record, TERMS, hc1, key.certificate, signing_time=ISSUED_AT, confirmation=None).document

    first = prepare()
    for name in ("Trần Văn Hai", "Ksor Phước"):
        prepared_document(verified_record(named(name)), soft_key("PS256"))
    assert prepare() == first


def test_every_argument_is_in_the_bytes() -> None:
    key = soft_key("ES256")
    record, hc1 = verified_record(), passport_text(verified_record(), key)
    plain = prepare_document(record, TERMS, hc1, key.certificate, signing_time=ISSUED_AT, confirmation=None)
    later = prepare_document(
        record, TERMS, hc1, key.certificate, signing_time=ISSUED_AT + timedelta(seconds=1), confirmation=None
    )
    confirmed = prepare_document(record, TERMS, hc1, key.certificate, signing_time=ISSUED_AT, confirmation=b"x")
    assert len({plain.digest, later.digest, confirmed.digest}) == 3


def test_the_attachments() -> None:
    import pypdfium2

    key = soft_key("PS256")
    record = verified_record()
    confirmation = sign_confirmation(record, soft_key("ES256"))
    pdf = signed_document(record, key, confirmation=confirmation)
    document: Any = pypdfium2.PdfDocument(pdf)  # type: ignore[no-untyped-call]
    attachments = [document.get_attachment(number) for number in range(document.count_attachments())]
    files = {file.get_name(): bytes(file.get_data()) for file in attachments}
    assert set(files) == {"passport.hc1.txt", "confirmation.cose"}
    assert files["confirmation.cose"] == confirmation
    assert files["passport.hc1.txt"].decode("ascii") == extract_hc1(pdf) == read_page_code(pdf)
    assert pdf.count(b"/AFRelationship/Data") == pdf.count(b"/AFRelationship/Supplement") == 1


def test_a_passport_of_another_record_is_refused() -> None:
    key = soft_key("ES256")
    other = passport_text(verified_record(named("Nguyễn Thị Hồng Nhungg")), key)
    with pytest.raises(IssuanceError) as refused:
        prepare_document(verified_record(), TERMS, other, key.certificate, signing_time=ISSUED_AT, confirmation=None)
    assert refused.value.code == "document-differs"
    longer = replace(TERMS, expires_at=TERMS.expires_at + timedelta(days=1))
    with pytest.raises(IssuanceError) as refused:
        prepare_document(
            verified_record(),
            longer,
            passport_text(verified_record(), key),
            key.certificate,
            signing_time=ISSUED_AT,
            confirmation=None,
        )
    assert refused.value.code == "document-differs"


def test_a_passport_by_another_key_is_refused() -> None:
    key, other = soft_key("ES256"), make_key("ES256")
    with pytest.raises(IssuanceError) as refused:
        prepare_document(
            verified_record(),
            TERMS,
            passport_text(verified_record(), key),
            other.certificate,
            signing_time=ISSUED_AT,
            confirmation=None,
        )
    assert refused.value.code == "document-passport"


def test_the_layout_names_everything_that_shapes_the_bytes() -> None:
    assert [part.split("-")[0] for part in LAYOUT.split("/")] == [
        "code",
        "template",
        "fonts",
        "valuesets",
        "babel",
        "typst",
    ]
    assert LAYOUT.isascii()
    assert len(LAYOUT) < 200
