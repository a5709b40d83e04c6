import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.errors import IssuanceError
from certificates.jobs import SignedJob, SigningJob, job_digest
from tests.support.records import attestation
from tests.support.signing import make_job, reseal

SIGNED = SignedJob(job_id="J-1", signature=b"\1" * 64, hc1="HC1:6BF", cms=b"\2\3", pdf_digest=b"\4" * 32)


@pytest.mark.parametrize("confirmed_by", [None, "unit"])
def test_a_job_survives_the_wire(confirmed_by: str | None) -> None:
    job = make_job("issue", signer="ministry", confirmed_by=confirmed_by)
    assert SigningJob.from_dict(json.loads(json.dumps(job.to_dict()))) == job


def test_a_job_for_a_foreigner_survives_the_wire() -> None:
    job = replace(make_job("confirm", signer="unit"), evidence=attestation())
    assert SigningJob.from_dict(json.loads(json.dumps(job.to_dict()))) == job


def test_a_signed_job_survives_the_wire() -> None:
    assert SignedJob.from_dict(json.loads(json.dumps(SIGNED.to_dict()))) == SIGNED
    bare = SignedJob(job_id="J-2", signature=b"\1" * 64)
    assert SignedJob.from_dict(bare.to_dict()) == bare


@pytest.mark.parametrize("field", sorted(make_job("confirm", signer="unit").to_dict()))
def test_no_field_can_be_changed_or_left_out(field: str) -> None:
    data = make_job("confirm", signer="unit").to_dict()
    changed = data | {field: "x"}
    missing = {key: value for key, value in data.items() if key != field}
    for wrong in (changed, missing):
        with pytest.raises(IssuanceError) as caught:
            SigningJob.from_dict(wrong)
        assert caught.value.code in ("job-form", "job-digest")


@pytest.mark.parametrize(
    "change",
    [
        {"task": "sign"},
        {"issued_at": "2022-06-15T03:00:00"},
        {"issued_at": "never"},
        {"tbs_digest": "***"},
        {"certificate_fingerprint": None},
        {"confirmation": 7},
        {"evidence": {"kind": "hearsay"}},
        {"record": []},
    ],
)
def test_a_well_sealed_job_of_the_wrong_form(change: dict[str, Any]) -> None:
    with pytest.raises(IssuanceError) as caught:
        SigningJob.from_dict(reseal(make_job("confirm", signer="unit").to_dict() | change))
    assert caught.value.code == "job-form"


def test_times_in_a_job_have_an_order() -> None:
    data = make_job("confirm", signer="unit").to_dict()
    with pytest.raises(IssuanceError) as caught:
        SigningJob.from_dict(reseal(data | {"expires_at": data["issued_at"]}))
    assert caught.value.code == "terms-order"


def test_the_seal_does_not_depend_on_the_order_of_keys() -> None:
    data = make_job("confirm", signer="unit").to_dict()
    assert job_digest(dict(reversed(data.items()))) == job_digest(data)
    assert base64.b64decode(data["job_digest"]) == job_digest(data)


@pytest.mark.parametrize(
    "change", [{"signature": None}, {"signature": "%"}, {"cms": 1}, {"pdf_digest": "é"}, {"job_id": ...}]
)
def test_a_signed_job_of_the_wrong_form(change: dict[str, Any]) -> None:
    data = {key: value for key, value in (SIGNED.to_dict() | change).items() if value is not ...}
    with pytest.raises(IssuanceError) as caught:
        SignedJob.from_dict(data)
    assert caught.value.code == "job-form"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(make_job("confirm", signer="unit").to_dict())), JSON)
def test_only_issuance_errors(field: str, value: Any) -> None:
    data = make_job("confirm", signer="unit").to_dict() | {field: value}
    for job in (data, reseal(data)):
        try:
            SigningJob.from_dict(job)
        except IssuanceError:
            continue


@pytest.mark.parametrize("job_id", ["", 7, None, "\ud800", "a\x1b[2J", "a b", "x" * 65, "é"])
def test_a_job_is_named_by_few_plain_characters(job_id: Any) -> None:
    """The name goes into a database and onto a terminal."""
    signed = SignedJob(job_id="a", signature=b"x").to_dict()
    with pytest.raises(IssuanceError) as caught:
        SignedJob.from_dict({**signed, "job_id": job_id})
    assert caught.value.code == "job-form"
    if job_id == "\ud800":
        return  # no seal can be made over it
    with pytest.raises(IssuanceError) as caught:
        SigningJob.from_dict(reseal({**make_job("confirm", signer="unit").to_dict(), "job_id": job_id}))
    assert caught.value.code == "job-form"
