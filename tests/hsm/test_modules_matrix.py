"""One program, many modules: what each of them signs, and how it takes wrong PINs and pulled tokens.

Each module works in a process of its own. ``pytest -rP`` shows the matrix that is printed.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from certificates.pki import SigningCertificate, verify_signature
from hsm import errors, softhsm
from hsm.provisioning import KeyKind, init_token, random_pin
from hsm.tokens import TokenSelector
from tests.support import at_tokens
from tests.support.apart import Apart
from tests.support.at_tokens import Signed
from tests.support.nss import LABEL, make_nss, nss_modules, use_nss
from tests.support.piv_reader import ALWAYS, SIGNING, PivReader, new_card, piv_reader
from tests.support.softhsm import softhsm_module

MESSAGE = b"a whole message"
KINDS: tuple[KeyKind, ...] = ("EC", "RSA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A module in a process of its own, and the token meant in it."""

    name: str
    module: Path
    apart: Apart
    selector: TokenSelector
    pin: str

    def make_signer(self, kind: KeyKind) -> bytes:
        return self.apart.run(at_tokens.make_signer, self.module, self.selector, self.pin, kind)

    def sign(self, der: bytes, pin: str | None = None, *, allow_final_try: bool = False) -> Signed:
        return self.apart.run(
            at_tokens.sign_once,
            self.module,
            named(der),
            self.pin if pin is None else pin,
            MESSAGE,
            allow_final_try=allow_final_try,
        )


def named(der: bytes) -> TokenSelector:
    """The token that carries this certificate."""
    return TokenSelector(fingerprint=hashlib.sha256(der).digest())


def assert_good(der: bytes, signed: Signed) -> None:
    certificate = SigningCertificate.from_der(der)
    assert signed[0] == certificate.algorithm
    assert verify_signature(certificate, MESSAGE, signed[2])


@pytest.fixture(scope="module")
def in_softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    module, pin = softhsm_module(), random_pin()
    config = softhsm.write_config(tmp_path_factory.mktemp("softhsm"))
    with Apart({softhsm.ENVIRONMENT_VARIABLE: str(config)}) as apart:
        made = apart.run(init_token, module, label="matrix", so_pin=random_pin(), pin=pin)
        yield Place(name="SoftHSM", module=module, apart=apart, selector=TokenSelector(serial=made.serial), pin=pin)


@pytest.fixture(scope="module")
def in_nss(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    softokn, proxy = nss_modules()
    pin = random_pin()
    with Apart({}) as apart:
        apart.run(make_nss, tmp_path_factory.mktemp("nss"), softokn, proxy, pin)
        yield Place(
            name="NSS softokn, p11-kit", module=proxy, apart=apart, selector=TokenSelector(label=LABEL), pin=pin
        )


@pytest.fixture(scope="module")
def reader() -> Iterator[PivReader]:
    with piv_reader(new_card("ES256", "ES256"), new_card("PS256", "PS256")) as reader:
        yield reader


@pytest.fixture
def in_opensc(reader: PivReader) -> Iterator[Place]:
    for card in reader.cards:
        card.insert()
        card.set_tries()
    selector = TokenSelector(serial=reader.cards[0].setup.token_serial)
    with Apart(reader.environment) as apart:
        yield Place(
            name="OpenSC, PIV card",
            module=reader.module,
            apart=apart,
            selector=selector,
            pin=reader.cards[0].pin,
        )


def print_row(place: Place, mechanisms: list[str], pin_lock: str, hot_plug: str) -> None:
    cells = (place.name, *mechanisms, pin_lock, hot_plug)
    print("| " + " | ".join(cells) + " |")  # noqa: T201


@pytest.mark.parametrize("name", ["in_softhsm", "in_nss"])
def test_modules_of_files_sign_both_ways_and_never_lock(name: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(name)
    mechanisms = []
    for kind in KINDS:
        der = place.make_signer(kind)
        signed = place.sign(der)
        assert_good(der, signed)
        mechanisms.append(signed[1])
    for _ in range(4):
        with pytest.raises(errors.PinIncorrect):
            place.sign(der, random_pin())
    assert_good(der, place.sign(der))
    print_row(place, mechanisms, "none", "not a reader")


def test_a_driver_that_refuses_sessions_that_write_signs(tmp_path: Path) -> None:
    softokn, proxy = nss_modules()
    pin = random_pin()
    with Apart({}) as apart:
        apart.run(make_nss, tmp_path, softokn, proxy, pin)
        der = apart.run(at_tokens.make_signer, proxy, TokenSelector(label=LABEL), pin, "EC")
    with Apart({}) as apart:
        apart.run(use_nss, tmp_path, softokn, proxy, read_only=True)
        assert_good(der, apart.run(at_tokens.sign_once, proxy, named(der), pin, MESSAGE))
        with pytest.raises(errors.TokenReadOnly):
            apart.run(at_tokens.make_signer, proxy, TokenSelector(label=LABEL), pin, "EC")


def test_a_smart_card_signs_both_ways(in_opensc: Place, reader: PivReader) -> None:
    mechanisms = []
    for card in reader.cards:
        before = card.signatures
        signed = in_opensc.sign(card.certificate_der)
        assert_good(card.certificate_der, signed)
        assert card.signatures == before + 1
        mechanisms.append(signed[1])
    print_row(in_opensc, mechanisms, "3 tries, flags", "yes")


@pytest.mark.parametrize("number", [0, 1])
def test_a_key_that_wants_the_pin_each_time_gets_it_each_time(in_opensc: Place, reader: PivReader, number: int) -> None:
    card = reader.cards[number]
    _, der = card.setup.keys[ALWAYS]
    selector = TokenSelector(serial=card.setup.token_serial)
    assert sorted(in_opensc.apart.run(at_tokens.always_authenticate, in_opensc.module, selector, card.pin)) == [
        False,
        True,
    ]
    in_opensc.apart.run(at_tokens.hold, in_opensc.module, named(der), card.pin)
    before = card.pins_tried
    for _ in range(3):
        assert_good(der, in_opensc.apart.run(at_tokens.sign_held, MESSAGE))
    assert card.pins_tried == before + 3


def test_three_wrong_pins_lock_and_each_step_is_said(in_opensc: Place, reader: PivReader) -> None:
    card = reader.cards[0]
    der, before = card.certificate_der, card.pins_tried
    with pytest.raises(errors.PinIncorrect) as first:
        in_opensc.sign(der, "999999")
    assert type(first.value) is errors.PinIncorrect
    with pytest.raises(errors.PinIncorrectFinalTry, match="One more wrong PIN locks"):
        in_opensc.sign(der, "999999")
    assert card.tries == 1
    with pytest.raises(errors.PinFinalTry):
        in_opensc.sign(der)  # also the right one is not tried before a person says so
    assert (card.tries, card.pins_tried) == (1, before + 2)
    with pytest.raises(errors.PinLocked):
        in_opensc.sign(der, "999999", allow_final_try=True)
    with pytest.raises(errors.PinLocked):
        in_opensc.sign(der, allow_final_try=True)
    assert (card.tries, card.pins_tried) == (0, before + 3)


def test_the_last_try_opens_with_the_right_pin(in_opensc: Place, reader: PivReader) -> None:
    card = reader.cards[0]
    card.set_tries(1)
    with pytest.raises(errors.PinFinalTry):
        in_opensc.sign(card.certificate_der)
    assert_good(card.certificate_der, in_opensc.sign(card.certificate_der, allow_final_try=True))
    assert card.tries == 3


@pytest.mark.parametrize("pulled", ["between signatures", "during one"])
def test_a_pulled_card_is_an_unknown_outcome_and_signs_again_when_it_is_back(
    in_opensc: Place, reader: PivReader, pulled: str
) -> None:
    card = reader.cards[0]
    der = card.setup.keys[SIGNING][1]
    in_opensc.apart.run(at_tokens.hold, in_opensc.module, named(der), card.pin)
    assert_good(der, in_opensc.apart.run(at_tokens.sign_held, MESSAGE))
    if pulled == "during one":
        card.pull_at_signature()
    else:
        card.remove()
    with pytest.raises(errors.TokenError) as lost:
        in_opensc.apart.run(at_tokens.sign_held, MESSAGE)
    assert lost.value.outcome_unknown
    assert not card.inserted
    with pytest.raises(errors.TokenError):
        in_opensc.apart.run(at_tokens.reopen_held)
    card.insert()
    in_opensc.apart.run(at_tokens.reopen_held)
    assert_good(der, in_opensc.apart.run(at_tokens.sign_held, MESSAGE))
