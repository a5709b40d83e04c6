"""A station with a smart card: a wrong PIN, a pull in mid-batch, and in the end each record has its passport."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from certificates.profiles import to_pem
from tests.support.piv_reader import Card, PivReader, piv_reader
from tests.support.road import PEOPLE, STATION, Road, build_road
from tests.support.softhsm import GoldenTokens, golden_tokens
from tests.support.station_card import station_card

__all__ = ["golden_tokens"]  # a fixture


@pytest.fixture
def reader(golden_tokens: GoldenTokens) -> Iterator[PivReader]:
    with piv_reader(station_card(golden_tokens, "PS256")) as reader:
        yield reader


@pytest.fixture
def road(tmp_path: Path, golden_tokens: GoldenTokens, reader: PivReader) -> Iterator[Road]:
    """The card is enrolled beside the station's first token."""
    road = build_road(tmp_path, golden_tokens, "two-tier", golden_tokens.ec, golden_tokens.rsa)
    card = tmp_path / "card.pem"
    card.write_text(to_pem(reader.cards[0].certificate_der))
    road.run("admin", "enrol", STATION, str(card), "--mode", "two-tier")
    road.run(
        *("ministry", "units", "add", str(card), "--unit", STATION, "--quota", "1000"),
        *("--file", str(tmp_path / "units.json")),
    )
    road.start()
    yield road
    road.stop()


def test_a_card_that_is_pulled_in_mid_batch_confirms_each_record_once(road: Road, reader: PivReader) -> None:
    card: Card = reader.cards[0]
    with_softhsm = dict(road.settings)
    road.settings |= {**reader.environment, "VAXSEAL_PKCS11_MODULE": str(reader.module)}
    assert road.sign("station", pin=card.pin, expect=2)["error"] == "token-not-found"
    card.insert()
    assert road.sign("station", pin="999999", expect=2)["error"] == "pin-incorrect"
    assert card.tries == 2
    card.pull_at_signature(4)  # the log-in is the first
    with ThreadPoolExecutor(1) as beside:
        signing = beside.submit(road.sign, "station", "--all", pin=card.pin)
        while card.inserted and not signing.done():
            time.sleep(0.1)
        assert road.answer("token", "doctor", expect=1)["findings"][0]["code"] in ("token-none", "reader-none")
        card.insert()
        assert signing.result()["counts"]["accepted"] == PEOPLE
    assert road.states() == {"confirmed": PEOPLE}
    assert card.tries == 3
    road.settings = with_softhsm
    assert road.sign("ministry", "--all")["counts"]["accepted"] == PEOPLE
    assert road.states() == {"issued": PEOPLE}
