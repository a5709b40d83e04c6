import base64
import datetime as dt
import json
from typing import Any

import pytest
from asn1crypto import cms

from certificates.detached_cms import read_attached
from certificates.errors import CertificateError, IssuanceError
from certificates.gateway import Vouchers, read_uploaders
from certificates.pki import fingerprint
from certificates.revocation.batches import MAX_BATCH, RevocationBatch
from certificates.revocation.uploads import MAX_UPLOAD, open_batch, sign_batch
from tests.support.codes import AT
from tests.support.revocation import KID, UCI, hashes
from tests.support.softkeys import SoftKey, make_key
from tests.support.uploads import detached, entry

UPLOADER, GERMAN = make_key("ES256"), make_key("PS256", country="DE")
YEAR = dt.timedelta(days=365)


def batch(country: str = "VN", count: int = 3) -> RevocationBatch:
    return RevocationBatch(
        country=country, kid=KID, hash_type=UCI, expires_at=AT + YEAR, entries=tuple(sorted(hashes(range(count))))
    )


def known(*keys: SoftKey) -> list[tuple[str, bytes]]:
    return [(key.certificate.country or "", key.certificate_der) for key in keys]


def refused(data: bytes, *, uploaders: Any = (), named: Any = ()) -> str:
    with pytest.raises(CertificateError) as caught:
        open_batch(data, uploaders, named)
    return caught.value.code


@pytest.mark.parametrize("key", [UPLOADER, make_key("PS256")])
def test_what_is_signed_is_read(key: SoftKey) -> None:
    data = sign_batch(batch(count=1000), key)
    assert open_batch(data, known(GERMAN, key), ()) == batch(count=1000)
    assert open_batch(base64.b64decode(data), known(key), ()) == batch(count=1000)
    assert open_batch(data, (), [fingerprint(key.certificate_der)]) == batch(count=1000)
    read: Any = cms.ContentInfo  # as others read it
    info = read.load(base64.b64decode(data), strict=True)
    assert info["content"]["encap_content_info"]["content"].native == batch(count=1000).to_json()


def test_the_cms_of_another_library() -> None:
    data = detached(batch("DE").to_json(), GERMAN, attached=True)
    assert open_batch(data, known(GERMAN), ()) == batch("DE")


def test_who_may_sign() -> None:
    data = sign_batch(batch(), UPLOADER)
    assert refused(data) == refused(data, uploaders=known(GERMAN)) == "import-unverified"
    assert refused(data, named=[fingerprint(GERMAN.certificate_der)]) == "import-unverified"
    with pytest.raises(CertificateError, match=UPLOADER.certificate.fingerprint.hex()):
        open_batch(data, (), ())
    assert refused(sign_batch(batch("DE"), UPLOADER), uploaders=known(UPLOADER)) == "batch-country"
    assert refused(sign_batch(batch("DE"), UPLOADER), named=[UPLOADER.certificate.fingerprint]) == "batch-country"


def test_what_is_no_batch() -> None:
    ours = known(UPLOADER)
    assert refused(batch().to_json()) == "cms-form"
    assert refused(b"") == refused(b"\x30\x00") == refused(b"M" * (MAX_UPLOAD + 1)) == "cms-form"
    assert refused(b"\x30" * (MAX_BATCH + 1)) == "cms-form"
    assert refused(detached(batch().to_json(), UPLOADER), uploaders=ours) == "cms-form"  # it carries nothing
    assert refused(detached(b"[]", UPLOADER, attached=True), uploaders=ours) == "batch-form"
    data = base64.b64decode(sign_batch(batch(), UPLOADER))
    assert refused(data.replace(b'"VN"', b'"DE"'), uploaders=ours) == "cms-content"


def test_a_signature_is_by_the_key_of_its_certificate() -> None:
    wrong = SoftKey(make_key("ES256").private_key, UPLOADER.certificate_der, b"")
    with pytest.raises(IssuanceError, match="signature-invalid"):
        sign_batch(batch(), wrong)


def test_uploaders_come_from_the_gateways_list() -> None:
    anchor = make_key("ES256", country="EU")
    upload = entry(UPLOADER.certificate_der, anchor, kind="UPLOAD")
    stranger = entry(GERMAN.certificate_der, GERMAN, kind="UPLOAD", country="DE")
    data = json.dumps([upload, stranger, entry(make_key("ES256").certificate_der, UPLOADER)]).encode()
    assert read_uploaders(data, Vouchers(anchors=[anchor.certificate_der])) == (("VN", UPLOADER.certificate_der),)
    named = Vouchers(named=[fingerprint(GERMAN.certificate_der)])
    assert read_uploaders(data, named) == (("DE", GERMAN.certificate_der),)
    with pytest.raises(CertificateError, match="gateway-form"):
        read_uploaders(b"{}", named)


def test_what_a_cms_carries() -> None:
    signature, content = read_attached(detached(b"content", UPLOADER, attached=True), max_size=9999)
    assert (content, signature.find_signer([UPLOADER.certificate_der])) == (b"content", UPLOADER.certificate_der)
