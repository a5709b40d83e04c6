"""The configuration of SoftHSM for development."""

import os
from pathlib import Path

import pytest

from hsm.softhsm import ENVIRONMENT_VARIABLE, use_config, write_config


def test_a_store_and_its_configuration(tmp_path: Path) -> None:
    config = write_config(tmp_path / "new")
    assert (tmp_path / "new" / "tokens").is_dir()
    assert f"directories.tokendir = {tmp_path / 'new' / 'tokens'}\n" in config.read_text("utf-8")
    assert write_config(tmp_path / "new") == config


def test_it_is_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "before")
    assert os.environ[ENVIRONMENT_VARIABLE] == "before"
    assert os.environ[ENVIRONMENT_VARIABLE] != str(use_config(tmp_path))
    assert os.environ[ENVIRONMENT_VARIABLE] == str(tmp_path / "softhsm2.conf")
