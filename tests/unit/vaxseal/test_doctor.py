"""What the doctor finds, state by state, and that it says each in both languages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
from pkcs11 import Mechanism

from certificates.suitability import Obstacle
from hsm.discovery import DriverReport, SeenToken
from hsm.drivers import SOFTHSM, Driver
from hsm.errors import ModuleHung
from hsm.inside import KeyFacts
from hsm.readers import Reader, Readers
from hsm.tokens import StoredCertificate, TokenInfo, TokenSelector
from tests.support.softkeys import make_key
from vaxseal.doctor import Seen, examine, examine_inside, unique
from vaxseal.token_sentences import FINDINGS, OBSTACLES, USES

NOW = datetime.now(UTC).replace(microsecond=0)
VENDOR = Driver(name="SafeNet", path=Path("/usr/lib/libeTPkcs11.so"))
SOFTWARE = Driver(name=SOFTHSM, path=Path("/usr/lib/softhsm/libsofthsm2.so"))
INFO = TokenInfo(
    slot=0,
    serial="S1",
    label="Trạm",
    manufacturer="Gemalto",
    model="eToken",
    initialised=True,
    pin_set=True,
    pin_count_low=False,
    pin_final_try=False,
    pin_locked=False,
    pin_to_be_changed=False,
)
ALL = frozenset(map(int, (Mechanism.ECDSA, Mechanism.SHA256_RSA_PKCS_PSS, Mechanism.RSA_PKCS)))
ANY = TokenSelector()
EMPTY_READER = Reader(name="A reader", card=False, atr="")
FULL_READER = Reader(name="A reader", card=True, atr="3b00")


def stored(days: int = 800, *, begins: int = -30, algorithm: Any = "ES256", country: str = "VN") -> StoredCertificate:
    key = make_key(
        algorithm, not_before=NOW + timedelta(days=begins), not_after=NOW + timedelta(days=days), country=country
    )
    return StoredCertificate(der=key.certificate_der, id=b"1", label="")


GOOD = stored()


def token(
    *certificates: StoredCertificate, mechanisms: frozenset[int] = ALL, driver: Driver = VENDOR, **flags: Any
) -> SeenToken:
    return SeenToken(
        driver=driver, info=replace(INFO, **flags), mechanisms=mechanisms, certificates=certificates or (GOOD,)
    )


def seen(*tokens: SeenToken, readers: Readers | None = None, reports: tuple[DriverReport, ...] | None = None) -> Seen:
    if reports is None:
        reports = (DriverReport(driver=VENDOR, slots=("A reader",), tokens=tokens, error=None),)
    return Seen(
        reports=reports,
        readers=readers or Readers(service="running", readers=()),
        at=NOW,
        written_at=NOW - timedelta(days=9),
    )


def codes(found: Seen, selector: TokenSelector = ANY) -> list[str]:
    return [finding.code for finding in unique(examine(found, selector))]


def test_a_good_token_has_nothing() -> None:
    assert codes(seen(token())) == []
    assert codes(seen(token()), TokenSelector(serial="S1")) == []
    authority = StoredCertificate(der=make_key("ES256", not_after=NOW + timedelta(days=900)).ca_der, id=b"", label="")
    assert codes(seen(token(GOOD, authority, stored(days=-1)))) == []  # one good certificate is enough


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (token(initialised=False), "token-blank"),
        (token(pin_set=False), "pin-none"),
        (token(pin_locked=True, pin_final_try=True), "pin-locked"),
        (token(pin_final_try=True, pin_count_low=True), "pin-final-try"),
        (token(pin_count_low=True), "pin-low"),
        (token(pin_to_be_changed=True), "pin-to-be-changed"),
        (replace(token(), certificates=None), "certificates-unread"),
        (replace(token(), certificates=()), "certificate-none"),
        (token(stored(days=-1)), "certificate-ended"),
        (token(stored(days=59)), "certificate-ending"),
        (token(stored(days=366 + 59)), "passports-ending"),
        (token(stored(begins=1)), "certificate-not-begun"),
        (token(StoredCertificate(der=b"none", id=b"", label="")), "certificate-unfit"),
        (token(mechanisms=frozenset({int(Mechanism.RSA_PKCS)})), "padding-old"),
        (token(mechanisms=frozenset()), "mechanism-missing"),
        (
            token(stored(algorithm="PS256"), mechanisms=frozenset({int(Mechanism.ECDSA), int(Mechanism.RSA_PKCS)})),
            "padding-old",
        ),
        (
            token(stored(algorithm="PS256"), mechanisms=frozenset({int(Mechanism.ECDSA)})),
            "mechanism-missing",
        ),
    ],
)
def test_each_state_of_a_token(found: SeenToken, code: str) -> None:
    assert codes(seen(found)) == [code]


@pytest.mark.parametrize(
    ("drivers", "readers", "code"),
    [
        ((VENDOR,), Readers(service="running", readers=()), "reader-none"),
        ((VENDOR,), Readers(service="running", readers=(EMPTY_READER,)), "token-none"),
        ((VENDOR,), Readers(service="running", readers=(FULL_READER,)), "token-unknown"),
        ((VENDOR,), Readers(service="stopped", readers=()), "service-stopped"),
        ((VENDOR,), Readers(service="unknown", readers=()), "reader-none"),
        ((), Readers(service="running", readers=(FULL_READER,)), "driver-none"),
        ((), Readers(service="unknown", readers=()), "driver-none"),
        ((SOFTWARE,), Readers(service="running", readers=()), "driver-none"),
    ],
)
def test_what_is_missing_before_a_token_is_seen(drivers: tuple[Driver, ...], readers: Readers, code: str) -> None:
    reports = tuple(DriverReport(driver=driver, slots=(), tokens=(), error=None) for driver in drivers)
    assert codes(seen(readers=readers, reports=reports)) == [code]


def test_a_blank_software_token_waits_for_nobody() -> None:
    blank = token(driver=SOFTWARE, initialised=False)
    report = DriverReport(driver=SOFTWARE, slots=(), tokens=(blank,), error=None)
    assert codes(seen(token(), reports=(*seen(token()).reports, report))) == []
    assert codes(seen(reports=(report,))) == ["driver-none"]


def test_another_token_than_the_one_meant() -> None:
    (finding,) = unique(examine(seen(token()), TokenSelector(serial="S2")))
    assert finding.code == "token-other"
    assert "Trạm (S1)" in finding.english


def test_a_driver_that_hangs_is_named_beside_what_others_show() -> None:
    hung = DriverReport(
        driver=Driver(name="VNPT-CA", path=Path("x")), slots=(), tokens=(), error=ModuleHung("it hangs")
    )
    found = seen(reports=(*seen(token()).reports, hung))
    (finding,) = unique(examine(found, ANY))
    assert (finding.code, finding.severity, finding.about) == ("driver-broken", "warning", "VNPT-CA")
    assert "it hangs." in finding.english
    alone = seen(reports=(hung,))
    assert codes(alone) == ["reader-none", "driver-broken"]


def test_a_clock_from_before_the_program_was_installed_is_wrong() -> None:
    assert codes(replace(seen(token()), written_at=NOW + timedelta(days=2))) == ["clock-wrong"]


def test_a_certificate_without_its_key() -> None:
    def key(*fingerprints: bytes) -> KeyFacts:
        return KeyFacts(
            id=b"1", label="", is_rsa=False, bits=256, always_authenticate=False, fingerprints=frozenset(fingerprints)
        )

    assert [one.code for one in examine_inside(token(), (key(),), NOW)] == ["key-none"]
    assert [one.code for one in examine_inside(token(), (), NOW)] == ["key-none"]
    assert list(examine_inside(token(), (key(), key(GOOD.fingerprint)), NOW)) == []


def test_all_that_is_said_is_said_twice() -> None:
    for code, (_, english, vietnamese) in FINDINGS.items():
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, vietnamese)]
        assert {name.removesuffix("_vi") for name in names[0]} == {name.removesuffix("_vi") for name in names[1]}, code
        assert english.endswith(".") or names[0]
        assert code == "log-in-failed" or not vietnamese.isascii()
    assert set(OBSTACLES) == {*get_args(Obstacle), "mechanism"}
    for english, vietnamese in (*OBSTACLES.values(), *USES.values()):
        assert english.isascii()
        assert not vietnamese.isascii()


def test_the_manual_explains_every_sentence() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "tokens.md").read_text(encoding="utf-8")
    assert [code for code in FINDINGS if f"| `{code}` |" not in manual] == []
