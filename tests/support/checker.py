"""The page's checker (`api/web/checker`), run by node on its own; and Python's beside it, for comparison."""

import base64
import datetime as dt
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from certificates.bundle import CheckerBundle
from certificates.errors import CheckError, IssuanceError
from certificates.grounds import Acceptance, Grounds
from certificates.rules import RefusedByRules
from certificates.trust_entries import TrustEntry, in_order
from tests.fuzz.codes import code_families, own_seeds, public_seeds
from tests.support.codes import AT
from tests.support.fixtures import read_jsonl
from tests.support.trust_lists import ENTRY, ROOTS

CORE = Path(__file__).parents[2] / "api" / "web" / "checker" / "dist" / "core.js"
RUNNER = Path(__file__).with_suffix(".mjs")
WHEN = (AT, AT - dt.timedelta(days=400))


@dataclass(frozen=True)
class Question:
    """A text, when it is looked at, and for which occasion."""

    text: str
    at: dt.datetime
    policy: str | None = None


def ask_page(
    folder: Path,
    questions: Iterable[Question],
    *,
    at: dt.datetime,
    roots: Sequence[bytes] = ROOTS,
    seen: int = 0,
) -> list[dict[str, Any]]:
    """What opening the bundle gave, then an answer for each question. Skips the test where there is no node."""
    node = shutil.which("node")
    if node is None or not CORE.exists():
        pytest.skip("no node here, or the page was not built: what the page decides is left out")
    lines = [
        {
            "folder": str(folder),
            "roots": [base64.b64encode(root).decode() for root in roots],
            "at": ms(at),
            "seen": seen,
        }
    ]
    lines += [
        {
            "text": one.text,
            "at": ms(one.at),
            "acceptance": {"country": "VN", "policy": one.policy} if one.policy else None,
        }
        for one in questions
    ]
    said = subprocess.run(
        [node, RUNNER, CORE.as_uri()],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert said.returncode == 0, said.stderr[-3000:]
    return [json.loads(line) for line in said.stdout.splitlines()]


def ask_python(bundle: CheckerBundle, question: Question) -> dict[str, Any]:
    """The same answer by the library."""
    acceptance = None
    if question.policy:
        acceptance = Acceptance.of(bundle.rules, "VN", question.policy)
    grounds = Grounds(trust=bundle.trust, revocation=bundle.revocation, acceptance=acceptance)
    try:
        verdict: Any = grounds.check_text(question.text, question.at)
    except CheckError as error:
        verdict = error
    said = grounds.answer(verdict)
    certificate = verdict.certificate if isinstance(verdict, RefusedByRules) else verdict
    proved = not isinstance(certificate, CheckError)
    return {
        "verdict": said["verdict"],
        "reason": said["reason"],
        "other": said.get("other_code"),
        "issuer": said["issuer"],
        "kid": said["kid"],
        "alg": said["alg"],
        "rules": [{"identifier": rule["identifier"], "result": rule["result"]} for rule in said.get("rules", [])],
        "name": certificate.payload["nam"].get("fnt") if proved else None,
    }


def trusted_entries() -> tuple[TrustEntry, ...]:
    """Whatever signed the codes of the public sets, and our own, as far as a list takes it."""
    found = [ENTRY]
    for seed in [*own_seeds(), *public_seeds()]:
        for signer in seed.trust:
            try:
                found.append(TrustEntry.of(signer.der, country=signer.country or "VN"))
            except IssuanceError:
                continue
    return in_order(found)


def public_texts() -> list[str]:
    """Every code of the public sets, also those that cannot be taken apart."""
    folder = os.environ.get("VAXSEAL_FIXTURES")
    if not folder:
        return []
    cases = read_jsonl("eu-dgc-testdata/cases.jsonl")
    return [row["prefix"] for row in cases] + [row["text"] for row in read_jsonl("eu-dcc-qa/codes.jsonl")]


def questions(mutants: int) -> list[Question]:
    """The codes of the public sets and our own, at several times, for every occasion; and so many of their mutants."""
    seeds = [*own_seeds(), *public_seeds()]
    asked = [Question(seed.text, at) for seed in seeds for at in (seed.at, AT)]
    asked += [Question(text, AT) for text in public_texts()]
    asked += [Question(seed.text, at, policy) for seed in seeds for at in WHEN for policy in ("border", "venue")]
    draw = Random(7)  # noqa: S311 - the same mutants in every run
    made = code_families(seeds)
    drawn = draw.choices(made, [family.weight for family in made], k=mutants)
    return asked + [Question(mutant.text, mutant.at) for mutant in (family.make(draw) for family in drawn)]


def ms(moment: dt.datetime) -> float:
    """Milliseconds since 1970."""
    return moment.timestamp() * 1000
