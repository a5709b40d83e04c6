"""The agent from end to end, against what nobody can leave out: the raw signatures and the making of the page."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx2

from bench import material
from bench.harness import Result, race
from bench.tokens import open_worker
from certificates.hc1 import encode_hc1
from certificates.issuance import finish, prepare_confirmation, prepare_passport
from certificates.jobs import SigningJob, Task
from certificates.pdf.document import prepare_document
from certificates.pdf.layout import LAYOUT
from certificates.records.model import VerifiedRecord
from hsm.worker.key import WorkerKey
from signer.agent import SigningAgent
from signer.client import CentreClient, Mode
from signer.journal_folder import JournalFolder
from signer.roles import Role
from signer.units import DailyCount, EnrolledUnits

if TYPE_CHECKING:
    from bench.rows import Bench

BATCH = 200
CENTRE = "http://127.0.0.1:9"


@dataclass
class _Centre:
    """Hands out prepared batches at once and takes what comes: the time is the agent's alone."""

    task: Task
    mode: Mode
    bodies: list[bytes] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        name = request.url.path.rsplit("/", 1)[-1]
        if name == "lease":
            request.read()
            return httpx2.Response(200, content=self.bodies.pop())
        body = json.loads(request.read())
        now = datetime.now(UTC)
        answers: dict[str, Any] = {
            "challenge": lambda: {"challenge_id": "c", "nonce": "A" * 43 + "="},
            "login": lambda: {
                "token": "t",
                "unit": "01-001",
                "task": self.task,
                "mode": self.mode,
                "expires_at": f"{now + timedelta(hours=8):%Y-%m-%dT%H:%M:%SZ}",
                "signs_until": f"{now + timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}",
            },
            "submit": lambda: {
                "results": [
                    {"job_id": job["job_id"], "outcome": "accepted", "reason": None, "state": "issued"}
                    for job in body["signed"]
                ]
            },
        }
        return httpx2.Response(200, json=answers[name]())


@dataclass
class _Tier:
    """One agent at work in one role, and the raw work of the same records."""

    bench: "Bench"
    kind: str
    role: Role
    mode: Mode
    key: WorkerKey
    folder: Path
    number: int = 0

    def __post_init__(self) -> None:
        self.task: Task = "confirm" if (self.role, self.mode) == ("station", "two-tier") else "issue"
        self.dsc = self.bench.dsc[self.kind]
        self.centre = _Centre(self.task, self.mode)
        units = count = None
        if self.role == "ministry":
            units = EnrolledUnits().add(self.dsc.der, unit="01-001", daily_quota=10**9)
            count = DailyCount(self.folder / "count.json")
        self.agent = SigningAgent(
            client=CentreClient(CENTRE, transport=httpx2.MockTransport(self.centre)),
            key=self.key,
            role=self.role,
            account="lan",
            journal=JournalFolder(self.folder / "batches"),
            mode=self.mode,
            units=units,
            count=count,
        )
        self.agent.log_in()

    def prepare(self, batches: int) -> None:
        """What the centre does before: not measured."""
        for _ in range(batches):
            jobs = [self._job(self.bench.record(place)) for place in range(BATCH)]
            deadline = datetime.now(UTC) + timedelta(hours=2)
            body = {
                "lease_id": f"L{self.number}",
                "deadline": f"{deadline:%Y-%m-%dT%H:%M:%SZ}",
                "jobs": [job.to_dict() for job in jobs],
                "waiting": 0,
            }
            self.centre.bodies.append(json.dumps(body).encode())

    def work(self) -> None:
        batch = self.agent.next_batch(BATCH)
        self.agent.sign_and_send(self.agent.approve(batch))
        outcomes = self.agent.take_outcomes()
        assert [one.outcome for one in outcomes] == ["accepted"] * BATCH, outcomes[:1]

    def raw(self) -> None:
        """The signatures by python-pkcs11 in this process, and the page around the passport."""
        key = self.bench.keys[self.kind]
        for place in range(BATCH):
            message = b"%400d" % place
            key.sign(message)
            if self.task == "issue":
                prepare_document(*self.pages[place], signing_time=material.NOW, confirmation=None)
                key.sign(message)

    def make_pages(self) -> None:
        self.pages = []
        key = self.bench.keys[self.kind]
        for place in range(BATCH if self.task == "issue" else 0):
            record, terms = self.bench.record(place), material.terms()
            tbs = prepare_passport(record, terms, self.dsc)
            hc1 = encode_hc1(finish(tbs, key.sign(tbs.message)).encode())
            self.pages.append((record, terms, hc1, self.dsc))

    def _job(self, record: VerifiedRecord) -> SigningJob:
        self.number += 1
        terms = material.terms()
        confirmation = None
        if self.role == "ministry":
            wanted = prepare_confirmation(record, terms, self.dsc)
            confirmation = finish(wanted, self.bench.keys[self.kind].sign(wanted.message)).encode()
        prepare = prepare_confirmation if self.task == "confirm" else prepare_passport
        return SigningJob(
            job_id=f"J{self.number}",
            task=self.task,
            record=record.record,
            evidence=record.evidence,
            terms=terms,
            signing_time=datetime.now(UTC).replace(microsecond=0),
            certificate_fingerprint=self.dsc.fingerprint,
            tbs_digest=prepare(record, terms, self.dsc).digest,
            layout=LAYOUT,
            confirmation=confirmation,
            confirmed_by=self.dsc.fingerprint if confirmation else None,
        )


def agent_end_to_end(bench: "Bench") -> Iterator[Result]:
    """Lease, rebuild, approve, sign, verify, journal with its flushes, send: a record, in both modes."""
    modes: tuple[tuple[Mode, tuple[Role, ...]], ...] = (
        ("station", ("station",)),
        ("two-tier", ("station", "ministry")),
    )
    for mode, roles in modes:
        for kind, name in (("EC", "ES256"), ("RSA", "PS256")):
            folder = Path(tempfile.mkdtemp(prefix="vaxseal-bench-", dir="."))
            try:
                with open_worker(bench.tokens.copy(), kind) as key:
                    tiers = [_Tier(bench, kind, role, mode, key, folder / role) for role in roles]
                    yield _race(f"agent end to end, {mode}, {name}", tiers)
            finally:
                shutil.rmtree(folder)


def _race(stage: str, tiers: list[_Tier]) -> Result:
    for tier in tiers:
        tier.make_pages()

    def ours(rounds: int) -> float:
        spent = 0.0
        for tier in tiers:
            tier.prepare(rounds)
            for _ in range(rounds):
                began = perf_counter()
                tier.work()
                spent += perf_counter() - began
        return spent / BATCH

    def raw(rounds: int) -> float:
        began = perf_counter()
        for _ in range(rounds):
            for tier in tiers:
                tier.raw()
        return (perf_counter() - began) / BATCH

    against = "raw signatures and page making"
    return race(stage, ours, against, raw, rounds=(1, 1), must=0.5, stretch=0.7, repeats=7)
