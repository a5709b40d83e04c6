import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.checking import check_text
from certificates.errors import CertificateError, CheckError, CheckReason
from certificates.issuer_country import IssuerRule
from certificates.revocation.building import build_index, write_index
from certificates.revocation.hashes import HashType, country_uci_hash, hashes_of, uci_hash
from certificates.revocation.index import MAGIC, RevocationIndex, Table
from certificates.revocation.lists import RevocationChunk
from certificates.revocation.publishing import Hashes
from certificates.trust import TrustStore
from tests.support.codes import ABSENT, AT, code, cose_bytes, dcc, hc1, with_certificate
from tests.support.revocation import KID, UCI, Mirror, hashes, issue
from tests.support.softkeys import make_key, soft_key

KEY = soft_key("ES256")
TRUST = TrustStore.of([KEY.certificate_der])
TEXT = code(KEY)
CHECKED = check_text(TEXT, TRUST, AT)
IDENTIFIER = dcc()["v"][0]["ci"]
REVOKED = CheckReason.REVOKED


def index_of(added: Hashes) -> RevocationIndex:
    publication = issue(None, added)
    return build_index(publication.revocation_list, Mirror(publication).read(publication.revocation_list))


def verdict(index: RevocationIndex | None, text: str = TEXT, trust: TrustStore = TRUST, at: dt.datetime = AT) -> str:
    try:
        check_text(text, trust, at, index, issuer=IssuerRule.ANY)
    except CheckError as refusal:
        return refusal.reason.value
    return "VALID"


@pytest.mark.parametrize("scope", [KEY.certificate.kid, b"VN"], ids=["kid", "country"])
@pytest.mark.parametrize("hash_type", list(HashType))
def test_each_hash_revokes(scope: bytes, hash_type: HashType) -> None:
    others = hashes(range(50))
    index = index_of({(scope, hash_type): [*others, *hashes_of(CHECKED, hash_type)]})
    with pytest.raises(CheckError, match=f"its {hash_type.value} hash is on the revocation list$") as refusal:
        check_text(TEXT, TRUST, AT, index)
    assert refusal.value.reason is REVOKED
    assert IDENTIFIER not in str(refusal.value)
    assert verdict(index_of({(scope, hash_type): others})) == "VALID"


def test_one_entry_of_several_revokes() -> None:
    document = dcc()
    document["v"].append({**document["v"][0], "ci": "another"})
    index = index_of({(b"VN", UCI): [uci_hash("another")]})
    assert verdict(index, code(KEY, dcc=document)) == "REVOKED"
    assert verdict(index) == "VALID"


def test_only_for_this_signer_country_and_type() -> None:
    entry = uci_hash(IDENTIFIER)
    german = make_key("ES256", country="DE")
    for key, hash_type in ((KID, UCI), (b"DE", UCI), (KEY.certificate.kid, HashType.SIGNATURE)):
        assert verdict(index_of({(key, hash_type): [entry]})) == "VALID"
    # What iss says does not make a signer's certificates another country's.
    index = index_of({(b"VN", UCI): [entry], (b"VN", HashType.COUNTRYCODEUCI): [country_uci_hash("VN", IDENTIFIER)]})
    assert verdict(index, code(german), TrustStore.of([german.certificate_der])) == "VALID"


def test_another_certificate_of_the_same_key_is_no_way_out() -> None:
    twin = with_certificate(KEY, x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.4.1.1847.2021.1.2")]))
    both = TrustStore.of([KEY.certificate_der, twin.certificate_der])
    index = index_of({(KEY.certificate.kid, UCI): [uci_hash(IDENTIFIER)]})
    for kid, others in ((KEY.certificate.kid, TRUST), (twin.certificate.kid, both)):
        relabelled = hc1(cose_bytes(KEY, kid=ABSENT, unprotected={4: kid}))
        assert verdict(None, relabelled, others) == "VALID"
        assert verdict(index, relabelled, both) == "REVOKED"


def test_without_a_list_nothing_changes() -> None:
    assert verdict(None) == "VALID"
    assert verdict(index_of({})) == "VALID"


def test_revocation_is_the_last_step() -> None:
    index = index_of({(b"VN", UCI): [uci_hash(IDENTIFIER)]})
    assert verdict(index) == "REVOKED"
    assert verdict(index, at=AT + dt.timedelta(days=3650)) == "TIME"
    assert verdict(index, trust=TrustStore.of([])) == "KID"


def test_in_a_file(tmp_path: Path) -> None:
    publication = issue(None, {(b"VN", UCI): [uci_hash(IDENTIFIER)]})
    path = tmp_path / "index"
    write_index(path, publication.revocation_list, Mirror(publication).read(publication.revocation_list))
    index = RevocationIndex.open(path)
    assert verdict(index) == "REVOKED"
    assert (index.version, index.issued_at) == (1, AT)
    index.close()


def test_equal_tails_are_told_apart() -> None:
    """Hashes that differ only where no tail reaches, and tails that are found across the border of two."""
    entry = bytes.fromhex("00112200112200112200112200112200")
    twin, across = entry[:15] + b"\x01", entry[1:] + entry[:1]
    table = index_of({(KID, UCI): [twin]}).table(KID, UCI)
    assert table is not None
    assert (twin in table, entry in table) == (True, False)
    near = [number.to_bytes(4) * 4 for number in (0x01010102, 0x01010201)]
    for stored, asked in ((near, near), (near, [b"\x01\x02\x01\x01" * 4, b"\x02\x01\x01\x02" * 4, across])):
        table = index_of({(KID, UCI): stored}).table(KID, UCI)
        assert table is not None
        assert [item in table for item in asked] == [item in stored for item in asked]


# --- a file is input, too ---


def broken(data: bytes) -> str:
    with pytest.raises(CertificateError) as refusal:
        RevocationIndex(data)
    return refusal.value.code


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an index file."""
    path = tmp_path_factory.mktemp("index") / "index"
    publication = issue(None, {(KID, UCI): hashes(range(40))})
    write_index(path, publication.revocation_list, Mirror(publication).read(publication.revocation_list))
    return path.read_bytes()


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "index"
    with pytest.raises(CertificateError, match="index-missing"):
        RevocationIndex.open(path)
    for content in (b"", b"text"):
        path.write_bytes(content)
        with pytest.raises(CertificateError, match="index-form"):
            RevocationIndex.open(path)


DIRECTORIES: list[Any] = [
    [],
    [1, 1, 1, [[KID, "UCI", 16, 1]]],
    [1, 1, 2**60, []],
    [1, 1, 1, [[KID, "OTHER", 16, 1, 0]]],
    [1, 1, 1, [[KID, "UCI", 0, 1, 0]]],
    [1, 1, 1, [[KID, "UCI", 16, 2, 0]]],
    [1, 1, 1, [[KID, "UCI", 16, 0, 0]]],
    [1, 1, 1, [[KID, "UCI", 16, 1, -1]]],
    [1, 1, 1, [[KID, "UCI", 16, 1, 2**60]]],
    [1, 1, 1, [[KID, "UCI", 16, 1.0, 0]]],
    [1, 1, 1, [[[], "UCI", 16, 1, 0]]],
]


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_a_directory_that_does_not_fit(directory: Any) -> None:
    table = bytes(16 + 8 + 4)
    place = (16 + len(table)).to_bytes(8, "little")
    assert broken(MAGIC + place + table + cbor2.dumps(directory)) == "index-form"


@settings(max_examples=200, deadline=None)
@given(st.integers(0), st.integers(1, 255), st.lists(st.binary(min_size=16, max_size=16), max_size=5))
def test_a_damaged_file_does_not_crash(whole: bytes, place: int, change: int, asked: list[bytes]) -> None:
    data = bytearray(whole)
    data[place % len(whole)] ^= change
    try:
        table = RevocationIndex(bytes(data)).table(KID, UCI)
    except CertificateError:
        return
    if table is not None:
        assert not any(entry in table for entry in asked if entry not in data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100), st.booleans())
def test_any_bytes(data: bytes, magic: bool) -> None:
    assert broken((MAGIC if magic else b"") + data) == "index-form"


def test_a_table_without_bits() -> None:
    entry = bytes(range(16))
    data = entry + (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + entry[:4]
    table = Table(data, 0, 1, 0)
    assert entry in table
    assert bytes(16) not in table
    assert table.end == len(data)


def test_two_programs_may_build_the_same_look_up_at_once(tmp_path: Path) -> None:
    publication = issue(None, {(KID, UCI): hashes(range(500))})
    chunks = Mirror(publication).read(publication.revocation_list)
    path = tmp_path / "revocation.index"

    def while_the_other_one_writes() -> Iterator[RevocationChunk]:
        write_index(path, publication.revocation_list, chunks)
        yield from chunks
        assert len(RevocationIndex.open(path)) == 500

    write_index(path, publication.revocation_list, while_the_other_one_writes())
    assert len(RevocationIndex.open(path)) == 500
    assert list(tmp_path.iterdir()) == [path]
