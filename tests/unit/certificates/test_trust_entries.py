import datetime as dt
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.errors import IssuanceError
from certificates.trust_entries import MAX_DRAFT, TrustEntry, in_order, read_draft, write_draft
from tests.support.codes import AT, certificate
from tests.support.softkeys import NOT_AFTER, NOT_BEFORE, make_key
from tests.support.trust_lists import DSC, ENTRY, LIST_KEY, ROOT

EKU = "1.3.6.1.4.1.1847.2021.1."
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
TESTS_ONLY = certificate(KEY, x509.ExtendedKeyUsage([x509.ObjectIdentifier(EKU + "1")]))


def refused(der: bytes, **terms: Any) -> str:
    with pytest.raises(IssuanceError) as refusal:
        TrustEntry.of(der, **terms)
    return refusal.value.code


def test_an_entry_says_what_its_certificate_says() -> None:
    assert (ENTRY.country, ENTRY.usage, ENTRY.use_from) == ("VN", "vtr", NOT_BEFORE)
    assert ENTRY.signer() == DSC.certificate
    assert TrustEntry.of(TESTS_ONLY).usage == "t"


def test_an_entry_never_says_more() -> None:
    entry = TrustEntry.of(TESTS_ONLY, kinds=frozenset("vt"), use_from=NOT_BEFORE - dt.timedelta(days=1))
    assert (entry.usage, entry.use_from) == ("t", NOT_BEFORE)
    narrowed = TrustEntry.of(DSC.certificate_der, kinds=frozenset("v"), use_from=AT + dt.timedelta(microseconds=5))
    assert (narrowed.signer().kinds, narrowed.signer().not_before) == (frozenset("v"), AT)


def test_a_country_is_the_certificates_own() -> None:
    nobodys = certificate(KEY, subject=None, issuer=None)
    assert refused(DSC.certificate_der, country="DE") == "entry-country"
    assert refused(nobodys) == "entry-country"
    assert refused(nobodys, country="XX") == "entry-country"
    entry = TrustEntry.of(nobodys, country="DE")
    assert entry.signer().country == "DE"
    greek = make_key("ES256", country="GR").certificate_der
    assert TrustEntry.of(greek, country="EL").country == "GR"  # as the EU gateway writes it


def test_what_is_no_document_signer() -> None:
    assert refused(ROOT.certificate_der) == "entry-usage"
    assert refused(LIST_KEY.certificate_der) == "entry-usage"
    assert refused(TESTS_ONLY, kinds=frozenset("v")) == "entry-usage"
    assert refused(DSC.certificate_der, use_from=NOT_AFTER + dt.timedelta(days=1)) == "entry-time"
    assert refused(b"no certificate") == "certificate-form"
    assert refused(certificate(ec.generate_private_key(ec.SECP384R1()).public_key())) == "certificate-key"


def test_the_first_word_on_a_certificate_counts() -> None:
    narrow = TrustEntry.of(DSC.certificate_der, kinds=frozenset("v"))
    german = TrustEntry.of(make_key("ES256", country="DE").certificate_der)
    assert in_order([narrow, german, ENTRY]) == (german, narrow)


def test_a_draft_there_and_back() -> None:
    entries = in_order([TrustEntry.of(TESTS_ONLY, use_from=AT), ENTRY])
    assert read_draft(write_draft(entries)) == entries
    shown = json.loads(write_draft([ENTRY]))["entries"][0]
    assert shown["fingerprint"] == DSC.certificate.fingerprint.hex()
    assert shown["use_from"] == "2022-01-01T00:00:00Z"


def changed(**changes: Any) -> bytes:
    return json.dumps({"entries": [ENTRY.to_dict() | changes]}).encode()


def test_a_draft_may_be_changed_by_its_reader() -> None:
    (entry,) = read_draft(changed(usage="v", use_from="2022-06-01T07:00:00+07:00"))
    assert (entry.usage, entry.use_from) == ("v", AT)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "draft-form"),
        (b"[]", "draft-form"),
        (b"{}", "draft-form"),
        (b'{"entries": {}}', "draft-form"),
        (b'{"entries": [7]}', "draft-form"),
        (b'{"entries": [{}]}', "draft-form"),
        (changed(certificate="?"), "draft-form"),
        (changed(certificate=7), "draft-form"),
        (changed(usage="x"), "draft-form"),
        (changed(usage=["v"]), "draft-form"),
        (changed(country=None), "draft-form"),
        (changed(use_from="tomorrow"), "draft-form"),
        (changed(use_from=7), "draft-form"),
        (changed(usage=""), "entry-usage"),
        (changed(country="DE"), "entry-country"),
        (bytes(MAX_DRAFT + 1), "draft-form"),
    ],
    ids=range(16),
)
def test_what_is_no_draft(data: bytes, code: str) -> None:
    with pytest.raises(IssuanceError, match=code):
        read_draft(data)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(JUNK, st.sampled_from(sorted(ENTRY.to_dict())))
def test_any_json(junk: Any, name: str) -> None:
    for data in (json.dumps(junk).encode(), changed(**{name: junk})):
        try:
            read_draft(data)
        except IssuanceError:
            continue
