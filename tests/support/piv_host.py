"""The inside of `tests.support.piv_reader`: pcscd with a virtual reader and its cards, in namespaces of their own.

A program. It reads one JSON object a line: first the set-up, then commands; each is answered by one JSON object.
"""

import contextlib
import fcntl
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import load_der_private_key

from tests.support.piv_card import ATR, PivCard

FIRST_PORT: Final = 0x8C7B  # vpcd: the first of its two slots; the second has the next port
SOCKET_NAME: Final = "pcscd.comm"
_CONFIG: Final = """FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:0x8C7B
LIBPATH {driver}
CHANNELID 0x8C7B
"""
_POWER_OFF, _POWER_ON, _RESET, _ASK_ATR = b"\0", b"\1", b"\2", b"\4"  # messages of one byte are vpcd's own


class Slot:
    """One card and whether it is in its reader. A connection to vpcd is an insertion."""

    def __init__(self, number: int, card: PivCard) -> None:
        self.card = card
        self.hang = False  # no answer to a request for a signature
        self.frozen = False  # no answer to anything
        self.pull_at = 0  # which signature from now it is pulled at, once; 0 is none
        self.pull_after = 0.0  # seconds from the request for that signature to the pull
        self._number = number
        self._socket: socket.socket | None = None
        self._seen = threading.Event()
        card.before_signing = self._before_signing

    @property
    def inserted(self) -> bool:
        return self._socket is not None

    def insert(self) -> None:
        """Connect, and wait until the reader has noticed."""
        if self.inserted:
            return
        self._seen.clear()
        self.card.power()
        link = _connect(FIRST_PORT + self._number)
        self._socket = link
        threading.Thread(target=self._serve, args=(link,), daemon=True).start()
        if not self._seen.wait(10):
            raise TimeoutError("the reader does not notice its card")

    def remove(self) -> None:
        link, self._socket = self._socket, None
        if link is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def _before_signing(self) -> None:
        while self.hang:
            time.sleep(0.02)
        if not self.pull_at:
            return
        self.pull_at -= 1
        if not self.pull_at:
            time.sleep(self.pull_after)
            self.remove()
            raise ConnectionAbortedError("pulled")

    def _serve(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                size = int.from_bytes(_read(link, 2))
                message = _read(link, size)
                self._seen.set()
                while self.frozen:
                    time.sleep(0.02)
                if message == _ASK_ATR:
                    answer = ATR
                elif message in (_POWER_ON, _RESET, _POWER_OFF):
                    self.card.power()
                    continue
                else:
                    answer = self.card.answer(message)
                link.sendall(len(answer).to_bytes(2) + answer)


class Host:
    """pcscd and the slots."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self._folder = Path(setup["folder"])
        (self._folder / "readers").mkdir()
        (self._folder / "readers" / "vpcd").write_text(_CONFIG.format(driver=setup["driver"]), encoding="ascii")
        self._daemon: subprocess.Popen[bytes] | None = None
        self._slots = [Slot(number, _card(described)) for number, described in enumerate(setup["cards"])]

    def start(self) -> None:
        """Start pcscd, and return when it listens."""
        place = self._folder / "run" / SOCKET_NAME
        place.unlink(missing_ok=True)
        (self._folder / "run" / "pcscd.pid").unlink(missing_ok=True)
        program = ["pcscd", "--foreground", "--config", str(self._folder / "readers")]
        if b"--disable-polkit" in subprocess.run(["pcscd", "--help"], check=False, capture_output=True).stdout:
            program.append("--disable-polkit")  # there is no D-Bus in here to ask
        with (self._folder / "pcscd.log").open("ab") as log:
            self._daemon = subprocess.Popen(program, stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while not place.exists():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"pcscd does not start (see {self._folder / 'pcscd.log'})")
            time.sleep(0.02)

    def stop(self) -> None:
        """End pcscd as a crash would. Cards fall out of their readers."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
        for slot in self._slots:
            slot.remove()
        (self._folder / "run" / SOCKET_NAME).unlink(missing_ok=True)

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Run one command: of a slot (``card`` names it), or ``start`` and ``stop`` of the daemon."""
        what = command["do"]
        if what in ("start", "stop"):
            getattr(self, what)()
            return {}
        slot = self._slots[command["card"]]
        if what in ("insert", "remove"):
            getattr(slot, what)()
        elif what == "set":
            if "tries" in command["values"]:
                slot.card.power()  # a card on which the PIN is verified tells of no tries
            for name, value in command["values"].items():
                setattr(slot if name in ("hang", "frozen", "pull_at", "pull_after") else slot.card, name, value)
        card = slot.card
        return {
            "inserted": slot.inserted,
            "tries": card.tries,
            "signatures": card.signatures,
            "pins_tried": card.pins_tried,
        }


def _card(described: dict[str, Any]) -> PivCard:
    keys = {}
    for slot, (key, certificate) in described["keys"].items():
        keys[int(slot)] = (load_der_private_key(bytes.fromhex(key), None), bytes.fromhex(certificate))
    return PivCard(serial=bytes.fromhex(described["serial"]), pin=described["pin"].encode(), keys=keys)  # type: ignore[arg-type]


def _connect(port: int) -> socket.socket:
    deadline = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _read(link: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # vpcd writes twice a message: 40 ms without this
        part = link.recv(size - len(found))
        if not part:
            raise ConnectionResetError
        found += part
    return found


def _raise_loopback() -> None:
    """The loopback interface of a new network namespace is down."""
    up, get_flags, set_flags = 1, 0x8913, 0x8914  # IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, get_flags, request))[1]
        fcntl.ioctl(control, set_flags, struct.pack("16sH14x", b"lo", flags | up))


def _private_run(folder: Path) -> None:
    """pcscd's socket lies at a fixed place below /run: here it becomes the caller's folder."""
    (folder / "run").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    Path("/run/pcscd").mkdir()
    subprocess.run(["mount", "--bind", str(folder / "run"), "/run/pcscd"], check=True)


def main() -> None:
    setup = json.loads(sys.stdin.readline())
    _raise_loopback()
    _private_run(Path(setup["folder"]))
    host = Host(setup)
    host.start()
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        try:
            answer = host.obey(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    host.stop()


if __name__ == "__main__":
    main()
