"""Every way in which a passport can be wrong when it reaches the gate."""

from typing import Any

import pytest
from sqlalchemy import select

from api.passports import gate
from api.passports.gate import check_before_release
from api.signing.work import read_versions, work_of
from api.store.schema import passports
from certificates.errors import CertificateError
from certificates.qr import qr_png, read_qr
from certificates.trust import TrustStore
from tests.support.centre import World, make_world

Given = tuple[World, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """Two issued passports, as the gate was given them."""
    world = make_world(tmp_path_factory.mktemp("gate"), mode="station")
    world.add_records(1)
    world.add_records(1, year_only=True)
    agent = world.agent("TYT-1")
    assert {one["state"] for one in agent.work()} == {"issued"}
    given = []
    with world.engine.connect() as connection:
        for passport in connection.execute(select(passports).order_by(passports.c.record_id)):
            key = (passport.record_id, passport.version)
            work = work_of(read_versions(connection, [key])[key], today=world.clock().date())
            given.append(
                {
                    "record": work.record,
                    "terms": work.terms,
                    "hc1": passport.hc1,
                    "pdf": passport.pdf,
                    "trust": TrustStore.of([agent.key.certificate_der]),
                    "at": world.clock(),
                }
            )
    return world, given


def refused(given: dict[str, Any]) -> str:
    arguments = [given[name] for name in ("record", "terms", "hc1", "pdf", "trust")]
    with pytest.raises(CertificateError) as caught:
        check_before_release(*arguments, at=given["at"])
    return caught.value.code


def test_another_records_passport(released: Given) -> None:
    _, (one, other) = released
    assert refused({**one, "record": other["record"]}) == "gate-payload"
    assert refused({**one, "terms": other["terms"]}) == "gate-payload"
    assert refused({**one, "hc1": other["hc1"]}) == "gate-payload"


def test_another_passports_pdf(released: Given) -> None:
    _, (one, other) = released
    assert refused({**one, "pdf": other["pdf"]}) == "gate-page"


def test_a_changed_pdf(released: Given) -> None:
    _, (one, _) = released
    changed = one["pdf"].replace(b"/Type", b"/Typo", 1)
    assert refused({**one, "pdf": changed}) == "PDF"


def test_a_changed_code(released: Given) -> None:
    _, (one, _) = released
    assert refused({**one, "hc1": one["hc1"][:-3] + "000"}) in ("B45", "ZLIB", "COSE", "SIG")


def test_another_signer(released: Given) -> None:
    world, (one, _) = released
    assert refused({**one, "trust": TrustStore.of([world.keys["TYT-2"].certificate_der])}) == "KID"


def test_a_time_before_the_passport(released: Given) -> None:
    _, (one, _) = released
    assert refused({**one, "at": one["terms"].issued_at.replace(year=2021)}) == "TIME"


def test_a_picture_that_shows_something_else(released: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    _, (one, other) = released
    monkeypatch.setattr(gate, "qr_png", lambda _: qr_png(other["hc1"]))
    assert refused(one) == "gate-picture"


def test_the_good_one_passes_again(released: Given) -> None:
    _, given = released
    for one in given:
        arguments = [one[name] for name in ("record", "terms", "hc1", "pdf", "trust")]
        assert read_qr(check_before_release(*arguments, at=one["at"])) == one["hc1"]
