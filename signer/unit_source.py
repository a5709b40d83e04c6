"""The ministry's signed list of units on one of its machines: kept in a folder, and followed at its source.

The centre, a web server or a stick only carries it: signature and number are verified here, below what this machine
pins. While a source is away, silent or lies, the machine works by the newest list that it has, until that one ends.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from certificates import unit_list
from certificates.bundle_folder import Get, folder_reader
from certificates.errors import CertificateError, IssuanceError
from certificates.pki import SigningCertificate
from certificates.unit_list import MANIFEST, UNIT_LIST, UnitEntry, UnitManifest
from signer import private_files
from signer.errors import AgentError
from signer.units import EnrolledUnit, EnrolledUnits

LOOKED_FOR: Final = timedelta(minutes=1)  # how often at most
_LOCK_NAME: Final = "units.lock"


@dataclass(slots=True, kw_only=True)
class UnitSource:
    """One machine's list.

    Args:
        pinned: DER of the roots whose list signers may sign it, or of the one certificate that may.
        get: where newer versions come from; None: nowhere.
        seen: the highest version that this machine ever accepted; the folder's own counts by itself.

    Attributes:
        trouble: why the last look at the source brought nothing (a code), or None.
    """

    folder: Path
    pinned: Collection[bytes]
    get: Get | None = None
    seen: int = 0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    trouble: str | None = field(default=None, init=False)
    _looked: datetime | None = field(default=None, init=False)
    _read: tuple[UnitManifest, EnrolledUnits] | None = field(default=None, init=False)

    def current(self) -> EnrolledUnits:
        """The units by the newest list that this machine may believe.

        Raises AgentError ``units-missing`` (there is none yet), ``units-refused`` (the one in the folder is not signed
        as it should be, or damaged), ``units-expired``, ``units-form`` (a certificate in it is none).
        """
        now = self.clock()
        if self.get is not None and (self._looked is None or abs(now - self._looked) >= LOOKED_FOR):
            self._looked = now
            self._look(self.get, now)
        try:
            manifest = unit_list.read_manifest(self.folder, self.pinned)
            unit_list.check_in_force(manifest, at=now, seen=self.seen)
            if self._read is None or self._read[0] != manifest:
                entries = unit_list.read_entries(manifest, folder_reader(self.folder))
                self._read = manifest, EnrolledUnits(map(_enrolled, entries))
        except CertificateError as error:
            raise _unusable(error, self.folder) from error
        self.seen = manifest.version
        return self._read[1]

    def _look(self, get: Get, now: datetime) -> None:
        self.trouble = None
        try:
            data = get(MANIFEST, UNIT_LIST.max_size)
            with private_files.only_one(self.folder / _LOCK_NAME):  # several workers share the folder
                seen = max(self.seen, self._version())
                if unit_list.verify(data, self.pinned).version != seen or not self._version():
                    unit_list.install(data, get, self.folder, self.pinned, at=now, seen=seen)
        except (CertificateError, AgentError) as error:
            self.trouble = error.code
        except OSError as error:
            raise AgentError("file-not-written", f"The folder {self.folder} cannot be used.") from error

    def _version(self) -> int:
        try:
            return unit_list.read_manifest(self.folder, self.pinned).version
        except CertificateError:
            return 0


def entries_of(units: EnrolledUnits) -> tuple[UnitEntry, ...]:
    """The list as it is signed."""
    return tuple(
        UnitEntry(unit=one.unit, certificate=one.certificate.der, suspended=one.suspended, daily_quota=one.daily_quota)
        for one in units
    )


def _enrolled(entry: UnitEntry) -> EnrolledUnit:
    try:
        certificate = SigningCertificate.from_der(entry.certificate)
    except IssuanceError as error:
        raise AgentError("units-form", f"A certificate of {entry.unit} in the signed list cannot be read.") from error
    return EnrolledUnit(
        unit=entry.unit, certificate=certificate, suspended=entry.suspended, daily_quota=entry.daily_quota
    )


def _unusable(error: CertificateError, folder: Path) -> AgentError:
    if error.code == "list-missing":
        return AgentError("units-missing", f"There is no signed list of units in {folder} yet, or a part is missing.")
    if error.code == "list-expired":
        return AgentError("units-expired", "The signed list of units has ended: the officer signs the next one.")
    return AgentError("units-refused", f"The signed list of units in {folder} cannot be used: {error.detail}.")
