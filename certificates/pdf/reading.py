"""What is in a PDF: its attachment, the text and the picture of its page.

Files may be hostile: nothing but CheckError PDF leaves this module.
"""

import io
import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2
from PIL import Image

from certificates.errors import CheckError, CheckReason
from certificates.hc1 import MAX_TEXT
from certificates.pdf.validation import MAX_PDF
from certificates.qr import read_qr_image

HC1_FILE: Final = "passport.hc1.txt"
_POINTS_PER_INCH: Final = 72
_READING_DPI: Final = 200  # three pixels and more a module of our code
_MAX_ATTACHMENTS: Final = 16
_MAX_SIDE: Final = 1_000  # points; A4 has 595 x 842
_CODE_CORNER: Final = (0.6, 0.45)  # our own pages have the code right of the first, above the second part
_INVISIBLE: Final = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff]+")  # blanks and places to break a line
_LINE_END_HYPHENS: Final = {2: "-", 0xFFFE: "-"}  # as PDFium writes a hyphen where a line ends
_lock = threading.Lock()  # PDFium is not made for threads


def extract_hc1(pdf: bytes) -> str:
    """The text of the attachment ``passport.hc1.txt``. Raises CheckError PDF unless there is exactly one."""
    with _opened(pdf) as document:
        count = document.count_attachments()
        if count > _MAX_ATTACHMENTS:
            raise _refused("too many attachments")
        files = [document.get_attachment(number) for number in range(count)]
        texts = [bytes(file.get_data()) for file in files if file.get_name() == HC1_FILE]
        if len(texts) != 1:
            raise _refused(f"there is not exactly one attachment {HC1_FILE}")
        if len(texts[0]) > MAX_TEXT:
            raise _refused("the attachment is too long")
        return texts[0].decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PageContent:
    """What a person and a scanner see: all text in the order of the page's tags, and the text of its QR code."""

    text: str
    code: str

    def __repr__(self) -> str:
        return "PageContent(...)"


def read_page(pdf: bytes) -> PageContent:
    """Read the only page, opened once: that is the dear part. Raises CheckError PDF."""
    with _opened(pdf) as document:
        page = _only_page(document)
        return PageContent(text=_read_text(page), code=_read_code(page))


def read_page_code(pdf: bytes) -> str:
    """The text of the QR code as the page shows it. Raises CheckError PDF."""
    with _opened(pdf) as document:
        return _read_code(_only_page(document))


def read_page_text(pdf: bytes) -> str:
    """All text of the page, in the order of its tags. Raises CheckError PDF."""
    with _opened(pdf) as document:
        return _read_text(_only_page(document))


def squeeze(text: str) -> str:
    """The text in NFC without blanks, line ends and places to break a word: where a line ends means nothing."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def render_png(pdf: bytes, dpi: int = 150) -> bytes:
    """The page as a PNG picture in colours. Raises CheckError PDF."""
    with _opened(pdf) as document:
        picture = _picture(_only_page(document), dpi, grayscale=False)
        data = io.BytesIO()
        picture.save(data, "PNG", compress_level=1)
        return data.getvalue()


@contextmanager
def _opened(pdf: bytes) -> Iterator[Any]:
    if len(pdf) > MAX_PDF:
        raise _refused("the file is too large")
    with _lock:
        try:
            document: Any = pypdfium2.PdfDocument(pdf)  # type: ignore[no-untyped-call]
            try:
                yield document
            finally:
                document.close()
        except CheckError as error:
            raise _refused(error.detail) from error
        except Exception as error:  # a hostile file makes a reader raise nearly anything
            raise _refused("the file is broken") from error


def _only_page(document: Any) -> Any:
    if len(document) != 1:
        raise _refused("there is not exactly one page")
    page = document[0]
    if max(page.get_size()) > _MAX_SIDE:
        raise _refused("the page is too large")
    return page


def _read_code(page: Any) -> str:
    width, height = page.get_size()
    left, bottom = _CODE_CORNER[0] * width, (1 - _CODE_CORNER[1]) * height
    try:
        return read_qr_image(_picture(page, _READING_DPI, crop=(left, bottom, 0, 0)))
    except CheckError:
        return read_qr_image(_picture(page, _READING_DPI))


def _read_text(page: Any) -> str:
    text: str = page.get_textpage().get_text_bounded()
    return text.translate(_LINE_END_HYPHENS)


def _picture(
    page: Any, dpi: int, *, crop: tuple[float, float, float, float] = (0, 0, 0, 0), grayscale: bool = True
) -> Image.Image:
    picture: Image.Image = page.render(scale=dpi / _POINTS_PER_INCH, crop=crop, grayscale=grayscale).to_pil()
    return picture


def _refused(detail: str) -> CheckError:
    return CheckError(CheckReason.PDF, detail)
