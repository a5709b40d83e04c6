"""One loaded PKCS#11 module, its tokens, and sessions with them, through python-pkcs11.

Three habits of python-pkcs11 shape this file: a session that was opened with a PIN logs *all* sessions out when it is
closed; a second log-in is an error; and after the module was started anew, old handles may name new objects.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pkcs11
from pkcs11 import MechanismFlag, PKCS11Error
from pkcs11.exceptions import TokenNotPresent, TokenNotRecognised, UserAlreadyLoggedIn

from hsm.architecture import check_architecture
from hsm.errors import ModuleNotFound, ModuleNotLoaded, ModuleRefused, TokenFault, translated


@dataclass(slots=True)
class _LogIn:
    """The session that holds the log-in to one token, and how many sessions need it."""

    session: Any
    users: int = 0


@dataclass(slots=True, kw_only=True)
class Session:
    """A session with a token. ``close`` never raises: there is nothing to be done about it."""

    raw: Any
    module: "Module"
    generation: int
    serial: str | None = None  # of the token, when this session needs the log-in
    _closed: bool = field(default=False, repr=False)

    @property
    def alive(self) -> bool:
        """False after the module was started anew: handles from before must not be used."""
        return not self._closed and self.generation == self.module.generation

    def close(self) -> None:
        """Close this session alone; the last one of a token that was logged in logs out."""
        if self.alive:
            with suppress(PKCS11Error):
                self.raw.close()
            self.module.release(self)
        self._closed = True


class Module:
    """One loaded and initialised PKCS#11 module. One object a module and process: see `load`.

    Attributes:
        generation: rises with each `restart`.
        log_ins: how often a token took a PIN. A driver that kept a log-in from before proves no PIN right.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generation = 0
        self.log_ins = 0
        self.process = os.getpid()
        self._log_ins: dict[str, _LogIn] = {}
        self._lock = threading.RLock()
        try:
            self._lib = pkcs11.lib(str(path))
        except PKCS11Error as error:
            raise ModuleNotLoaded(f"{path} is not a PKCS#11 module that this machine can load: {error}") from error

    def __repr__(self) -> str:
        return f"Module({str(self.path)!r})"

    def restart(self) -> None:
        """Finalise and initialise: every session of this process is void, and slots are found anew."""
        with self._lock, translated("restarting the module"):
            self.generation += 1
            self._log_ins.clear()
            self._lib.reinitialize()

    def slots(self) -> list[Any]:
        """All slots, with a token or without."""
        with translated("listing slots"):
            return list(self._lib.get_slots())

    def tokens(self) -> list[Any]:
        """The tokens in all slots, freshly asked."""
        found = []
        with translated("listing tokens"):
            for slot in self._lib.get_slots(token_present=True):
                with suppress(TokenNotPresent, TokenNotRecognised):
                    found.append(slot.get_token())
        return found

    @staticmethod
    def signing_mechanisms(token: Any) -> frozenset[int]:
        """The mechanisms of the token that it says it signs with. A driver that says nothing of use is believed."""
        found = set()
        with translated("reading the mechanisms"):
            for mechanism in token.slot.get_mechanisms():
                try:
                    flags = token.slot.get_mechanism_info(mechanism).flags
                except PKCS11Error:
                    flags = MechanismFlag(0)
                if not flags or flags & MechanismFlag.SIGN:
                    found.add(int(mechanism))
        return frozenset(found)

    def open_public(self, token: Any) -> Session:
        """A read-only session without log-in."""
        with translated("opening a session"):
            return Session(raw=token.open(), module=self, generation=self.generation)

    def open_as_user(self, token: Any, serial: str, pin: Callable[[], str], *, writable: bool = False) -> Session:
        """A session that sees private keys. ``pin`` is called only when the process is not logged in to the token."""
        with self._lock, translated("opening a session"):
            held = self._log_ins.get(serial)
            if held is None:
                secret = pin()
                try:
                    held = _LogIn(token.open(user_pin=secret))
                    self.log_ins += 1
                except UserAlreadyLoggedIn:  # the driver kept a log-in from before
                    held = _LogIn(token.open())
                self._log_ins[serial] = held
            session = Session(raw=None, module=self, generation=self.generation, serial=serial)
            held.users += 1
            try:
                session.raw = token.open(rw=writable)
            except BaseException:
                self.release(session)
                raise
            return session

    def release(self, session: Session) -> None:
        """A session was closed: log out when it was the last one that needed the log-in."""
        if session.serial is None:
            return
        with self._lock:
            held = self._log_ins.get(session.serial)
            if held is None:
                return
            held.users -= 1
            if held.users == 0:
                del self._log_ins[session.serial]
                with suppress(PKCS11Error):
                    held.session.close()


_modules: Final[dict[Path, Module]] = {}
_modules_lock: Final = threading.Lock()


def load(path: Path) -> Module:
    """The module at ``path``, loaded and initialised once a process.

    Raises:
        ModuleNotFound: no such file.
        ModuleArchitecture: a driver of 32 bits in a program of 64, or for another processor.
        ModuleNotLoaded: not a PKCS#11 module, or not to be initialised.
        ModuleRefused: PKCS11SPY is in the environment: the spy writes PINs into its log.
        TokenFault: the process was forked after the module was loaded.
    """
    if "PKCS11SPY" in os.environ:
        raise ModuleRefused("PKCS11SPY is set: it would log the PIN in clear. Unset it and start again")
    place = path.resolve()
    if "pkcs11-spy" in place.name:
        raise ModuleRefused("pkcs11-spy logs the PIN in clear: name the module of the token itself")
    if not place.is_file():
        raise ModuleNotFound(f"there is no PKCS#11 module at {path}")
    check_architecture(place)
    with _modules_lock:
        module = _modules.get(place)
        if module is None:
            module = _modules[place] = Module(place)
    if module.process != os.getpid():
        raise TokenFault("a PKCS#11 module does not survive a fork: start the process anew")
    return module


@contextmanager
def public_session(module: Module, token: Any) -> Iterator[Session]:
    """`Module.open_public`, closed at the end."""
    session = module.open_public(token)
    try:
        yield session
    finally:
        session.close()
