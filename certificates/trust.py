"""Whom a checker trusts: certificates of signers, found by their kid."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certificates.errors import CertificateError, IssuanceError
from certificates.pki import SigningCertificate

MAX_FILE: Final = 64 * 1024 * 1024  # bytes; all DSCs of the world together have about one megabyte
_SUFFIXES: Final = (".pem", ".crt", ".cer", ".der", ".json")
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """Trusted signers by kid. CA certificates, and keys that cannot sign a DCC, are never among them."""

    by_kid: Mapping[bytes, tuple[SigningCertificate, ...]]

    @classmethod
    def of(cls, certificates: Iterable[bytes]) -> "TrustStore":
        """Trust exactly these DER certificates. Raises IssuanceError ``certificate-form``."""
        by_kid: dict[bytes, tuple[SigningCertificate, ...]] = {}
        for der in dict.fromkeys(certificates):
            try:
                certificate = SigningCertificate.from_der(der)
            except IssuanceError as error:
                # A CSCA may have a key of another kind (P-384, brainpool): it is no signer anyway.
                if error.code == "certificate-key":
                    continue
                raise
            if not certificate.is_ca:
                by_kid[certificate.kid] = (*by_kid.get(certificate.kid, ()), certificate)
        return cls(by_kid=by_kid)

    @classmethod
    def load(cls, path: Path) -> "TrustStore":
        """Trust the certificates of a file, or of a folder's .pem, .crt, .cer, .der and .json files.

        PEM files may hold several certificates and text between them; JSON files are trust lists (`read_trust_list`).

        Raises:
            CertificateError: ``trust-missing`` (no such path), ``trust-unreadable`` (a file that cannot be read or
                holds something else; its name is in the detail), ``trust-empty`` (no certificate of a signer).
        """
        store = cls.of(der for file in _files(path) for der in _certificates_in(file))
        if not store.by_kid:
            raise CertificateError("trust-empty", f"{path} holds no certificate of a signer")
        return store

    def signers(self, kid: bytes) -> tuple[SigningCertificate, ...]:
        """Every trusted signer with this kid; two certificates may share one."""
        return self.by_kid.get(kid, ())

    def __iter__(self) -> Iterator[SigningCertificate]:
        for certificates in self.by_kid.values():
            yield from certificates

    def __len__(self) -> int:
        return sum(map(len, self.by_kid.values()))


def read_trust_list(data: bytes) -> tuple[bytes, ...]:
    """The DER certificates of the signers in a trust list as the EU gateway gives it.

    That is a JSON array of objects with ``rawData`` (base64 DER) and ``certificateType``, of which "DSC" counts.
    The array may stand in ``certificates`` of an object. Its signatures are not looked at: whoever names the file
    answers for it.

    Raises:
        IssuanceError: ``certificate-form``.
    """
    try:
        entries = json.loads(data)
        if isinstance(entries, dict):
            entries = entries["certificates"]
        signers = [entry for entry in entries if entry.get("certificateType", "DSC") == "DSC"]
        certificates = tuple(base64.b64decode(entry["rawData"], validate=True) for entry in signers)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IssuanceError("certificate-form", "this is no trust list") from error
    _check_form(certificates)
    return certificates


def read_certificates(data: bytes) -> tuple[bytes, ...]:
    """The DER certificates in a PEM file (one or several) or a DER file.

    Raises:
        IssuanceError: ``certificate-form``.
    """
    blocks = _PEM.findall(data)
    if b"-----BEGIN CERTIFICATE-----" in data and len(blocks) != data.count(b"-----BEGIN CERTIFICATE-----"):
        raise IssuanceError("certificate-form", "a PEM block is cut off")
    try:
        certificates = tuple(base64.b64decode(b"".join(block.split()), validate=True) for block in blocks) or (data,)
    except binascii.Error as error:
        raise IssuanceError("certificate-form", "a PEM block is not base64") from error
    _check_form(certificates)
    return certificates


def _check_form(certificates: Iterable[bytes]) -> None:
    for der in certificates:
        try:
            SigningCertificate.from_der(der)
        except IssuanceError as error:
            if error.code != "certificate-key":
                raise


def _files(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
        if path.exists():
            return [path]
    except OSError as error:
        raise CertificateError("trust-unreadable", f"{path} cannot be read") from error
    raise CertificateError("trust-missing", f"{path} does not exist")


def _certificates_in(file: Path) -> tuple[bytes, ...]:
    try:
        if file.stat().st_size > MAX_FILE:
            raise CertificateError("trust-unreadable", f"{file} is too large for certificates")
        data = file.read_bytes()
        return read_trust_list(data) if data.lstrip()[:1] in (b"[", b"{") else read_certificates(data)
    except OSError as error:
        raise CertificateError("trust-unreadable", f"{file} cannot be read") from error
    except IssuanceError as error:
        raise CertificateError("trust-unreadable", f"{file}: {error.detail}") from error
