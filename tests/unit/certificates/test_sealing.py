from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates import purposes
from certificates.errors import CertificateError, IssuanceError
from certificates.sealing import seal, unseal
from certificates.signing import Algorithm
from certificates.trust import TrustStore
from tests.support.codes import cose_bytes
from tests.support.softkeys import SoftKey, make_key, soft_key

KEY = soft_key("ES256")
SIGNERS = TrustStore.of([KEY.certificate_der])
SEALED = seal(b"what stands on a list", KEY, purposes.REVOCATION_LIST)


def refused(data: bytes, purpose: bytes = purposes.REVOCATION_LIST, signers: TrustStore = SIGNERS) -> str:
    with pytest.raises(CertificateError) as refusal:
        unseal(data, signers, purpose, max_size=1000)
    return refusal.value.code


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_what_was_sealed_opens_and_names_its_signer(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    data = seal(b"list", key, purposes.TRUST_LIST)
    opened = unseal(data, TrustStore.of([key.certificate_der]), purposes.TRUST_LIST, max_size=1000)
    assert (opened.payload, opened.signer) == (b"list", key.certificate)


def test_a_list_is_for_one_purpose() -> None:
    assert refused(SEALED, purposes.TRUST_LIST) == "list-signature"
    assert refused(SEALED, purposes.PASSPORT) == "list-signature"
    assert refused(cose_bytes(KEY)) == "list-signature"


def test_who_may_not_sign() -> None:
    stranger = make_key("ES256")
    assert refused(seal(b"list", stranger, purposes.REVOCATION_LIST)) == "list-signer"
    assert refused(SEALED, signers=TrustStore.of([])) == "list-signer"


def test_a_size_and_a_form() -> None:
    assert refused(SEALED + b"\x00") == "list-form"
    assert refused(seal(bytes(1001), KEY, purposes.REVOCATION_LIST)) == "list-form"
    assert refused(b"") == "list-form"


@dataclass(frozen=True)
class WrongKey:
    """A token whose key is not its certificate's."""

    inner: SoftKey
    certificate_der: bytes
    algorithm: Algorithm = "ES256"

    def sign(self, tbs: bytes) -> bytes:
        return self.inner.sign(tbs)


def test_a_signature_that_does_not_verify_is_not_given_out() -> None:
    with pytest.raises(IssuanceError, match="signature-invalid"):
        seal(b"list", WrongKey(make_key("ES256"), KEY.certificate_der), purposes.REVOCATION_LIST)


@settings(max_examples=200, deadline=None)
@given(st.integers(3, len(SEALED) - 1), st.integers(1, 255))
def test_no_byte_can_change(place: int, change: int) -> None:
    data = bytearray(SEALED)
    data[place] ^= change
    assert refused(bytes(data)) in {"list-form", "list-signer", "list-signature"}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert refused(data) in {"list-form", "list-signer", "list-signature"}
