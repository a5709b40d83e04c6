"""The whole road on real parts: a service of its own process, tokens in SoftHSM, every step by its command."""

import csv
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from pkcs11 import Attribute, CertificateType, ObjectClass

from certificates.profiles import Subject, issue_csca, to_pem
from hsm import provisioning
from hsm.provisioning import store_certificate
from hsm.sessions import load
from tests.support.road import PEOPLE, STATION, VAXSEAL, Road, build_road, copy_road
from tests.support.softhsm import GoldenToken, GoldenTokens, golden_tokens
from vaxseal.vietnamese import vietnamese_of

__all__ = ["golden_tokens"]  # a fixture


@pytest.fixture(scope="module")
def two_tier_ready(tmp_path_factory: pytest.TempPathFactory, golden_tokens: GoldenTokens) -> Road:
    """Built once: every test works on a copy."""
    folder = tmp_path_factory.mktemp("two-tier")
    return build_road(folder, golden_tokens, "two-tier", golden_tokens.ec, golden_tokens.rsa)


@pytest.fixture
def two_tier(tmp_path: Path, two_tier_ready: Road) -> Iterator[Road]:
    road = copy_road(two_tier_ready, tmp_path / "road")
    road.start()
    yield road
    road.stop()


def fetch_and_check(road: Road) -> None:
    """What a citizen does, and what a checker does with it."""
    issued = road.issued()
    assert len(issued) == PEOPLE
    post = {"certificate_code": issued[0][0], "date_of_birth": "1985-04-30"}
    passport = httpx2.post(f"{road.centre}/v1/citizen/passport", json=post, trust_env=False).json()
    assert passport["status"] == "valid"
    with (road.folder / "slips.csv").open(encoding="utf-8-sig", newline="") as file:
        codes = {slip["record"]: slip["code"] for slip in csv.DictReader(file)}
    assert len(codes) == PEOPLE
    post["claim_code"] = codes[issued[0][1]]
    answer = httpx2.post(f"{road.centre}/v1/citizen/certificate.pdf", json=post, trust_env=False)
    assert answer.status_code == 200, answer.text
    page = road.folder / "certificate.pdf"
    page.write_bytes(answer.content)
    road.run("check", passport["hc1"], str(page), "--trust", str(road.folder / "trust"))


def test_two_tier_from_spreadsheet_to_checked_passport(two_tier: Road) -> None:
    road = two_tier
    confirmed = road.sign("station", "--limit", "4", "--all")
    assert confirmed["counts"] == {"accepted": PEOPLE, "already": 0, "rejected": 0, "refused": 0, "unsent": 0}
    assert road.states() == {"confirmed": PEOPLE}
    assert {code for job in confirmed["jobs"] for code in job["oddities"]} >= {"dose-old"}
    issued = road.sign("ministry", "--all")
    assert issued["counts"]["accepted"] == PEOPLE, issued
    assert road.states() == {"issued": PEOPLE}
    again = road.sign("ministry", "--all")
    assert again["jobs"] == []
    fetch_and_check(road)


def test_in_station_mode_the_station_signs_passport_and_page(tmp_path: Path, golden_tokens: GoldenTokens) -> None:
    road = build_road(tmp_path, golden_tokens, "station", golden_tokens.rsa, golden_tokens.ec)
    road.start()
    try:
        issued = road.sign("station", "--all")
        assert issued["counts"]["accepted"] == PEOPLE, issued
        assert road.states() == {"issued": PEOPLE}
        fetch_and_check(road)
        assert road.sign("ministry", expect=2)["error"] == "mode-differs"  # its token only watches here
    finally:
        road.stop()


def test_the_table_is_shown_and_a_no_signs_nothing(two_tier: Road) -> None:
    sign = ("station", "sign", "--centre", two_tier.centre, "--account", "lan", "--pin-stdin")
    said_no = two_tier.run(*sign, token="station", typed=f"{two_tier.pins['station']}\nn\n", expect=1)
    assert "URN:UVCI:01:VN:" in said_no.stderr
    assert "last dose on" in said_no.stderr
    assert "Nothing was signed" in said_no.stdout
    assert two_tier.states() == {"ready": PEOPLE}
    two_tier.run(*sign, token="station", typed=f"{two_tier.pins['station']}\ny\n")
    assert two_tier.states() == {"confirmed": PEOPLE}
    assert two_tier.pins["station"] not in (two_tier.folder / "service.log").read_text()
    assert "Nguyễn" not in (two_tier.folder / "service.log").read_text()


def test_ctrl_c_at_the_question_is_a_no(two_tier: Road) -> None:
    sign = ("station", "sign", "--centre", two_tier.centre, "--account", "lan", "--pin-stdin")
    desk = subprocess.Popen(
        [*VAXSEAL, *sign],
        env=two_tier.environment("station"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert desk.stdin is not None
    assert desk.stderr is not None
    desk.stdin.write(f"{two_tier.pins['station']}\n".encode())
    desk.stdin.flush()
    said = b""
    while b"[y/N]" not in said:
        said += os.read(desk.stderr.fileno(), 4096)
        assert desk.poll() is None, said
    desk.send_signal(signal.SIGINT)
    assert b"Nothing was signed" in desk.communicate(timeout=60)[0]
    assert desk.returncode == 1
    assert two_tier.states() == {"ready": PEOPLE}


def test_a_unit_outside_the_ministrys_list_gets_no_passport(two_tier: Road) -> None:
    two_tier.sign("station", "--all")
    listed = ("--file", str(two_tier.folder / "units.json"))
    two_tier.run("ministry", "units", "suspend", STATION, *listed)
    assert two_tier.answer("ministry", "units", "list", *listed)[0]["suspended"] is True
    refused = two_tier.sign("ministry", "--all", expect=1)
    assert refused["counts"]["refused"] == PEOPLE
    assert {job["reason"] for job in refused["jobs"]} == {"confirmation-suspended"}
    assert two_tier.issued() == []


def put_beside(token: GoldenToken, der: bytes) -> None:
    """Store another key's certificate under this key's id, which our own commands refuse to do."""
    with token.open_bare() as key, provisioning._writing(load(token.module), token.selector, lambda: token.pin) as one:
        one.raw.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.ID: key.key_id,
                Attribute.SUBJECT: x509.load_der_x509_certificate(der).subject.public_bytes(),
                Attribute.VALUE: der,
            }
        )


def test_what_stops_a_signer_is_one_sentence_and_exit_code_2(two_tier: Road) -> None:
    road, tokens = two_tier, two_tier.tokens
    road.plug("none")
    road.plug("both", tokens.ec, tokens.rsa)
    stranger = tokens.new_token("EC")
    der = tokens.new_dsc(stranger)
    store_certificate(stranger.module, stranger.selector, lambda: stranger.pin, der)
    road.plug("stranger", stranger)
    ended = tokens.new_token("EC")
    with ended.open_bare() as key:
        subject = Subject(common_name="Trạm", organisation="Sở Y tế")
        begun = datetime(2019, 1, 1, tzinfo=UTC)
        old = issue_csca(key, public_key_der=key.public_key_der, subject=subject, not_before=begun)
    store_certificate(ended.module, ended.selector, lambda: ended.pin, old)
    road.plug("ended", ended)
    misfit = tokens.new_token("EC")
    put_beside(misfit, tokens.ec.certificate_der)
    road.plug("misfit", misfit)
    road.plug("bare", tokens.new_token("EC"))
    faults: list[tuple[str, dict[str, Any]]] = [
        ("pin-incorrect", {"pin": "99990000"}),
        ("pin-form", {"pin": "12345ă"}),
        ("token-not-found", {"token": "none"}),
        ("token-ambiguous", {"token": "both"}),
        ("login-refused", {"token": "stranger"}),
        ("certificate-ended", {"token": "ended"}),
        ("key-mismatch", {"token": "misfit"}),
        ("certificate-not-found", {"token": "bare"}),
    ]
    for code, how in faults:
        answer = road.sign("station", **how, expect=2)
        assert answer["error"] == code, answer
        assert answer["detail"].endswith(".")
        assert answer["detail_vi"].endswith(".")
    for code, name, typed in (("pin-form", "station", "\n"), ("pin-none", "station", "")):
        more = ("--pin-stdin",) if typed else ()
        sign = ("station", "sign", "--centre", road.centre, "--account", "lan", "--yes", *more)
        said = road.run(*sign, token=name, typed=typed, expect=2).stderr
        assert said.count("\n") >= 2
        assert vietnamese_of(code) in said
    at_ministry = road.sign("station", token="ministry", expect=2)
    assert at_ministry["error"] == "role-differs"
    assert "ministry sign" in at_ministry["detail"]
    pinned = (
        "--list-roots",
        str(road.folder / "csca.pem"),
    )
    (road.folder / "csca.pem").write_text(to_pem(tokens.csca.certificate_der))
    assert road.sign("ministry", *pinned, expect=2)["error"] == "lists-unusable"
    assert road.states() == {"ready": PEOPLE}
    road.stop()
    assert road.sign("station", expect=2)["error"] == "centre-unreachable"
