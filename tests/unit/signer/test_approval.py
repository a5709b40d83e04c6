"""What is signed is what was shown: any field changed between the person's yes and the signature is a refusal."""

import base64
import contextlib
import copy
import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

import cbor2
import pytest

from certificates.cose import sig_structure
from certificates.errors import IssuanceError
from certificates.jobs import SignedJob
from certificates.records.model import VerifiedRecord
from certificates.signing import Algorithm
from signer.agent import SigningAgent
from signer.approval import NOT_SIGNED, approval_digest, check_approved
from signer.batch import Approved
from signer.errors import AgentError
from signer.journal import Journal
from signer.making import check_signed, sign_jobs
from signer.review import Refusal, ReviewedJob, review_job
from signer.shown import read_claims, row_of
from signer.units import EnrolledUnits
from tests.support.scripted import ScriptedCentre, agent_of, jobs_of
from tests.support.signing import NOW, UNIT, certificate_of, key_of, make_job, make_record, reseal
from tests.support.softkeys import SoftKey

_KEPT = "_digest"  # made of the other fields, and kept: a copy makes its own
_PROOFS = {(VerifiedRecord, "proof")}  # says only that a check was made
_OTHER_KEY = key_of("other")


class Watched:
    """A key that notes what it was asked to sign."""

    def __init__(self, key: SoftKey) -> None:
        self._key = key
        self.asked: list[bytes] = []

    @property
    def certificate_der(self) -> bytes:
        return self._key.certificate_der

    @property
    def algorithm(self) -> Algorithm:
        return self._key.algorithm

    def sign(self, tbs: bytes) -> bytes:
        self.asked.append(tbs)
        return self._key.sign(tbs)


def reviewed_job(task: Any) -> ReviewedJob:
    signer, confirmed_by = ("unit", None) if task == "confirm" else ("ministry", "unit")
    units = None
    if confirmed_by:
        units = EnrolledUnits().add(key_of("unit").certificate_der, unit=UNIT, daily_quota=9)
    job = make_job(task, signer=signer, confirmed_by=confirmed_by)
    reviewed = review_job(job, certificate=certificate_of(signer), task=task, units=units, now=NOW)
    assert isinstance(reviewed, ReviewedJob)
    return reviewed


def sign_one(reviewed: ReviewedJob, digest: bytes, key: Any) -> SignedJob:
    (signed,) = sign_jobs([reviewed], {reviewed.job_id: digest}, key)
    assert isinstance(signed, SignedJob)
    return signed


def with_field(whole: Any, name: str, value: Any) -> Any:
    """A copy with one field changed, past every check of its type."""
    other = object.__new__(type(whole))
    for one in dataclasses.fields(whole):
        kept = None if one.name == _KEPT else getattr(whole, one.name)
        object.__setattr__(other, one.name, value if one.name == name else kept)
    return other


def changed(value: Any) -> Iterator[Any]:
    """Other values of the same kind."""
    if dataclasses.is_dataclass(value):
        yield from (other for _, other in mutants(value))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, Enum):
        yield next(one for one in type(value) if one is not value)
    elif isinstance(value, bytes):
        yield value + b"\x00"
        if value:
            yield bytes((value[0] ^ 1,)) + value[1:]
    elif isinstance(value, str):
        yield value + " "
        yield value[:-1] + "́"
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, datetime):
        yield value + timedelta(seconds=1)
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif isinstance(value, tuple):
        yield value[1:] if value else ("x",)
        for place, item in enumerate(value):
            for other in changed(item):
                yield (*value[:place], other, *value[place + 1 :])
    elif isinstance(value, frozenset):
        yield value | {"x"}
    elif value is None:
        yield b"x"
        yield "x"
    else:
        yield _OTHER_KEY.certificate.public_key


def mutants(whole: Any) -> Iterator[tuple[str, Any]]:
    """Every copy of a structure with one field changed, however deep, with the field's path."""
    for one in dataclasses.fields(whole):
        if (type(whole), one.name) in _PROOFS or one.name in ("_once", _KEPT):
            continue
        for other in changed(getattr(whole, one.name)):
            yield f"{type(whole).__name__}.{one.name}", with_field(whole, one.name, other)


@pytest.mark.parametrize("task", ["confirm", "issue"])
def test_every_field_of_a_reviewed_job(task: str) -> None:
    reviewed = reviewed_job(task)
    digest = approval_digest(reviewed)
    key, tried = Watched(key_of("unit" if task == "confirm" else "ministry")), 0
    for path, mutant in mutants(reviewed):
        if path.rpartition(".")[2] in NOT_SIGNED:
            assert approval_digest(mutant) == digest
            continue
        tried += 1
        with contextlib.suppress(AttributeError, TypeError, ValueError):  # past every check of its type
            made = list(sign_jobs([mutant], {mutant.job_id: digest}, key))
            assert all(isinstance(one, Refusal) for one in made), path
    assert key.asked == []
    assert tried > 100
    assert sign_one(reviewed, digest, key)
    assert key.asked[0] == reviewed.tbs.message


def test_a_page_cannot_be_exchanged_between_two_jobs() -> None:
    """Parts that are each in good order, of two people."""
    one = reviewed_job("confirm")
    job = make_job("confirm", signer="unit", record=make_record(record_id="R-2"), job_id="J-2")
    two = review_job(job, certificate=certificate_of("unit"), task="confirm", units=None, now=NOW)
    assert isinstance(two, ReviewedJob)
    digest = approval_digest(one)
    for name in ("job", "record", "tbs", "row"):
        mixed = with_field(one, name, getattr(two, name))
        if mixed.__getattribute__(name) == getattr(one, name):
            continue
        with pytest.raises(IssuanceError, match="approval-differs"):
            check_approved(mixed, digest)
    with pytest.raises(IssuanceError, match="approval-differs"):
        check_approved(two, digest)
    with pytest.raises(IssuanceError, match="not-approved"):
        check_approved(one, None)


def test_what_is_shown_comes_from_the_bytes_alone() -> None:
    reviewed = reviewed_job("confirm")
    assert reviewed.row == row_of(read_claims(reviewed.tbs.message))
    assert reviewed.row.surname == "Nguyễn"
    for message in (
        b"",
        reviewed.tbs.message[:-1],
        reviewed.tbs.message + b"\x00",
        sig_structure(b"", b"", b"vaxseal/login/1/x"),
        sig_structure(b"", cbor2.dumps([1, 2]), b"vaxseal/confirmation/1"),
        sig_structure(b"", cbor2.dumps({}), b""),
    ):
        with pytest.raises(IssuanceError, match="tbs-form"):
            row_of(read_claims(message))


def work_in_two_runs(centre: ScriptedCentre, tamper: Callable[[list[dict[str, Any]]], None]) -> Watched:
    """Approve in one run, change the journal with the right key, take it up in another run."""
    agent = agent_of(centre)
    agent.approve(agent.next_batch(10))
    agent.close()
    rewrite(centre, tamper)
    key = Watched(key_of("unit"))
    sign_the_rest(agent_of(centre, key=key))
    return key


def rewrite(centre: ScriptedCentre, tamper: Callable[[list[dict[str, Any]]], None]) -> None:
    """Write the journal anew, with its own key."""
    (folder,) = centre.journal.path.glob("batch-*")
    entries = Journal.read(folder)
    tamper(entries)
    key = (folder / "key").read_bytes()
    (folder / "journal").unlink()
    (folder / "journal").write_bytes(b"vaxseal journal 1\n")
    (folder / "key").write_bytes(key)
    journal, _ = Journal.open(folder)
    for entry in entries:
        journal.append(entry)
    journal.close()


def sign_the_rest(agent: SigningAgent) -> None:
    with contextlib.suppress(AgentError):  # where every job of the batch meets the same fault of this machine
        batch = agent.next_batch(10)
        if len(batch):
            agent.sign_and_send(agent.approve(batch))
    agent.close()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        if isinstance(item, dict | list):
            yield from leaves(item, (*path, name))
        else:
            yield (*path, name)


def altered(value: Any, path: tuple[Any, ...]) -> Any:
    whole = copy.deepcopy(value)
    place = whole
    for name in path[:-1]:
        place = place[name]
    old = place[path[-1]]
    if isinstance(old, str) and path[-1] in ("certificate_fingerprint", "tbs_digest"):
        place[path[-1]] = base64.b64encode(bytes(32)).decode()
    elif isinstance(old, str):
        place[path[-1]] = old[:-1] + ("2" if old[-1:] != "2" else "3")
    elif isinstance(old, bool):
        place[path[-1]] = not old
    elif isinstance(old, int):
        place[path[-1]] = old + 1
    else:
        place[path[-1]] = "eA=="
    return whole


def test_every_field_of_a_kept_job_that_was_approved() -> None:
    (job,) = jobs_of(1)
    data = job.to_dict()
    paths = [path for path in leaves(data) if path != ("job_digest",)]
    assert len(paths) > 30
    for path in paths:
        centre = ScriptedCentre([job])

        def tamper(entries: list[dict[str, Any]], path: tuple[Any, ...] = path) -> None:
            entries[0]["jobs"] = [reseal(altered(data, path))]

        key = work_in_two_runs(centre, tamper)
        assert centre.signed == {}, path
        assert len(key.asked) == 1, path  # the log-in


def test_an_approval_that_was_exchanged() -> None:
    def tamper(entries: list[dict[str, Any]]) -> None:
        entries[1]["jobs"] = {"J-0": bytes(32), "J-1": entries[1]["jobs"]["J-0"]}

    centre = ScriptedCentre(jobs_of(2))
    work_in_two_runs(centre, tamper)
    assert centre.signed == {}
    assert {reason for reason, _ in centre.refused.values()} == {"approval-differs"}


@pytest.mark.parametrize("field", ["signature", "job_id", "approval", "hc1", "cms", "pdf_digest"])
def test_a_kept_signature_that_was_changed_or_that_nobody_approved_is_never_sent(field: str) -> None:
    def tamper(entries: list[dict[str, Any]]) -> None:
        signed = next(entry for entry in entries if entry["kind"] == "signed")["jobs"]
        if field == "approval":
            del entries[1]
        elif field == "job_id":
            signed[0]["job_id"], signed[1]["job_id"] = signed[1]["job_id"], signed[0]["job_id"]
        elif field == "hc1":
            signed[0]["hc1"], signed[1]["hc1"] = signed[1]["hc1"], signed[0]["hc1"]
        else:
            signed[0][field], signed[1][field] = signed[1][field], signed[0][field]

    task = "confirm" if field in ("signature", "job_id", "approval") else "issue"
    mode: Any = "two-tier" if task == "confirm" else "station"
    centre = ScriptedCentre(jobs_of(2, task=task), task=task, mode=mode)
    first = agent_of(centre, mode=mode)
    approved = first.approve(first.next_batch(10))
    centre.away = True
    with pytest.raises(Exception, match="centre-unreachable"):
        first.sign_and_send(approved)
    first.close()
    centre.away = False
    rewrite(centre, tamper)
    agent_of(centre, mode=mode).next_batch(10)
    assert centre.signed == {}
    assert len(centre.refused) == 2


def test_a_passport_without_its_page_is_never_sent() -> None:
    reviewed = reviewed_job("issue")
    digest = approval_digest(reviewed)
    signed = sign_one(reviewed, digest, key_of("ministry"))
    fresh = reviewed_of(reviewed)
    check_signed(fresh, digest, signed)
    for bare in (dataclasses.replace(signed, hc1=None), dataclasses.replace(signed, cms=None)):
        with pytest.raises(IssuanceError, match="pdf-missing"):
            check_signed(reviewed_of(reviewed), digest, bare)
    with pytest.raises(IssuanceError, match="document-differs"):
        check_signed(reviewed_of(reviewed), digest, dataclasses.replace(signed, pdf_digest=bytes(32)))


def reviewed_of(earlier: ReviewedJob) -> ReviewedJob:
    """The same job, reviewed again: a ToBeSigned is redeemed once."""
    units = EnrolledUnits().add(key_of("unit").certificate_der, unit=UNIT, daily_quota=9)
    again = review_job(earlier.job, certificate=certificate_of("ministry"), task="issue", units=units, now=NOW)
    assert isinstance(again, ReviewedJob)
    return again


def test_the_centres_second_lease_does_not_inherit_an_approval() -> None:
    one = make_job("confirm", signer="unit", job_id="J-1")
    other = make_job("confirm", signer="unit", job_id="J-1", record=make_record(record_id="R-2"))
    centre, key = ScriptedCentre([one]), Watched(key_of("unit"))
    agent = agent_of(centre, key=key)
    approved = agent.approve(agent.next_batch(10))
    centre.jobs = [other]
    second = agent.next_batch(10)
    agent.sign_and_send(Approved(batch=second, digests=approved.digests))
    assert (centre.signed, len(key.asked)) == ({}, 1)
    assert centre.refused["J-1"][0] == "not-approved"


def test_signed_jobs_of_one_part_stay_apart() -> None:
    signed = SignedJob(job_id="J", signature=b"x")
    reviewed = reviewed_job("confirm")
    with pytest.raises(IssuanceError, match="signature-invalid"):
        check_signed(reviewed, approval_digest(reviewed), signed)
