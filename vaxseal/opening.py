"""The beginning of a sitting, for whoever needs an agent: open the token's key, log in under the right certificate."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from certificates.jobs import Task
    from certificates.signing import SigningKey
    from hsm.worker.key import WorkerKey
    from signer.agent import SigningAgent
    from signer.client import CentreClient, Mode, Session, Shift
    from signer.roles import Role
    from signer.units import DailyCount, EnrolledUnits

_AWAY: Final = frozenset({"centre-unreachable", "centre-timeout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and as whom somebody signs; no secret.

    Attributes:
        certificate: file or fingerprint of one of several.
        list_roots: PEM file of the roots of checkers' lists that this machine pins; None: it is left to the centre.
    """

    centre: str
    account: str
    role: "Role"
    mode: "Mode"
    module: Path | None
    serial: str | None
    label: str | None
    certificate: str | None
    last_try: bool
    journal: Path
    list_roots: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An agent that is logged in; ``session`` is None where it goes on without a network."""

    agent: "SigningAgent"
    session: "Session | None"
    key: "WorkerKey"


@contextmanager
def open_agent(
    place: Place,
    pin: Callable[[], str],
    *,
    units: "EnrolledUnits | None" = None,
    count: "DailyCount | None" = None,
    may_be_offline: bool = False,
    person: Callable[[], tuple[str, str]] | None = None,
) -> Iterator[Opened]:
    """The agent, until the block ends.

    Args:
        person: password and six digits of the account, asked where the centre wants the person proven beside the token.
        may_be_offline: where the centre is away and records are kept here, go on without it.

    Raises TokenError, CertificateError, AgentError.
    """
    # Here, not above: the manual opens without loading all this.
    from hsm.modules import find_module
    from hsm.worker.key import open_worker_key
    from hsm.worker.process import TokenWorker
    from signer.agent import SigningAgent
    from signer.client import PERSON_FIRST, CentreClient
    from signer.errors import AgentError
    from signer.head_file import HeadFile
    from signer.journal_folder import JournalFolder
    from vaxseal.choosing import certificates_for
    from vaxseal.tokens import selector

    token, now = selector(place.serial, place.label), datetime.now(UTC)
    module = find_module(place.module, token)
    task: Task = "confirm" if (place.role, place.mode) == ("station", "two-tier") else "issue"
    with ExitStack() as stack:
        client = stack.enter_context(CentreClient(place.centre, heads=HeadFile(place.journal)))
        worker = stack.enter_context(closing(TokenWorker()))
        choice = certificates_for(lambda: worker.certificates(module, token), place.certificate, task=task, at=now)
        key = stack.enter_context(
            open_worker_key(
                module,
                token,
                pin,
                certificate_der=choice[0] if choice else None,
                at=now,
                allow_final_try=place.last_try,
                worker=worker,
            )
        )

        def make_agent(under: "SigningKey") -> SigningAgent:
            return SigningAgent(
                client=client,
                key=under,
                role=place.role,
                account=place.account,
                journal=JournalFolder(place.journal),
                mode=place.mode,
                units=units,
                count=count,
            )

        try:
            agent, session = begin(key, choice[1:], make_agent, may_be_offline=may_be_offline)
        except AgentError as error:
            if error.code not in PERSON_FIRST or person is None:
                raise
            stack.callback(leave, client, client.prove(place.account, *person()))
            agent, session = begin(key, choice[1:], make_agent, may_be_offline=False)
        with closing(agent):
            if session is not None:
                check_session(agent, session, journal=place.journal, list_roots=place.list_roots)
            yield Opened(agent=agent, session=session, key=key)


@contextmanager
def open_watcher(
    *,
    centre: str,
    account: str,
    module: Path | None,
    token: str | None,
    label: str | None,
    certificate: str | None,
    pin_stdin: bool,
    last_try: bool,
    journal: Path | None,
) -> Iterator[Opened]:
    """An agent with a token of the ministry that watches (the log and the lists, and no records), until the block ends.

    Raises as `open_agent`.
    """
    from hsm.process_guard import forbid_dumps
    from vaxseal.state import journal_folder
    from vaxseal.tokens import pin_source

    forbid_dumps()  # the PIN passes through this process
    place = Place(
        centre=centre,
        account=account,
        role="watch",
        mode="two-tier",
        module=module,
        serial=token,
        label=label,
        certificate=certificate,
        last_try=last_try,
        journal=journal_folder(journal),
    )
    with open_agent(place, pin_source("PIN of the token", from_stdin=pin_stdin)) as opened:
        yield opened


def leave(client: "CentreClient", shift: "Shift") -> None:
    """The person leaves. Without a network the shift ends by itself."""
    from signer.errors import AgentError

    with suppress(AgentError):
        client.end_shift(shift)


def check_session(agent: "SigningAgent", session: "Session", *, journal: Path, list_roots: Path | None) -> None:
    """Checkers must know the certificate before it signs a passport, where this machine pins the roots of their lists.

    Raises AgentError, CertificateError.
    """
    if session.task != "issue" or list_roots is None:
        return
    from certificates.bundle import BUNDLE
    from certificates.pki import fingerprint
    from signer.published import check_published
    from vaxseal.bundles import list_reader
    from vaxseal.files import read_roots
    from vaxseal.state import SeenVersions

    roots = read_roots(list_roots)
    names, seen = list(map(fingerprint, roots)), SeenVersions(journal, json=False)
    with list_reader(f"{agent.client.centre}/v1/lists") as get:
        highest = seen.highest(BUNDLE.name, names)
        version = check_published(agent.certificate, get, roots, at=agent.clock(), seen=highest)
    seen.remember(BUNDLE.name, names, version)


def begin(
    key: "SigningKey",
    others: tuple[bytes, ...],
    make_agent: "Callable[[SigningKey], SigningAgent]",
    *,
    may_be_offline: bool,
) -> "tuple[SigningAgent, Session | None]":
    """The agent whose certificate the centre takes, and its session; without one where it goes on without a network.

    ``others``: further certificates of the key. Raises AgentError.
    """
    from signer.errors import AgentError
    from vaxseal.choosing import KeyUnder, log_in_with

    try:
        return log_in_with(key, others, make_agent)
    except AgentError as error:
        if error.code not in _AWAY or not may_be_offline:
            raise
        unders: list[SigningKey] = [key, *(KeyUnder(key=key, certificate_der=der) for der in others)]
        for under in unders:
            agent = make_agent(under)
            if agent.work_offline():
                return agent, None
            agent.close()
        raise
