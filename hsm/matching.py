"""Which key belongs to which certificate. Pure: it compares, and asks no token."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from hsm.encoding import PublicKey, public_key_of
from hsm.errors import (
    CertificateAmbiguous,
    CertificateEnded,
    CertificateForm,
    CertificateNotBegun,
    CertificateNotFound,
    KeyAmbiguous,
    KeyMismatch,
    KeyNotFound,
    KeyUnsuitable,
)
from hsm.objects import PrivateKeyObject
from hsm.tokens import StoredCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What opening a key needs to know of a certificate."""

    der: bytes
    id: bytes
    public: PublicKey
    not_before: datetime
    not_after: datetime

    @classmethod
    def of(cls, der: bytes, *, key_id: bytes = b"") -> "CertificateFacts":
        """Raises CertificateForm; KeyUnsuitable for a key that is neither P-256 nor RSA 2048 to 4096."""
        try:
            certificate = x509.load_der_x509_certificate(der)
            key = certificate.public_key()
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise CertificateForm("the certificate cannot be read") from error
        return cls(
            der=der,
            id=key_id,
            public=public_key_of(key),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )

    def check_time(self, at: datetime | None) -> None:
        """Raises CertificateNotBegun or CertificateEnded. ``at`` None: not checked."""
        if at is None:
            return
        if at < self.not_before:
            raise CertificateNotBegun(f"the certificate is valid only from {self.not_before:%d %B %Y %H:%M} UTC")
        if at > self.not_after:
            raise CertificateEnded(f"the certificate ended on {self.not_after:%d %B %Y %H:%M} UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A key, its public key, and the certificate it is opened with (None: opened without one)."""

    key: PrivateKeyObject
    public: PublicKey
    facts: CertificateFacts | None

    @property
    def certificate(self) -> CertificateFacts:
        if self.facts is None:
            raise CertificateNotFound("this key was opened without a certificate")
        return self.facts

    @property
    def certificate_der(self) -> bytes | None:
        return None if self.facts is None else self.facts.der

    @classmethod
    def bare(cls, keys: tuple[PrivateKeyObject, ...]) -> "Match":
        """The only key, without a certificate."""
        key = _only(keys)
        if key.public is None:
            raise KeyUnsuitable("the token does not show the public key of its key")
        return cls(key=key, public=key.public, facts=None)


def _only(keys: tuple[PrivateKeyObject, ...]) -> PrivateKeyObject:
    if not keys:
        raise KeyNotFound("there is no signing key on the token")
    if len(keys) > 1:
        raise KeyAmbiguous(f"{len(keys)} keys on the token fit: name one by its certificate")
    return keys[0]


def match_certificate(keys: tuple[PrivateKeyObject, ...], certificate: CertificateFacts) -> Match:
    """The one key of this certificate. A key whose public key the token hides fits by its id or by being alone; its
    owner must prove it by a signature.

    Raises:
        KeyNotFound, KeyAmbiguous, KeyMismatch
    """
    exact = tuple(key for key in keys if key.public == certificate.public)
    hidden = tuple(
        key
        for key in keys
        if key.public is None
        and key.is_rsa == (certificate.public.rsa_numbers is not None)
        and (not certificate.id or key.id == certificate.id)
    )
    if keys and not exact and not hidden:
        raise KeyMismatch("the key on the token is not the key of the certificate")
    return Match(key=_only(exact or hidden), public=certificate.public, facts=certificate)


def match_only(keys: tuple[PrivateKeyObject, ...], certificates: tuple[StoredCertificate, ...]) -> Match:
    """The only key and certificate on a token that belong together. Certificates of others (a CA's) do not count.

    Raises:
        KeyNotFound, KeyAmbiguous, KeyMismatch, CertificateNotFound, CertificateAmbiguous
    """
    if not keys:
        raise KeyNotFound("there is no signing key on the token")
    matches: list[Match] = []
    strangers = False
    for stored in certificates:
        try:
            facts = CertificateFacts.of(stored.der, key_id=stored.id)
        except (CertificateForm, KeyUnsuitable):
            continue
        same_id = bool(stored.id) and any(key.id == stored.id for key in keys)
        try:
            matches.append(match_certificate(keys, facts))
        except KeyMismatch:
            strangers = strangers or same_id
    if len(matches) == 1:
        return matches[0]
    if not matches and strangers:
        raise KeyMismatch("the key on the token is not the key of the certificate beside it")
    if not matches:
        raise CertificateNotFound("there is no certificate for the key on the token")
    fingerprints = tuple(sorted(hashlib.sha256(match.certificate.der).hexdigest() for match in matches))
    if len({id(match.key) for match in matches}) > 1:
        raise KeyAmbiguous(f"several keys with certificates are on the token: name one: {', '.join(fingerprints)}")
    error = CertificateAmbiguous(f"the key has several certificates: name one: {', '.join(fingerprints)}")
    error.fingerprints = fingerprints
    raise error
