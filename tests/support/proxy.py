"""A proxy between ``p11-kit-client.so`` and ``p11-kit server`` over SoftHSM that does to a call what a token may do.

Frames of p11-kit's RPC: number (4 bytes), size of the options (4), size of the body (4), options, body. A body starts
with the number of its call (4 bytes) and its signature (size, 4 bytes, and letters); arguments follow. An array of
bytes is a mark that it is there (1 byte), its size (4) and the bytes.
"""

import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pytest

CLIENT_PLACES: Final = ("/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib/aarch64-linux-gnu/pkcs11", "/usr/lib64/pkcs11")
CALLS: Final = {  # rpc-message.h
    "C_Initialize": 1,
    "C_Finalize": 2,
    "C_GetSlotList": 4,
    "C_GetSlotInfo": 5,
    "C_GetTokenInfo": 6,
    "C_GetMechanismList": 7,
    "C_GetMechanismInfo": 8,
    "C_OpenSession": 10,
    "C_CloseSession": 11,
    "C_Login": 18,
    "C_Logout": 19,
    "C_GetAttributeValue": 24,
    "C_FindObjectsInit": 26,
    "C_FindObjects": 27,
    "C_FindObjectsFinal": 28,
    "C_SignInit": 42,
    "C_Sign": 43,
}
SIZE_QUERY: Final = "C_Sign (size)"
_NAMES: Final = {number: name for name, number in CALLS.items()}
_HEAD: Final = struct.Struct(">III")

What = Literal["error", "delay", "hang", "drop-before", "drop-after", "short", "flip", "replay", "empty", "only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a call. ``skip`` calls are let through before, ``times`` meet it; ``seconds`` is for a delay.

    error: the call is made, and ``rv`` is answered. drop-before, drop-after: the connection ends before or after the
    call was made. flip, replay, empty: C_Sign answers with one bit changed, with its answer before, with no bytes.
    only: C_GetMechanismList answers with the mechanism ``rv`` alone.
    """

    call: str
    what: What
    rv: int = 0
    skip: int = 0
    times: int = 1
    seconds: float = 0.0


@dataclass
class Proxy:
    """``environment`` leads a client through it. ``seen`` counts calls; set ``fault`` at any time."""

    folder: Path
    server: Path
    fault: Fault | None = None
    seen: "Counter[str]" = field(default_factory=Counter)
    next: Fault | None = None
    released: threading.Event = field(default_factory=threading.Event)
    _met: int = 0
    _last: bytes = b""

    @property
    def environment(self) -> dict[str, str]:
        return {"P11_KIT_SERVER_ADDRESS": f"unix:path={self.folder / 'proxy'}"}

    @property
    def met(self) -> bool:
        """Whether a call met the fault."""
        return self.fault is not None and self._met > self.fault.skip

    def meet(self, fault: Fault | None) -> None:
        """From now on this fault."""
        self._met, self.fault, self.next = 0, fault, None

    def then(self, fault: Fault) -> None:
        """When the present fault was met so often as it should be, this one follows."""
        self.next = fault

    def listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.folder / "proxy"))
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client, socket.socket(socket.AF_UNIX) as token:
            token.connect(str(self.server))
            token.sendall(client.recv(1))  # the version, there and back
            client.sendall(token.recv(1))
            while True:
                number, options, body = _read(client)
                name = _name(body)
                self.seen[name] += 1
                fault = self._fault_of(name)
                if fault == "drop-before":
                    return
                if fault == "delay" and self.fault:
                    time.sleep(self.fault.seconds)
                if fault == "hang":
                    self.released.wait(60)
                    return
                token.sendall(_frame(number, options, body))
                number, options, body = _read(token)
                if fault == "drop-after":
                    return
                answer = self._changed(fault, name, number, options, body)
                if self.next and self.fault and self._met >= self.fault.skip + self.fault.times:
                    self.meet(self.next)
                client.sendall(answer)
                if fault == "short":
                    return

    def _fault_of(self, name: str) -> What | None:
        if self.fault is None or self.fault.call != name:
            return None
        self._met += 1
        return self.fault.what if self.fault.skip < self._met <= self.fault.skip + self.fault.times else None

    def _changed(self, fault: What | None, name: str, number: int, options: bytes, body: bytes) -> bytes:
        last = self._last
        if name == "C_Sign":
            self._last = body
        if fault == "error" and self.fault:
            return _frame(number, options, struct.pack(">II", 0, 1) + b"u" + struct.pack(">Q", self.fault.rv))
        if fault == "flip":
            body = body[:-1] + bytes([body[-1] ^ 1])
        elif fault == "replay" and last:
            body = last
        elif fault == "empty":
            body = body[: body.index(b"ay") + 2] + bytes([name == "C_Sign"]) + bytes(4)
        elif fault == "only" and self.fault and body[body.index(b"au") + 2]:  # not the question for the size
            body = body[: body.index(b"au") + 2] + struct.pack(">BIQ", 1, 1, self.fault.rv)
        frame = _frame(number, options, body)
        return frame[: len(frame) // 2] if fault == "short" else frame


def _name(request: bytes) -> str:
    """python-pkcs11 asks C_Sign for the size first: a request with room for no byte."""
    name = _NAMES.get(int.from_bytes(request[:4]), "other")
    return SIZE_QUERY if name == "C_Sign" and request.endswith(bytes(4)) else name


def _read(source: socket.socket) -> tuple[int, bytes, bytes]:
    number, options, body = _HEAD.unpack(_exactly(source, _HEAD.size))
    return number, _exactly(source, options), _exactly(source, body)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _frame(number: int, options: bytes, body: bytes) -> bytes:
    return _HEAD.pack(number, len(options), len(body)) + options + body


def client_module() -> Path:
    """p11-kit's client module, or the test is left out."""
    for folder in CLIENT_PLACES:
        module = Path(folder) / "p11-kit-client.so"
        if module.is_file() and shutil.which("p11-kit"):
            return module
    pytest.skip("p11-kit is not installed (apt install p11-kit p11-kit-modules): faults of tokens left out")


@contextmanager
def proxy_before(folder: Path, softhsm: Path, tokens: Path) -> Iterator[Proxy]:
    """A `p11-kit server` over the SoftHSM directory ``tokens`` (with softhsm2.conf), and the proxy before it.

    The folder's name must be short: a socket's address holds some hundred bytes.
    """
    address = folder / "server"
    server = subprocess.Popen(
        ["p11-kit", "server", "--foreground", "--name", str(address), "--provider", str(softhsm), "pkcs11:"],
        env={**os.environ, "SOFTHSM2_CONF": str(tokens / "softhsm2.conf")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(500):
            if address.exists():
                break
            time.sleep(0.01)
        proxy = Proxy(folder=folder, server=address)
        listener = proxy.listen()
        try:
            yield proxy
        finally:
            proxy.released.set()
            listener.close()
    finally:
        server.terminate()
        server.wait(10)
