"""HTTP to the centre: time-outs, bounded answers, retries only where a repetition cannot do harm."""

import base64
import binascii
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Literal, Self, get_args
from urllib.parse import urlsplit

import httpx2

from certificates.act_chain import LogRow
from certificates.jobs import JobResult, Outcome, SignedJob, Task
from certificates.log_heads import GivenHead
from certificates.login import LoginChallenge
from certificates.records.model import instant_from_text
from signer.errors import AgentError, CentreRefusedError
from signer.head_file import HeadFile

Mode = Literal["two-tier", "station"]

MAX_ANSWER: Final = 16 * 1024 * 1024  # bytes; 500 jobs of some 5 kB with room to spare
LONGEST_ANSWER: Final = 300.0  # seconds from the first byte to the last
LONGEST_TEXT: Final = 500  # characters of a field that is shown, sent back, or put into a header
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
PAUSES: Final = (0.5, 1.0, 2.0, 4.0)  # seconds between attempts
TIMEOUT: Final = httpx2.Timeout(30.0, connect=5.0)
SUBMIT_TIMEOUT: Final = httpx2.Timeout(120.0, connect=5.0)  # the centre rebuilds every page before it answers
KEPT: Final = 5.0  # seconds of an unused connection: the centre keeps it longer, so it never closes on a request
PATIENCE: Final = 120.0  # seconds that a call waits in all where the centre says when to come again
SPREAD: Final = 0.5  # of such a wait that is added by chance: those who were sent away do not come back as one
MOST_SPREAD: Final = 5.0  # seconds of that: who was told to wait for long is not kept from its turn
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
_NOT_BEGUN: Final = frozenset({"busy", "too-many-requests"})  # the centre did nothing: a lease may be asked for, too
PERSON_FIRST: Final = frozenset({"person-unproven", "shift-ended"})  # a log-in wants a shift, or another one
_LONGEST_RETRY: Final = 86_400  # seconds: until tomorrow, where a quota is used up
_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a log-in gave: who the centre takes this token for, and the bearer token until ``expires_at``.

    ``signs_until``: the last moment at which the token's certificate may do this task.
    """

    bearer: str = field(repr=False)
    unit: str
    task: Task
    mode: Mode
    expires_at: datetime
    signs_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A person who was proven at the centre, and goes with the token's log-ins until ``expires_at``."""

    secret: str = field(repr=False)
    account: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A batch as it came: ``jobs`` are JSON objects that nobody has judged yet, ``waiting`` counts what stays ready."""

    lease_id: str
    deadline: datetime
    jobs: tuple[Mapping[str, Any], ...] = field(repr=False)
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRecord:
    """A record that cannot be signed yet. ``why`` and ``next`` (what to do) by language: vi, en."""

    record_id: str
    initials: str = field(repr=False)
    birth_year: str = field(repr=False)
    since: datetime
    reason: str
    why: Mapping[str, str]
    next: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReady:
    """The unit's records that are not ready; ``total`` counts also those that did not come along."""

    records: tuple[WaitingRecord, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Rows of the log of acts, not verified; ``covered``: the last row that a checkpoint at the centre covers."""

    rows: tuple[LogRow, ...]
    covered: int


class CentreClient:
    """One centre, by the URL that the agent is configured with: log-ins are signed for exactly this text.

    Args:
        centre: base URL; a slash at its end is dropped. Plain http is taken on this machine only.
        transport: another httpx2 transport, for tests of this module.
        pauses: seconds to wait before each further attempt of a call that may be repeated, where the centre names none.
        sleep: waits so many seconds.
        heads: where the heads of the log of acts are kept that come with answers; None: nobody keeps them.
    """

    def __init__(
        self,
        centre: str,
        *,
        transport: httpx2.BaseTransport | None = None,
        pauses: Sequence[float] = PAUSES,
        sleep: Callable[[float], None] = time.sleep,
        heads: HeadFile | None = None,
    ) -> None:
        self.centre = centre.rstrip("/")
        self._heads = heads
        try:
            parts = urlsplit(self.centre)
            _ = parts.port
        except ValueError:
            parts = urlsplit("")
        local = parts.hostname in LOOPBACK
        unfit = not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc
        if parts.scheme not in ("http", "https") or unfit:
            raise AgentError("centre-url", "The address of the centre is not a web address: give it as https://host.")
        if parts.scheme == "http" and not local:
            raise AgentError("centre-insecure", "The address of the centre must begin with https://.")
        self._pauses = tuple(pauses)
        self._sleep = sleep
        self._bearer: str | None = None
        self.shift: Shift | None = None  # goes with every log-in
        self._http = httpx2.Client(
            timeout=TIMEOUT,
            limits=httpx2.Limits(keepalive_expiry=KEPT),
            follow_redirects=False,
            trust_env=not local,  # a proxy never stands between this machine and itself
            transport=transport,
            headers={
                "Accept": "application/json, application/problem+json",
                "Accept-Encoding": "identity",
                "Accept-Language": "en",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and forget session and shift."""
        self._bearer = self.shift = None
        self._http.close()

    def wants_person(self) -> bool:
        """Whether a station's token logs in with a shift only. Asked once."""
        answer = self.ask("/v1/auth/ways", {})
        with Answer():
            return bool(_one_of(answer["person"], ("name", "password")) == "password")

    def prove(self, account: str, password: str, code: str) -> Shift:
        """Begin a shift. Never repeated: digits are good once."""
        answer = self.ask("/v1/auth/shift", {"account": account, "password": password, "code": code})
        with Answer():
            self.shift = Shift(
                secret=_text(answer["shift"]),
                account=_text(answer["account"]),
                expires_at=instant_from_text(_text(answer["expires_at"])),
            )
            return self.shift

    def end_shift(self, shift: Shift) -> None:
        """The person leaves."""
        self.ask("/v1/auth/end-shift", {"shift": shift.secret})

    def challenge(self, fingerprint: bytes, account: str) -> LoginChallenge:
        """Ask for a challenge. May be repeated: an unused challenge ends by itself."""
        answer = self.ask(
            "/v1/auth/challenge",
            {"fingerprint": base64.b64encode(fingerprint).decode("ascii"), "account": account},
            repeat=True,
        )
        with Answer():
            # The account is the one we asked for: what the centre might answer instead is never signed.
            return LoginChallenge(
                challenge_id=_text(answer["challenge_id"]),
                nonce=base64.b64decode(_text(answer["nonce"]), validate=True),
                account=account,
            )

    def log_in(self, challenge: LoginChallenge, signature: bytes) -> Session:
        """Redeem the challenge; further calls carry the session. Never repeated: a challenge is good once."""
        answer = self.ask(
            "/v1/auth/login",
            {
                "challenge_id": challenge.challenge_id,
                "signature": base64.b64encode(signature).decode("ascii"),
                **({"shift": self.shift.secret} if self.shift else {}),
            },
        )
        with Answer():
            session = Session(
                bearer=_text(answer["token"]),
                unit=_text(answer["unit"]),
                task=_one_of(answer["task"], get_args(Task)),
                mode=_one_of(answer["mode"], get_args(Mode)),
                expires_at=instant_from_text(_text(answer["expires_at"])),
                signs_until=instant_from_text(_text(answer["signs_until"])),
            )
            self._bearer = session.bearer.encode("ascii").decode("ascii")
            self._keep(answer)
            return session

    def lease(self, layout: str, limit: int, *, offline: bool = False) -> Lease:
        """Take up to ``limit`` ready records; ``offline``: with a deadline that bears a day without a network.

        Repeated only when the centre said that it did not begin: a lost answer leaves a lease that lapses.
        """
        more = {"offline": True} if offline else {}
        answer = self.ask("/v1/signing/lease", {"layout": layout, "limit": limit, **more})
        with Answer():
            jobs = answer["jobs"]
            if not isinstance(jobs, list) or len(jobs) > limit or not all(isinstance(job, dict) for job in jobs):
                raise ValueError("jobs")
            if type(answer["waiting"]) is not int or answer["waiting"] < 0:
                raise ValueError("waiting")
            self._keep(answer)
            return Lease(
                lease_id=_text(answer["lease_id"]),
                deadline=instant_from_text(_text(answer["deadline"])),
                jobs=tuple(jobs),
                waiting=answer["waiting"],
            )

    def submit(
        self, lease_id: str, signed: Sequence[SignedJob], refused: Sequence[Mapping[str, str]]
    ) -> tuple[JobResult, ...]:
        """Send signatures and refusals. Repeated after a failure: the centre takes each job once."""
        answer = self.ask(
            "/v1/signing/submit",
            {"lease_id": lease_id, "signed": [job.to_dict() for job in signed], "refused": list(refused)},
            repeat=True,
            timeout=SUBMIT_TIMEOUT,
        )
        sent = {job.job_id for job in signed} | {refusal["job_id"] for refusal in refused}
        with Answer():
            results = tuple(
                JobResult(
                    job_id=_text(result["job_id"]),
                    outcome=_one_of(result["outcome"], get_args(Outcome)),
                    reason=None if result["reason"] is None else _text(result["reason"]),
                    state=None if result["state"] is None else _text(result["state"]),
                )
                for result in answer["results"]
            )
            if len(results) != len(sent) or {result.job_id for result in results} != sent:
                raise ValueError("results")
            self._keep(answer)
            return results

    def not_ready(self) -> NotReady:
        """The unit's records that wait for something, those that wait longest first. Changes nothing."""
        answer = self.ask("/v1/stations/not-ready", {}, repeat=True)
        with Answer():
            records = tuple(
                WaitingRecord(
                    record_id=_text(one["record_id"]),
                    initials=_text(one["initials"]),
                    birth_year=_text(one["birth_year"]),
                    since=instant_from_text(_text(one["since"])),
                    reason=_text(one["reason"]),
                    why=_both(one["why"]),
                    next=_both(one["next"]),
                )
                for one in answer["records"]
            )
            if type(answer["total"]) is not int or not len(records) <= answer["total"]:
                raise ValueError("total")
            return NotReady(records=records, total=answer["total"])

    def log_rows(self, after: int, limit: int) -> LogPage:
        """Rows of the log of acts that follow row ``after``. Changes nothing."""
        answer = self.ask("/v1/audit/rows", {"after": after, "limit": limit}, repeat=True)
        with Answer():
            if len(answer["rows"]) > limit or type(answer["covered"]) is not int:
                raise ValueError("rows")
            rows = tuple(
                LogRow(
                    **{name: _string(one[name]) for name in ("at", "actor", "act", "subject", "reason")},
                    sequence=one["sequence"],
                    token=None if one["token"] is None else base64.b64decode(one["token"], validate=True),
                    hash=base64.b64decode(one["hash"], validate=True),
                )
                for one in answer["rows"]
            )
            return LogPage(rows=rows, covered=answer["covered"])

    def send_checkpoint(self, checkpoint: bytes) -> None:
        """Leave a signed checkpoint of the log. Repeated after a failure: the centre keeps it once."""
        text = base64.b64encode(checkpoint).decode("ascii")
        self.ask("/v1/audit/checkpoints", {"checkpoint": text}, repeat=True)

    def _keep(self, answer: Mapping[str, Any]) -> None:
        """The log's head that came along: where heads are kept, an answer without one is none of our centre's."""
        if self._heads is not None:
            self._heads.keep(GivenHead.from_dict(answer["log"]), self.centre)

    def ask(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        repeat: bool = False,
        timeout: httpx2.Timeout = TIMEOUT,
    ) -> Mapping[str, Any]:
        """The answer to one call, a JSON object of whatever form: read it inside `Answer`. ``repeat``: it may be asked
        for again after a failure.

        Raises AgentError ``centre-unreachable``, ``centre-timeout``, ``centre-answer``; CentreRefusedError.
        """
        pauses = list(self._pauses if repeat else ())
        patience = PATIENCE
        while True:
            try:
                status, data, retry_after = self._send(path, body, timeout)
            except AgentError as error:
                if not pauses or error.code == "centre-answer":
                    raise
                self._sleep(pauses.pop(0))
                continue
            if status == httpx2.codes.OK:
                return _json_object(data)
            refusal = _refusal(status, data, retry_after)
            if status not in _TRY_AGAIN:
                raise refusal
            if retry_after is not None and (repeat or refusal.code in _NOT_BEGUN):
                pause = spread(retry_after)
                patience -= pause
                if patience < 0:
                    raise refusal
            elif pauses:
                pause = pauses.pop(0)
            else:
                raise refusal
            self._sleep(pause)

    def _send(self, path: str, body: Mapping[str, Any], timeout: httpx2.Timeout) -> tuple[int, bytes, int | None]:
        """One request; the answer is read up to MAX_ANSWER, so a broken centre cannot fill the memory."""
        headers = {"Authorization": f"Bearer {self._bearer}"} if self._bearer else {}
        try:
            with self._http.stream("POST", self.centre + path, json=body, headers=headers, timeout=timeout) as response:
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise _bad_answer("it is compressed, which was not asked for")
                data, end = bytearray(), time.monotonic() + LONGEST_ANSWER
                for part in response.iter_bytes():
                    data += part
                    if len(data) > MAX_ANSWER:
                        raise _bad_answer("it is too long")
                    if time.monotonic() > end:
                        raise httpx2.ReadTimeout("the answer drips")
                return response.status_code, bytes(data), _retry_after(response.headers.get("Retry-After", ""))
        except httpx2.TimeoutException as error:
            raise AgentError(
                "centre-timeout", "The centre did not answer in time. Check the network and start again."
            ) from error
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise AgentError(
                "centre-unreachable",
                f"The centre at {self.centre} cannot be reached. Check the network and its address.",
            ) from error


def spread(seconds: float) -> float:
    """A second at least, and by chance up to `SPREAD` more than what was asked for, `MOST_SPREAD` at most."""
    least = max(1.0, seconds)
    return least + _chance.uniform(0.0, min(SPREAD * least, MOST_SPREAD))


def _retry_after(text: str) -> int | None:
    """Seconds (RFC 9110, 10.2.3); a date, which our centre never sends, counts as none."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(_LONGEST_RETRY)):
        return None
    return min(int(text), _LONGEST_RETRY)


def _bad_answer(why: str) -> AgentError:
    return AgentError("centre-answer", f"The answer of the centre cannot be used: {why}.")


def _json_object(data: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _bad_answer("it is not JSON") from error
    if not isinstance(answer, dict):
        raise _bad_answer("it is not a JSON object")
    return answer


def _refusal(status: int, data: bytes, retry_after: int | None) -> CentreRefusedError:
    """problem+json in words: the last part of ``type`` is the code, ``detail`` (or ``title``) the sentence."""
    try:
        problem = _json_object(data)
    except AgentError:
        problem = {}
    kind, title, detail = problem.get("type"), problem.get("title"), problem.get("detail")
    code = kind.replace(":", "/").rstrip("/").rsplit("/", 1)[-1] if isinstance(kind, str) else ""
    if not code or code == "blank":
        code = f"centre-status-{status}"
    words = [text.strip() for text in (title, detail) if isinstance(text, str) and text.strip()]
    sentence = ": ".join(text.rstrip(".") for text in words) if words else f"the centre refused with status {status}"
    printable = "".join(letter for letter in sentence if letter.isprintable())[:500]
    return CentreRefusedError(
        code[:80], f"{printable[:1].upper()}{printable[1:]}.", status=status, retry_after=retry_after
    )


class Answer:
    """Turns what a malformed answer raises into one AgentError, without repeating its values."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (KeyError, TypeError, ValueError, AttributeError, binascii.Error)):
            raise _bad_answer("a field is missing or of the wrong form") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= LONGEST_TEXT:
        raise TypeError("a short text expected")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text expected")
    return value


def _one_of(value: object, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError("not one of the allowed words")
    return value


def _both(value: Any) -> Mapping[str, str]:
    return {language: _text(value[language]) for language in ("vi", "en")}
