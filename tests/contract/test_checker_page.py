"""The page decides as the library does: one bundle, the same texts, the same answers."""

from pathlib import Path
from typing import Any

import cbor2

from certificates.bundle_signing import Changes
from certificates.rule_files import read_json
from certificates.rule_list import join
from certificates.rules import DEFAULT_RULES
from tests.support.bundles import bundle_of
from tests.support.checker import Question, ask_page, ask_python, questions, trusted_entries
from tests.support.codes import ABSENT, AT, claims, cose_bytes, dcc, hc1

RULES = join(read_json(DEFAULT_RULES))


def test_what_stands_there_without_a_meaning_is_not_absent(tmp_path: Path) -> None:
    """CBOR's undefined, null and a simple value, in the place of each claim."""
    bundle = bundle_of(tmp_path)
    nothings = (cbor2.undefined, None, cbor2.CBORSimpleValue(40), ABSENT)
    made = [claims(**{name: nothing}) for name in ("iss", "exp", "iat", "hcert") for nothing in nothings]
    made += [claims(dcc=dcc(v=[{**dcc()["v"][0], "ma": nothing}])) for nothing in nothings[:3]]
    asked = [Question(hc1(cose_bytes(payload=cbor2.dumps(one))), AT) for one in made]
    colliding = {(-1, number): 0 for number in range(20)}
    for length in (60, 2000):
        header: dict[Any, Any] = {**colliding, "x": bytes(length)}
        asked.append(Question(hc1(cose_bytes(unprotected=header)), AT))
    _opening, *answers = ask_page(tmp_path, asked, at=AT)
    assert answers == [ask_python(bundle, question) for question in asked]
    assert {answer["reason"] for answer in answers} == {None, "CWT", "SCHEMA", "COSE"}


def test_codes_and_their_mutants(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, changes=Changes(entries=trusted_entries(), rules=RULES))
    asked = questions(3000)
    opening, *answers = ask_page(tmp_path, asked, at=AT)
    assert opening == {"version": 1, "signers": len(bundle.trust), "revoked": 0}
    differing = [
        (question.text, str(question.at), question.policy, answer, expected)
        for question, answer in zip(asked, answers, strict=True)
        if answer != (expected := ask_python(bundle, question))
    ]
    assert differing == []
    assert {answer["reason"] for answer in answers} >= {
        None,
        "CONTEXT",
        "B45",
        "ZLIB",
        "COSE",
        "KID",
        "SIG",
        "CWT",
        "TIME",
    }
