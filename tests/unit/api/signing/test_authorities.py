"""At enrolment: chain and revocation, asked of a real CA on loopback."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from api.audit import read_log
from api.config import Settings
from api.errors import CentreError
from api.signing.authorities import Authorities, check_standing
from api.signing.enrolment import enrol_token
from api.signing.rechecking import recheck
from api.store.schema import standings, tokens
from certificates.crl import crl_pem
from certificates.pki import fingerprint
from certificates.profiles import to_pem
from tests.support.authority import CommercialCa
from tests.support.centre import START, World
from tests.support.csca import AT, found
from tests.support.softkeys import make_key, soft_key

LATER = START + timedelta(days=2)


def settings_of(world: World, **changes: object) -> Settings:
    return world.centre.settings.model_copy(update=changes)


def enrol(world: World, der: bytes, settings: Settings) -> None:
    enrol_token(world.engine, "TYT-1", der, settings=settings, by="test", at=world.clock())


def refused(world: World, der: bytes, settings: Settings) -> str:
    with pytest.raises(CentreError) as caught:
        enrol(world, der, settings)
    with world.engine.connect() as connection:
        assert connection.execute(select(tokens).where(tokens.c.certificate == der)).first() is None
    return caught.value.code


@pytest.mark.parametrize(("label", "source"), [("asked", "ocsp"), ("listed", "crl")])
def test_a_certificate_that_its_authority_stands_by(
    world: World, ca: CommercialCa, authorities: Path, label: str, source: str
) -> None:
    enrol(world, ca.certificate(label), settings_of(world, unit_ca_roots=authorities))
    with world.engine.connect() as connection:
        (row,) = connection.execute(select(standings)).all()
    acts = [(one.act, one.reason) for one in read_log(world.engine, limit=2)]
    assert (row.source, row.checked_at) == (source, "2022-03-01T02:00:00Z")
    assert acts == [("enrol-authority", source), ("enrol-token", "TYT-1")]


@pytest.mark.parametrize("label", ["asked-later", "listed-later", "fallen"])
def test_a_revoked_certificate_or_authority(world: World, ca: CommercialCa, authorities: Path, label: str) -> None:
    ca.move_to(LATER)
    world.clock.now = LATER
    assert refused(world, ca.certificate(label), settings_of(world, unit_ca_roots=authorities)) == "enrol-revoked"


def test_nobody_answers(world: World, ca: CommercialCa, authorities: Path) -> None:
    settings = settings_of(world, unit_ca_roots=authorities)
    assert refused(world, ca.certificate("mute"), settings) == "enrol-revocation"
    ca.silent = True
    assert refused(world, ca.certificate("asked"), settings) == "enrol-revocation"
    ca.silent = False
    world.clock.now = LATER  # the answers are two days old
    assert refused(world, ca.certificate("asked"), settings) == "enrol-revocation"


def test_a_list_answers_where_the_responder_does_not(ca: CommercialCa, authorities: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, unit_ca_roots=authorities)

    def fetch(address: str, question: bytes | None) -> bytes:
        if question is not None:
            raise CentreError("fetch-failed", "down")
        assert ca.address in address
        return ca.fetched(address)

    named = Authorities.load(settings)
    assert check_standing(ca.certificate("asked"), named, settings=settings, at=START, fetch=fetch) == "crl"


def test_strangers_and_what_is_below_our_own_authority(world: World, ca: CommercialCa, authorities: Path) -> None:
    ours, stranger = make_key("ES256"), make_key("ES256")
    own = authorities.parent / "own.pem"
    own.write_bytes(x509.load_der_x509_certificate(ours.ca_der).public_bytes(Encoding.PEM))
    settings = settings_of(world, unit_ca_roots=authorities, own_roots=own)
    assert refused(world, stranger.certificate_der, settings) == "enrol-chain"
    enrol(world, ours.certificate_der, settings)
    with world.engine.connect() as connection:
        assert connection.execute(select(standings)).first() is None
    assert read_log(world.engine, limit=1)[0].reason == "own"
    assert ca.questions == 0


def test_what_our_own_authority_revoked(world: World, tmp_path: Path) -> None:
    """Its list is put beside it: the next look suspends the token, and nobody enrols it again."""
    csca = found(soft_key("ES256"))
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "csca.pem").write_text(to_pem(csca.der))
    lost, good = csca.issue("Trạm A"), csca.issue("Trạm B")
    world.clock.now = AT
    settings = settings_of(world, own_roots=folder)
    enrol(world, lost, settings)
    (folder / "csca-1.crl").write_text(crl_pem(csca.revoke(lost).der))
    (folder / "other.crl").write_bytes(found(make_key("ES256")).revoke().der)
    centre = dataclasses.replace(world.centre, settings=settings)
    assert recheck(centre).revoked == (fingerprint(lost).hex(),)
    with pytest.raises(CentreError, match="enrol-revoked"):
        enrol(world, lost, settings)
    enrol(world, good, settings)
    renewed = csca.issue("Trạm C")
    (folder / "csca-2.crl").write_text(crl_pem(csca.revoke(renewed).der))
    assert refused(world, renewed, settings) == "enrol-revoked"
    (folder / "damaged.crl").write_bytes(b"?")
    assert refused(world, csca.issue("Trạm D"), settings) == "authorities-file"


def test_what_is_refused_asks_nobody(world: World, ca: CommercialCa, authorities: Path) -> None:
    settings = settings_of(world, unit_ca_roots=authorities, country="LA")
    assert refused(world, ca.certificate("asked"), settings) == "enrol-country"
    assert ca.questions == 0


def test_in_production_somebody_must_be_named(world: World) -> None:
    key = make_key("ES256", common_name="Trạm Y tế")
    assert refused(world, key.certificate_der, settings_of(world, environment="production")) == "enrol-authority"


def test_in_production_no_answer_comes_from_this_machine(ca: CommercialCa, authorities: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, unit_ca_roots=authorities, environment="production")
    with pytest.raises(CentreError, match="not a public machine") as caught:
        check_standing(ca.certificate("asked"), Authorities.load(settings), settings=settings, at=START)
    assert caught.value.code == "enrol-revocation"
    assert ca.questions == 0


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_authorities_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "roots.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CentreError) as caught:
        Authorities.load(Settings(data=tmp_path, unit_ca_roots=file))
    assert caught.value.code == "authorities-file"
