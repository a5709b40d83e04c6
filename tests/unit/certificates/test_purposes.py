"""No signature made for one purpose can be taken for another, whatever the payloads are."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from certificates import purposes
from certificates.cose import sig_structure

FIXED = (
    purposes.PASSPORT,
    purposes.CONFIRMATION,
    purposes.TRUST_LIST,
    purposes.REVOCATION_LIST,
    purposes.RULES,
    purposes.BUNDLE,
    purposes.UNIT_LIST,
    purposes.AUDIT_CHECKPOINT,
)


def test_purposes_differ() -> None:
    assert len(set(FIXED)) == len(FIXED)
    assert purposes.PASSPORT == b""  # as the format demands


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_log_in_names_its_centre(one: str, other: str) -> None:
    assert (purposes.login(one) == purposes.login(other)) == (one == other)
    assert purposes.login(one) not in FIXED


@given(*[st.binary(max_size=40)] * 4, st.text(max_size=20))
def test_no_two_messages_are_equal(p1: bytes, p2: bytes, payload1: bytes, payload2: bytes, centre: str) -> None:
    for one, other in combinations((*FIXED, purposes.login(centre)), 2):
        assert sig_structure(p1, payload1, one) != sig_structure(p2, payload2, other)


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_first_bytes_tell_a_sig_structure_from_cms_and_csr(protected: bytes, payload: bytes, purpose: bytes) -> None:
    message = sig_structure(protected, payload, purpose)
    assert message[0] == 0x84  # neither DER SET (0x31) nor SEQUENCE (0x30)
    assert message[1:12] == b"\x6aSignature1"
