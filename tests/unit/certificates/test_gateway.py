import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates import gateway
from certificates.errors import CertificateError, IssuanceError
from certificates.gateway import Vouchers, export_gateway, import_certificates, import_gateway
from certificates.pki import fingerprint
from certificates.trust import read_trust_list
from certificates.trust_entries import TrustEntry
from tests.support.codes import AT, certificate
from tests.support.softkeys import SoftKey, make_key
from tests.support.trust_lists import DSC, ENTRY
from tests.support.uploads import entry

ANCHOR, UPLOADER = make_key("ES256", country="EU"), make_key("ES256")
GERMAN, GERMAN_UPLOADER = make_key("ES256", country="DE"), make_key("PS256", country="DE")
UPLOAD = entry(UPLOADER.certificate_der, ANCHOR, kind="UPLOAD")
OURS = entry(DSC.certificate_der, UPLOADER)
ANCHORED = Vouchers(anchors=[ANCHOR.certificate_der])
NAMED = Vouchers(named=[UPLOADER.certificate.fingerprint])


def packed(*entries: Any) -> bytes:
    return json.dumps(entries).encode()


def refused(data: bytes, vouchers: Vouchers = ANCHORED) -> str:
    with pytest.raises(CertificateError) as refusal:
        import_gateway(data, vouchers)
    assert refusal.value.code in {"gateway-form", "import-unverified"}
    return refusal.value.code


def test_the_anchor_vouches_for_uploaders_and_they_for_their_document_signers() -> None:
    german = entry(GERMAN.certificate_der, GERMAN_UPLOADER, country="DE")
    german_upload = entry(GERMAN_UPLOADER.certificate_der, ANCHOR, kind="UPLOAD", country="DE")
    csca = entry(DSC.ca_der, ANCHOR, kind="CSCA")
    found = import_gateway(packed(german, OURS, csca, UPLOAD, german_upload), ANCHORED)
    assert found == (("DE", GERMAN.certificate_der), ("VN", DSC.certificate_der))
    wrapped = json.dumps({"certificates": [OURS, UPLOAD]}).encode()
    assert import_gateway(wrapped, ANCHORED) == (("VN", DSC.certificate_der),)


def test_an_uploader_that_nobody_vouches_for_is_refused_by_name() -> None:
    for given_entries in ((OURS,), (OURS, UPLOAD)):
        with pytest.raises(CertificateError, match="import-unverified") as refusal:
            import_gateway(packed(*given_entries), Vouchers())
        assert DSC.certificate.fingerprint.hex() in refusal.value.detail
        assert UPLOADER.certificate.fingerprint.hex() in refusal.value.detail
    forged = entry(UPLOADER.certificate_der, UPLOADER, kind="UPLOAD")
    assert refused(packed(OURS, forged)) == "import-unverified"


def test_the_operator_names_an_uploader_or_a_document_signer() -> None:
    assert import_gateway(packed(OURS), NAMED)
    assert import_gateway(packed(OURS, entry(UPLOADER.certificate_der, UPLOADER, kind="UPLOAD")), NAMED)
    assert import_gateway(packed(OURS | {"signature": ""}), Vouchers(named=[DSC.certificate.fingerprint]))


def test_a_signature_by_another_or_over_another_is_refused() -> None:
    assert refused(packed(entry(DSC.certificate_der, make_key("ES256")), UPLOAD)) == "import-unverified"
    assert refused(packed(OURS | {"signature": ""}, UPLOAD)) == "import-unverified"
    moved = entry(make_key("ES256").certificate_der, UPLOADER, signature=OURS["signature"])
    assert refused(packed(moved, UPLOAD)) == "import-unverified"
    assert refused(packed(moved), NAMED) == "import-unverified"


def test_an_uploader_counts_for_its_own_country_only() -> None:
    foreign = entry(GERMAN.certificate_der, UPLOADER, country="DE")
    assert refused(packed(foreign, UPLOAD)) == "import-unverified"
    assert refused(packed(foreign), NAMED) == "import-unverified"
    claimed = entry(UPLOADER.certificate_der, ANCHOR, kind="UPLOAD", country="DE")
    assert refused(packed(foreign, claimed)) == "import-unverified"


def test_a_refusal_names_the_first_few() -> None:
    with pytest.raises(CertificateError, match="and 2 more"):
        import_gateway(packed(*[OURS] * 7), Vouchers())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"7",
        b'"text"',
        b'{"certificates": 7}',
        b"[7]",
        b"[{}]",
        packed(OURS | {"rawData": "?"}),
        packed(OURS | {"rawData": "MAA="}),
        packed(OURS | {"kid": UPLOAD["kid"]}),
        packed(OURS | {"country": None}),
        packed(OURS | {"signature": "?"}),
        packed(OURS | {"signature": 7}),
        b"[" * 100_000,
    ],
    ids=range(14),
)
def test_what_is_no_list_of_the_gateway(data: bytes) -> None:
    assert refused(data) == "gateway-form"


def test_a_file_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "MAX_FILE", 10)
    assert refused(packed(OURS)) == "gateway-form"


def test_plain_certificates_are_issued_by_a_given_csca_or_named() -> None:
    both = [DSC.certificate_der, DSC.ca_der]
    assert import_certificates(both, Vouchers(authorities=[DSC.ca_der])) == (DSC.certificate_der,)
    assert import_certificates(both, Vouchers(named=[DSC.certificate.fingerprint])) == (DSC.certificate_der,)
    for vouchers in (Vouchers(), Vouchers(authorities=[GERMAN.ca_der]), Vouchers(authorities=[DSC.certificate_der])):
        with pytest.raises(CertificateError, match="import-unverified"):
            import_certificates(both, vouchers)
    with pytest.raises(IssuanceError, match="certificate-form"):
        import_certificates([b"none"], Vouchers())


@pytest.mark.parametrize("uploader", [UPLOADER, make_key("PS256")])
def test_what_is_exported_can_be_imported(uploader: SoftKey) -> None:
    german = TrustEntry.of(certificate(GERMAN.private_key.public_key(), subject="VN"))
    data = export_gateway([ENTRY, german], uploader, at=AT)
    found = import_gateway(data, Vouchers(named=[fingerprint(uploader.certificate_der)]))
    assert found == tuple(("VN", one.certificate.der) for one in (ENTRY, german))
    assert read_trust_list(data) == tuple(der for _, der in found)
    first = json.loads(data)[0]
    assert first["thumbprint"] == ENTRY.certificate.fingerprint.hex()
    assert first["timestamp"] == "2022-06-01T00:00:00Z"


def test_an_export_is_signed_by_the_key_of_its_certificate() -> None:
    wrong = SoftKey(make_key("ES256").private_key, UPLOADER.certificate_der, b"")
    with pytest.raises(IssuanceError, match="signature-invalid"):
        export_gateway([ENTRY], wrong, at=AT)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(JUNK, st.sampled_from(sorted(OURS)))
def test_any_json(junk: Any, name: str) -> None:
    for data in (json.dumps(junk).encode(), packed(OURS | {name: junk}, UPLOAD)):
        try:
            import_gateway(data, ANCHORED)
        except CertificateError:
            continue
