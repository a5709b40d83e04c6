"""Faults that tokens, drivers and processes make. ``VAXSEAL_FAULTS=long`` (`make faults`) makes many more of each."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hsm.worker.key import WorkerKey, open_worker_key
from hsm.worker.process import Limits
from tests.support.proxy import Proxy, client_module, proxy_before
from tests.support.softhsm import GoldenToken, GoldenTokens, copy_tokens, golden_tokens

__all__ = ["golden_tokens"]

LONG = os.environ.get("VAXSEAL_FAULTS") == "long"
Many = Callable[[int, int], int]
Tell = Callable[[str], None]


@pytest.fixture
def many() -> Many:
    """(short, long): how many of a fault this run makes."""
    return lambda short, long: long if LONG else short


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Show a figure at the end of the run."""
    return lambda figure: request.node.user_properties.append(("figure", figure))


@pytest.fixture
def token(golden_tokens: GoldenTokens) -> GoldenToken:
    return golden_tokens.ec


@pytest.fixture
def proxied(golden_tokens: GoldenTokens) -> Iterator[Callable[[GoldenToken], Proxy]]:
    """Plugs a copy of a token in behind a proxy of its own."""
    client_module()
    with ExitStack() as stack:

        def plug(token: GoldenToken) -> Proxy:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="p11")))  # short: it names sockets
            copy_tokens(golden_tokens, folder, token)
            return stack.enter_context(proxy_before(folder, token.module, folder))

        yield plug


def open_behind(
    proxy: Proxy, token: GoldenToken, pin: Callable[[], str] | None = None, *, limits: Limits | None = None
) -> AbstractContextManager[WorkerKey]:
    """The token's key, in a worker that reaches it through the proxy."""
    return open_worker_key(
        client_module(),
        token.selector,
        pin or (lambda: token.pin),
        limits=limits or Limits(sign=10),
        environment=proxy.environment,
    )
