"""Where the desk for lists meets the centre: in its database, or over HTTPS with the log-in of its own token."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from vaxseal.console import now, stop

if TYPE_CHECKING:
    from api.context import Centre
    from certificates.revocation.drafts import RevocationDraft
    from certificates.signing import SigningKey
    from signer.agent import SigningAgent

_UNAUTHORIZED: Final = 401
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A bundle that is out: ``ticked_off`` counts the revocations that it is the first to hold, or no longer holds."""

    version: int
    sha256: bytes
    signers: int
    ticked_off: int
    fresh: bool


class ListPlace(Protocol):
    """What the desk asks of a centre."""

    def at(self) -> datetime:
        """The time by which lists are signed."""

    def look(self) -> tuple[int, int]:
        """The newest published version (0: none), and how many revocations wait for the next one."""

    def draft(self, limit: int) -> "RevocationDraft":
        """The next ones, at most so many to add and to remove."""

    def publish(self, folder: Path) -> Given:
        """Give the bundle of this folder out. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePlace:
    """For a machine that reaches the database. Raises CentreError, CertificateError, SQLAlchemyError."""

    centre: "Centre"
    by: str

    def at(self) -> datetime:
        return self.centre.clock()

    def look(self) -> tuple[int, int]:
        from api.checkers.published import newest_version
        from api.revocation.drafting import count_due

        with self.centre.engine.connect() as connection:
            published = newest_version(connection)
        return published, count_due(self.centre.engine, at=self.at())

    def draft(self, limit: int) -> "RevocationDraft":
        from api.revocation.drafting import make_draft

        return make_draft(self.centre.engine, by=self.by, at=self.at(), limit=limit)

    def publish(self, folder: Path) -> Given:
        from api.checkers.publishing import publish

        return _given(publish(self.centre, folder, by=self.by))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePlace:
    """For a machine that reaches the service and nothing else. Raises AgentError, CertificateError, TokenError.

    ``agent`` is logged in with a token of the ministry; a session that ended is begun anew by it.
    """

    agent: "SigningAgent"
    roots: tuple[bytes, ...]

    def at(self) -> datetime:
        return now()

    def look(self) -> tuple[int, int]:
        from signer.ministry_calls import MinistryCalls

        return self._logged_in(MinistryCalls(self.agent.client).list_state)

    def draft(self, limit: int) -> "RevocationDraft":
        from signer.ministry_calls import MinistryCalls

        return self._logged_in(lambda: MinistryCalls(self.agent.client).list_draft(limit))

    def publish(self, folder: Path) -> Given:
        from signer.ministry_calls import MinistryCalls

        calls = MinistryCalls(self.agent.client)
        return _given(self._logged_in(lambda: calls.send_bundle(folder, self.roots)))

    def _logged_in(self, call: Callable[[], _Answer]) -> _Answer:
        from signer.errors import CentreRefusedError

        try:
            return call()
        except CentreRefusedError as error:
            if error.status != _UNAUTHORIZED:
                raise
            self.agent.log_in()
            return call()


@contextmanager
def open_remote(
    centre: str,
    account: str | None,
    roots: tuple[bytes, ...],
    *,
    module: Path | None,
    token: str | None,
    label: str | None,
    certificate: str | None,
    pin_stdin: bool,
    last_try: bool,
    journal: Path | None,
    json: bool,
) -> "Iterator[tuple[RemotePlace, SigningKey]]":
    """A centre over HTTPS, and the key that logged in there, until the block ends. Raises as `open_agent`."""
    from vaxseal.opening import open_watcher

    if account is None:
        stop("account-missing", "Say who works at the token: --account NAME.", json=json)
    with open_watcher(
        centre=centre,
        account=account,
        module=module,
        token=token,
        label=label,
        certificate=certificate,
        pin_stdin=pin_stdin,
        last_try=last_try,
        journal=journal,
    ) as opened:
        yield RemotePlace(agent=opened.agent, roots=roots), opened.agent.key


def _given(done: Any) -> Given:
    return Given(
        version=done.version,
        sha256=done.sha256,
        signers=done.signers,
        ticked_off=done.ticked_off,
        fresh=done.fresh,
    )
