"""One person at one token: what the buttons of the page do. The key and the agent are used by one thread alone."""

import hmac
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from certificates.errors import CertificateError
from certificates.signing import SigningKey
from hsm.errors import PinIncorrect, PinLocked, TokenError
from signer.agent import SigningAgent
from signer.approval import approval_digest
from signer.batch import Approved, Batch, JobOutcome
from signer.client import PERSON_FIRST, CentreClient, Mode, NotReady, Session
from signer.desk.batch_run import BatchRun, Control
from signer.desk.board import BatchHead, Board, Person, Progress
from signer.desk.key import Choose, DeskKey
from signer.desk.presence import Present
from signer.desk.receipts import Receipts, receipt_of
from signer.desk.seat import Seat, Typed
from signer.errors import AgentError
from signer.head_file import HeadFile
from signer.journal_folder import JournalFolder

Begin = Callable[
    [SigningKey, tuple[bytes, ...], Callable[[SigningKey], SigningAgent]], tuple[SigningAgent, Session | None]
]
SEEN_AGAIN: Final = 3.0  # seconds until the watch over the tokens has noticed one that was plugged in again
_LOOK: Final = 0.1


class DeskRefusalError(Exception):
    """The page asked for what cannot be done now, or for what it was not shown. ``code`` is stable, in kebab-case."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """How a desk was started.

    Attributes:
        limit: records of a batch.
        vietnamese: the sentence for an error's code.
        choose: which of a token's certificates to try.
        begin: an agent whose certificate the centre takes, with its session; None where it goes on without a network.
        check: whether this session may sign, beyond what the centre says.
        practice_pin: in practice only: the specimen token's, which the page shows.
    """

    centre: str
    account: str
    mode: Mode
    journal: Path
    receipts: Path
    limit: int
    vietnamese: Callable[[str], str]
    choose: Choose
    begin: Begin
    check: Callable[[SigningAgent, Session], None]
    practice_pin: str | None = None


class Sitting:
    """Log in, take, sign, receipt; again and again. Public methods return at once, what they begin shows on the board.

    They raise DeskRefusalError ``busy``, ``not-now``, ``token-none``, ``batch-other``, ``approval-differs``,
    ``nothing-chosen``.
    """

    def __init__(self, settings: DeskSettings, board: Board) -> None:
        self._settings = settings
        self._board = board
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._lock = threading.Lock()
        self._busy = False
        self._client: CentreClient | None = None
        self._agent: SigningAgent | None = None
        self._key: DeskKey | None = None
        self._batch: Batch | None = None
        self._batches = 0
        self._control = Control()
        self._leave_when_idle = False
        self._wrong = 0  # PINs in a row
        self._end: threading.Timer | None = None
        self._seat = Seat(settings.centre, settings.account, board)
        self.receipts = Receipts(settings.receipts)

    def ask_ways(self) -> None:
        """Ask the centre whether the person is to be proven beside the token. Without a network the log-in tells."""

        self._begin("asking", self._seat.ask)

    # --- the token comes and goes ---

    def see(self, present: Present) -> None:
        """What is plugged in now. The session ends with its token; a batch that is being signed ends first."""
        self._board.change(present=present, looked=True)
        key = self._key
        if key is None or self._sees(key):
            return
        if self._board.view.stage != "signing":
            self._log_out_soon("token-pulled")

    def _log_out_soon(self, why: str) -> None:
        try:
            self.log_out(why)
        except DeskRefusalError:  # at work at this moment: the session ends behind that
            self._leave_when_idle = True

    # --- what the buttons do ---

    def log_in(self, pin: Callable[[], str], *, last_try: bool, typed: Typed | None = None) -> None:
        """Open the token, log in at the centre, and take the first batch.

        Args:
            typed: begins the person's shift, where none is on. Without a network it stands for the name alone: what is
                signed is sent once the person was proven.
        """
        token = self._board.view.present.only
        if token is None:
            raise DeskRefusalError("token-none")
        if self._board.view.stage != "log-in":
            raise DeskRefusalError("not-now")

        def work() -> None:
            if typed is not None:
                self._seat.sit(typed)
            key = DeskKey(token, pin, last_try=last_try, choose=self._settings.choose)
            self._pin_was_right(key)
            try:
                self._key = key
                self._enter(key)
                self._take()
            except BaseException:
                self._leave()
                raise
            finally:
                key.shut()  # the next batch wants the PIN again

        self._begin("log-in", work)

    def take(self) -> None:
        """The next batch, from this machine or the centre; without a session only the receipt is closed."""
        stage = self._board.view.stage
        if stage not in ("list", "receipt"):
            raise DeskRefusalError("not-now")
        if self._agent is None:
            self._board.change(stage="log-in", receipt=None, trouble=None)
            return
        self._begin("taking", self._take)

    def put_back(self) -> None:
        """Return the batch unsigned; its records may be handed out again at once."""
        agent, batch = self._agent, self._batch
        if agent is None or batch is None or self._board.view.stage != "list":
            raise DeskRefusalError("not-now")

        def work() -> None:
            agent.put_back(batch)
            self._batch = None
            self._board.change(batch=None, stage="list")

        self._begin("returning", work)

    def rows(self) -> tuple[int, Batch | None]:
        """The batch that is shown, with its number."""
        with self._lock:
            return self._batches, self._batch

    def sign(self, number: int, shown: Mapping[str, bytes], pin: Callable[[], str], *, last_try: bool) -> None:
        """Sign these jobs of the batch that was shown, each by the digest of what the page showed, and no others."""
        agent, batch, key = self._agent, self._batch, self._key
        if agent is None or batch is None or key is None or self._board.view.stage != "list":
            raise DeskRefusalError("not-now")
        if number != self._batches:
            raise DeskRefusalError("batch-other")
        if not shown:
            raise DeskRefusalError("nothing-chosen")
        _compare(batch, shown)
        self._control = control = Control()

        def work() -> None:
            total = len(shown)
            self._board.change(stage="signing", progress=Progress(phase="opening", done=0, total=total))
            try:
                with key.unlocked(pin, last_try=last_try):
                    self._pin_was_right(key)
                    self._sign(key, agent, agent.approve(batch, set(shown)), control)
            finally:
                if self._board.view.stage == "signing":
                    self._board.change(stage="list", progress=None)

        self._begin("", work)

    def pause(self, *, paused: bool) -> None:
        """Stand still behind the record that is being signed, or go on."""
        self._running()
        self._control.set(paused=paused)

    def stop(self) -> None:
        """End behind the record that is being signed; the rest stays on this machine."""
        self._running()
        self._control.set(stopped=True)

    def log_out(self, why: str | None = None) -> None:
        """End the session. What is unfinished stays on this machine. ``why``: a trouble to tell."""

        def work() -> None:
            self._leave()
            if why != "token-pulled":
                self._seat.leave()
            if why is not None:
                self._tell(AgentError(why, _WORDS[why]))

        self._begin("", work)

    def not_ready(self) -> NotReady:
        """The records that wait for something, from the centre. Blocks; raises AgentError, DeskRefusalError."""
        client = self._client
        if client is None:
            raise DeskRefusalError("not-now")
        return client.not_ready()

    def close(self) -> None:
        """The end of the program: stop behind the record that is being signed, and let go of everything."""
        self._control.set(stopped=True)
        self._hand.shutdown()
        self._leave()
        self._seat.leave()

    # --- in the one thread ---

    def _begin(self, doing: str, work: Callable[[], None]) -> None:
        with self._lock:
            if self._busy:
                raise DeskRefusalError("busy")
            self._busy = True
        self._board.change(doing=doing, trouble=None)
        self._hand.submit(self._run, work)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (AgentError, TokenError) as error:
            self._tell(error)
        except CertificateError as error:
            self._tell(AgentError(error.code.lower(), error.detail))
        except Exception as error:  # nothing of it may hold a person's data: its kind says enough
            self._tell(AgentError("desk-fault", f"The desk failed ({type(error).__name__}): start it again."))
        finally:
            self._leave_with_token()
            with self._lock:
                self._busy = False
            self._board.change(doing="")

    def _leave_with_token(self) -> None:
        """End the session of a token that was pulled out meanwhile. One that signed after a pull is seen again soon."""
        deadline = time.monotonic() + SEEN_AGAIN
        while self._key is not None and not self._sees(self._key) and time.monotonic() < deadline:
            time.sleep(_LOOK)
        leave, self._leave_when_idle = self._leave_when_idle, False
        if self._key is not None and (leave or not self._sees(self._key)):
            self._leave()
            if self._board.view.trouble is None:
                self._tell(AgentError("token-pulled", _WORDS["token-pulled"]))

    def _pin_was_right(self, key: DeskKey) -> None:
        """All tries are there again, which the watch over the tokens notices later."""
        self._wrong = 0
        tokens = self._board.view.present.tokens
        good = tuple(replace(one, pin="good") if one.serial == key.token.serial else one for one in tokens)
        self._board.change(present=Present(tokens=good))

    def _sees(self, key: DeskKey) -> bool:
        return any(token.serial == key.token.serial for token in self._board.view.present.tokens)

    def _tell(self, error: AgentError | TokenError) -> None:
        text = error.sentence if isinstance(error, AgentError) else error.detail or error.code
        english = text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
        if isinstance(error, PinIncorrect | PinLocked):
            self._wrong += 1
        vietnamese = self._settings.vietnamese(error.code) or english
        self._board.trouble(error.code, vi=vietnamese, en=english, wrong=self._wrong)

    def _enter(self, key: DeskKey) -> None:
        settings, account = self._settings, self._seat.account
        self._client = client = CentreClient(settings.centre, heads=HeadFile(settings.journal))
        self._seat.lend(client)

        def make_agent(under: SigningKey) -> SigningAgent:
            return SigningAgent(
                client=client,
                key=under,
                role="station",
                account=account,
                journal=JournalFolder(settings.journal),
                mode=settings.mode,
            )

        try:
            self._agent, session = settings.begin(key, key.others, make_agent)
        except AgentError as error:
            if error.code in PERSON_FIRST:
                self._seat.refused()
            raise
        if session is None:
            person = Person(account=account, unit="", task="", until=None, signs_until=None)
        else:
            settings.check(self._agent, session)
            self._end = threading.Timer(
                (session.expires_at - self._agent.clock()).total_seconds(), self._log_out_soon, ("session-ended",)
            )
            self._end.daemon = True
            self._end.start()
            person = Person(
                account=account,
                unit=session.unit,
                task=session.task,
                until=session.expires_at,
                signs_until=session.signs_until,
            )
        self._board.change(person=person)

    def _leave(self) -> None:
        agent, client, key = self._agent, self._client, self._key
        self._agent = self._client = self._key = self._batch = None
        if self._end is not None:
            self._end.cancel()
        if key is not None:
            key.shut()
        if agent is not None:
            agent.close()
        if client is not None:
            client.close()
        self._seat.wait()
        stage = "receipt" if self._board.view.stage == "receipt" else "log-in"  # it may still be read
        self._board.change(stage=stage, person=None, batch=None, progress=None)

    def _take(self) -> None:
        agent = self._agent
        assert agent is not None  # noqa: S101 - only called with one
        agent.close()  # what was stopped is taken up again from the disk
        try:
            batch = agent.next_batch(self._settings.limit)
        except AgentError as error:
            if error.code == "session-ended":
                self._leave()
            raise
        with self._lock:
            self._batches += 1
            self._batch = batch if len(batch) else None
        head = BatchHead(
            number=self._batches,
            deadline=batch.deadline,
            records=len(batch.reviewed),
            refusals=len(batch.refusals),
            waiting=batch.waiting,
            resumed=batch.resumed,
            doubtful=batch.doubtful,
        )
        self._board.change(stage="list", receipt=None, batch=head if len(batch) else None)

    def _sign(self, key: DeskKey, agent: SigningAgent, approved: Approved, control: Control) -> None:
        """To the receipt, whatever happens in between."""
        began = time.monotonic()
        agent.take_outcomes()
        run = BatchRun(agent, key, control, lambda progress: self._board.change(progress=progress))
        failure = run.sign(approved)
        left = len(agent.rest_of(approved))
        self._show_receipt(agent.take_outcomes(), left, time.monotonic() - began)
        if failure is not None:
            self._tell(failure)

    def _show_receipt(self, outcomes: Sequence[JobOutcome], left: int, seconds: float) -> None:
        person, key = self._board.view.person, self._key
        receipt = receipt_of(
            outcomes,
            at=datetime.now(UTC),
            unit=person.unit if person else "",
            task=person.task if person else "",
            token=key.token.serial if key else "",
            left=left,
            seconds=seconds,
            practice=self._settings.practice_pin is not None,
        )
        self._batch = None
        self._board.change(stage="receipt", progress=None, batch=None, receipt=receipt.to_dict())
        self.receipts.add(receipt)

    def _running(self) -> None:
        if self._board.view.stage != "signing":
            raise DeskRefusalError("not-now")


def _compare(batch: Batch, shown: Mapping[str, bytes]) -> None:
    """Each job by the digest of what would be signed now: what the page did not show is not signed."""
    jobs = {job.job_id: job for job in batch.reviewed}
    for job_id, digest in shown.items():
        job = jobs.get(job_id)
        if job is None or not hmac.compare_digest(approval_digest(job), digest):
            raise DeskRefusalError("approval-differs")


_WORDS: Final = {
    "token-pulled": "The token was pulled out, so the session ended: plug it in and log in again.",
    "session-ended": "The session is over: log in again with the token.",
}
