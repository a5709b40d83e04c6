"""Writes the two pictures of the README from what `make demo` left: the first passport, and its certificate's page."""

import io
import sys
from pathlib import Path

from PIL import Image

from certificates.pdf.reading import render_png

DPI = 110
COLOURS = 64  # the page is mostly white: a palette makes a third of the size


def main(demo: Path, images: Path) -> None:
    passport = min((demo / "passports").glob("*.png"))
    certificate = demo / "certificates" / f"{passport.stem}.pdf"
    page = Image.open(io.BytesIO(render_png(certificate.read_bytes(), DPI))).convert("RGB")
    images.mkdir(parents=True, exist_ok=True)
    (images / "passport.png").write_bytes(passport.read_bytes())
    page.quantize(COLOURS).save(images / "certificate.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "var/demo"), Path("docs/images"))
