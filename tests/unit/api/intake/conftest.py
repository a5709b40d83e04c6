"""A database with units, for every test of the intake."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.support.databases import NewAddress
from tests.support.intake import make_engine


@pytest.fixture
def engine(tmp_path: Path, new_address: NewAddress) -> Engine:
    return make_engine(new_address(tmp_path))
