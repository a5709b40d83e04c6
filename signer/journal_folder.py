"""All batches of one user on this machine: a folder with a folder for each, found again after whatever happened."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from signer import private_files
from signer.client import Lease, Mode
from signer.errors import AgentError
from signer.journal import Journal, JournalBusyError, erase, is_hollow
from signer.kept_batch import KeptBatch, Terms
from signer.roles import Role

_LOCK_NAME: Final = "lock"
_PREFIX: Final = "batch-"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStatus:
    """One unfinished batch in figures, without personal data. ``fault``: why it cannot be used; then all else is empty.

    ``doubtful``: the key was about to be asked when the program ended, so a signature may exist that nobody has; they
    are signed again.
    """

    name: str
    fault: str | None = None
    terms: Terms | None = None
    jobs: int = 0
    signed: int = 0
    unsent: int = 0
    unsigned: int = 0
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class JournalFolder:
    """The folder ``path``, made where it is missing. Raises AgentError ``journal-write`` where that fails."""

    path: Path

    def create(self, terms: Terms, lease: Lease) -> KeptBatch:
        """Keep a new lease before anything else is done with it."""
        with self._only_one():
            journal = Journal.create(self.path / f"{_PREFIX}{secrets.token_hex(8)}")
            try:
                return KeptBatch.create(journal, terms, lease)
            except BaseException:
                journal.close()
                raise

    def take_up(
        self, *, centre: str, account: str, fingerprint: bytes, role: Role, mode: Mode
    ) -> tuple[KeptBatch, ...]:
        """The unfinished batches of this person, token, centre and way of working that nobody works on, oldest first.

        Damaged ones are left where they are: `statuses` names them.
        """
        found = []
        for kept in self._open_all():
            whose = (kept.terms.centre, kept.terms.account, kept.terms.fingerprint)
            if whose == (centre, account, fingerprint) and (kept.terms.role, kept.terms.mode) == (role, mode):
                found.append(kept)
            else:
                kept.close()
        return tuple(sorted(found, key=lambda kept: kept.terms.leased_at))

    def erase_lapsed(self, now: datetime) -> int:
        """Destroy, whosever they are, batches whose time is over and of which nothing is left to send."""
        erased = 0
        for kept in self._open_all():
            if kept.is_settled or (now >= kept.terms.deadline and not kept.unsent):
                kept.erase()
                erased += 1
            else:
                kept.close()
        return erased

    def statuses(self) -> tuple[BatchStatus, ...]:
        """Every unfinished batch, whosever it is, also one that is worked on at this moment. Touches nothing."""
        return tuple(filter(None, map(_status, self._folders())))

    def discard(self, name: str) -> None:
        """Destroy one batch, whatever is in it. Raises AgentError ``journal-unknown`` or ``journal-busy``."""
        if name not in {folder.name for folder in self._folders()}:
            raise AgentError("journal-unknown", "There is no unfinished batch of this name.")
        try:
            journal, _ = Journal.open(self.path / name)
        except JournalBusyError as error:
            raise AgentError("journal-busy", "Another program works on this batch at this moment.") from error
        except AgentError as error:
            if error.code != "journal-damaged":
                raise
            erase(self.path / name)
        else:
            journal.erase()

    def _open_all(self) -> Iterator[KeptBatch]:
        for folder in self._folders():
            with suppress(JournalBusyError, AgentError):
                if (kept := _open(folder)) is not None:
                    yield kept

    def _folders(self) -> list[Path]:
        with self._only_one():
            folders = sorted(folder for folder in self.path.iterdir() if folder.name.startswith(_PREFIX))
            for folder in filter(is_hollow, folders):
                erase(folder)
        return [folder for folder in folders if folder.exists()]

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        try:
            private_files.make_folder(self.path)
            with private_files.only_one(self.path / _LOCK_NAME):
                yield
        except OSError as error:
            raise AgentError(
                "journal-write", f"The folder {self.path} cannot be used ({error.strerror}): see --journal."
            ) from error


def _open(folder: Path) -> KeptBatch | None:
    """A batch, locked; None for one whose lease was torn while it was written, which is destroyed: nobody used it."""
    journal, entries = Journal.open(folder)
    if not entries:
        journal.erase()
        return None
    try:
        return KeptBatch.replay(journal, entries)
    except AgentError:
        journal.close()
        raise


def _status(folder: Path) -> BatchStatus | None:
    try:
        entries = Journal.read(folder)
        if not entries:
            return None
        kept = KeptBatch.replay(_nobody(), entries)
    except AgentError as error:
        return BatchStatus(name=folder.name, fault=error.code)
    return BatchStatus(
        name=folder.name,
        terms=kept.terms,
        jobs=len(kept.jobs),
        signed=len(kept.signed),
        unsent=len(kept.unsent),
        unsigned=len(kept.unsigned),
        doubtful=len((kept.begun - kept.signed.keys()) - kept.answers.keys()),
    )


def _nobody() -> Journal:
    """A journal that takes nothing: for looking only."""
    return Journal(Path(), None, bytes(32), 0)
