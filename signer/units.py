"""The ministry's own list of enrolled units, and its own count of what each unit confirmed today.

The list is a JSON file on the ministry's machine; the centre can neither read nor add to it. What a unit confirmed
counts only while one of its certificates stands in this list, unsuspended, and within the unit's daily quota.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from certificates.errors import IssuanceError
from certificates.person_numbers import names_person
from certificates.pki import SigningCertificate
from certificates.replacing import replacing
from signer.errors import AgentError
from signer.private_files import only_one

MAX_FILE: Final = 64 * 1024 * 1024  # bytes; 11,000 units with some certificates each are about 20 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledUnit:
    """One certificate for one unit. ``daily_quota`` counts confirmations of the whole unit on one day in Viet Nam.

    A certificate may stand in the list for several units: its own, and those whose work that unit took over.
    """

    unit: str
    certificate: SigningCertificate
    suspended: bool
    daily_quota: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "certificate": base64.b64encode(self.certificate.der).decode("ascii"),
            "suspended": self.suspended,
            "daily_quota": self.daily_quota,
        }


class EnrolledUnits:
    """The list, by certificate fingerprint (SHA-256 of the DER) and unit. Changing it gives a new list."""

    def __init__(self, units: Iterable[EnrolledUnit] = ()) -> None:
        self._units: dict[tuple[bytes, str], EnrolledUnit] = {}
        for enrolled in units:
            key = (enrolled.certificate.fingerprint, enrolled.unit)
            if key in self._units:
                raise AgentError("units-twice", f"This certificate stands in the list for {enrolled.unit} already.")
            if not enrolled.unit or enrolled.daily_quota < 0:
                raise AgentError("units-form", "A unit of the list has no code or a quota below zero.")
            self._units[key] = enrolled
        self._known = frozenset(fingerprint for fingerprint, _ in self._units)

    def __len__(self) -> int:
        return len(self._units)

    def __iter__(self) -> Iterator[EnrolledUnit]:
        return iter(self._units.values())

    def knows(self, fingerprint: bytes) -> bool:
        """Whether this certificate stands in the list, for whichever unit."""
        return fingerprint in self._known

    def find(self, fingerprint: bytes, unit: str) -> EnrolledUnit | None:
        """The entry of this certificate for this unit, suspended or not."""
        return self._units.get((fingerprint, unit))

    def add(self, certificate_der: bytes, *, unit: str, daily_quota: int) -> "EnrolledUnits":
        """Enrol a certificate.

        Raises AgentError ``units-twice``, ``units-certificate``, ``units-person`` (a person's number in its subject) or
        ``units-form``.
        """
        try:
            certificate = SigningCertificate.from_der(certificate_der)
        except IssuanceError as error:
            raise AgentError("units-certificate", "This is not the certificate of a signing key.") from error
        if certificate.is_ca:
            raise AgentError("units-certificate", "This is the certificate of an authority, not of a unit.")
        if names_person([certificate.subject]):
            raise AgentError("units-person", "The certificate's subject carries a person's number, not only a unit's.")
        entry = EnrolledUnit(unit=unit, certificate=certificate, suspended=False, daily_quota=daily_quota)
        return EnrolledUnits([*self._units.values(), entry])

    def suspend(self, unit: str, fingerprint: bytes | None = None) -> "EnrolledUnits":
        """Suspend every certificate of a unit (or the one named), also for the units whose work it took over.

        Raises AgentError ``units-unknown``.
        """
        stopped = {known for known, code in self._units if code == unit and fingerprint in (None, known)}
        if not stopped:
            raise AgentError("units-unknown", "No such unit, or no such certificate of it, stands in the list.")
        return EnrolledUnits(
            replace(enrolled, suspended=True) if enrolled.certificate.fingerprint in stopped else enrolled
            for enrolled in self._units.values()
        )

    @classmethod
    def load(cls, path: Path) -> "EnrolledUnits":
        """Read the list. Raises AgentError ``units-missing``, ``units-form`` or ``units-twice``."""
        data = _read(path, "units-missing", "units-form", "the list of units")
        try:
            return cls(map(_entry, _list(data)))
        except (KeyError, TypeError, ValueError, IssuanceError) as error:
            raise AgentError("units-form", f"The list of units in {path} is damaged.") from error

    def save(self, path: Path) -> None:
        """Write the list in one step: a reader sees the old list or the new one."""
        _write(path, [enrolled.to_dict() for enrolled in self._units.values()])


class DailyCount:
    """How many records of each unit were issued today: a small file, shared by all processes of this machine.

    It is written before the signatures are made. A crash may leave a count too high by one batch, never too low.

    Args:
        machines: how many of the ministry sign. Each counts for itself and takes its share of every quota, rounded
            down: together they never take more than the whole.
    """

    def __init__(self, path: Path, *, machines: int = 1) -> None:
        self._path = path
        self._machines = machines
        self._load()

    @contextmanager
    def open(self, today: date) -> Iterator["Tally"]:
        """The counts, for this process alone until the block ends; what changed is on the disk then."""
        try:
            with only_one(self._path.with_suffix(".lock")):
                tally = Tally(*self._load(), today, machines=self._machines)
                yield tally
                if tally.changed:
                    _write(self._path, {"day": tally.day, "units": tally.counts})
        except OSError as error:
            raise AgentError("file-not-written", f"The file {self._path} cannot be locked.") from error

    def _load(self) -> tuple[str, dict[str, int]]:
        if not self._path.exists():
            return "", {}
        data = _read(self._path, "quota-missing", "quota-form", "the count of the day")
        try:
            day = date.fromisoformat(data["day"]).isoformat()
            return day, {str(unit): _count(count) for unit, count in data["units"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AgentError("quota-form", f"The count of the day in {self._path} is damaged: move it away.") from error


class Tally:
    """The counts of one day while nobody else may touch them. A clock that was set back gives no new quota."""

    def __init__(self, day: str, counts: dict[str, int], today: date, *, machines: int = 1) -> None:
        self._machines = machines
        fresh = day < today.isoformat()
        self.day = today.isoformat() if fresh else day
        self.counts = {} if fresh else counts
        self.changed = False

    def take(self, unit: str, quota: int) -> bool:
        """Count one more record of the unit; False (and nothing counted) when this machine's share is used up."""
        if self.counts.get(unit, 0) >= quota // self._machines:
            return False
        self.counts[unit] = self.counts.get(unit, 0) + 1
        self.changed = True
        return True

    def give_back(self, unit: str) -> None:
        """One record was not issued after all."""
        if self.counts.get(unit, 0):
            self.counts[unit] -= 1
            self.changed = True


def _list(data: object) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError("a list expected")
    return data


def _entry(item: dict[str, Any]) -> EnrolledUnit:
    unit, suspended = item["unit"], item["suspended"]
    if not isinstance(unit, str) or type(suspended) is not bool:
        raise TypeError
    try:
        der = base64.b64decode(item["certificate"], validate=True)
    except binascii.Error as error:
        raise ValueError("base64") from error
    return EnrolledUnit(
        unit=unit,
        certificate=SigningCertificate.from_der(der),
        suspended=suspended,
        daily_quota=_count(item["daily_quota"]),
    )


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a count")
    return value


def _read(path: Path, missing: str, form: str, what: str) -> Any:
    try:
        if path.stat().st_size > MAX_FILE:
            raise AgentError(form, f"The file {path} is too long to be {what}.")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AgentError(missing, f"The file {path} ({what}) cannot be read.") from error
    except (ValueError, RecursionError) as error:
        raise AgentError(form, f"The file {path} is not {what}: it is damaged.") from error


def _write(path: Path, data: object) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, mode=0o600) as file:
            file.write(json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n")
    except OSError as error:
        raise AgentError("file-not-written", f"The file {path} cannot be written.") from error
