"""`vaxseal lists sign --unattended`: the ministry's desk for lists, which signs whatever the centre wants on them.

A round drafts, signs and publishes; or it publishes what a round before had signed and could not give out. Whatever
stops it, the next one goes on: a draft that gets lost is no loss, and a version that was signed is published or
followed by a later one. What is out of all proportion waits for a person: with this key somebody who has taken the
centre over could call every passport revoked.
"""

import signal
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

from api.errors import CentreError
from certificates.bundle_folder import read_manifest
from certificates.bundle_signing import Changes, sign_next
from certificates.errors import CertificateError
from hsm.errors import PinError, TokenError
from signer.errors import AgentError
from vaxseal.bundles import with_revocations
from vaxseal.console import now
from vaxseal.files import read_certificate
from vaxseal.list_place import DatabasePlace, ListPlace
from vaxseal.unattended import say

if TYPE_CHECKING:
    from certificates.signing import SigningKey

RENEWED_AFTER: Final = timedelta(hours=12)  # checkers report what is older than 24 hours
LONGEST_PAUSE: Final = 300.0  # seconds, after one failure upon another
AT_ONCE: Final = 200_000  # entries in a version; what is more comes in those that follow at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDesk:
    """The officer's folder, and the centre that it is for. ``most``: so many changes need nobody to look at them."""

    place: ListPlace
    folder: Path
    roots: tuple[bytes, ...]
    lasting: timedelta
    most: int

    def round(self, key: "SigningKey") -> dict[str, Any] | None:
        """What happened, for the log; None: nothing was to be done. ``left``: so many changes wait for the next round.

        Raises CentreError, AgentError, CertificateError, TokenError: it may be better next time.
        """
        at = self.place.at()
        before = read_manifest(self.folder, self.roots)
        published, due = self.place.look()
        if before.version > published:
            return self._publish("published", {})
        stale = at - before.issued_at >= RENEWED_AFTER
        if due > self.most and not stale:
            return {"event": "too-many", "changes": due, "most": self.most}
        if not due and not stale:
            return None
        changes = Changes()
        if due and due <= self.most:
            changes = with_revocations(changes, self.place.draft(AT_ONCE))
        added, removed = (sum(map(len, some.values())) for some in (changes.added, changes.removed))
        told = {"added": added, "removed": removed, "left": max(0, due - added - removed)}
        sign_next(self.folder, changes, key, self.roots, issued_at=at, expires_at=at + self.lasting)
        return self._publish("signed", told)

    def _publish(self, event: str, told: dict[str, int]) -> dict[str, Any]:
        done = self.place.publish(self.folder)
        return {"event": event, "version": done.version, "ticked_off": done.ticked_off, **told}


def check_folder(bundle: Path, roots: list[Path]) -> tuple[bytes, ...]:
    """The pinned roots, before anybody types a PIN.

    Raises CertificateError ``list-missing`` (the first bundle, with its document signers, is signed by hand), and those
    of the bundle in the folder.
    """
    pinned = tuple(map(read_certificate, roots))
    read_manifest(bundle, pinned)
    return pinned


def open_database(data: Path | None, by: str) -> DatabasePlace:
    """The centre by its database. Raises CentreError."""
    from api.config import load_settings
    from api.context import Centre
    from api.server import open_store

    # Without the secret of the service: claim codes are no matter of lists.
    centre = Centre(engine=open_store(data), settings=load_settings(data=data), secret=b"", clock=now)
    return DatabasePlace(centre=centre, by=by)


def run(desk: ListDesk, key: "SigningKey", *, period: float) -> None:
    """Round after round until SIGTERM or Ctrl-C. A token that was pulled out is waited for; a wrong PIN ends it.

    Raises PinError.
    """
    ended = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: ended.set())
    say({"event": "ready", "period": period})
    pause = period
    while not ended.is_set():
        begun = datetime.now().astimezone()
        try:
            happened = desk.round(key)
            pause = period
        except PinError:
            raise
        except (CentreError, AgentError, CertificateError, TokenError, SQLAlchemyError, OSError) as error:
            happened = {"event": "failed", "reason": getattr(error, "code", type(error).__name__)}
            pause = min(2 * pause, max(period, LONGEST_PAUSE))
        if happened is not None:
            took = (datetime.now().astimezone() - begun).total_seconds()
            say(happened | {"seconds": round(took, 1)})
        ended.wait(0 if happened is not None and happened.get("left") else pause)
    say({"event": "stopped"})
