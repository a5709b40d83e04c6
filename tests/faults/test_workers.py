"""Answers lost, bits flipped, tokens that hang, workers that die, PINs that are wrong: nothing lost, nothing locked."""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from certificates.errors import IssuanceError
from certificates.issuance import ToBeSigned, finish, prepare_confirmation
from certificates.pki import SigningCertificate, verify_signature
from certificates.records.verification import verify
from hsm.errors import PinIncorrect, TokenError, TokenHung, WorkerEnded
from hsm.worker.key import WorkerKey
from hsm.worker.process import Limits
from tests.faults.conftest import Many, Tell, open_behind
from tests.support.proxy import Fault, Proxy
from tests.support.signing import make_evidence, make_record, make_terms
from tests.support.softhsm import GoldenToken

Plug = Callable[[GoldenToken], Proxy]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="p11-kit's proxy and signals of POSIX")


def confirmation(dsc: SigningCertificate, number: int = 0) -> ToBeSigned:
    """What a station signs, for a record of its own."""
    now = dsc.not_before.replace(microsecond=0)
    record = replace(make_record(), record_id=f"R-{number:04}")
    verified = verify(record, make_evidence(record), today=now.date())
    return prepare_confirmation(verified, make_terms(now), dsc)


def test_an_answer_that_is_lost_after_signing_doubles_nothing(
    proxied: Plug, token: GoldenToken, many: Many, tell: Tell
) -> None:
    """Each record is finished once, by the second signature over the same bytes; the first one is nowhere."""
    proxy, dsc, count = proxied(token), SigningCertificate.from_der(token.certificate_der), many(25, 1000)
    finished = lost = 0
    with open_behind(proxy, token) as key, key.batch():
        for number in range(count):
            tbs = confirmation(dsc, number)
            proxy.meet(Fault(call="C_Sign", what="drop-after"))
            with pytest.raises(TokenError) as caught:
                key.sign(tbs.message)
            assert caught.value.outcome_unknown
            lost += proxy.met
            proxy.meet(None)
            finish(tbs, key.sign(tbs.message))
            finished += 1
            with pytest.raises(IssuanceError, match="finished before"):
                finish(tbs, key.sign(tbs.message))
    assert (lost, finished) == (count, count)
    tell(f"answers lost after signing: {lost}; records finished: {finished}, doubled: 0")


def test_no_corrupted_or_replayed_signature_passes(proxied: Plug, token: GoldenToken, tell: Tell) -> None:
    proxy, dsc = proxied(token), SigningCertificate.from_der(token.certificate_der)
    wanted = [confirmation(dsc, number) for number in range(100)]
    refused = 0
    with open_behind(proxy, token) as key:
        key.sign(b"a signature to be replayed")
        for what in ("flip", "replay"):
            proxy.meet(Fault(call="C_Sign", what=what, times=1_000_000))
            for _ in range(50):
                for tbs, signature in zip(wanted, key.sign_many([one.message for one in wanted]), strict=True):
                    with pytest.raises(IssuanceError) as caught:
                        finish(tbs, signature)
                    assert caught.value.code == "signature-invalid"
                    refused += 1
        proxy.meet(None)
        for tbs in wanted:
            finish(tbs, key.sign(tbs.message))
    assert refused == 10_000
    tell(f"corrupted or replayed signatures: {refused}, passed: 0")


def test_a_token_that_hangs_is_given_up_and_comes_back(
    proxied: Plug, token: GoldenToken, many: Many, tell: Tell
) -> None:
    proxy, dsc = proxied(token), SigningCertificate.from_der(token.certificate_der)
    calls = ("C_SignInit", "C_Sign", "C_Login", "C_GetSlotList", "C_FindObjects")
    with open_behind(proxy, token, limits=Limits(sign=0.5, open=0.5)) as key, key.batch():
        for call in calls[: many(3, 5)]:
            if not call.startswith("C_Sign"):
                key.worker.kill()  # the next use opens, and every rung of the ladder hangs
            proxy.meet(Fault(call=call, what="hang", times=9))
            with pytest.raises(TokenHung):
                key.sign(b"x")
            proxy.meet(None)
            assert verify_signature(dsc, b"next", key.sign(b"next"))
    tell(f"hung calls: {many(3, 5)}, each given up in time, the next signature good")


class Signer(threading.Thread):
    """Signs until it is stopped."""

    def __init__(self, key: WorkerKey) -> None:
        super().__init__(daemon=True)
        self.key, self.made, self.stop, self.failure = key, 0, threading.Event(), ""

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.made += len(list(self.key.sign_many([b"%d" % number for number in range(20)])))
            except TokenError as error:
                self.failure = error.code

    def rate(self, seconds: float) -> float:
        """Signatures a second over the next ``seconds``."""
        before, began = self.made, time.perf_counter()
        time.sleep(seconds)
        return (self.made - before) / (time.perf_counter() - began)


def test_a_hung_token_leaves_the_others_at_work(proxied: Plug, token: GoldenToken, many: Many, tell: Tell) -> None:
    """The best of several short looks in turn: one says little on a busy machine. Only `make faults` insists."""
    first, second = proxied(token), proxied(token)
    alone, beside = [], []
    with open_behind(first, token, limits=Limits(sign=60)) as key, open_behind(second, token) as other:
        signer = Signer(other)
        signer.start()
        for _ in range(many(2, 12)):
            alone.append(signer.rate(0.4))
            first.meet(Fault(call="C_Sign", what="hang"))
            hung = threading.Thread(target=_try, args=(key,), daemon=True)
            hung.start()
            while not first.met:
                time.sleep(0.01)
            beside.append(signer.rate(0.4))
            assert hung.is_alive()
            key.worker.kill()
            hung.join()
        signer.stop.set()
        signer.join()
    assert signer.failure == ""
    share = max(beside) / max(alone)
    assert share > many(0, 1) * 0.7
    tell(f"rate of a token beside one that hangs: {share:.0%}")


def _try(key: WorkerKey) -> None:
    with pytest.raises(WorkerEnded):
        key.sign(b"x")


def test_workers_killed_at_random(proxied: Plug, token: GoldenToken, many: Many, tell: Tell) -> None:
    """In signing and in opening: the next signature works, with the PIN of the batch."""
    proxy, dsc, count = proxied(token), SigningCertificate.from_der(token.certificate_der), many(15, 300)
    moments = random.Random(7)  # noqa: S311 - moments, no secrets
    asked: list[int] = []
    failed = 0
    with open_behind(proxy, token, lambda: asked.append(1) or token.pin) as key, key.batch():  # type: ignore[func-returns-value]
        for _ in range(count):
            process = key.worker.process_id
            assert process is not None
            killer = threading.Timer(moments.uniform(0, 0.02), os.kill, (process, signal.SIGKILL))
            killer.start()
            try:
                for signature in key.sign_many([b"message"] * 200):
                    assert verify_signature(dsc, b"message", signature)
            except WorkerEnded:
                failed += 1
            killer.join()
            key.worker.kill()  # where it was done before its moment
            assert verify_signature(dsc, b"next", key.sign(b"next"))
    assert asked == [1]
    tell(f"workers killed: {count}, {failed} of them in mid-batch; the next signature good each time")


def test_many_clients_of_one_token(proxied: Plug, token: GoldenToken, many: Many, tell: Tell) -> None:
    proxy, dsc = proxied(token), SigningCertificate.from_der(token.certificate_der)
    runs, each, bad = many(1, 20), many(100, 1000), 0
    with open_behind(proxy, token) as key:
        process = key.worker.process_id
        for run in range(runs):
            results: list[bool] = []

            def client(name: int, run: int = run, results: list[bool] = results) -> None:
                for number in range(each):
                    message = b"%d %d %d" % (run, name, number)
                    results.append(verify_signature(dsc, message, key.sign(message)))

            clients = [threading.Thread(target=client, args=(name,)) for name in range(8)]
            for thread in clients:
                thread.start()
            for thread in clients:
                thread.join()
            assert len(results) == 8 * each
            bad += results.count(False)
        assert key.worker.process_id == process  # no crash
    assert bad == 0
    tell(f"8 clients x {each} signatures x {runs} runs: 0 crashes, {bad} bad")


def test_wrong_pins_cost_as_many_tries_as_a_person_typed(
    proxied: Plug, token: GoldenToken, many: Many, tell: Tell
) -> None:
    proxy, typed = proxied(token), 0
    wrong = iter(range(10_000, 99_999))

    def person() -> str:
        nonlocal typed
        typed += 1
        return f"WRONG-{next(wrong)}"

    for _ in range(many(5, 50)):
        with pytest.raises(PinIncorrect):
            open_behind(proxy, token, person)
    assert proxy.seen["C_Login"] == typed
    # The token is pulled out between two batches and the person errs: no rung of the ladder tries again.
    pins = iter([token.pin, *(person() for _ in range(3))])
    tries = proxy.seen["C_Login"]
    with open_behind(proxy, token, lambda: next(pins)) as key:
        with key.batch():
            key.sign(b"x")
        for _ in range(3):
            key.worker.kill()
            with pytest.raises(PinIncorrect):
                key.sign(b"x")
    assert proxy.seen["C_Login"] == tries + 1 + 3
    # The log-in fails and says nothing of the PIN: what nobody has proven right is not given twice.
    proxy.seen.clear()
    proxy.meet(Fault(call="C_Login", what="error", rv=0x30, times=99))
    with pytest.raises(TokenError):
        open_behind(proxy, token, person)
    assert proxy.seen["C_Login"] == 1
    tell(f"wrong PINs: {typed} typed, {typed} tried")


def test_a_canary_pin_is_found_nowhere(
    proxied: Plug, token: GoldenToken, tell: Tell, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Neither in what processes show of themselves, nor in logs, nor in a core of a worker that crashes."""
    proxy, canary, hits = proxied(token), token.pin.encode(), 0
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        with caplog.at_level(0), open_behind(proxy, token) as key, key.batch():
            key.sign(b"x")
            for name in ("environ", "cmdline"):
                hits += sum(canary in shown for shown in _shown_by_all(name))
            process = key.worker.process_id
            assert process is not None
            os.kill(process, signal.SIGSEGV)
            with pytest.raises(WorkerEnded):
                key.sign(b"x")
            key.sign(b"x")
    finally:
        os.chdir(here)
    hits += canary in caplog.text.encode()
    hits += sum(canary in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert list(tmp_path.glob("core*")) == []
    assert hits == 0
    tell(f"canary PIN in environments, command lines, logs, cores: {hits}")


def _shown_by_all(name: str) -> Iterator[bytes]:
    for path in Path("/proc").glob(f"[0-9]*/{name}"):
        try:
            yield path.read_bytes()
        except OSError:
            continue
