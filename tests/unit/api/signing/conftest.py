from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.authority import CommercialCa, commercial_ca
from tests.support.centre import START


@pytest.fixture(scope="module")
def _running_ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommercialCa]:
    with commercial_ca(tmp_path_factory.mktemp("ca")) as ca:
        yield ca


@pytest.fixture
def ca(_running_ca: CommercialCa) -> CommercialCa:
    """A commercial CA on loopback, as of START."""
    _running_ca.move_to(START)
    _running_ca.silent, _running_ca.questions = False, 0
    return _running_ca


@pytest.fixture
def authorities(ca: CommercialCa, tmp_path: Path) -> Path:
    """The folder of its certificates."""
    return ca.write_authorities(tmp_path / "authorities")
