"""A verdict can always be told: as JSON to machines, and on a screen to people, whatever was signed."""

import io
import json
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from certificates.checking import check_text
from certificates.errors import CheckError
from certificates.trust import TrustStore
from certificates.verdicts import answer
from tests.support.codes import AT, claims, cose_bytes, dcc, hc1
from tests.support.softkeys import soft_key
from vaxseal import verdicts
from vaxseal.verdicts import show

KEY = soft_key("ES256")
TRUST = TrustStore.of([KEY.certificate_der])
STRANGE = [None, True, 0, 2**64 - 1, 2.0, float("nan"), float("inf"), 1e300, b"x", [], [None], {}, {"a": 1}, {1: 2}]
TAGGED = [cbor2.CBORTag(0, "1964"), cbor2.CBORTag(1, 5), cbor2.undefined]
ODD = st.sampled_from([*STRANGE, *TAGGED, "", "\x1b[2J", "\u202e", "[bold]", ":ID:"]) | st.text(max_size=80)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    shown = io.StringIO()
    monkeypatch.setattr(verdicts, "out", Console(file=shown, soft_wrap=True, emoji=False))
    return shown


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["", "nam", "v"]), st.integers(0, 12), ODD), min_size=1, max_size=3))
def test_whatever_a_trusted_signer_signed(screen: io.StringIO, changes: list[tuple[str, int, Any]]) -> None:
    document = dcc()
    for part, number, value in changes:
        place = document if not part else document.get(part)
        place = place[0] if part == "v" and isinstance(place, list) and place else place
        if isinstance(place, dict):
            place[[*place, "x"][number % (len(place) + 1)]] = value
    text = hc1(cose_bytes(KEY, cbor2.dumps(claims(dcc=document))))
    verdict: Any
    try:
        verdict = check_text(text, TRUST, AT)
    except CheckError as refusal:
        verdict = refusal
    assert json.loads(json.dumps(answer(verdict), allow_nan=False))["verdict"] in ("valid", "invalid")
    show(verdict, "name")
    assert "\x1b" not in screen.getvalue()
