"""The bundle that this process checks by: the published one, opened again whenever another takes its place."""

import threading
import time
from datetime import datetime
from typing import Final

import structlog

from api.checkers.published import newest_version
from api.checkers.publishing import age_limits, open_checked
from api.context import Centre
from api.errors import CentreError
from certificates.bundle import CheckerBundle
from certificates.bundle_folder import MANIFEST
from certificates.errors import CertificateError, CheckError, CheckReason
from certificates.grounds import ListsAge

_RETRY: Final = 5.0  # seconds until a bundle that could not be opened is tried again
_log = structlog.get_logger(__name__)
Stamp = tuple[int, int, int]


class CheckerLists:
    """Gives the newest bundle that could be opened; while another one is being opened, the one before."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._limits = age_limits(centre.settings)
        self._lock = threading.Lock()
        self._bundle: CheckerBundle | None = None
        self._stamp: Stamp | None = None
        self._why = "no list is published here"
        self._tried = -_RETRY

    def current(self, at: datetime) -> CheckerBundle:
        """The bundle, if it may be used at this time. Raises CheckError TRUST."""
        stamp = self._read_stamp()
        if stamp is not None and stamp != self._stamp and self._lock.acquire(blocking=self._bundle is None):
            try:
                if stamp != self._stamp and time.monotonic() - self._tried >= _RETRY:
                    self._open(stamp, at)
            finally:
                self._lock.release()
        bundle = self._bundle
        if bundle is None:
            raise CheckError(CheckReason.TRUST, self._why)
        try:
            bundle.check_usable(at, seen=bundle.version, limits=self._limits)
        except CertificateError as error:
            raise CheckError(CheckReason.TRUST, str(error)) from error
        return bundle

    def age(self, bundle: CheckerBundle, at: datetime) -> ListsAge:
        """The version and age that every verdict names."""
        return ListsAge.of(bundle, at, self._limits)

    def _open(self, stamp: Stamp, at: datetime) -> None:
        settings = self._centre.settings
        try:
            with self._centre.engine.connect() as connection:
                seen = newest_version(connection)
            self._bundle = open_checked(settings, settings.lists, at=at, seen=seen)
        except (CertificateError, CentreError) as error:
            self._why, self._tried = str(error), time.monotonic()
            _log.error("lists-unusable", code=error.code)
            return
        self._stamp = stamp
        _log.info("lists-opened", version=self._bundle.version, signers=len(self._bundle.entries))

    def _read_stamp(self) -> Stamp | None:
        """Changes with the file. None where there is none."""
        try:
            status = (self._centre.settings.lists / MANIFEST).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size
