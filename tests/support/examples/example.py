"""What an example of a route of the staff is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.centre import World


@dataclass(frozen=True)
class Request:
    """One good request. ``params`` stand in the address, ``body`` is JSON, or ``content`` goes as it is."""

    body: Any = None
    params: Mapping[str, str] | None = None
    path: Mapping[str, str] | None = None
    content: bytes | None = None


@dataclass(frozen=True)
class Example:
    """How a route of the staff is called rightly.

    ``about(world, unit)`` makes a fresh subject of this unit and the request about it: at the caller's own unit it must
    succeed, elsewhere never. ``placed`` is False where no request can name a place.
    """

    about: Callable[[World, str], Request]
    placed: bool = True


def nothing(_world: World, _unit: str) -> Request:
    """For routes that ask for nothing."""
    return Request()
