"""The page in a real Chromium against the library: the same verdicts, the same reasons, the same refusals of lists."""

import datetime as dt
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest

from api.checkers.scanner import PageFile
from api.context import system_clock
from certificates.base45 import b45encode
from certificates.bundle_folder import MANIFEST, PARTS, open_bundle
from certificates.bundle_signing import Changes, sign_next
from certificates.cose import CoseSign1, decode_cose_sign1
from certificates.errors import CertificateError
from certificates.hc1 import decode_hc1
from certificates.pki import key_identifier
from certificates.revocation.hashes import HashType, country_uci_hash, signature_hash, uci_hash
from certificates.trust_entries import in_order
from tests.support.browser import browser
from tests.support.checker import Question, ask_python, ms, questions, trusted_entries
from tests.support.codes import claims, code, cose_bytes, hc1
from tests.support.fixtures import fixtures, read_json, read_jsonl
from tests.support.scanner import DAY, DSC, ENTRY, LIST_KEY, NOW, ROOT, RULES, Site, passport, person, scanner_site
from tests.support.softkeys import soft_key
from tests.support.trust_lists import certify, make_root

KID = key_identifier(DSC.certificate_der)
REVOKED_BY_CODE, REVOKED_BY_COUNTRY, REVOKED_BY_SIGNATURE = (passport(number) for number in (11, 12, 13))
_DECIDE = """async (questions) => {
  const { engine } = await import("/scan/client.js");
  const answers = [];
  for (const [text, at, mode] of questions) answers.push(await engine.decide(text, at, mode, false));
  return answers;
}"""
_REFRESH = """async () => (await import("/scan/client.js")).engine.refresh()"""
_EVALUATE = """async (questions) => {
  const { evaluate } = await import("/scan/core.js");
  return questions.map((one) => JSON.stringify(evaluate(...JSON.parse(one))));
}"""
Asked = list[tuple[str, float, str | None]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with scanner_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def page(site: Site) -> Iterator[Any]:
    with browser() as chromium:
        yield chromium.new_page(locale="vi-VN")


def faulty_codes() -> list[str]:
    """Our own: each wrong in one way, and each way of telling a rule or a list no."""
    stranger = soft_key("PS256")
    now = {"iat": int(NOW.timestamp()) - 86_400, "exp": int(NOW.timestamp()) + 86_400}
    right = passport(1)
    return [
        right,
        REVOKED_BY_CODE,
        REVOKED_BY_COUNTRY,
        REVOKED_BY_SIGNATURE,
        passport(2, key=stranger),
        passport(3, dn=1, sd=2),
        passport(4, mp="WIBP-CorV"),
        passport(5, dt=(NOW - 3 * DAY).date().isoformat()),
        passport(6, dt=(NOW - 400 * DAY).date().isoformat()),
        passport(7, dt="2026-02-30"),
        code(DSC, **now, iss="FR", dcc=person(8)),
        code(DSC, iat=now["iat"] - 400 * 86_400, exp=now["exp"], dcc=person(9)),  # before the signer's time
        code(DSC, iat=now["iat"], exp=now["iat"] + 60, dcc=person(10)),
        code(DSC, **now, hcert={1: []}),
        code(DSC, **now, hcert={-6: {"v": []}}),
        hc1(cose_bytes(DSC, cbor2.dumps(claims(**now)), signature=bytes(64))),
        right[:-4],
        right + " ",
        right.lower(),
        right.replace("HC1:", "HC2:"),
        "HC1:" + b45encode(b"\x78\x9c" + bytes(40)),
        "HC1:ABC\u0110",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "https://example.vn/?q=" + "A" * 3000,
        "HC1:" + "A" * 5000,
        "shc:/5676290952432060346",
        "079203001234|123456789|Nguyễn Thị Ánh|01011990|Nữ|Hà Nội|01012021",
        "\u202eHC1:",
        "",
    ]


def differing(page: Any, site: Site, asked: list[Question]) -> list[Any]:
    """The questions that page and library answer otherwise. Nothing is decided twice."""
    bundle = open_bundle(site.lists, [ROOT.certificate_der], at=system_clock(), seen=0)
    rows: Asked = [(one.text, ms(one.at), one.policy) for one in asked]
    found = []
    for question, answer in zip(asked, page.evaluate(_DECIDE, rows), strict=True):
        expected = ask_python(bundle, question)
        proved = expected.pop("name") is not None or expected["kid"] is not None
        said = {name: answer[name] for name in expected}
        said["rules"] = [{"identifier": rule["identifier"], "result": rule["result"]} for rule in answer["rules"]]
        if said != expected or (answer["shown"] is not None) != proved:
            found.append((question.text[:60], str(question.at), question.policy, answer, expected))
    return found


def test_the_same_verdicts_on_all_open_sets_and_our_own_faults(site: Site, page: Any) -> None:
    added = {
        (KID, HashType.UCI): [uci_hash(ci_of(REVOKED_BY_CODE))],
        (b"VN", HashType.COUNTRYCODEUCI): [country_uci_hash("VN", ci_of(REVOKED_BY_COUNTRY))],
        (KID, HashType.SIGNATURE): [signature_hash(parts_of(REVOKED_BY_SIGNATURE).signature, "ES256")],
    }
    entries = in_order([*trusted_entries(), ENTRY])
    changes = Changes(entries=entries, rules=RULES, added=added, entries_expire_at=NOW + 365 * DAY)
    bundle = site.publish(changes)
    page.goto(site.page)
    page.locator("#list").get_by_text("Danh sách số 1").wait_for()
    state = page.evaluate(_REFRESH)
    assert (state["version"], state["signers"], state["revoked"]) == (1, len(bundle.trust), 3)
    assert (state["trouble"], state["policies"]) == (None, ["border", "venue"])
    asked = [Question(text, NOW, policy) for text in faulty_codes() for policy in (None, "border", "venue")]
    asked += [Question(passport(1), NOW + days * DAY) for days in (-3, 290, 400)]
    asked += questions(1000)
    assert differing(page, site, asked) == []


def test_the_published_rules_and_assertions(site: Site, page: Any) -> None:
    """The official suite of CertLogic, and national rules on their own tests, by the evaluator in the page."""
    asked = []
    for file in sorted((fixtures("CertLogic") / "certlogic").glob("*.json")):
        for case in read_json(f"certlogic/{file.name}")["cases"]:
            for one in case["assertions"]:
                logic = one.get("certLogicExpression", case.get("certLogicExpression"))
                asked.append((file.name, logic, one["data"], one["expected"]))
    rules = {row["key"]: row["Logic"] for row in read_jsonl("business-rules/rules.jsonl")}
    value_sets = read_json("business-rules/valuesets.json")
    for test in read_jsonl("business-rules/tests.jsonl"):
        external = test["external"]
        if "$ref" in external:
            external = {"valueSets": value_sets[external["$ref"]]}
        elif "$ref" in external["valueSets"]:
            external = external | {"valueSets": value_sets[external["valueSets"]["$ref"]]}
        data = {"payload": test.get("payload"), "external": external}
        asked.append((test["id"], rules[test["rule"]], data, test["expected"]))
    page.goto(site.page)
    values = page.evaluate(_EVALUATE, [json.dumps([logic, data]) for _, logic, data, _ in asked])
    wrong = [name for (name, *_, expected), value in zip(asked, values, strict=True) if json.loads(value) != expected]
    assert (wrong, len(asked) > 460) == ([], True)


def parts_of(text: str) -> CoseSign1:
    return decode_cose_sign1(decode_hc1(text))


def ci_of(text: str) -> str:
    found: str = cbor2.loads(parts_of(text).payload)[-260][1]["v"][0]["ci"]
    return found


def test_the_same_refusals_of_lists(site: Site, page: Any, tmp_path: Path) -> None:
    """Whatever is served in its place: both say the same of it, and the page goes on with the one before."""
    older = (site.lists / MANIFEST).read_bytes()
    site.publish(Changes(), at=NOW + dt.timedelta(seconds=1))
    newest = (site.lists / MANIFEST).read_bytes()
    assert page.evaluate(_REFRESH)["version"] == 2
    stranger = make_root(NOW - 365 * DAY)
    cut = newest[:-3] + bytes([newest[-3] ^ 1]) + newest[-2:]
    cases = {
        "list-rollback": older,
        "list-chain": signed(
            tmp_path / "chain", key=certify(stranger, not_before=NOW - DAY), root=stranger.certificate_der
        ),
        "list-signature": cut,
        "list-form": b"\x82\x00\x01",
        "list-expired": signed(tmp_path / "expired", at=NOW - 3 * DAY, lasting=DAY),
        "list-age": signed(tmp_path / "age", at=NOW - 8 * DAY, lasting=30 * DAY),
        "list-future": signed(tmp_path / "future", at=NOW + DAY, lasting=DAY),
        "list-missing": signed(tmp_path / "missing", at=NOW, lasting=DAY),
        "list-differs": altered(site, tmp_path / "differs"),
    }
    told = {}
    for expected, manifest in cases.items():
        (site.lists / MANIFEST).write_bytes(manifest)
        with pytest.raises(CertificateError) as refused:
            open_bundle(site.lists, [ROOT.certificate_der], at=system_clock(), seen=2)
        assert refused.value.code == expected
        state = page.evaluate(_REFRESH)
        told[expected] = (state["trouble"], state["version"])
    assert told == {expected: (expected, 2) for expected in cases}
    (site.lists / MANIFEST).write_bytes(newest)
    assert page.evaluate(_REFRESH)["trouble"] is None
    assert differing(page, site, [Question(text, NOW) for text in (passport(1), REVOKED_BY_CODE)]) == []


def test_another_root_begins_anew_and_a_second_one_does_not(page: Any, tmp_path: Path) -> None:
    """While roots change, devices go on counting; where a stolen key forces another, the thief's number is nothing."""
    other = make_root(NOW - 365 * DAY)
    key = certify(other, not_before=NOW - 30 * DAY)
    with scanner_site(tmp_path / "roots") as site:
        context = page.context.browser.new_context(service_workers="block")
        telephone = context.new_page()

        def pinning(*roots: bytes) -> Any:
            """What the page finds, opened anew, with the lists that are served now."""
            setup = json.loads(site.scanner.files["setup.json"].data)
            said = {**setup, "roots": [b64encode(root).decode() for root in roots]}
            site.scanner.files["setup.json"] = PageFile.of(json.dumps(said).encode(), ".json")
            telephone.goto(site.page)
            state = telephone.evaluate(_REFRESH)
            return state["version"], state["trouble"]

        first = site.publish()
        older = (site.lists / MANIFEST).read_bytes()
        site.publish(Changes(), at=NOW + dt.timedelta(seconds=1))
        assert (first.version, pinning(ROOT.certificate_der)) == (1, (2, None))
        (site.lists / MANIFEST).write_bytes(older)
        assert pinning(ROOT.certificate_der, other.certificate_der) == (2, "list-rollback")
        assert pinning() == (None, "no-root")
        (site.lists / MANIFEST).unlink()
        site.publish(key=key, root=other)
        assert pinning(other.certificate_der) == (1, None)
        context.close()


def signed(
    folder: Path,
    *,
    key: Any = LIST_KEY,
    root: bytes = ROOT.certificate_der,
    at: dt.datetime = NOW,
    lasting: dt.timedelta = DAY,
) -> bytes:
    """The manifest of a third version that was put together elsewhere, with parts that nobody else has."""
    for number in range(3):
        moment = at - dt.timedelta(hours=3 - number)
        sign_next(folder, Changes(entries=(ENTRY,)), key, [root], issued_at=moment, expires_at=moment + lasting)
    return (folder / MANIFEST).read_bytes()


def altered(site: Site, folder: Path) -> bytes:
    """The same; its parts are served, each with its last byte changed."""
    manifest = signed(folder)
    for part in (folder / PARTS).iterdir():
        data = part.read_bytes()
        (site.lists / PARTS / part.name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    return manifest
