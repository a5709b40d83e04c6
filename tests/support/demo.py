"""The demo, played for tests: a smaller province, by its one command."""

import subprocess
import sys
from pathlib import Path

PEOPLE = 100


def play(out: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run ``vaxseal demo --json`` into ``out``."""
    command = [sys.executable, "-m", "vaxseal", "demo", "--people", str(PEOPLE), "--out", str(out), "--json", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
