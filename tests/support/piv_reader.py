"""A smart card reader with PIV cards that tests insert, pull, slow down, hang and lock: pcscd, vpcd, `PivCard`.

    with piv_reader(new_card("ES256")) as reader:
        reader.cards[0].insert()
        subprocess.run([...], env=os.environ | reader.environment)

pcscd runs in network and mount namespaces of its own, so that tests share no reader. Its clients need none: they find
it by the environment, which must be set before OpenSC is loaded (`tests.support.apart`). Two cards at most.
"""

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certificates.signing import Algorithm
from tests.support.piv_card import PIN_TRIES, PrivateKey
from tests.support.piv_host import SOCKET_NAME
from tests.support.softkeys import make_key

SIGNING: Final = 0x9A  # the PIN once
ALWAYS: Final = 0x9C  # the PIN before each signature
_UNSHARE: Final = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child")
_DRIVERS: Final = ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so", "/usr/lib64/pcsc/drivers/serial/libifdvpcd.so")
_OPENSC: Final = (
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSetup:
    """What a card is made of: keys by key reference, each with the DER of its certificate (empty for none)."""

    keys: dict[int, tuple[PrivateKey, bytes]] = field(repr=False)
    pin: str = field(default="271828", repr=False)
    serial: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def token_serial(self) -> str:
        """The token's serial number as OpenSC shows it."""
        return self.serial[-8:].hex()

    def to_dict(self) -> dict[str, Any]:
        form = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return {
            "serial": self.serial.hex(),
            "pin": self.pin,
            "keys": {slot: (key.private_bytes(*form).hex(), der.hex()) for slot, (key, der) in self.keys.items()},
        }


def new_card(*algorithms: Algorithm, days: int = 800) -> CardSetup:
    """A card with a key and a certificate for each algorithm: the first in slot 9A, a second in 9C (PIN each time).

    ``days``: how long the certificates go on from now.
    """
    now = datetime.now(UTC)
    made = [
        make_key(algorithm, not_before=now - timedelta(days=30), not_after=now + timedelta(days=days))
        for algorithm in algorithms
    ]
    return CardSetup(
        keys={slot: (key.private_key, key.certificate_der) for slot, key in zip((SIGNING, ALWAYS), made, strict=False)}
    )


class Card:
    """The remote control of one card."""

    def __init__(self, reader: "PivReader", number: int, setup: CardSetup) -> None:
        self._reader = reader
        self._number = number
        self.setup = setup

    @property
    def certificate_der(self) -> bytes:
        """Of its first key."""
        return self.setup.keys[SIGNING][1]

    @property
    def pin(self) -> str:
        return self.setup.pin

    def insert(self) -> None:
        """Put it into its reader; returns when the reader has noticed."""
        self._do("insert")

    def remove(self) -> None:
        """Pull it; pcscd notices within half a second, a running command at once."""
        self._do("remove")

    def slow(self, seconds: float) -> None:
        """Seconds a signature: real cards take 0.097 for EC, 0.22 for RSA."""
        self._set(seconds=seconds)

    def hang(self, value: bool = True) -> None:
        """From now on (or no longer) a signature is asked for and never answered."""
        self._set(hang=value)

    def freeze(self, value: bool = True) -> None:
        """From now on (or no longer) it answers nothing at all, as a token whose firmware hangs."""
        self._set(frozen=value)

    def pull_at_signature(self, number: int = 1, *, after: float = 0.0) -> None:
        """The card is pulled once, ``after`` seconds into the next signature, or a later one."""
        self._set(pull_at=number, pull_after=after)

    def set_tries(self, tries: int = PIN_TRIES) -> None:
        """How many tries of the PIN are left; 0 is locked. The token's flags follow, and it wants the PIN again."""
        self._set(tries=tries)

    @property
    def tries(self) -> int:
        return int(self._do("state")["tries"])

    @property
    def signatures(self) -> int:
        """How many it has made."""
        return int(self._do("state")["signatures"])

    @property
    def pins_tried(self) -> int:
        """How many PINs were presented to it."""
        return int(self._do("state")["pins_tried"])

    @property
    def inserted(self) -> bool:
        return bool(self._do("state")["inserted"])

    def _set(self, **values: Any) -> None:
        self._do("set", values=values)

    def _do(self, what: str, **more: Any) -> dict[str, Any]:
        return self._reader.command({"do": what, "card": self._number, **more})


class PivReader:
    """A running pcscd and its cards. ``module``: OpenSC. ``environment``: what leads PKCS#11 modules to this pcscd."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path, setups: tuple[CardSetup, ...]) -> None:
        self._process = process
        self.folder = folder
        self.module = _first(_OPENSC) or Path()
        self.environment = {"PCSCLITE_CSOCK_NAME": str(folder / "run" / SOCKET_NAME)}
        self.cards = [Card(self, number, setup) for number, setup in enumerate(setups)]

    def stop_service(self) -> None:
        """pcscd dies; cards fall out."""
        self.command({"do": "stop"})

    def start_service(self) -> None:
        """pcscd comes back, with empty readers."""
        self.command({"do": "start"})

    def command(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send one command to the host and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(
            self._process.stdout.readline() or '{"error": "the host of the cards ended"}'
        )
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


@contextlib.contextmanager
def piv_reader(*setups: CardSetup) -> Iterator[PivReader]:
    """A reader for each card, all empty at first. Skips the test, with the reason, where the machine cannot."""
    skip_unless_possible()
    with tempfile.TemporaryDirectory(prefix="piv-") as name:  # short: the path of a socket has at most 107 bytes
        folder = Path(name)
        process = subprocess.Popen(
            [*_UNSHARE, sys.executable, "-m", "tests.support.piv_host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        reader = PivReader(process, folder, setups)
        try:
            reader.command(
                {
                    "folder": name,
                    "driver": str(_first(_DRIVERS)),
                    "cards": [setup.to_dict() for setup in setups],
                }
            )
            yield reader
        finally:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def skip_unless_possible() -> None:
    """Skip the test with the reason why this machine has no virtual card reader."""
    if why := _why_not():
        pytest.skip(f"no virtual card reader: {why}")


@cache
def _why_not() -> str:
    if platform.system() != "Linux":
        return "namespaces need Linux"
    if not shutil.which("pcscd") or not _first(_DRIVERS) or not _first(_OPENSC):
        return "apt-get install pcscd vsmartcard-vpcd opensc-pkcs11"
    if not shutil.which("unshare") or subprocess.run([*_UNSHARE, "true"], check=False, capture_output=True).returncode:
        return "making namespaces needs root"
    return ""


def _first(places: tuple[str, ...]) -> Path | None:
    return next((Path(place) for place in places if Path(place).is_file()), None)
