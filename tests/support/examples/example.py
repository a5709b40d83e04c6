"""What an example of a route of the staff is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.accounts.staff import Staff
from tests.support.centre import World


@dataclass(frozen=True)
class Request:
    """One good request. ``params`` stand in the address; ``body`` is JSON, or ``content`` goes as it is.

    ``form`` and ``files`` go as a page's form does; ``cookies`` beside that of the session.
    """

    body: Any = None
    params: Mapping[str, str] | None = None
    path: Mapping[str, str] | None = None
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    cookies: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Example:
    """How a route of the staff is called rightly.

    ``about(world, unit)`` makes a fresh subject of this unit and the request about it: at the caller's own unit it must
    succeed, elsewhere never. ``by_caller`` does so in its place, where it must be known who calls. ``placed`` is False
    where no request can name a place.
    """

    about: Callable[[World, str], Request] | None = None
    placed: bool = True
    by_caller: Callable[[World, str, Staff], Request] | None = None

    def request(self, world: World, unit: str, caller: Staff) -> Request:
        """A fresh one."""
        if self.by_caller is not None:
            return self.by_caller(world, unit, caller)
        assert self.about is not None
        return self.about(world, unit)


def nothing(_world: World, _unit: str) -> Request:
    """For routes that ask for nothing."""
    return Request()
