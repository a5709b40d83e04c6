from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from api.errors import CentreError
from api.signing.enrolment import add_unit, close_unit, enrol_token, inherited_units, list_units, suspend_token
from tests.support.centre import START, World
from tests.support.softkeys import SoftKey, make_key

pytestmark = pytest.mark.both_databases


def refused(world: World, der: bytes, *, unit: str = "TYT-1", **settings: object) -> str:
    changed = world.centre.settings.model_copy(update=settings)
    with pytest.raises(CentreError) as caught:
        enrol_token(world.engine, unit, der, settings=changed, by="test", at=START)
    return caught.value.code


def subject(key: SoftKey, *attributes: x509.NameAttribute[str]) -> bytes:
    """A self-signed certificate of another subject over the same key."""
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), *attributes])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.private_key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2022, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2024, 1, 1, tzinfo=UTC))
    )
    return builder.sign(key.private_key, SHA256()).public_bytes(Encoding.DER)


def test_a_certificate_is_enrolled_once(world: World) -> None:
    assert refused(world, world.keys["TYT-1"].certificate_der) == "enrol-exists"


def test_what_is_no_certificate(world: World) -> None:
    assert refused(world, b"x") == "enrol-form"


def test_an_authority(world: World) -> None:
    assert refused(world, world.keys["TYT-1"].ca_der) == "enrol-ca"


def test_another_country(world: World) -> None:
    assert refused(world, make_key("ES256", country="LA").certificate_der) == "enrol-country"


def test_an_ended_certificate(world: World) -> None:
    key = make_key("ES256", not_after=datetime(2022, 2, 1, tzinfo=UTC))
    assert refused(world, key.certificate_der) == "enrol-ended"


def test_a_certificate_that_ends_within_the_year_may_confirm_but_not_issue(world: World) -> None:
    key = make_key("ES256", not_after=datetime(2023, 2, 28, tzinfo=UTC))
    assert refused(world, key.certificate_der, unit="BYT") == "enrol-ending"
    assert refused(world, key.certificate_der, mode="station") == "enrol-ending"
    enrol_token(world.engine, "TYT-1", key.certificate_der, settings=world.centre.settings, by="test", at=START)


@pytest.mark.parametrize(
    "attribute",
    [
        x509.NameAttribute(NameOID.COMMON_NAME, "Nguyễn Thị Hoa 001180000123"),
        x509.NameAttribute(NameOID.USER_ID, "CMND:123456789"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, "123456789"),
        x509.NameAttribute(NameOID.USER_ID, "CCCD:1"),
    ],
)
def test_a_persons_certificate(world: World, attribute: x509.NameAttribute[str]) -> None:
    assert refused(world, subject(make_key("ES256"), attribute)) == "enrol-person"


def test_a_units_tax_code_is_no_persons_number(world: World) -> None:
    der = subject(make_key("ES256"), x509.NameAttribute(NameOID.USER_ID, "MST:0101234567"))
    enrol_token(world.engine, "TYT-1", der, settings=world.centre.settings, by="test", at=START)


def test_specimen_in_production(world: World) -> None:
    assert refused(world, make_key("ES256").certificate_der, environment="production") == "enrol-specimen"


def test_an_unknown_unit(world: World) -> None:
    assert refused(world, make_key("ES256").certificate_der, unit="X") == "unit-unknown"


def unit(world: World, code: str, **changes: object) -> None:
    given = {"name": "x", "kind": "station", "province": "01", "opened_on": date(2022, 1, 1), "by": "test", "at": START}
    add_unit(world.engine, code=code, **{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "changes", "reason"),
    [
        ("tyt", {}, "unit-form"),
        ("A B", {}, "unit-form"),
        ("A", {"name": " "}, "unit-form"),
        ("A", {"kind": "district"}, "unit-kind"),
        ("A", {"kind": "police"}, "unit-parent"),
        ("TYT-1", {}, "unit-exists"),
        ("A", {"parent": "X"}, "unit-unknown"),
    ],
)
def test_units_that_are_refused(world: World, code: str, changes: dict[str, object], reason: str) -> None:
    with pytest.raises(CentreError) as caught:
        unit(world, code, **changes)
    assert caught.value.code == reason


def test_a_successor_inherits(world: World) -> None:
    unit(world, "A")
    unit(world, "B", parent="BYT")
    close = {"closed_on": date(2022, 3, 1), "by": "test", "at": START}
    close_unit(world.engine, code="A", successor="B", **close)  # type: ignore[arg-type]
    close_unit(world.engine, code="B", successor="TYT-1", **close)  # type: ignore[arg-type]
    with world.engine.connect() as connection:
        assert inherited_units(connection, "TYT-1") == ("TYT-1", "B", "A")
    for code, successor, reason in (
        ("TYT-1", "A", "unit-successor"),
        ("TYT-1", "TYT-1", "unit-successor"),
        ("TYT-1", "X", "unit-unknown"),
    ):
        with pytest.raises(CentreError) as caught:
            close_unit(world.engine, code=code, successor=successor, **close)  # type: ignore[arg-type]
        assert caught.value.code == reason


def test_the_list_shows_units_and_tokens(world: World) -> None:
    fingerprint = world.keys["TYT-1"].certificate.fingerprint
    suspend_token(world.engine, fingerprint, by="test", at=START, reason="lost")
    listed = {entry["unit"]: entry for entry in list_units(world.engine)}
    assert set(listed) == {"BYT", "TYT-1", "TYT-2"}
    (token,) = listed["TYT-1"]["tokens"]
    assert (token["fingerprint"], token["suspended_at"]) == (fingerprint.hex(), "2022-03-01T02:00:00Z")


def test_suspending_an_unknown_token(world: World) -> None:
    with pytest.raises(CentreError, match="token-unknown"):
        suspend_token(world.engine, bytes(32), by="test", at=START, reason="lost")


def test_a_suspended_key_is_stopped_under_all_its_certificates(world: World) -> None:
    key = world.keys["TYT-1"]
    second = subject(key, x509.NameAttribute(NameOID.COMMON_NAME, "Trạm"))
    third = subject(key, x509.NameAttribute(NameOID.COMMON_NAME, "Trạm y tế"))
    settings = world.centre.settings
    enrol_token(world.engine, "TYT-1", second, settings=settings, by="test", at=START)
    suspend_token(world.engine, key.certificate.fingerprint, by="test", at=START, reason="lost")
    listed = {entry["unit"]: entry for entry in list_units(world.engine)}
    assert [bool(token["suspended_at"]) for token in listed["TYT-1"]["tokens"]] == [True, True]
    assert refused(world, third) == "enrol-suspended"
