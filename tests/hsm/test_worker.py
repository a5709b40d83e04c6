"""Keys through a worker process: as in this process, and alive where a driver or a process is not."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certificates.pki import SigningCertificate, verify_signature
from hsm import errors
from hsm.tokens import TokenSelector
from hsm.worker.key import WorkerKey, open_worker_key
from hsm.worker.messages import Sign
from hsm.worker.process import Limits, TokenWorker
from tests.support.softhsm import GoldenToken, GoldenTokens, copy_tokens

Opener = Callable[..., WorkerKey]


def never() -> str:
    raise AssertionError("the PIN was asked for")


def assert_signs(key: WorkerKey, message: bytes = b"a whole message") -> None:
    assert verify_signature(SigningCertificate.from_der(key.certificate_der), message, key.sign(message))


@pytest.fixture
def opened(golden_tokens: GoldenTokens, tmp_path: Path) -> Iterator[Opener]:
    """Opens keys in workers over a copy of the EC and the RSA token."""
    environment = copy_tokens(golden_tokens, tmp_path, golden_tokens.ec, golden_tokens.rsa)
    keys: list[WorkerKey] = []

    def open_(token: GoldenToken = golden_tokens.ec, pin: Callable[[], str] | None = None) -> WorkerKey:
        key = open_worker_key(token.module, token.selector, pin or (lambda: token.pin), environment=environment)
        keys.append(key)
        return key

    yield open_
    for key in keys:
        key.close()


@pytest.mark.parametrize("name", ["ec", "rsa"])
def test_signs_as_a_key_of_this_process(golden_tokens: GoldenTokens, opened: Opener, name: str) -> None:
    token: GoldenToken = getattr(golden_tokens, name)
    key = opened(token)
    with token.open() as here:
        assert (key.certificate_der, key.algorithm) == (here.certificate_der, here.algorithm)
        assert (key.public_key_der, key.key_id) == (here.public_key_der, here.key_id)
        assert (key.token.serial, key.mechanism) == (here.token.serial, here.mechanism)
    for size in (0, 1, 4096, 100_000):
        assert_signs(key, bytes(size))


def test_many_signatures_come_in_the_order_of_their_messages(opened: Opener) -> None:
    key = opened()
    dsc = SigningCertificate.from_der(key.certificate_der)
    messages = [b"message %d" % number for number in range(250)]
    signatures = list(key.sign_many(messages))
    assert len(signatures) == 250
    assert all(verify_signature(dsc, *pair) for pair in zip(messages, signatures, strict=True))
    assert list(key.sign_many([])) == []


def test_who_has_enough_stops_the_token(opened: Opener) -> None:
    key = opened()
    some = key.sign_many([b"%d" % number for number in range(100)])
    next(some)
    with pytest.raises(RuntimeError, match="not used up"):
        key.sign(b"in between")
    some.close()
    assert_signs(key)


def test_who_is_interrupted_leaves_the_worker_in_order(opened: Opener) -> None:
    key = opened()
    process = key.worker.process_id
    some = key.sign_many([b"%d" % number for number in range(100)])
    next(some)
    with pytest.raises(KeyboardInterrupt):
        some.throw(KeyboardInterrupt)
    assert_signs(key)
    assert key.worker.process_id == process


def test_who_is_interrupted_twice_ends_it(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    key = opened()
    some = key.sign_many([b"%d" % number for number in range(100)])
    next(some)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(key.worker, "_next", interrupted)
        with pytest.raises(KeyboardInterrupt):
            some.close()
    assert key.worker.process_id is None
    assert_signs(key)


def test_errors_arrive_as_they_were_raised(golden_tokens: GoldenTokens, tmp_path: Path) -> None:
    environment = copy_tokens(golden_tokens, tmp_path, golden_tokens.ec, golden_tokens.rsa)
    module = golden_tokens.module

    def open_(selector: TokenSelector, **more: object) -> WorkerKey:
        return open_worker_key(module, selector, never, environment=environment, **more)  # type: ignore[arg-type]

    with pytest.raises(errors.TokenAmbiguous) as ambiguous:
        open_(TokenSelector())
    assert set(ambiguous.value.serials) == {golden_tokens.ec.serial, golden_tokens.rsa.serial}
    with pytest.raises(errors.TokenNotFound, match="golden ec"):
        open_(TokenSelector(label="nowhere"))
    with pytest.raises(errors.CertificateEnded):
        open_(golden_tokens.ec.selector, certificate_der=golden_tokens.ec.certificate_der, at=FAR)
    with pytest.raises(errors.ModuleNotFound):
        open_worker_key(Path("nowhere.so"), TokenSelector(), never)
    with pytest.raises(errors.ModuleNotLoaded):
        open_worker_key(Path(__file__), TokenSelector(), never)


FAR = datetime.now(UTC) + timedelta(days=5000)


def test_the_spy_is_refused_in_the_worker_too(golden_tokens: GoldenTokens) -> None:
    with pytest.raises(errors.ModuleRefused):
        open_worker_key(golden_tokens.module, TokenSelector(), never, environment={"PKCS11SPY": "/any.so"})


def test_a_wrong_pin_is_tried_once_and_ends_the_worker(golden_tokens: GoldenTokens, opened: Opener) -> None:
    asked = []
    with pytest.raises(errors.PinIncorrect):
        opened(pin=lambda: asked.append(1) or "WRONG-9731")  # type: ignore[func-returns-value]
    assert asked == [1]
    with pytest.raises(errors.PinForm):
        opened(pin=lambda: "mậtkhẩu1")
    assert_signs(opened())


def test_who_gives_no_pin_gets_their_own_error(opened: Opener) -> None:
    with pytest.raises(AssertionError, match="asked for"):
        opened(pin=never)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_worker_is_an_unknown_outcome_and_the_next_signature_works(
    golden_tokens: GoldenTokens, opened: Opener
) -> None:
    asked: list[int] = []
    key = opened(pin=lambda: asked.append(1) or golden_tokens.ec.pin)  # type: ignore[func-returns-value]
    with key.batch():
        process = key.worker.process_id
        assert process is not None
        os.kill(process, signal.SIGKILL)
        with pytest.raises(errors.WorkerEnded) as caught:
            key.sign(b"x")
        assert caught.value.outcome_unknown
        assert_signs(key)  # with the PIN that the token took before
        assert key.worker.process_id not in (None, process)
        assert asked == [1]
    key.worker.kill()
    assert_signs(key)  # the batch is over: a person was asked
    assert asked == [1, 1]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_hung_worker_is_ended_and_the_next_signature_works(golden_tokens: GoldenTokens, tmp_path: Path) -> None:
    token = golden_tokens.ec
    with open_worker_key(
        *(token.module, token.selector, lambda: token.pin),
        limits=Limits(sign=0.3),
        environment=copy_tokens(golden_tokens, tmp_path, token),
    ) as key:
        process = key.worker.process_id
        assert process is not None
        os.kill(process, signal.SIGSTOP)
        with pytest.raises(errors.TokenHung, match=r"0\.3 seconds") as caught:
            key.sign(bytes(1_000_000))  # more than a pipe holds: nobody waits for it to be read
        assert caught.value.outcome_unknown
        assert key.worker.process_id is None
        assert_signs(key)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_of_the_terminal_leaves_the_worker_at_work(opened: Opener) -> None:
    key = opened()
    process = key.worker.process_id
    assert process is not None
    os.kill(process, signal.SIGINT)
    assert_signs(key)
    assert key.worker.process_id == process


def test_a_refused_pin_is_not_given_again(golden_tokens: GoldenTokens, opened: Opener) -> None:
    pins = [golden_tokens.ec.pin, "WRONG-9731", golden_tokens.ec.pin]
    key = opened(pin=lambda: pins.pop(0))
    with key.batch():
        pass  # the PIN of the opening is forgotten
    with pytest.raises(errors.PinIncorrect):
        key.reopen()
    assert len(pins) == 1  # no rung after it
    assert_signs(key)


def test_a_kept_pin_that_is_wrong_meanwhile_costs_one_try(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    key = opened()
    given: list[bytearray] = []

    def other() -> bytearray:
        given.append(bytearray(b"WRONG-9731"))
        return given[-1]

    monkeypatch.setattr(key._pin, "give", other)
    with pytest.raises(errors.PinIncorrect):
        key.reopen()
    assert given == [bytearray(10)]  # once, and overwritten
    assert key._pin._kept is None


def test_two_workers_do_not_disturb_each_other(golden_tokens: GoldenTokens, opened: Opener) -> None:
    first, second = opened(golden_tokens.ec), opened(golden_tokens.rsa)
    first.worker.kill()
    assert_signs(second)
    assert_signs(first)
    assert first.worker.process_id != second.worker.process_id


def test_many_threads_share_a_key(opened: Opener) -> None:
    key = opened()
    dsc = SigningCertificate.from_der(key.certificate_der)
    good: list[int] = []

    def work(name: int) -> None:
        for number in range(20):
            message = b"%d of %d" % (number, name)
            if verify_signature(dsc, message, key.sign(message)):
                good.append(number)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(good) == 160


def test_threads_that_share_a_lost_key_ask_for_its_pin_once(golden_tokens: GoldenTokens, opened: Opener) -> None:
    asked: list[int] = []
    key = opened(pin=lambda: asked.append(1) or golden_tokens.ec.pin)  # type: ignore[func-returns-value]
    with key.batch():
        pass
    key.worker.kill()
    threads = [threading.Thread(target=key.sign, args=(b"x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 2


def test_no_process_to_be_had_is_said(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(errors.WorkerEnded, match="cannot be started"):
        open_worker_key(golden_tokens.module, TokenSelector(), never)


def test_a_closed_key_refuses(opened: Opener) -> None:
    key = opened()
    key.close()
    for _ in range(2):
        with pytest.raises(errors.TokenRemoved):
            key.sign(b"x")
    assert key.worker.process_id is None
    key.close()


def test_a_worker_with_no_key_signs_nothing_and_one_that_reads_nonsense_ends() -> None:
    worker = TokenWorker()
    with pytest.raises(errors.TokenRemoved):
        worker.ask(Sign(messages=(b"x",)), limit=5)
    with pytest.raises(errors.WorkerEnded):
        worker.ask(Sign(messages=(1,)), limit=5)  # type: ignore[arg-type]
    worker.close()
    worker.close()


ORPHAN = """
import os, signal, sys
from pathlib import Path
from hsm.worker.process import TokenWorker
worker = TokenWorker()
worker.tokens(Path(sys.argv[1]))
print(worker.process_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
def test_no_worker_outlives_the_one_who_started_it(golden_tokens: GoldenTokens) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN, str(golden_tokens.module)], stdout=subprocess.PIPE, check=False
    )
    status = Path(f"/proc/{int(done.stdout)}/stat")
    deadline = time.monotonic() + 10
    while status.exists() and status.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
def test_no_pin_in_environment_arguments_or_core(golden_tokens: GoldenTokens, opened: Opener) -> None:
    key = opened()
    assert_signs(key)
    for process in (os.getpid(), key.worker.process_id):
        for name in ("environ", "cmdline"):
            assert golden_tokens.ec.pin.encode() not in Path(f"/proc/{process}/{name}").read_bytes()
    limits = Path(f"/proc/{key.worker.process_id}/limits").read_text()
    (core,) = [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")]
    assert core == ["0", "0"]


def test_another_key_in_its_place_is_refused(golden_tokens: GoldenTokens, opened: Opener) -> None:
    key = opened()
    other = opened(golden_tokens.rsa)
    key._opened = other._opened  # as if another token had come in its place
    with pytest.raises(errors.KeyMismatch):
        key.reopen()
