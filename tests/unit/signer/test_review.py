"""Nothing is signed but what this machine built and the centre intends: every leaf of a job, changed, is refused."""

import base64
import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cbor2
import pytest

from certificates.cwt import decode_claims
from certificates.jobs import SigningJob, Task
from certificates.records.model import Attestation, IdKind, RegisterStatus
from signer.review import Refusal, ReviewedJob, read_job, review_job
from signer.units import EnrolledUnits
from tests.support.signing import (
    NOW,
    UNIT,
    certificate_of,
    key_of,
    make_dose,
    make_evidence,
    make_job,
    make_person,
    make_record,
    reseal,
)

CASES = ("confirm", "issue-two-tier", "issue-station")


def enrolled_units() -> EnrolledUnits:
    return EnrolledUnits().add(key_of("unit").certificate_der, unit=UNIT, daily_quota=10)


def job_of(case: str, **given: Any) -> SigningJob:
    if case == "confirm":
        return make_job("confirm", signer="unit", **given)
    if case == "issue-two-tier":
        return make_job("issue", signer="ministry", confirmed_by="unit", **given)
    return make_job("issue", signer="unit", **given)


def review(case: str, job: SigningJob, **changes: Any) -> ReviewedJob | Refusal:
    arguments: dict[str, Any] = {
        "certificate": certificate_of("ministry" if case == "issue-two-tier" else "unit"),
        "task": "confirm" if case == "confirm" else "issue",
        "units": enrolled_units() if case == "issue-two-tier" else None,
        "now": NOW,
        "unit": None if case == "issue-two-tier" else UNIT,
    }
    return review_job(job, **{**arguments, **changes})


def judge(case: str, data: dict[str, Any]) -> ReviewedJob | Refusal:
    job = read_job(data)
    return job if isinstance(job, Refusal) else review(case, job)


def reason_of(verdict: ReviewedJob | Refusal) -> str | None:
    return verdict.reason if isinstance(verdict, Refusal) else None


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def put(data: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def flip(text: str) -> str:
    """Another base64 text of the same length: one bit of the last byte."""
    data = bytearray(base64.b64decode(text))
    data[-1] ^= 1
    return base64.b64encode(data).decode("ascii")


def name_of(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


ALL_LEAVES = [(case, path) for case in CASES for path in leaves(job_of(case).to_dict())]


def anything_else(value: Any) -> list[Any]:
    """Other values of any form, as an accident or an attacker on the way would leave them."""
    if isinstance(value, bool):
        return [not value, None, int(value)]
    if isinstance(value, int):
        return [value + 1, -value, str(value), float(value)]
    if isinstance(value, str):
        return [value + " ", value[:-1], "", None, value.swapcase() if value.swapcase() != value else value + "x"]
    return ["", "AAAA", 0, False]


def test_a_job_in_good_order_is_reviewed_whatever_the_task() -> None:
    for case in CASES:
        verdict = judge(case, job_of(case).to_dict())
        assert isinstance(verdict, ReviewedJob), (case, verdict)
        assert verdict.tbs.digest == verdict.job.tbs_digest


@pytest.mark.parametrize(
    ("case", "path"), ALL_LEAVES, ids=lambda value: value if isinstance(value, str) else name_of(value)
)
def test_every_leaf_changed_on_the_way_is_refused(case: str, path: tuple[Any, ...]) -> None:
    data = job_of(case).to_dict()
    for other in anything_else(at(data, path)):
        changed = put(data, path, other)
        if path == ("job_id",) and (not other or " " in other):
            with pytest.raises(ValueError, match="name"):
                read_job(changed)
            continue
        assert isinstance(judge(case, changed), Refusal), (name_of(path), type(other))


@pytest.mark.parametrize("case", CASES)
def test_a_part_taken_out_or_put_in_is_refused(case: str) -> None:
    data = job_of(case).to_dict()
    for key in data:
        if key != "job_id":
            assert reason_of(judge(case, {name: data[name] for name in data if name != key})) in (
                "job-form",
                "job-digest",
            )
    assert reason_of(judge(case, {**data, "note": "sign me"})) == "job-digest"
    for key in data["record"]:
        rest = {name: data["record"][name] for name in data["record"] if name != key}
        assert reason_of(judge(case, {**data, "record": rest})) == "job-digest"
        assert reason_of(judge(case, reseal({**data, "record": rest}))) == "job-form"


# What a centre that lies in good form could write: a valid other value for each leaf, and a fresh digest over the job.
LIES: dict[str, Any] = {
    "job_id": "J-0002",
    "record.record_id": "R-0002",
    "record.version": 2,
    "record.unit": "HN-002",
    "record.person.full_name": "Nguyễn Thị Minh",
    "record.person.family_name": "Nguyễn",
    "record.person.given_name": "Khai",
    "record.person.date_of_birth": "1985-05-30",
    "record.person.sex": "M",
    "record.person.nationality": "LA",
    "record.person.id_kind": "CMND",
    "record.person.id_number": "001185000124",
    "record.doses.0.number": 2,
    "record.doses.0.given_on": "2022-03-02",
    "record.doses.0.product": "spikevax",
    "record.doses.0.lot": "FK0009",
    "record.doses.0.amount": "0.5 ml",
    "record.doses.0.unit": "HN-002",
    "record.doses.0.country": "LA",
    "record.doses.0.entered_by": "minh",
    "record.doses.1.number": 3,
    "record.doses.1.given_on": "2022-04-02",
    "record.doses.1.product": "spikevax",
    "record.doses.1.lot": "FK0009",
    "record.doses.1.amount": "0.5 ml",
    "record.doses.1.unit": "HN-002",
    "record.doses.1.country": "LA",
    "record.doses.1.entered_by": "minh",
    "evidence.kind": "attestation",
    "evidence.status": "no_answer",
    "evidence.name": False,
    "evidence.date_of_birth": False,
    "evidence.sex": False,
    "evidence.id_number": False,
    "evidence.register": "somebody",
    "evidence.answered_at": "2022-06-11T03:00:00Z",
    "issuer": "Ministry of Love",
    "country": "LA",
    "signing_time": "2022-06-15T03:00:01Z",
    "layout": "another",
}
CONFIRMED_PARTS = {"job_id", "evidence.register", "evidence.answered_at", "signing_time"}
# In station mode these stand in the page alone, or in nothing that is signed: the centre compares the page's digest.
PAGE_PARTS = {"record.record_id", "record.version", "record.unit"} | {
    f"record.doses.{index}.{part}" for index in (0, 1) for part in ("lot", "amount", "unit", "entered_by")
}
EARLIER_DOSE = {"record.doses.0.given_on", "record.doses.0.product", "record.doses.0.country"}
NOT_IN_THE_SIGNED_BYTES = {
    "confirm": CONFIRMED_PARTS,
    "issue-two-tier": CONFIRMED_PARTS,
    "issue-station": CONFIRMED_PARTS | PAGE_PARTS | EARLIER_DOSE,
}


@pytest.mark.parametrize("case", CASES)
def test_a_centre_that_lies_in_good_form_is_refused_in_all_that_is_signed(case: str) -> None:
    data = job_of(case).to_dict()
    passed, seen = set(), set()
    for path in leaves(data):
        name, value = name_of(path), at(data, path)
        if name == "job_digest":
            continue
        if name in ("uvci", "issued_at", "expires_at"):
            lie = {
                "uvci": job_of(case).terms.uvci,
                "issued_at": "2022-06-15T02:59:54Z",
                "expires_at": "2023-06-14T03:00:00Z",
            }[name]
        elif name in LIES:
            lie = LIES[name]
        elif name == "task":
            lie = "issue" if value == "confirm" else "confirm"
        elif name == "evidence.person_digest":
            lie = make_person(full_name="Nguyễn Văn A").digest.hex()
        elif value is None:
            lie = "AAAA"
        else:
            lie = flip(value)
        assert lie != value, name
        seen.add(name)
        if isinstance(judge(case, reseal(put(data, path, lie))), ReviewedJob):
            passed.add(name)
    assert passed == NOT_IN_THE_SIGNED_BYTES[case]
    assert seen == {name_of(path) for path in leaves(data)} - {"job_digest"}


def changed_terms(job: SigningJob, **changes: Any) -> SigningJob:
    return replace(job, terms=replace(job.terms, **changes))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"task": "issue"}, "task-differs"),
        ({"layout": "0"}, "layout-differs"),
        ({"certificate_fingerprint": bytes(32)}, "certificate-differs"),
        ({"signing_time": NOW + timedelta(minutes=10, seconds=1)}, "signing-time"),
        ({"signing_time": NOW - timedelta(minutes=10, seconds=1)}, "signing-time"),
        ({"tbs_digest": bytes(32)}, "tbs-digest"),
        ({"confirmation": b"x"}, "confirmation-unexpected"),
        ({"confirmed_by": b"x"}, "confirmation-unexpected"),
    ],
)
def test_each_difference_has_its_own_name(change: dict[str, Any], reason: str) -> None:
    verdict = review("confirm", replace(job_of("confirm"), **change))
    assert reason_of(verdict) == reason


@pytest.mark.parametrize(
    ("issued_at", "expires_at", "reason"),
    [
        (NOW + timedelta(minutes=11), NOW + timedelta(days=300), "issued-at-ahead"),
        (NOW - timedelta(days=61), NOW + timedelta(days=300), "issued-at-old"),
        (NOW, NOW + timedelta(days=367), "expires-at-late"),
        (NOW - timedelta(days=30), NOW, "expires-at-past"),
    ],
)
def test_terms_are_judged_by_the_own_clock(issued_at: datetime, expires_at: datetime, reason: str) -> None:
    job = changed_terms(job_of("confirm"), issued_at=issued_at, expires_at=expires_at)
    assert reason_of(review("confirm", job)) == reason


def test_a_clock_within_ten_minutes_is_good_enough() -> None:
    for minutes in (-10, 10):
        assert isinstance(review("confirm", job_of("confirm"), now=NOW + timedelta(minutes=minutes)), ReviewedJob)


def test_a_certificate_that_ended_signs_nothing() -> None:
    late = datetime(2024, 1, 2, tzinfo=UTC)
    assert reason_of(review("confirm", job_of("confirm", now=late), now=late)) == "certificate-ended"


def test_evidence_from_the_future_is_refused() -> None:
    record = make_record()
    job = job_of("confirm", record=record, evidence=make_evidence(record, answered_at=NOW + timedelta(minutes=11)))
    assert reason_of(review("confirm", job)) == "evidence-ahead"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": RegisterStatus.NO_ANSWER}, "register-no-answer"),
        ({"status": RegisterStatus.DECEASED}, "register-deceased"),
        ({"status": RegisterStatus.MERGED}, "register-merged"),
        ({"sex": False}, "register-mismatch"),
        ({"person_digest": bytes(32)}, "evidence-other-person"),
    ],
)
def test_the_agent_judges_the_evidence_itself(changes: dict[str, Any], reason: str) -> None:
    job = job_of("confirm")
    verdict = review("confirm", replace(job, evidence=replace(job.evidence, **changes)))
    assert reason_of(verdict) == reason


def test_a_refusal_names_fields_and_no_values() -> None:
    job = job_of("confirm")
    verdict = review("confirm", replace(job, evidence=make_evidence(job.record, sex=False)))
    assert isinstance(verdict, Refusal)
    assert "sex" in verdict.detail
    assert job.record.person.full_name not in verdict.detail
    assert verdict.to_dict() == {"job_id": "J-0001", "reason": verdict.reason, "detail": verdict.detail}


def test_what_is_shown_is_decoded_from_the_bytes_that_are_signed() -> None:
    for case in CASES:
        verdict = review(case, job_of(case))
        assert isinstance(verdict, ReviewedJob)
        payload = verdict.tbs.payload
        assert cbor2.loads(verdict.tbs.message)[3] == payload
        claims = decode_claims(cbor2.loads(payload)[-1] if case == "confirm" else payload)
        row, entry = verdict.row, claims.dcc["v"][0]
        assert (row.surname, row.given_name) == (claims.dcc["nam"]["fn"], claims.dcc["nam"]["gn"])
        assert (row.date_of_birth, row.dose, row.given_on) == ("1985-04-30", "2/2", "2022-04-01")
        assert row.certificate_code == entry["ci"] == verdict.job.terms.uvci
        assert row.product == "Comirnaty (EU/1/20/1528)"
        assert row.expires_on == "2023-06-15"


# Two-tier: what the ministry asks of a confirmation.


def review_confirmed(job: SigningJob, units: EnrolledUnits) -> str | None:
    return reason_of(review("issue-two-tier", job, units=units))


def test_a_confirmation_by_nobody_of_the_own_list_counts_nothing() -> None:
    assert review_confirmed(job_of("issue-two-tier"), EnrolledUnits()) == "confirmation-not-enrolled"


def test_a_suspended_unit_confirms_nothing() -> None:
    assert review_confirmed(job_of("issue-two-tier"), enrolled_units().suspend(UNIT)) == "confirmation-suspended"


def test_a_unit_confirms_its_own_records_only() -> None:
    units = EnrolledUnits().add(key_of("unit").certificate_der, unit="HN-002", daily_quota=10)
    assert review_confirmed(job_of("issue-two-tier"), units) == "confirmation-unit"


def test_a_unit_that_took_over_another_confirms_for_both() -> None:
    units = (
        EnrolledUnits()
        .add(key_of("unit").certificate_der, unit="HN-002", daily_quota=10)
        .add(key_of("unit").certificate_der, unit=UNIT, daily_quota=5)
    )
    verdict = review("issue-two-tier", job_of("issue-two-tier"), units=units)
    assert isinstance(verdict, ReviewedJob)
    assert verdict.daily_quota == 5


def test_a_confirmation_must_be_there_and_be_one() -> None:
    job = job_of("issue-two-tier")
    for change, reason in (
        ({"confirmation": None}, "confirmation-missing"),
        ({"confirmed_by": None}, "confirmation-missing"),
        ({"confirmation": b"\x00"}, "confirmation-form"),
        ({"confirmation": cbor2.dumps(cbor2.CBORTag(61, cbor2.CBORTag(18, [b"", {}, b"", b""])))}, "confirmation-form"),
    ):
        assert review_confirmed(replace(job, **change), enrolled_units()) == reason


def test_a_confirmation_is_written_in_one_form_only() -> None:
    """What the PDF carries is what the unit's token signed, without room for anything beside it."""
    job = job_of("issue-two-tier")
    assert job.confirmation is not None
    protected, _, *rest = cbor2.loads(job.confirmation).value
    for other in (job.confirmation[1:], cbor2.dumps(cbor2.CBORTag(18, [protected, {"note": "read me"}, *rest]))):
        assert review_confirmed(replace(job, confirmation=other), enrolled_units()) == "confirmation-form"


@pytest.mark.parametrize("change", [{"not_after": NOW - timedelta(days=1)}, {"not_before": NOW + timedelta(days=1)}])
def test_an_ended_units_certificate_confirms_nothing(change: dict[str, Any]) -> None:
    (entry,) = enrolled_units()
    ended = replace(entry, certificate=replace(entry.certificate, **change))
    assert review_confirmed(job_of("issue-two-tier"), EnrolledUnits([ended])) == "confirmation-ended"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"record_id": "R-0009"}, "confirmation-record"),
        ({"version": 2}, "confirmation-version"),
        (
            {"doses": (make_dose(1, date(2022, 3, 1), lot="FK9999"), make_dose(2, date(2022, 4, 1)))},
            "confirmation-digest",
        ),
    ],
)
def test_the_part_of_a_confirmation_that_differs_is_named(changes: dict[str, Any], reason: str) -> None:
    other = job_of("issue-two-tier", record=make_record(**changes))
    ours = job_of("issue-two-tier")
    assert review_confirmed(replace(ours, confirmation=other.confirmation), enrolled_units()) == reason


def test_a_confirmation_of_other_terms_is_refused() -> None:
    one, other = job_of("issue-two-tier"), job_of("issue-two-tier")
    assert review_confirmed(replace(one, confirmation=other.confirmation), enrolled_units()) == "confirmation-differs"


def test_a_confirmation_with_another_signature_is_refused() -> None:
    job = job_of("issue-two-tier")
    assert job.confirmation is not None
    broken = job.confirmation[:-1] + bytes([job.confirmation[-1] ^ 1])
    assert review_confirmed(replace(job, confirmation=broken), enrolled_units()) == "confirmation-signature"


def test_a_passport_never_passes_as_a_confirmation() -> None:
    """The other purpose has another external_aad; the payload has another form as well."""
    from certificates.issuance import finish, prepare_passport
    from certificates.records.verification import verify

    job = job_of("issue-two-tier")
    tbs = prepare_passport(verify(job.record, job.evidence, today=NOW.date()), job.terms, certificate_of("unit"))
    passport = finish(tbs, key_of("unit").sign(tbs.message)).encode()
    assert review_confirmed(replace(job, confirmation=passport), enrolled_units()) == "confirmation-form"


def test_a_foreigner_is_reviewed_by_attestation() -> None:
    record = make_record(
        person=make_person(full_name="John Smith", nationality="GB", id_kind=IdKind.PASSPORT, id_number="GB1234567")
    )
    attestation = Attestation(
        person_digest=record.person.digest,
        document="passport",
        attested_by="lan",
        unit=UNIT,
        attested_at=NOW - timedelta(days=1),
    )
    verdict = review("confirm", job_of("confirm", record=record, evidence=attestation))
    assert isinstance(verdict, ReviewedJob)
    assert {"attested", "foreigner"} <= {oddity.code for oddity in verdict.oddities}


def test_another_units_record_is_remarked_on() -> None:
    verdict = review("confirm", job_of("confirm"), unit="HN-002")
    assert isinstance(verdict, ReviewedJob)
    assert "unit-other" in {oddity.code for oddity in verdict.oddities}


@pytest.mark.parametrize("task", ["confirm", "issue"])
def test_a_job_of_the_other_task_is_refused(task: Task) -> None:
    case = "confirm" if task == "confirm" else "issue-station"
    other: Task = "issue" if task == "confirm" else "confirm"
    assert reason_of(review(case, job_of(case), task=other)) == "task-differs"


def test_read_job_refuses_by_name() -> None:
    form = "a field of the job is missing or of the wrong form"
    assert read_job({"job_id": "J-1"}) == Refusal(job_id="J-1", reason="job-form", detail=form)
    nested: Any = []
    for _ in range(3000):
        nested = [nested]
    verdict = read_job({**job_of("confirm").to_dict(), "record": nested})
    assert isinstance(verdict, Refusal)
    assert verdict.reason in ("job-form", "job-digest")


@pytest.mark.parametrize("job_id", ["", 7, None, "a b", "\x1b[2J", "x" * 65])
def test_a_job_without_a_plain_name_cannot_even_be_refused(job_id: Any) -> None:
    with pytest.raises(ValueError, match="name"):
        read_job({"job_id": job_id})


def test_every_reason_has_the_form_that_the_centre_takes() -> None:
    """One reason of another form, and the centre would refuse the whole batch."""
    job = make_job("confirm", signer="unit")
    refused = review("confirm", replace(job, terms=replace(job.terms, issuer="")))
    assert isinstance(refused, Refusal)
    assert refused.reason == "schema"
