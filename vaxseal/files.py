"""Files that commands read and write: certificates, and answers that never overwrite anything."""

from pathlib import Path
from typing import Final

from vaxseal.console import stop

FINGERPRINT_SIZE: Final = 32  # SHA-256


def read_certificate(path: Path) -> bytes:
    """The DER of the one certificate in a PEM or DER file. Raises CertificateError ``certificate-file``."""
    from certificates.errors import CertificateError

    found = read_roots(path)
    if len(found) != 1:
        raise CertificateError("certificate-file", f"{path} does not hold exactly one certificate")
    return found[0]


def fingerprint_of(text: str) -> bytes | None:
    """A SHA-256 of a certificate, 64 hexadecimal digits; blanks and colons between them do not matter."""
    try:
        digest = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        return None
    return digest if len(digest) == FINGERPRINT_SIZE else None


def read_fingerprint(text: str, *, json: bool) -> bytes:
    """As `fingerprint_of`; anything else ends the command."""
    digest = fingerprint_of(text)
    if digest is None:
        stop("fingerprint-form", "A fingerprint is 64 hexadecimal digits (SHA-256 of the certificate).", json=json)
    return digest


def read_roots(path: Path) -> list[bytes]:
    """The DER of the pinned roots in a PEM or DER file: one, or two while the root changes.

    Raises CertificateError ``certificate-file``.
    """
    from certificates.errors import CertificateError, IssuanceError
    from certificates.trust import read_certificates

    try:
        return list(read_certificates(path.read_bytes()))
    except OSError as error:
        raise CertificateError("certificate-file", f"{path} cannot be read: {error.strerror}") from error
    except IssuanceError as error:
        raise CertificateError("certificate-file", f"{path}: {error.detail}") from error


def write_new(path: Path, content: bytes, *, json: bool) -> None:
    """Write a file that must not exist yet."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        stop("file-exists", f"{path} exists already: it is not overwritten.", json=json)


def check_absent(path: Path, *, json: bool) -> None:
    """Before a token is touched: the answer must have a place."""
    if path.exists():
        stop("file-exists", f"{path} exists already: it is not overwritten.", json=json)
    if not path.parent.is_dir():
        stop("folder-missing", f"There is no folder {path.parent}.", json=json)
