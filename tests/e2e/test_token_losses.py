"""`vaxseal station sign` while its token is pulled out, hangs or refuses: what can be signed is signed and sent."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.proxy import Fault, Proxy, client_module, proxy_before
from tests.support.road import PEOPLE, Road, build_road, copy_road
from tests.support.softhsm import GoldenTokens, copy_tokens, golden_tokens

__all__ = ["golden_tokens"]  # a fixture

ALL = {"accepted": PEOPLE, "already": 0, "rejected": 0, "refused": 0, "unsent": 0}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, golden_tokens: GoldenTokens) -> Road:
    """Built once: every test works on a copy."""
    module = client_module()
    road = build_road(tmp_path_factory.mktemp("road"), golden_tokens, "two-tier", golden_tokens.ec, golden_tokens.rsa)
    road.settings["VAXSEAL_PKCS11_MODULE"] = str(module)
    return road


@pytest.fixture
def road(tmp_path: Path, ready: Road) -> Iterator[Road]:
    made = copy_road(ready, tmp_path / "road")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def proxy(road: Road, golden_tokens: GoldenTokens) -> Iterator[Proxy]:
    with TemporaryDirectory(prefix="p11") as name:  # short: it names sockets
        folder = Path(name)
        copy_tokens(golden_tokens, folder, golden_tokens.ec)
        with proxy_before(folder, golden_tokens.module, folder) as proxy:
            road.settings |= proxy.environment
            yield proxy


def test_a_token_pulled_in_mid_batch_is_opened_again_with_the_pin_of_the_batch(road: Road, proxy: Proxy) -> None:
    proxy.meet(Fault(call="C_Sign", what="error", rv=0x32, skip=3))  # CKR_DEVICE_REMOVED; the log-in was the first
    assert road.sign("station")["counts"] == ALL
    assert proxy.met
    assert proxy.seen["C_Login"] == 2
    assert road.states() == {"confirmed": PEOPLE}


def test_a_driver_that_hangs_does_not_hang_the_agent(road: Road, proxy: Proxy) -> None:
    proxy.meet(Fault(call="C_Sign", what="hang", skip=3))
    sign = ("station", "sign", "--centre", road.centre, "--account", "lan", "--yes", "--pin-stdin")
    said = road.run(*sign, token="station", typed=f"{road.pins['station']}\n")
    [left] = re.findall(r"lost with (\d+) records to go", said.stderr)
    assert PEOPLE - 2 <= int(left) <= PEOPLE  # what the worker had gathered when the driver hung is made again
    assert f"còn {left} hồ sơ" in said.stderr
    assert "The token is back" in said.stderr
    assert road.states() == {"confirmed": PEOPLE}


def test_no_pin_is_asked_for_twice_in_silence(road: Road, proxy: Proxy) -> None:
    """The PIN is changed while the token is out: one try with the old one, then the sitting ends in words."""
    proxy.meet(Fault(call="C_Sign", what="error", rv=0x32, skip=3))
    proxy.then(Fault(call="C_Login", what="error", rv=0xA0))
    answer = road.sign("station", expect=2)
    assert answer["error"] == "pin-incorrect"
    assert answer["counts"]["accepted"] == 2  # what was signed is at the centre
    assert proxy.seen["C_Login"] == 2
