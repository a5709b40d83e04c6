"""What is plugged in, over all drivers. Each is asked in a process of its own, all at once, with a limit of time."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from hsm import errors, probe
from hsm.drivers import Driver
from hsm.errors import ModuleCrashed, ModuleHung, ModuleRefused, TokenAmbiguous, TokenError, TokenNotFound
from hsm.readers import Reader, Readers
from hsm.tokens import StoredCertificate, TokenInfo, TokenSelector

SECONDS: Final = 10.0  # slow cards take up to 3 s for a list of their certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenToken:
    """A token as one driver shows it before any log-in.

    Attributes:
        mechanisms: with which it says it signs.
        certificates: None where the driver did not list them.
    """

    driver: Driver
    info: TokenInfo
    mechanisms: frozenset[int]
    certificates: tuple[StoredCertificate, ...] | None

    @property
    def fingerprints(self) -> frozenset[bytes]:
        """SHA-256 of each certificate."""
        return frozenset(one.fingerprint for one in self.certificates or ())

    def fits(self, selector: TokenSelector) -> bool:
        """Whether it is what ``selector`` means. A fingerprint cannot fit where certificates were not listed."""
        return (
            self.info.initialised
            and selector.serial in (None, self.info.serial)
            and selector.label in (None, self.info.label)
            and (selector.fingerprint is None or selector.fingerprint in self.fingerprints)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverReport:
    """What one driver answered. ``error`` says why it may not be all; ``slots`` are its readers, by name."""

    driver: Driver
    slots: tuple[str, ...]
    tokens: tuple[SeenToken, ...]
    error: TokenError | None


def survey(drivers: Iterable[Driver], *, seconds: float = SECONDS) -> tuple[DriverReport, ...]:
    """Ask every driver. One that hangs or crashes has that as its ``error`` and spoils nothing for the others.

    Raises ModuleRefused: PKCS11SPY is set.
    """
    check_no_spy()
    running = [(driver, _start(str(driver.path))) for driver in drivers]
    deadline = time.monotonic() + seconds
    reports = []
    for driver, process in running:
        answers, error = _answers(process, deadline)
        reports.append(_report(driver, answers, error))
    return _without_doubles(reports)


def find_readers(*, seconds: float = SECONDS) -> Readers | None:
    """The readers that the system sees, with or without a driver for what is in them. None: it does not answer."""
    answers, _ = _answers(_start(probe.READERS), time.monotonic() + seconds)
    for answer in answers:
        if "service" in answer:
            return Readers(service=answer["service"], readers=tuple(Reader(**one) for one in answer["readers"]))
    return None


def check_no_spy() -> None:
    """Raises ModuleRefused."""
    if "PKCS11SPY" in os.environ:
        raise ModuleRefused("PKCS11SPY is set: it would log the PIN in clear. Unset it and start again")


def choose_driver(reports: tuple[DriverReport, ...], selector: TokenSelector | None = None) -> Driver:
    """The driver that shows the token meant; where none does, the first that works, else the first.

    Software tokens count only where no other token fits. One token may be shown by several drivers: the first is taken.

    Raises:
        TokenAmbiguous: different tokens fit.
    """
    tokens = [token for report in reports for token in report.tokens]
    fitting = [token for token in tokens if token.fits(selector or TokenSelector())]
    hardware = [token for token in fitting if not token.driver.is_software]
    if hardware:
        first = hardware[0]
        if any(token.driver != first.driver and not _same(token, first) for token in hardware):
            raise _ambiguous(hardware)
        return first.driver
    for token in (*fitting, *tokens):
        return token.driver
    return next((report.driver for report in reports if report.error is None), reports[0].driver)


def only_token(reports: tuple[DriverReport, ...], selector: TokenSelector) -> SeenToken:
    """The one initialised token that fits. One that several drivers show counts once, as the first shows it.

    Raises:
        TokenNotFound: none fits.
        TokenAmbiguous: several do; its ``serials`` name them.
        TokenError: nothing fits, and the only driver did not work.
    """
    tokens = [token for report in reports for token in report.tokens if token.info.initialised]
    fitting: list[SeenToken] = []
    for token in tokens:
        if token.fits(selector) and not any(_same(token, one) and token.driver != one.driver for one in fitting):
            fitting.append(token)
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        raise _ambiguous(fitting)
    if len(reports) == 1 and reports[0].error is not None:
        raise reports[0].error
    there = ", ".join(f"{token.info.label!r} ({token.info.serial})" for token in tokens)
    raise TokenNotFound(f"no token fits ({selector}); " + (f"present: {there}" if there else "none is plugged in"))


def _ambiguous(tokens: list[SeenToken]) -> TokenAmbiguous:
    serials = tuple(sorted({token.info.serial for token in tokens}))
    error = TokenAmbiguous(f"several tokens are plugged in: name one by its serial: {', '.join(serials)}")
    error.serials = serials
    return error


def _same(one: SeenToken, other: SeenToken) -> bool:
    """Drivers name one token differently, but its certificates are what they are."""
    return one.info.serial == other.info.serial or bool(one.fingerprints & other.fingerprints)


def _start(argument: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", probe.__name__, argument],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="ascii",
    )


def _answers(process: "subprocess.Popen[str]", deadline: float) -> tuple[list[dict[str, Any]], TokenError | None]:
    """What a probe told until it was done, failed, died or was out of time."""
    hung = False
    try:
        output, _ = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        hung = True
        process.kill()
        output, _ = process.communicate()
    answers = list(_lines(output))
    last = answers[-1] if answers else {}
    if "error" in last:
        return answers, _error(last["error"], last["detail"])
    if "done" in last:
        return answers, None
    if hung:
        return answers, ModuleHung("the driver did not answer in time: pull the token, insert it again and start again")
    return answers, ModuleCrashed("the driver crashed: install the vendor's newest one")


def _lines(output: str) -> Iterator[dict[str, Any]]:
    for line in output.splitlines():
        try:
            yield json.loads(line)
        except ValueError:  # half a line, of a process that was killed
            return


def _error(code: str, detail: str) -> TokenError:
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TokenError))
    return next((kind for kind in kinds if kind.code == code), TokenError)(detail)


def _report(driver: Driver, answers: list[dict[str, Any]], error: TokenError | None) -> DriverReport:
    certificates = {
        answer["slot"]: tuple(
            StoredCertificate(der=bytes.fromhex(one["der"]), id=bytes.fromhex(one["id"]), label=one["label"])
            for one in answer["certificates"]
        )
        for answer in answers
        if "certificates" in answer
    }
    tokens = tuple(
        SeenToken(
            driver=driver,
            info=TokenInfo(**answer["token"]),
            mechanisms=frozenset(answer["mechanisms"]),
            certificates=certificates.get(answer["token"]["slot"]),
        )
        for answer in answers
        if "token" in answer
    )
    slots = next((tuple(answer["slots"]) for answer in answers if "slots" in answer), ())
    return DriverReport(driver=driver, slots=slots, tokens=tokens, error=error)


def _without_doubles(reports: list[DriverReport]) -> tuple[DriverReport, ...]:
    """p11-kit's proxy shows the tokens of other drivers again."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for report in reports:
        tokens = tuple(token for token in report.tokens if _identity(token) not in seen)
        seen |= {_identity(token) for token in tokens}
        kept.append(DriverReport(driver=report.driver, slots=report.slots, tokens=tokens, error=report.error))
    return tuple(kept)


def _identity(token: SeenToken) -> tuple[str, str, str]:
    return token.info.serial, token.info.label, token.info.model
