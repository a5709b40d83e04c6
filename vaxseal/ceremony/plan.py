"""The wish for a record, checked before a token is touched and written when the work is done."""

import platform
import shlex
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from vaxseal.console import stop
from vaxseal.files import check_absent, write_new

if TYPE_CHECKING:
    from vaxseal.ceremony.record import Act, Section

FEWEST_WITNESSES: Final = 2

File = Annotated[
    Path | None,
    typer.Option("--ceremony", metavar="PDF", help="Write a record to print, for those present to sign by hand."),
]
Witness = Annotated[
    list[str] | None, typer.Option("--witness", metavar="NAME", help="Who is present, for the record. Once for each.")
]
Place = Annotated[str | None, typer.Option("--place", metavar="TEXT", help="Where, for the record.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where the record goes, and what only people know."""

    context: typer.Context
    file: Path
    witnesses: tuple[str, ...]
    place: str

    @classmethod
    def of(
        cls, context: typer.Context, file: Path | None, witnesses: list[str] | None, place: str | None, *, json: bool
    ) -> "Plan | None":
        """None where no record is wanted. What cannot become one ends the command: ``ceremony-form``, ``page-letters``,
        ``file-exists``.
        """
        from vaxseal.ceremony.page import check_letters
        from vaxseal.sentences import sentences

        present = tuple(" ".join(name.split()) for name in witnesses or ())
        if file is None:
            if present or place:
                stop("ceremony-form", "--witness and --place are for a record: say --ceremony FILE.pdf.", json=json)
            return None
        if file.suffix.lower() != ".pdf":
            stop("ceremony-form", "The record is a PDF: give it a name that ends in .pdf.", json=json)
        if len(set(present)) < FEWEST_WITNESSES or not all(present) or not (place or "").strip():
            stop("ceremony-form", "A record names two persons or more (--witness), and a place (--place).", json=json)
        check_absent(file, json=json)
        with sentences(json=json):
            check_letters(*present, place or "")
        return cls(context=context, file=file, witnesses=present, place=(place or "").strip())

    def write(self, act: "Act", sections: "tuple[Section, ...]", *, mark: bytes, at: datetime, json: bool) -> None:
        """Raises IssuanceError of `vaxseal.ceremony.page.render`."""
        from vaxseal.ceremony.page import render
        from vaxseal.ceremony.record import Ceremony

        ceremony = Ceremony(
            act=act,
            at=at,
            place=self.place,
            witnesses=self.witnesses,
            sections=sections,
            command=typed_command(self.context),
            program=f"vaxseal {version('vaxseal')} · Python {platform.python_version()} · {platform.system()}",
            mark=mark,
        )
        write_new(self.file, render(ceremony), json=json)


def typed_command(context: typer.Context) -> str:
    """The command that runs, with what was given to it; PINs are never options."""
    words = context.command_path.split()
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if value in (None, False, (), []) or value == parameter.get_default(context):
            continue
        values: list[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
        option = max(parameter.opts, key=len) if parameter.param_type_name == "option" else None
        for one in values:
            words += [option] if option and one is True else [option, str(one)] if option else [str(one)]
    return shlex.join(words)
