"""Mutants of what a checker is given beside codes: signed lists, certificates, gateways' files, index files."""

import base64
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import cbor2

from certificates import bundle, purposes, rule_list, trust_list
from certificates.bundle import Part, Role
from certificates.errors import CertificateError, CheckError, IssuanceError
from certificates.gateway import Vouchers, import_gateway
from certificates.list_signing import open_list
from certificates.pki import SigningCertificate, fingerprint
from certificates.revocation import drafts
from certificates.revocation.batches import RevocationBatch, read_batch
from certificates.revocation.building import write_index
from certificates.revocation.hashes import HashType
from certificates.revocation.index import MAGIC, RevocationIndex
from certificates.revocation.lists import ChunkName
from certificates.revocation.reading import read_chunk, read_list
from certificates.revocation.uploads import open_batch, sign_batch
from certificates.signed_list import AgeLimits
from certificates.trust import TrustStore, read_certificates, read_trust_list
from certificates.trust_entries import read_draft, write_draft
from tests.fuzz.engine import READ_ONCE, FalseAcceptError, Family
from tests.fuzz.values import encode, hostile_cbor, hostile_json, scramble, vary, write_json
from tests.support.codes import AT
from tests.support.revocation import KID, UCI, Mirror, hashes, issue
from tests.support.rules import checked, rule
from tests.support.softkeys import make_key, soft_key
from tests.support.trust_lists import ENTRY, LIST_KEY, ROOTS, WEEK, sealed, signed
from tests.support.uploads import entry

Read = Callable[[bytes], Any]


def list_families() -> list[Family]:
    """All of them; each reader has one family of exceptions."""
    families = [_json("gateway json", 3, _GATEWAY, lambda data: import_gateway(data, _VOUCHERS), CertificateError)]
    families += [_json("batch json", 3, _BATCH, _read_batch, CertificateError)]
    families += [_json("trust draft", 2, json.loads(write_draft([ENTRY])), read_draft, IssuanceError)]
    families += [_json("revocation draft", 2, _DRAFT, drafts.read_draft, CertificateError)]
    families += [Family("batch upload", 3, _upload, _open_upload, READ_ONCE)]
    families += [_json("trust json", 2, _GATEWAY, read_trust_list, IssuanceError)]
    for name, purpose, data, read in _LISTS:
        families += [_bytes(name, data, purpose, read), _sealed(name, data, purpose, read)]
    return [
        *families,
        Family("certificate", 4, _certificate, _read_certificate, READ_ONCE),
        Family("index file", 3, _index, _read_index, READ_ONCE),
    ]


def _bytes(name: str, data: bytes, purpose: bytes, read: Read) -> Family:
    """Changed bytes of a signed list: what is read then must be what was signed."""
    original = open_list(data, ROOTS, purpose, max_size=len(data)).payload

    def run(made: bytes) -> bool:
        try:
            read(made)
        except CertificateError:
            return False
        if open_list(made, ROOTS, purpose, max_size=len(made)).payload != original:
            raise FalseAcceptError("nobody signed this list")
        return True

    return Family(f"{name}: bytes", 2, lambda rng: scramble(rng, data), run, READ_ONCE)


def _sealed(name: str, data: bytes, purpose: bytes, read: Read) -> Family:
    """Hostile content below a good signature."""
    tree = cbor2.loads(open_list(data, ROOTS, purpose, max_size=len(data)).payload)

    def make(rng: Random) -> bytes:
        if rng.random() < 0.2:
            return sealed(scramble(rng, encode(tree)), purpose)
        made = tree
        for _ in range(rng.choice((1, 1, 2))):
            made = vary(rng, made, hostile_cbor)
        return sealed(encode(made), purpose)

    def run(made: bytes) -> bool:
        try:
            read(made)
        except CertificateError:
            return False
        return True

    return Family(f"{name}: content", 2, make, run, READ_ONCE)


def _json(name: str, weight: int, document: Any, read: Read, error: type[CertificateError]) -> Family:
    def make(rng: Random) -> bytes:
        if rng.random() < 0.2:
            return scramble(rng, json.dumps(document).encode())
        return write_json(vary(rng, document, hostile_json))

    def run(made: bytes) -> bool:
        try:
            read(made)
        except error:
            return False
        return True

    return Family(name, weight, make, run, READ_ONCE)


# --- readers, each with what its callers do next ---


def _read_trust(data: bytes) -> None:
    for signer in trust_list.read(data, ROOTS, at=AT, seen=1, limits=AgeLimits()).store():
        assert signer.may_sign("v") is ("v" in signer.kinds)


def _read_bundle(data: bytes) -> None:
    bundle.verify(data, ROOTS).check_usable(AT, seen=1, limits=AgeLimits())


def _read_revocations(data: bytes) -> None:
    read_list(data, ROOTS)


def _read_chunk(data: bytes) -> None:
    part = Part.of(data)
    name = ChunkName(number=1, sha256=part.sha256, size=part.size, entries=_CHUNK.entries, expires_at=_CHUNK.expires_at)
    read_chunk(data, name, ROOTS)


def _read_rules(data: bytes) -> None:
    rules = rule_list.verify(data, ROOTS).rules
    rules.evaluate(_CHECKED, AT, country="XX")


def _read_batch(data: bytes) -> None:
    batch = read_batch(data)
    batch.scope(_TRUST)
    batch.to_json()


# --- uploads, certificates and index files ---


def _upload(rng: Random) -> bytes:
    signed_batch = base64.b64decode(_UPLOAD)
    return scramble(rng, _UPLOAD) if rng.random() < 0.2 else scramble(rng, signed_batch)


def _open_upload(data: bytes) -> bool:
    try:
        batch = open_batch(data, [("VN", _EC.certificate_der)], [])
    except CertificateError:
        return False
    if batch != _BATCH_SENT:
        raise FalseAcceptError("nobody signed this batch")
    return True


def _certificate(rng: Random) -> bytes:
    der = rng.choice(_CERTIFICATES)
    if rng.random() < 0.2:
        block = base64.encodebytes(der)
        return scramble(rng, b"-----BEGIN CERTIFICATE-----\n" + block + b"-----END CERTIFICATE-----\n")
    return scramble(rng, der)


def _read_certificate(data: bytes) -> bool:
    """The signature of the certificate itself is not looked at here: any readable one may be read."""
    try:
        for der in read_certificates(data):
            certificate = SigningCertificate.from_der(der)
            TrustStore.of([der])
            assert certificate.kid == fingerprint(der)[:8]
    except IssuanceError:
        return False
    return True


def _index(rng: Random) -> bytes:
    if rng.random() < 0.5:
        return scramble(rng, _INDEX)
    place = int.from_bytes(_INDEX[len(MAGIC) : len(MAGIC) + 8], "little")
    return _INDEX[:place] + encode(vary(rng, cbor2.loads(_INDEX[place:]), hostile_cbor))


def _read_index(data: bytes) -> bool:
    """An index is made by the checker's own machine; a broken one may miss, but not crash."""
    try:
        index = RevocationIndex(data)
    except CertificateError:
        return False
    try:
        index.check(_CHECKED)
    except CheckError:
        return True
    len(index)
    return True


_EC, _RSA, _OTHER = soft_key("ES256"), soft_key("PS256"), make_key("ES256")
_CERTIFICATES: Sequence[bytes] = (_EC.certificate_der, _RSA.certificate_der, _EC.ca_der, LIST_KEY.certificate_der)
_TRUST = TrustStore.of([_EC.certificate_der])
_CHECKED = checked()
_GATEWAY = [
    entry(_EC.certificate_der, _OTHER),
    entry(_RSA.certificate_der, _OTHER),
    entry(_OTHER.certificate_der, _EC, kind="UPLOAD"),
]
_VOUCHERS = Vouchers(anchors=[_EC.certificate_der])
_BATCH_SENT = RevocationBatch(
    country="VN", kid=KID, hash_type=HashType.UCI, expires_at=AT, entries=tuple(hashes(range(3)))
)
_BATCH = json.loads(_BATCH_SENT.to_json())
_UPLOAD = sign_batch(_BATCH_SENT, _EC)
_GROUPS = drafts.gather_groups((KID, HashType.UCI, entry, AT) for entry in hashes(range(3)))
_DRAFT = json.loads(
    drafts.write_draft(drafts.RevocationDraft(draft_id="1", made_at=AT, added=_GROUPS, removed=_GROUPS))
)
_PUBLISHED = issue(None, {(KID, UCI): hashes(range(5)), (b"VN", UCI): hashes(range(5))})
_CHUNK = _PUBLISHED.revocation_list.chunks[0]


def _index_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        write_index(path, _PUBLISHED.revocation_list, Mirror(_PUBLISHED).read(_PUBLISHED.revocation_list))
        return path.read_bytes()


_INDEX = _index_bytes()
_PARTS = {role: Part.of(role.value.encode()) for role in Role}
_RULES_TEXT = rule_list.join([[rule(), rule("GR-XX-0002", {"===": [{"var": "payload.v.0.dn"}, 2]})]])
_LISTS: Sequence[tuple[str, bytes, bytes, Read]] = (
    ("trust list", purposes.TRUST_LIST, signed(), _read_trust),
    (
        "bundle",
        purposes.BUNDLE,
        bundle.sign(_PARTS, LIST_KEY, version=1, issued_at=AT, expires_at=AT + WEEK),
        _read_bundle,
    ),
    ("revocation list", purposes.REVOCATION_LIST, _PUBLISHED.signed, _read_revocations),
    ("revocation chunk", purposes.REVOCATION_LIST, _PUBLISHED.chunks[0], _read_chunk),
    (
        "rule list",
        purposes.RULES,
        rule_list.sign(_RULES_TEXT, LIST_KEY, version=1, issued_at=AT, expires_at=AT + WEEK),
        _read_rules,
    ),
)
