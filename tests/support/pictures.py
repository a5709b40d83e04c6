"""Takes the pictures of docs/images anew: ``python -m tests.support.pictures [a test ...]``.

The tests of pages take them all; those that a page of docs names are kept, with fewer colours.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from tests.support.browser import browser
from tests.support.road import VAXSEAL

ROOT: Final = Path(__file__).parents[2]
IMAGES: Final = ROOT / "docs" / "images"
TESTS: Final = ("tests/e2e/pages", "tests/e2e/test_desk.py")
_COLOURS: Final = 128
_TERMINAL: Final = """pre { font: 15px/1.6 monospace; background: #16262b; color: #e9f0ef; padding: 20px; margin: 0;
white-space: pre-wrap }"""


def named() -> set[str]:
    """The pictures that pages of docs show."""
    texts = (page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md"))
    return {name for text in texts for name in re.findall(r"images/([\w.-]+\.png)", text)}


def terminal(folder: Path, name: str, *command: str) -> None:
    """A picture of what a command prints about a fresh service."""
    shown = "$ " + " ".join(("vaxseal", *command)) + "\n"
    with tempfile.TemporaryDirectory() as data, browser() as chromium:
        environment = {**os.environ, "VAXSEAL_DATA": data, "COLUMNS": "100"}
        for given in (("admin", "init"), command):
            done = subprocess.run([*VAXSEAL, *given], env=environment, capture_output=True, text=True, check=False)
        page = chromium.new_page(viewport={"width": 900, "height": 100})
        page.set_content(f"<style>{_TERMINAL}</style><pre></pre>")
        page.locator("pre").evaluate("(one, text) => one.textContent = text", shown + done.stdout.replace(data, "var"))
        page.locator("pre").screenshot(path=folder / f"{name}.png")


def main() -> None:
    """Run the tests, keep what is named."""
    with tempfile.TemporaryDirectory() as folder:
        terminal(Path(folder), "operator-doctor", "admin", "doctor")
        command = [sys.executable, "-m", "pytest", "-q", *(sys.argv[1:] or TESTS)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "VAXSEAL_PICTURES": folder}, check=True)
        for taken in sorted(Path(folder).iterdir()):
            if taken.name in named():
                with Image.open(taken) as picture:
                    picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(
                        IMAGES / taken.name, optimize=True
                    )
                sys.stdout.write(f"{taken.name}\n")


if __name__ == "__main__":
    main()
