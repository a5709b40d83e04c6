"""Which tokens come and go. Polled: waiting for a slot's event is broken in python-pkcs11, and in many drivers."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final, Self

from hsm.errors import TokenError
from hsm.tokens import TokenInfo
from hsm.worker.process import Limits, TokenWorker

INTERVAL: Final = 0.5  # seconds: on average a token is seen half of it after it was plugged in
_REFRESH_SHARE: Final = 20  # starting a module anew may take one part in so many of the time


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    token: TokenInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    token: TokenInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The driver failed or hung; it is asked again, in a new process where need be."""

    error: TokenError


Event = Inserted | Removed | Unreadable


class TokenWatch:
    """The tokens of one module, in a worker of its own: it disturbs no key that is open elsewhere.

    Many modules show new tokens only after they were started anew. That is done as often as it costs little: at each
    look where it takes milliseconds, more rarely where it is slow.
    """

    def __init__(
        self, module: Path, *, limits: Limits | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._module = module
        self._worker = TokenWorker(limits=limits, environment=environment)
        self._present: dict[tuple[str, str, int], TokenInfo] = {}
        self._refresh_at = 0.0
        self._trouble: str | None = None

    @property
    def present(self) -> tuple[TokenInfo, ...]:
        """The tokens of the last look, those that are not initialised among them."""
        return tuple(self._present.values())

    def look(self) -> tuple[Event, ...]:
        """What changed since the last look. A trouble that lasts is told once."""
        try:
            found = self._worker.look(self._module, refresh=monotonic() >= self._refresh_at)
        except TokenError as error:
            told, self._trouble = self._trouble, error.code
            return () if told == error.code else (Unreadable(error=error),)
        self._trouble = None
        if found.refresh_seconds:
            self._refresh_at = monotonic() + found.refresh_seconds * _REFRESH_SHARE
        now = {(token.serial, token.label, 0 if token.serial else token.slot): token for token in found.tokens}
        before, self._present = self._present, now
        return (
            *(Removed(token=token) for name, token in before.items() if name not in now),
            *(Inserted(token=token) for name, token in now.items() if name not in before),
        )

    def events(self, stop: threading.Event, *, interval: float = INTERVAL) -> Iterator[Event]:
        """Look every ``interval`` seconds until ``stop`` is set. The first look tells what is there already."""
        while not stop.is_set():
            yield from self.look()
            stop.wait(interval)

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
