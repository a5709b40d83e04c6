"""What the commands of `vaxseal records complaint` share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxseal.console import EXIT_NO, emit_json, out, stop
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from api.accounts.staff import Staff
    from api.complaints.photos import CleanPhoto
    from api.context import Centre

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The complaint's number.")]
Unit = Annotated[str, typer.Option("--unit", metavar="CODE", help="The unit that you act for.")]


def begin(data: Path | None, by: str, unit: str, json: bool) -> "tuple[Centre, Staff]":
    from api.accounts.staff import Staff
    from api.server import open_centre

    with sentences(json=json):
        return open_centre(data), Staff(account=by, unit=unit, roles=frozenset({"clerk", "overseer"}))


@contextmanager
def refusals(json: bool) -> Iterator[None]:
    """What is refused is a clear no, in both languages."""
    from api.errors import CentreError
    from api.problem_kinds import KINDS

    try:
        yield
    except CentreError as error:
        words = KINDS.get(error.code)
        fields = f" ({', '.join(error.fields)})" if error.fields else ""
        sentence = words.en.detail if words else f"{error.detail}."
        vietnamese = f"{words.vi.detail}{fields}" if words else ""
        stop(error.code, f"{sentence}{fields}", vietnamese=vietnamese, json=json, exit_code=EXIT_NO)


def read_photo_file(file: Path, json: bool) -> "CleanPhoto":
    from api.complaints.photos import LARGEST_FILE, clean_photo

    with sentences(json=json), file.open("rb") as opened:
        octets = opened.read(LARGEST_FILE + 1)
    return clean_photo(octets)


def read_grave(text: str | None, json: bool) -> Any:
    from api.complaints.kinds import Grave

    if text is not None and text not in set(Grave):
        stop("grave-unknown", f"It is one of: {', '.join(Grave)}.", json=json)
    return None if text is None else Grave(text)


def said(json: bool, number: str, sentence: str) -> None:
    if json:
        emit_json({"number": number})
    else:
        out.print(sentence, markup=False)
