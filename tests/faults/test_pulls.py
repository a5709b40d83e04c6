"""A smart card that is pulled, at rest and in mid-signature, and one that bounces: the key comes back by itself."""

import statistics
import time
from collections.abc import Iterator

import pytest

from certificates.pki import SigningCertificate, verify_signature
from hsm.errors import TokenError
from hsm.tokens import TokenSelector
from hsm.worker.key import WorkerKey, open_worker_key
from tests.faults.conftest import Many, Tell
from tests.support.piv_reader import Card, new_card, piv_reader


@pytest.fixture
def card() -> Iterator[tuple[Card, WorkerKey]]:
    """An inserted card, and its key through a worker."""
    setup = new_card("ES256")
    with piv_reader(setup) as reader:
        card = reader.cards[0]
        card.insert()
        with open_worker_key(
            reader.module,
            TokenSelector(serial=setup.token_serial),
            lambda: setup.pin,
            certificate_der=card.certificate_der,
            environment=reader.environment,
        ) as key:
            yield card, key


def seconds_until_it_signs(card: Card, key: WorkerKey) -> float:
    """The card is back: how long it takes until a good signature is there, and no one was asked for anything."""
    began, dsc = time.perf_counter(), SigningCertificate.from_der(card.certificate_der)
    while time.perf_counter() - began < 60:
        try:
            assert verify_signature(dsc, b"next", key.sign(b"next"))
        except TokenError:
            time.sleep(0.02)
        else:
            return time.perf_counter() - began
    raise AssertionError("the card did not come back")


def test_every_pull_is_recovered_from(card: tuple[Card, WorkerKey], many: Many, tell: Tell) -> None:
    """With the PIN of the batch: the card is asked once each time, and never with a wrong one."""
    plastic, key = card
    pulls, bounces = many(6, 200), many(3, 50)
    times: list[float] = []
    with key.batch():
        for number in range(pulls):
            if number % 2:
                plastic.pull_at_signature(after=0.01)
            else:
                plastic.remove()
            with pytest.raises(TokenError) as caught:
                key.sign(b"x")
            assert caught.value.outcome_unknown
            plastic.insert()
            times.append(seconds_until_it_signs(plastic, key))
        for _ in range(bounces):
            plastic.remove()
            plastic.insert()
            times.append(seconds_until_it_signs(plastic, key))
    assert plastic.tries == 3
    tell(
        f"pulls: {pulls}, half in mid-signature, and {bounces} bounces; all recovered, "
        f"median {statistics.median(times):.2f} s, longest {max(times):.2f} s"
    )
