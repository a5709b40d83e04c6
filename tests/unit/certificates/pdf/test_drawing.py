"""The code belongs to the page's Figure, and everything on the page is marked: pyHanko reads the structure."""

import io
import re
from typing import Any

import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from certificates.errors import IssuanceError
from certificates.pdf.drawing import draw_code
from certificates.pdf.objects import PdfObjects
from certificates.pdf.reading import extract_hc1
from certificates.qr import qr_matrix
from certificates.signing import Algorithm
from tests.support.documents import sign_confirmation, signed_document, verified_record
from tests.support.softkeys import soft_key


def signed(algorithm: Algorithm = "ES256") -> bytes:
    record = verified_record()
    return signed_document(record, soft_key(algorithm), confirmation=sign_confirmation(record, soft_key("ES256")))


def contents_of(page: Any) -> list[bytes]:
    return [stream.get_object().data for stream in page["/Contents"]]


def test_every_mark_of_the_page_has_its_place_in_the_structure() -> None:
    root: Any = PdfFileReader(io.BytesIO(signed()), strict=True).root
    page = root["/Pages"]["/Kids"][0]
    assert page["/Tabs"] == "/S"
    numbers = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    assert numbers[0] == page["/StructParents"] == 0
    parents = numbers[1]
    marks = [int(mark) for content in contents_of(page) for mark in re.findall(rb"/MCID (\d+)", content)]
    assert sorted(marks) == list(range(len(parents)))
    for mark in marks:
        kids = parents[mark]["/K"]
        assert mark in [kid for kid in kids if isinstance(kid, int)], mark


def test_nothing_is_drawn_outside_a_mark() -> None:
    root: Any = PdfFileReader(io.BytesIO(signed()), strict=True).root
    content = b"\n".join(contents_of(root["/Pages"]["/Kids"][0]))
    bare = re.sub(rb"\((?:\\.|[^\\)])*\)", b"()", content, flags=re.DOTALL)
    operators = re.findall(rb"(?<![\w/])(BDC|BMC|EMC|Tj|TJ|f\*?|S|Do|sh)(?=[\s\[</]|\Z)", bare)
    assert {b"BDC", b"EMC", b"TJ", b"f"} <= set(operators)
    depth = 0
    for operator in operators:
        depth += {b"BDC": 1, b"BMC": 1, b"EMC": -1}.get(operator, 0)
        assert depth > 0 or operator == b"EMC"
    assert depth == 0


def test_the_code_is_part_of_the_described_figure() -> None:
    root: Any = PdfFileReader(io.BytesIO(signed()), strict=True).root
    parents = root["/StructTreeRoot"]["/ParentTree"]["/Nums"][1]
    figure = parents[len(parents) - 1]
    assert figure["/S"] == "/Figure"
    assert "QR code" in figure["/Alt"]
    assert len(figure["/K"]) == 2


@pytest.mark.parametrize(("algorithm", "modules"), [("ES256", 89), ("PS256", 109)])
def test_the_size_suits_both_rules(algorithm: Algorithm, modules: int) -> None:
    """42 mm a side: at least 40 mm for PS256; 59.4 mm across, within the 35 to 60 mm of the guidance for ES256."""
    pdf = signed(algorithm)
    assert abs(qr_matrix(extract_hc1(pdf)).size - modules) <= 4
    page = pypdfium2.PdfDocument(pdf)[0]  # type: ignore[no-untyped-call]
    picture = page.render(scale=600 / 72, grayscale=True).to_pil()
    box = picture.crop((picture.width * 6 // 10, 0, picture.width * 185 // 200, picture.height // 3))
    dark = box.point(lambda value: 255 if value < 60 else 0).crop((100, 1100, box.width - 10, 2150)).getbbox()
    assert dark is not None
    side = (dark[2] - dark[0]) / 600 * 25.4
    assert side == pytest.approx(42, abs=0.2)


def test_a_page_without_room_for_the_code_is_refused() -> None:
    with pytest.raises(IssuanceError) as refused:
        draw_code(b"%PDF-1.7\n", qr_matrix("HC1:A"))
    assert refused.value.code == "pdf-form"


def test_objects_are_what_they_were() -> None:
    pdf = signed()
    objects = PdfObjects(pdf)
    assert PdfObjects(objects.encode()).encode() == objects.encode()
    with pytest.raises(IssuanceError):
        objects.get(0)
    with pytest.raises(IssuanceError):
        objects.get(objects.next_number)
    with pytest.raises(IssuanceError):
        objects.find(b"<</Nowhere")
    with pytest.raises(IssuanceError):
        objects.replace(objects.root, b"/Nowhere", b"")
    with pytest.raises(IssuanceError):
        objects.reference(objects.root, re.compile(rb"/Nowhere (\d)"))
