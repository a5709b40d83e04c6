import base64
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.errors import CertificateError
from certificates.revocation.batches import RevocationBatch, make_batches, read_batch
from certificates.revocation.hashes import HashType
from certificates.trust import TrustStore
from tests.support.codes import AT
from tests.support.revocation import KID, hashes
from tests.support.softkeys import make_key, soft_key

ENTRIES = hashes(range(3))
HASHES = [{"hash": base64.b64encode(entry).decode()} for entry in ENTRIES]
DOCUMENT = {
    "country": "DE",
    "expires": "2022-11-01T01:00:00+01:00",
    "kid": base64.b64encode(KID).decode(),
    "hashType": "UCI",
    "entries": HASHES,
}


def text(**changes: Any) -> bytes:
    return json.dumps({**DOCUMENT, **changes}).encode()


def refused(data: bytes) -> str:
    with pytest.raises(CertificateError) as refusal:
        read_batch(data)
    return refusal.value.code


def test_reading() -> None:
    assert read_batch(text()) == RevocationBatch(
        country="DE",
        kid=KID,
        hash_type=HashType.UCI,
        expires_at=dt.datetime(2022, 11, 1, tzinfo=dt.UTC),
        entries=tuple(ENTRIES),
    )


def test_what_was_written_reads_the_same() -> None:
    batches = list(make_batches("VN", KID, HashType.SIGNATURE, hashes(range(2001)) * 2, expires_at=AT))
    assert [len(batch.entries) for batch in batches] == [1000, 1000, 1]
    assert [read_batch(batch.to_json()) for batch in batches] == batches
    assert set(json.loads(batches[0].to_json())) == set(DOCUMENT)
    unknown = read_batch(text(kid="UNKNOWN_KID"))
    assert read_batch(unknown.to_json()) == unknown
    assert json.loads(unknown.to_json())["kid"] == "UNKNOWN_KID"


def test_whom_a_batch_concerns() -> None:
    german, vietnamese = make_key("ES256", country="DE"), soft_key("ES256")
    trust = TrustStore.of([german.certificate_der, vietnamese.certificate_der])
    kid = base64.b64encode(german.certificate.kid).decode()
    known, unknown, untrusted = (read_batch(text(kid=value)) for value in (kid, "UNKNOWN_KID", DOCUMENT["kid"]))
    assert [batch.scope(trust) for batch in (known, unknown, untrusted)] == [german.certificate.kid, b"DE", KID]
    foreign = read_batch(text(kid=base64.b64encode(vietnamese.certificate.kid).decode()))
    with pytest.raises(CertificateError, match="batch-country"):
        foreign.scope(trust)


@pytest.mark.parametrize(
    "changes",
    [
        {"country": "de"},
        {"country": ["DE"]},
        {"expires": "2022-11-01T01:00:00"},
        {"expires": "0001-01-01T00:00:00+14:00"},
        {"expires": 1667260800},
        {"kid": base64.b64encode(KID[:7]).decode()},
        {"kid": None},
        {"hashType": "UVCI"},
        {"hashType": []},
        {"entries": []},
        {"entries": HASHES[:1] * 1001},
        {"entries": [base64.b64encode(ENTRIES[0]).decode()]},
        {"entries": [{"hash": base64.b64encode(ENTRIES[0]).decode() + "\n"}]},
        {"entries": [{"hash": base64.b64encode(ENTRIES[0][:15]).decode()}]},
        {"entries": {"hash": ""}},
    ],
)
def test_a_form_that_is_wrong(changes: dict[str, Any]) -> None:
    assert refused(text(**changes)) == "batch-form"


def test_other_things() -> None:
    assert refused(text(filler="x" * 1024 * 1024)) == "batch-form"
    assert refused(b"[" * 100_000) == "batch-form"
    for name in DOCUMENT:
        assert refused(json.dumps({key: DOCUMENT[key] for key in DOCUMENT if key != name}).encode()) == "batch-form"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=24),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.just("hash") | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(DOCUMENT)), JUNK)
def test_any_value(name: str, value: Any) -> None:
    assert refused(text(**{name: value})) == "batch-form"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100) | JUNK.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(data: bytes) -> None:
    assert refused(data) == "batch-form"
