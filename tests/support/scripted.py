"""A centre of few lines in this process, and agents that work with it; keys that fail."""

import atexit
import base64
import json
import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from certificates.act_chain import LogHead
from certificates.errors import IssuanceError
from certificates.jobs import SignedJob, SigningJob
from certificates.log_heads import give_head
from certificates.login import LoginChallenge, verify_login
from certificates.signing import Algorithm
from signer.agent import SigningAgent
from signer.client import CentreClient, Mode
from signer.head_file import HeadFile
from signer.journal_folder import JournalFolder
from signer.roles import Role
from signer.units import DailyCount, EnrolledUnits
from tests.support.signing import NOW, UNIT, certificate_of, key_of, make_job, make_record
from tests.support.softkeys import SoftKey

PASSWORD = "correct horse battery"
HEAD = give_head(b"the centre's secret", LogHead(sequence=7, hash=bytes(range(32))))
CENTRE = "https://centre.example.vn"


class ScriptedCentre:
    """Answers like the service as far as the agent can see, and verifies what it is sent as the service does."""

    def __init__(
        self, jobs: list[SigningJob], *, task: str = "confirm", mode: str = "two-tier", signer: str = "unit"
    ) -> None:
        self.jobs, self.task, self.mode, self.certificate = jobs, task, mode, certificate_of(signer)
        self.unit = UNIT
        self.session_until = NOW + timedelta(hours=8)
        self.deadline = NOW + timedelta(hours=2)
        self.logins = 0
        self.leases = 0
        self.offline_leases = 0
        self.submits = 0
        self.away = False
        self.wants_person = False
        self.shifts: list[str] = []  # accounts
        self.ended: list[str] = []
        self.cut_submits = 0  # answers that get lost after the work was done
        self.expire_after: int | None = None  # submits after which the session is over
        self.journal = JournalFolder(throw_away())
        self.signed: dict[str, SignedJob] = {}
        self.refused: dict[str, tuple[str, str]] = {}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.away:
            raise httpx2.ConnectError("no network")
        body = json.loads(request.read())
        name = request.url.path.rsplit("/", 1)[-1]
        if name in ("lease", "submit") and request.headers.get("Authorization") != f"Bearer bearer-{self.logins}":
            return httpx2.Response(401, json={"type": "urn:vaxseal:problem:session-ended", "detail": "Log in again."})
        answer = getattr(self, f"do_{name.replace('-', '_')}")(body)
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    def do_challenge(self, body: dict[str, Any]) -> Any:
        self.challenge = LoginChallenge(challenge_id="c1", nonce=bytes(32), account=body["account"])
        assert base64.b64decode(body["fingerprint"]) == self.certificate.fingerprint
        return {
            "challenge_id": "c1",
            "nonce": base64.b64encode(bytes(32)).decode(),
            "expires_at": "2022-06-15T03:02:00Z",
        }

    def do_ways(self, _body: dict[str, Any]) -> Any:
        return {"person": "password" if self.wants_person else "name"}

    def do_shift(self, body: dict[str, Any]) -> Any:
        if body["password"] != PASSWORD:
            return _problem("staff-login-refused")
        self.shifts.append(body["account"])
        return {
            "shift": f"shift-{len(self.shifts)}",
            "account": body["account"],
            "unit": self.unit,
            "expires_at": "2022-06-15T11:00:00Z",
        }

    def do_end_shift(self, body: dict[str, Any]) -> Any:
        self.ended.append(body["shift"])
        return {"ended": True}

    def _person(self, body: dict[str, Any]) -> httpx2.Response | None:
        if not self.wants_person:
            return None
        shift = body.get("shift")
        if shift is None:
            return _problem("person-unproven")
        number = int(shift.removeprefix("shift-"))
        right = shift not in self.ended and self.shifts[number - 1] == self.challenge.account
        return None if right else _problem("shift-ended")

    def do_login(self, body: dict[str, Any]) -> Any:
        try:
            signature = base64.b64decode(body["signature"])
            verify_login(self.challenge, signature, centre=CENTRE, certificate=self.certificate)
        except IssuanceError:
            return httpx2.Response(401, json={"type": "urn:vaxseal:problem:login-refused", "detail": "Not this token."})
        refusal = self._person(body)
        if refusal is not None:
            return refusal
        self.logins += 1
        return {
            "token": f"bearer-{self.logins}",
            "unit": self.unit,
            "task": self.task,
            "mode": self.mode,
            "expires_at": self.session_until.isoformat().replace("+00:00", "Z"),
            "signs_until": "2023-06-15T00:00:00Z",
            "log": HEAD.to_dict(),
        }

    def do_lease(self, body: dict[str, Any]) -> Any:
        self.leases += 1
        self.offline_leases += bool(body.get("offline"))
        given, self.jobs = self.jobs[: body["limit"]], self.jobs[body["limit"] :]
        return {
            "lease_id": f"L{self.leases}",
            "deadline": f"{self.deadline:%Y-%m-%dT%H:%M:%SZ}",
            "jobs": [job.to_dict() for job in given],
            "waiting": len(self.jobs),
            "log": HEAD.to_dict(),
        }

    def do_submit(self, body: dict[str, Any]) -> Any:
        self.submits += 1
        results = []
        for job in map(SignedJob.from_dict, body["signed"]):
            known = self.signed.get(job.job_id)
            self.signed[job.job_id] = job
            results.append({"job_id": job.job_id, "outcome": "already" if known else "accepted"})
        for job in body["refused"]:
            self.refused[job["job_id"]] = (job["reason"], job["detail"])
            results.append({"job_id": job["job_id"], "outcome": "refused"})
        if self.expire_after is not None and self.submits == self.expire_after:
            self.logins += 1
        if self.cut_submits:
            self.cut_submits -= 1
            raise httpx2.ReadError("the answer got lost")
        told = [{"reason": None, "state": "confirmed", **result} for result in results]
        return {"results": told, "log": HEAD.to_dict()}


def _problem(code: str) -> httpx2.Response:
    return httpx2.Response(401, json={"type": f"urn:vaxseal:problem:{code}", "detail": "Say who you are."})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FailingKey:
    """A token that is pulled out, or answers nonsense, after some good signatures."""

    def __init__(self, key: SoftKey, good: int, fault: Exception | bytes) -> None:
        self._key, self._good, self._fault = key, good, fault

    @property
    def certificate_der(self) -> bytes:
        return self._key.certificate_der

    @property
    def algorithm(self) -> Algorithm:
        return self._key.algorithm

    def sign(self, tbs: bytes) -> bytes:
        self._good -= 1
        if self._good >= 0:
            return self._key.sign(tbs)
        if isinstance(self._fault, Exception):
            raise self._fault
        return self._fault


def jobs_of(number: int, **given: Any) -> list[SigningJob]:
    given = {"task": "confirm", "signer": "unit", **given}
    return [
        make_job(job_id=f"J-{index}", record=make_record(record_id=f"R-{index}"), **given) for index in range(number)
    ]


def agent_of(
    centre: ScriptedCentre,
    *,
    key: Any = None,
    role: Role = "station",
    mode: Mode = "two-tier",
    clock: Clock | None = None,
    units: EnrolledUnits | None = None,
    count: DailyCount | None = None,
    url: str = CENTRE,
    heads: HeadFile | None = None,
) -> SigningAgent:
    client = CentreClient(url, transport=httpx2.MockTransport(centre), pauses=(0.0, 0.0, 0.0), heads=heads)
    return SigningAgent(
        client=client,
        key=key or key_of("ministry" if role == "ministry" else "unit"),
        role=role,
        mode=mode,
        account="lan",
        journal=centre.journal,
        clock=clock or Clock(),
        units=units,
        count=count,
    )


def ministry_of(centre: ScriptedCentre, folder: Path, quota: int = 10, *, key: Any = None) -> SigningAgent:
    units = EnrolledUnits().add(key_of("unit").certificate_der, unit=UNIT, daily_quota=quota)
    return agent_of(centre, key=key, role="ministry", units=units, count=DailyCount(folder / "count.json"))


def sign_all(agent: SigningAgent, limit: int = 10, **how: Any) -> None:
    """One batch, all of it approved."""
    agent.sign_and_send(agent.approve(agent.next_batch(limit)), **how)


def counts(agent: SigningAgent) -> dict[str, int]:
    return dict(Counter(outcome.outcome for outcome in agent.outcomes))


def throw_away() -> Path:
    """A folder that goes when the tests end."""
    folder = tempfile.mkdtemp(prefix="vaxseal-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
