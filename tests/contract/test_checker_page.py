"""The page decides as the library does: one bundle, the same texts, the same answers."""

import datetime as dt
from pathlib import Path
from random import Random
from typing import Any

import cbor2

from certificates.bundle_signing import Changes
from certificates.errors import IssuanceError
from certificates.rule_files import read_json
from certificates.rule_list import join
from certificates.rules import DEFAULT_RULES
from certificates.trust_entries import TrustEntry, in_order
from tests.fuzz.codes import code_families, own_seeds, public_seeds
from tests.support.bundles import bundle_of
from tests.support.checker import Question, ask_page, ask_python
from tests.support.codes import ABSENT, AT, claims, cose_bytes, dcc, hc1
from tests.support.trust_lists import ENTRY

MUTANTS = 3000
RULES = join(read_json(DEFAULT_RULES))
WHEN = (AT, AT - dt.timedelta(days=400), AT + dt.timedelta(days=200))


def entries() -> tuple[TrustEntry, ...]:
    """Whatever signed the codes of the public sets, and our own, as far as a list takes it."""
    found = [ENTRY]
    for seed in [*own_seeds(), *public_seeds()]:
        for signer in seed.trust:
            try:
                found.append(TrustEntry.of(signer.der, country=signer.country or "VN"))
            except IssuanceError:
                continue
    return in_order(found)


def test_what_stands_there_without_a_meaning_is_not_absent(tmp_path: Path) -> None:
    """CBOR's undefined, null and a simple value, in the place of each claim."""
    bundle = bundle_of(tmp_path)
    nothings = (cbor2.undefined, None, cbor2.CBORSimpleValue(40), ABSENT)
    made = [claims(**{name: nothing}) for name in ("iss", "exp", "iat", "hcert") for nothing in nothings]
    made += [claims(dcc=dcc(v=[{**dcc()["v"][0], "ma": nothing}])) for nothing in nothings[:3]]
    questions = [Question(hc1(cose_bytes(payload=cbor2.dumps(one))), AT) for one in made]
    colliding = {
        (-1, number): 0 for number in range(20)
    }  # keys that are lists, in a text that is long, and in a short one
    for length in (60, 2000):
        header: dict[Any, Any] = {**colliding, "x": bytes(length)}
        questions.append(Question(hc1(cose_bytes(unprotected=header)), AT))
    _opening, *answers = ask_page(tmp_path, questions, at=AT)
    assert answers == [ask_python(bundle, question) for question in questions]
    assert {answer["reason"] for answer in answers} == {None, "CWT", "SCHEMA", "COSE"}


def test_codes_and_their_mutants(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, changes=Changes(entries=entries(), rules=RULES))
    seeds = [*own_seeds(), *public_seeds()]
    questions = [Question(seed.text, at) for seed in seeds for at in (seed.at, AT)]
    questions += [
        Question(seed.text, at, policy) for seed in seeds for at in WHEN[:2] for policy in ("border", "venue")
    ]
    draw = Random(7)  # noqa: S311 - the same mutants in every run
    made = code_families(seeds)
    drawn = draw.choices(made, [family.weight for family in made], k=MUTANTS)
    questions += [Question(mutant.text, mutant.at) for mutant in (family.make(draw) for family in drawn)]
    opening, *answers = ask_page(tmp_path, questions, at=AT)
    assert opening == {"version": 1, "signers": len(bundle.trust), "revoked": 0}
    differing = [
        (question.text, str(question.at), question.policy, answer, expected)
        for question, answer in zip(questions, answers, strict=True)
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
