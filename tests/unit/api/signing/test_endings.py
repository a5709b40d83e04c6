"""Tokens that somebody must look after."""

from datetime import date, timedelta

from api.signing.authorities import note_standing
from api.signing.endings import Warned, find_warnings
from api.signing.enrolment import add_unit, close_unit, enrol_token, suspend_token
from api.store.transactions import writing
from tests.support.centre import START, World
from tests.support.softkeys import make_key

YEAR = timedelta(days=365)


def warnings(world: World) -> list[Warned]:
    return list(find_warnings(world.engine, settings=world.centre.settings, at=world.clock()))


def told(world: World) -> list[tuple[str, str, bool]]:
    return [(one.unit, one.fault, one.successor is not None) for one in warnings(world)]


def test_sixty_days_before_the_last_day_of_signing(world: World) -> None:
    # The ministry's certificate ends on 1 January 2024: it signs passports until 1 January 2023.
    assert told(world) == []
    world.clock.now = START.replace(year=2022, month=11, day=3)
    assert told(world) == [("BYT", "ending", False)]
    world.clock.now = START.replace(year=2023, month=1, day=2)
    assert told(world) == [("BYT", "ended", False)]
    world.clock.now = START.replace(year=2023, month=11, day=3)
    assert told(world) == [("BYT", "ended", False), ("TYT-1", "ending", False), ("TYT-2", "ending", False)]


def test_in_station_mode_the_stations_sign_passports(world: World) -> None:
    settings = world.centre.settings.model_copy(update={"mode": "station"})
    at = START.replace(month=11, day=3)
    assert [one.unit for one in find_warnings(world.engine, settings=settings, at=at)] == ["TYT-1", "TYT-2"]


def test_a_spare_that_signs_on_is_named(world: World) -> None:
    spare = make_key("ES256", not_after=START + 4 * YEAR)
    settings = world.centre.settings
    enrol_token(world.engine, "BYT", spare.certificate_der, settings=settings, by="test", at=START)
    world.clock.now = START.replace(month=12)
    (warned,) = warnings(world)
    assert (warned.unit, warned.successor) == ("BYT", spare.certificate.fingerprint)
    suspend_token(world.engine, spare.certificate.fingerprint, by="test", at=START, reason="lost")
    assert told(world) == [("BYT", "ending", False)]


def test_suspended_tokens_and_closed_units_warn_nobody(world: World) -> None:
    world.clock.now = START.replace(year=2023, month=12)
    suspend_token(world.engine, world.keys["BYT"].certificate.fingerprint, by="test", at=START, reason="lost")
    day = date(2022, 3, 1)
    add_unit(world.engine, code="T", name="x", kind="station", province="01", opened_on=day, by="test", at=START)
    close_unit(world.engine, code="TYT-1", successor="T", closed_on=day, by="test", at=START)
    assert told(world) == [("TYT-2", "ending", False)]


def test_an_authority_that_is_silent_too_long(world: World) -> None:
    with writing(world.engine) as connection:
        note_standing(connection, world.keys["TYT-1"].certificate.fingerprint, "ocsp", START)
    world.clock.forward(hours=24)
    assert told(world) == []
    world.clock.forward(hours=1)
    assert told(world) == [("TYT-1", "certificate-unchecked", False)]


def test_a_signer_of_passports_that_is_not_published(world: World) -> None:
    settings = world.centre.settings.model_copy(update={"publication_hours": 24})
    found = find_warnings(world.engine, settings=settings, at=START)
    assert [(one.unit, one.fault, one.successor) for one in found] == [("BYT", "unpublished", None)]
