"""SoftHSM for development and tests: its configuration."""

import os
from pathlib import Path
from typing import Final

ENVIRONMENT_VARIABLE: Final = "SOFTHSM2_CONF"


def write_config(directory: Path) -> Path:
    """Make ``directory`` with an empty token store in it and return its configuration file.

    SoftHSM reads the environment variable SOFTHSM2_CONF when it is initialised: set it before the module is loaded,
    or restart the module. One directory a process: SoftHSM loses signatures when several share one.
    """
    tokens = directory.resolve() / "tokens"
    tokens.mkdir(parents=True, exist_ok=True)
    config = directory.resolve() / "softhsm2.conf"
    config.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        encoding="utf-8",
    )
    return config


def use_config(directory: Path) -> Path:
    """`write_config`, and point this process and its children at it. Call it before any module is loaded."""
    config = write_config(directory)
    os.environ[ENVIRONMENT_VARIABLE] = str(config)
    return config
