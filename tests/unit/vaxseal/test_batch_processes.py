import io
import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from certificates.errors import CheckError, CheckReason
from certificates.grounds import Acceptance, Grounds, ListsAge
from certificates.revocation.building import build_index, write_index
from certificates.revocation.hashes import HashType, uci_hash
from certificates.revocation.index import RevocationIndex
from certificates.rules import RuleSet
from certificates.signed_list import AgeLimits
from certificates.trust import TrustStore
from tests.support.bundles import bundle_of
from tests.support.codes import AT, code, dcc
from tests.support.revocation import Mirror, issue
from tests.support.softkeys import soft_key
from vaxseal.batch import MAX_LINE, check_lines, to_json
from vaxseal.batch_processes import answer_lines

KEY = soft_key("ES256")
RSA_KEY = soft_key("PS256")
TRUST = TrustStore.of([KEY.certificate_der, RSA_KEY.certificate_der])
REVOKED = "URN:UVCI:01:VN:REVOKED"
LINES = [
    {"id": 0, "text": code()},
    {"id": "Đ", "text": code(RSA_KEY)},
    {"id": 2, "text": code(dcc=dcc(v=[dcc()["v"][0] | {"ci": REVOKED}]))},
    {"id": 3, "text": code(), "at": "2023-04-27T00:00:00Z"},  # too old for Vietnam's rules
    {"id": 4, "text": "HC1:"},
]


def batch(times: int) -> bytes:
    """Good lines, and what nobody can read, over and over."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in LINES * times) + b"no\n\xff\n" + b"x" * 9


def one_process(data: bytes, grounds: Grounds) -> str:
    return "".join(map(to_json, check_lines(io.BytesIO(data), grounds, AT)))


def everything(tmp_path: Path, *, in_a_file: bool) -> Grounds:
    """Trust as a list gives it, revocations, rules, and the age of the lists."""
    bundle = bundle_of(tmp_path / "bundle")
    publication = issue(None, {(KEY.certificate.kid, HashType.UCI): [uci_hash(REVOKED)]})
    revocation_list, chunks = publication.revocation_list, Mirror(publication).read(publication.revocation_list)
    index = build_index(revocation_list, chunks)
    if in_a_file:
        write_index(tmp_path / "index", revocation_list, chunks)
        index = RevocationIndex.open(tmp_path / "index")
    return Grounds(
        trust=TRUST,
        revocation=index,
        acceptance=Acceptance(rules=RuleSet.default(), country="VN", policy="border"),
        lists=ListsAge.of(bundle, AT, AgeLimits()),
    )


@pytest.mark.parametrize("in_a_file", [True, False])
def test_two_processes_answer_as_one(tmp_path: Path, in_a_file: bool) -> None:
    grounds, data = everything(tmp_path, in_a_file=in_a_file), batch(300)
    expected = one_process(data, grounds)
    reasons = {json.loads(line)["reason"] for line in expected.splitlines()}
    assert reasons == {None, "REVOKED", "RULE", "CONTEXT", "ZLIB"}
    assert "".join(answer_lines(io.BytesIO(data), grounds, AT, jobs=2, size=len(data))) == expected


def test_a_line_that_is_too_long_keeps_its_place() -> None:
    data = batch(1) + b"\n" + b"x" * (MAX_LINE + 1) + b"\n" + batch(1)
    grounds = Grounds(trust=TRUST)
    assert "".join(answer_lines(io.BytesIO(data), grounds, AT, jobs=2, size=0)) == one_process(data, grounds)


def test_workers_that_are_killed_cost_no_answer() -> None:
    grounds, data = Grounds(trust=TRUST), batch(800)
    found: list[str] = []
    for text in answer_lines(io.BytesIO(data), grounds, AT, jobs=2, size=0):
        if not found:
            for worker in multiprocessing.active_children():
                worker.kill()
        found.append(text)
    assert "".join(found) == one_process(data, grounds)


class Counted(io.BytesIO):
    """Knows how many lines were read."""

    asked = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.asked += 1
        return super().readline(size)


def test_lines_are_read_as_they_are_needed() -> None:
    lines = Counted(batch(10_000))
    answers = answer_lines(lines, Grounds(trust=TrustStore.of(())), AT, jobs=2, size=0)
    next(answers)
    assert 0 < lines.asked < 10_000
    assert isinstance(answers, Iterator)
    answers.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_one_process_answers_each_line_at_once() -> None:
    for jobs, size in ((1, 10**9), (None, 1000)):
        lines = Counted(batch(1))
        answers = answer_lines(lines, Grounds(trust=TRUST), AT, jobs=jobs, size=size)
        assert json.loads(next(answers))["id"] == 0
        assert lines.asked == 1


def test_lists_that_cannot_be_used_are_every_answer() -> None:
    grounds = Grounds(trust=CheckError(CheckReason.TRUST, "list-age: version 1 is 8 days old"))
    lines: IO[bytes] = io.BytesIO(batch(1))
    reasons = [json.loads(text)["reason"] for text in answer_lines(lines, grounds, AT, jobs=2, size=0)]
    assert reasons[:5] == ["TRUST"] * 5
