"""Whom a checker trusts: ``--trust`` alone (the user answers for it), a signed list, or a bundle below ``--root``."""

from datetime import timedelta
from pathlib import Path

from certificates.bundle import BUNDLE, CheckerBundle
from certificates.bundle_folder import open_bundle
from certificates.errors import CertificateError, CheckError, CheckReason
from certificates.list_signing import is_signed_list
from certificates.pki import fingerprint
from certificates.signed_list import AgeLimits
from certificates.trust import TrustStore
from certificates.trust_list import TRUST_LIST, read
from vaxseal.console import err, now, stop
from vaxseal.files import read_certificate
from vaxseal.state import SeenVersions


def open_trust(
    path: Path, roots: list[Path], *, state: Path | None, max_age: int, json: bool
) -> TrustStore | CheckError:
    """The signers to trust; or why the signed list cannot be used, which is then the verdict on everything.

    Args:
        path: certificates, or with ``roots`` a signed list.
        roots: PEM or DER files of pinned roots.
        state: the folder that remembers versions; None for the platform's.
        max_age: days after which a signed list is refused.
        json: how to say that the files cannot be read, which ends the command.
    """
    try:
        if roots:
            pinned = [read_certificate(root) for root in roots]
            return _signed(read_file(path), pinned, state, timedelta(days=max_age), json=json)
        if path.is_file() and is_signed_list(read_file(path)):
            stop("root-missing", "--trust is a signed list: pin its root with --root PEM.", json=json)
        return TrustStore.load(path)
    except CheckError as error:
        return error
    except CertificateError as error:
        stop(error.code, f"{error.detail}.", json=json)


def open_lists(
    folder: Path, roots: list[Path], *, state: Path | None, limits: AgeLimits, json: bool
) -> CheckerBundle | CheckError:
    """A bundle; or why it cannot be used, which is then the verdict on everything. Arguments as `open_trust`."""
    try:
        pinned = [read_certificate(root) for root in roots]
    except CertificateError as error:
        stop(error.code, f"{error.detail}.", json=json)
    seen, names, at = SeenVersions(state, json=json), [fingerprint(root) for root in pinned], now()
    try:
        found = open_bundle(
            folder, pinned, at=at, seen=seen.highest(BUNDLE.name, names), limits=limits, cache=seen.folder()
        )
    except CertificateError as error:
        return _unusable(error)
    seen.remember(BUNDLE.name, names, found.version)
    return found


def read_file(path: Path) -> bytes:
    """A file that may be a list. Raises CertificateError ``trust-missing`` or ``trust-unreadable``."""
    try:
        with path.open("rb") as file:
            return file.read(TRUST_LIST.max_size + 1)
    except FileNotFoundError as error:
        raise CertificateError("trust-missing", f"{path} does not exist") from error
    except OSError as error:
        raise CertificateError("trust-unreadable", f"{path} cannot be read: {error.strerror}") from error


def _signed(data: bytes, roots: list[bytes], state: Path | None, max_age: timedelta, *, json: bool) -> TrustStore:
    """Raises CheckError TRUST."""
    seen, names, at = SeenVersions(state, json=json), [fingerprint(root) for root in roots], now()
    limits = AgeLimits(refuse=max_age)
    try:
        found = read(data, roots, at=at, seen=seen.highest(TRUST_LIST.name, names), limits=limits)
    except CertificateError as error:
        raise _unusable(error) from error
    seen.remember(TRUST_LIST.name, names, found.version)
    if found.age(at) > limits.warn:
        hours = int(found.age(at).total_seconds()) // 3600
        err.print(f"The trust list (version {found.version}) is {hours} hours old: fetch a new one.", style="yellow")
    return found.store()


def _unusable(error: CertificateError) -> CheckError:
    return CheckError(CheckReason.TRUST, f"{error.code}: {error.detail}")
