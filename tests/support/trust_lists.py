"""Trust lists by throw-away keys: a pinned root, list signers below it, and lists that they sign."""

import datetime as dt
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from certificates import purposes, trust_list
from certificates.list_signing import sign_list
from certificates.profiles import DscProfile, Subject, issue_csca, issue_dsc, issue_list_signer
from certificates.trust_entries import TrustEntry
from tests.support.codes import AT
from tests.support.softkeys import SoftKey, soft_key

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

WEEK = dt.timedelta(days=7)
HOUR = dt.timedelta(hours=1)
PROFILE = DscProfile(specimen=True)
DSC = soft_key("ES256")
ENTRY = TrustEntry.of(DSC.certificate_der)


def make_root(not_before: dt.datetime = AT - dt.timedelta(days=365), private: PrivateKey | None = None) -> SoftKey:
    """A root with its self-signed certificate; a fresh key where none is given."""
    private = private or ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    subject = Subject(common_name="List root", organisation="Bộ Y tế")
    bare = SoftKey(private, b"", b"")
    root = issue_csca(bare, public_key_der=public, subject=subject, not_before=not_before, specimen=True)
    return SoftKey(private, root, root)


def certify(root: SoftKey, *, lists: bool = True, not_before: dt.datetime = AT - dt.timedelta(days=30)) -> SoftKey:
    """A fresh key with a certificate below the root: for lists, or a DSC."""
    private = ec.generate_private_key(ec.SECP256R1())
    names = {NameOID.COUNTRY_NAME: "VN", NameOID.ORGANIZATION_NAME: "Bộ Y tế", NameOID.COMMON_NAME: "Lists"}
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(private, SHA256())
    issue = issue_list_signer if lists else issue_dsc
    der = issue(request.public_bytes(Encoding.DER), root, root.certificate_der, PROFILE, not_before=not_before)
    return SoftKey(private, der, root.certificate_der)


ROOT = make_root()
LIST_KEY = certify(ROOT)
ROOTS = [ROOT.certificate_der]


def signed(
    *entries: TrustEntry, key: SoftKey = LIST_KEY, version: int = 1, at: dt.datetime = AT, lasting: dt.timedelta = WEEK
) -> bytes:
    """A signed list; of the one DSC where none is given."""
    return trust_list.sign(entries or [ENTRY], key, version=version, issued_at=at, expires_at=at + lasting)


def sealed(payload: Any, purpose: bytes = purposes.TRUST_LIST) -> bytes:
    """Whatever ``payload`` is, properly signed."""
    return sign_list(payload if type(payload) is bytes else cbor2.dumps(payload), LIST_KEY, purpose)
