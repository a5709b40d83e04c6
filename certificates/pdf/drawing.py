"""The QR code drawn into a page as one vector path, where the template left room for it.

Drawn here and not by the renderer: that would take three times as long. The drawing belongs to the page's Figure, whose
alternative text describes it.
"""

import re
from functools import cache
from typing import Final

from certificates.errors import IssuanceError
from certificates.pdf.objects import PdfObjects
from certificates.qr import QrMatrix

_FIGURE: Final = b"<</Type/StructElem/S/Figure"
_NUMBER: Final = rb"(-?\d+(?:\.\d+)?)"
_BOUNDING_BOX: Final = re.compile(rb"/BBox\[" + b" ".join((_NUMBER,) * 4) + rb"\]")
_MARKS: Final = re.compile(rb"/K\[(\d{1,6})\]")
_TAGS: Final = re.compile(rb"/StructTreeRoot (\d{1,6}) 0 R")
_PARENTS: Final = re.compile(rb"/ParentTree<</Nums\[0 (\d{1,6}) 0 R\]>>")
_CONTENTS: Final = re.compile(rb"/Contents (\d{1,6}) 0 R")
_ROW: Final = b"Y"


def draw_code(page: bytes, matrix: QrMatrix) -> bytes:
    """Fill the square of the page's only Figure with the code, dark on the ground that is there.

    Raises IssuanceError ``pdf-form`` for a page without that figure.
    """
    objects = PdfObjects(page)
    figure = objects.find(_FIGURE)
    box = _BOUNDING_BOX.search(objects.get(figure))
    mark = _MARKS.search(objects.get(figure))
    if box is None or mark is None:
        raise IssuanceError("pdf-form", "the figure of the page has another form")
    # Marked content has the next free number of its page; the parent tree leads from it to the figure (14.7.4.4).
    parents = objects.reference(objects.reference(objects.root, _TAGS), _PARENTS)
    marked_content = objects.get(parents).count(b" 0 R")
    objects.replace(parents, b"]", b" %d 0 R]" % figure)
    objects.replace(figure, mark.group(), b"/K[%s %d]" % (mark.group(1), marked_content))
    left, bottom, right, _ = (float(number) for number in box.groups())
    drawing = b"/Figure<</MCID %d>>BDC\nq\n%.6f 0 0 %.6f %.4f %.4f cm\n0 g\n%sf\nQ\nEMC\n" % (
        marked_content,
        (right - left) / matrix.size,
        (right - left) / matrix.size,
        left,
        bottom,
        _path(matrix),
    )
    contents = objects.reference(objects.page, _CONTENTS)
    number = objects.add(b"<</Length %d>>\nstream\n%s\nendstream" % (len(drawing), drawing))
    objects.replace(objects.page, b"/Contents %d 0 R" % contents, b"/Contents[%d 0 R %d 0 R]" % (contents, number))
    return objects.encode()


def _path(matrix: QrMatrix) -> bytes:
    """A rectangle for each run of dark modules, row by row from the top; one path, so no seam can show."""
    width = (matrix.size + 7) // 8
    padding = 8 * width - matrix.size
    lines: list[bytes] = []
    for y, row in zip(range(matrix.size - 1, -1, -1), matrix.rows, strict=True):
        eights = (int(row, 2) << padding).to_bytes(width)
        runs = b"".join([_rectangles(column, eight) for column, eight in enumerate(eights)])
        lines.append(runs.replace(_ROW, b"%d" % y))
    return b"".join(lines)


@cache
def _rectangles(column: int, eight: int) -> bytes:
    """The rectangles of eight modules; the place of the row is left open. At most 23 x 256 of these exist."""
    modules = f"{eight:08b}"
    return b"".join(
        b"%d %s %d 1 re\n" % (8 * column + run.start(), _ROW, run.end() - run.start())
        for run in re.finditer("1+", modules)
    )
