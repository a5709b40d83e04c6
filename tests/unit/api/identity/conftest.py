"""The register as a process, and how to reach it."""

from collections.abc import Iterator

import pytest

from tests.support.register_server import RegisterServer, register_server


@pytest.fixture(scope="package")
def running_register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterServer]:
    with register_server(tmp_path_factory.mktemp("register")) as server:
        yield server


@pytest.fixture
def server(running_register: RegisterServer) -> RegisterServer:
    """The register without entries, on a good day."""
    running_register.entries()
    running_register.behave()
    return running_register
