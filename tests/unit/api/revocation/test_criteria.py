import datetime as dt
from contextlib import suppress
from typing import Any

import pytest

from api.errors import CentreError
from api.revocation.criteria import Criteria
from api.revocation.orders import preview
from certificates.uvci import new_uvci
from tests.support.centre import START, World
from tests.support.revoking import FRAUD, codes, order, world_with_passports


@pytest.fixture(scope="module", params=["two-tier", "station"])
def issued(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """TYT-1 signed at START, TYT-2 an hour later, in two-tier the ministry after that."""
    return world_with_passports(tmp_path_factory.mktemp("centre"), request.param, tyt_2="lan")


def chosen(world: World, **criteria: Any) -> set[str]:
    """The certificate codes that these criteria choose."""
    with suppress(CentreError):  # revocation-nothing: what is no choice at all is tested below
        return set(preview(world.engine, Criteria(**criteria), FRAUD).sample)
    return set()


def refused(world: World, **criteria: Any) -> str:
    with pytest.raises(CentreError) as caught:
        preview(world.engine, Criteria(**criteria), FRAUD)
    return caught.value.code


def later(hours: float) -> dt.datetime:
    return START + dt.timedelta(hours=hours)


def test_every_criterion(issued: World) -> None:
    first, second = set(codes(issued, "TYT-1")), set(codes(issued, "TYT-2"))
    one = min(first)
    keys = {unit: key.certificate for unit, key in issued.keys.items()}
    assert chosen(issued, codes=(one,)) == {one}
    assert chosen(issued, records=("r00000001", "r00000002")) == first
    assert chosen(issued, unit="TYT-1") == chosen(issued, token=keys["TYT-1"].fingerprint) == first
    assert chosen(issued, account="lan") == second
    assert chosen(issued, lot="abx 5678") == chosen(issued, lot="ABX5678", product="vaxzevria") == first | second
    assert chosen(issued, lot="ABX5678", product="comirnaty") == chosen(issued, lot="ABX567") == set()
    two_tier = issued.centre.settings.mode == "two-tier"
    assert chosen(issued, signed_with=(keys["TYT-1"].kid,)) == (set() if two_tier else first)
    assert chosen(issued, signed_with=(keys["BYT"].fingerprint,)) == (first | second if two_tier else set())
    assert chosen(issued, unit="BYT") == (first | second if two_tier else set())
    assert chosen(issued, account="y.ta") == (first | second if two_tier else first)


def test_together_they_must_all_hold(issued: World) -> None:
    first, second = set(codes(issued, "TYT-1")), set(codes(issued, "TYT-2"))
    assert chosen(issued, unit="TYT-1", records=("r00000001", "r00000003")) == set(codes(issued)[:1])
    assert chosen(issued, unit="TYT-2", lot="ABX5678") == second
    # Unit and account must be of one and the same signature: in two-tier somebody called y.ta signed all of them.
    assert chosen(issued, unit="TYT-2", account="y.ta") == set()
    assert chosen(issued, unit="TYT-1", account="y.ta") == first
    assert chosen(issued, unit="TYT-1", token=issued.keys["TYT-2"].certificate.fingerprint) == set()


def test_the_window_is_about_the_hand_that_was_asked_for(issued: World) -> None:
    first, second = set(codes(issued, "TYT-1")), set(codes(issued, "TYT-2"))
    assert chosen(issued, unit="TYT-1", since=START, until=START) == first
    assert chosen(issued, unit="TYT-1", since=later(0.5)) == set()
    assert chosen(issued, unit="TYT-2", since=later(0.5), until=later(1.5)) == second
    issue = 2 if issued.centre.settings.mode == "two-tier" else 1  # hours until the last was signed
    assert chosen(issued, lot="ABX5678", since=later(issue - 0.5)) >= second
    assert chosen(issued, lot="ABX5678", since=later(issue + 0.5)) == set()


def test_what_is_no_choice(issued: World) -> None:
    assert refused(issued) == refused(issued, since=START) == "criteria-none"
    assert refused(issued, unit="TYT-1", since=later(1), until=START) == "criteria-window"
    assert refused(issued, unit="TYT-1", product="vaxzevria") == "criteria-product"
    assert refused(issued, records=tuple(map(str, range(10_001)))) == "criteria-many"
    assert refused(issued, codes=(new_uvci(),)) == "code-unknown"
    assert refused(issued, records=("none",)) == "record-unknown"
    assert refused(issued, unit="none") == "unit-unknown"
    assert refused(issued, token=bytes(32)) == refused(issued, signed_with=(bytes(32),)) == "token-unknown"
    assert refused(issued, signed_with=(bytes(8),)) == "token-unknown"


def test_a_refusal_says_which_code_without_saying_it(issued: World) -> None:
    wrong = new_uvci()
    with pytest.raises(CentreError, match="2 of 2") as caught:
        preview(issued.engine, Criteria(codes=(codes(issued)[0], wrong)), FRAUD)
    assert wrong not in str(caught.value)
    with pytest.raises(CentreError, match="code-unknown"):
        order(issued, codes=(wrong,))


def test_quotes_and_wildcards_in_a_lot(issued: World) -> None:
    for lot in ('A"', "%", "_", "ABX567_", "\\", "", "'"):
        if lot:
            assert chosen(issued, lot=lot) == set()
    assert refused(issued, lot="") == "criteria-none"
