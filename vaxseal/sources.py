"""Where the entries of a trust list come from: certificates, the gateway's JSON, or a signed list."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certificates.bundle_folder import MANIFEST, verify_bundle
from certificates.errors import CertificateError
from certificates.gateway import Vouchers, import_certificates, import_gateway
from certificates.list_signing import is_signed_list
from certificates.pki import fingerprint
from certificates.trust import read_certificates
from certificates.trust_entries import TrustEntry
from certificates.trust_list import TrustList, verify
from vaxseal.files import read_certificate, read_fingerprint
from vaxseal.trusting import read_file

_SUFFIXES = (".pem", ".crt", ".cer", ".der", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for DSCs that come anew: who vouches for them, for which kinds and from when they count."""

    vouchers: Vouchers
    kinds: frozenset[str]
    use_from: datetime | None


def read_entries(path: Path, terms: Terms, roots: list[bytes]) -> list[TrustEntry]:
    """The entries of a file, or of a folder's files. Those of a signed list, or of a bundle's folder, stay as they are.

    Raises:
        CertificateError: a file cannot be read, or nobody vouches for what it holds.
    """
    if (path / MANIFEST).is_file():
        return _kept(verify_bundle(path, roots).entries, terms)
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
    return [entry for file in files for entry in _entries(file, terms, roots)]


def read_list(path: Path, roots: list[Path]) -> TrustList:
    """A signed list, verified up to a pinned root, in force or not. Raises CertificateError."""
    return verify(read_file(path), [read_certificate(root) for root in roots])


def read_fingerprints(texts: list[str] | None, *, json: bool) -> list[bytes]:
    """SHA-256 fingerprints from hexadecimal, with or without colons; anything else ends the command."""
    return [read_fingerprint(text, json=json) for text in texts or []]


def _entries(file: Path, terms: Terms, roots: list[bytes]) -> list[TrustEntry]:
    data = read_file(file)
    try:
        if is_signed_list(data):
            return _kept(verify(data, roots).entries, terms)
        if data.lstrip()[:1] in (b"[", b"{"):
            found = import_gateway(data, terms.vouchers)
        else:
            found = tuple(("", der) for der in import_certificates(read_certificates(data), terms.vouchers))
        return [_entry(der, country, terms) for country, der in found]
    except CertificateError as error:
        raise CertificateError(error.code, f"{file}: {error.detail}") from error


def _kept(entries: tuple[TrustEntry, ...], terms: Terms) -> list[TrustEntry]:
    return [one for one in entries if one.certificate.fingerprint not in terms.vouchers.excluded]


def _entry(der: bytes, country: str, terms: Terms) -> TrustEntry:
    try:
        return TrustEntry.of(der, country=country or None, kinds=terms.kinds, use_from=terms.use_from)
    except CertificateError as error:  # with what --without needs
        raise CertificateError(error.code, f"{fingerprint(der).hex()}: {error.detail}") from error
