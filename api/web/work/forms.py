"""What a person typed into one of a page's forms, and what was wrong with it. A page may have several: ``do`` says
which of them is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from api.errors import CentreError
from api.intake.faults import ROW_SENTENCES
from api.problem_kinds import KINDS
from api.web.messages import language_of, messages_of
from api.web.pages import field_of, words_of
from api.web.work.values import field_names
from api.web.work.words import N_
from certificates.errors import CertificateError, RecordError

CHOOSE: Final = N_("Choose one of these.")
NEEDED: Final = N_("This is needed.")
NO_NUMBER: Final = N_("Give a whole number.")


class WrongFormError(Exception):
    """Fields that were left open or cannot be read, each with a message's id."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form that was refused. ``wrong``: a sentence for each field; ``title`` and ``detail`` are about the whole."""

    form: str
    values: Mapping[str, str] = field(repr=False)
    wrong: Mapping[str, str]
    title: str
    detail: str = ""
    status: int = 422

    @property
    def of_doses(self) -> bool:
        return any(name.startswith("dose.") for name in self.wrong)


def values_of(form: FormData) -> dict[str, str]:
    """All texts of a form. Raises CentreError ``request-form``."""
    return {name: field_of(form, name) for name, value in form.multi_items() if isinstance(value, str)}


def one_of(values: Mapping[str, str], **kinds: type[StrEnum]) -> dict[str, StrEnum]:
    """A code of each kind, by the field's name. Raises WrongFormError for all that were left open, at once."""
    found: dict[str, StrEnum] = {}
    wrong: dict[str, str] = {}
    for name, kind in kinds.items():
        try:
            found[name] = kind(values.get(name, ""))
        except ValueError:
            wrong[name] = CHOOSE
    if wrong:
        raise WrongFormError(wrong)
    return found


def needed(values: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """The texts of these fields. Raises WrongFormError for all that are empty."""
    wrong = {name: NEEDED for name in names if not values.get(name)}
    if wrong:
        raise WrongFormError(wrong)
    return tuple(values[name] for name in names)


def contents_of(form: FormData, **limits: int) -> tuple[bytes, ...]:
    """The bytes of the files of these fields, each with its limit.

    Raises WrongFormError for all that are missing, CentreError ``request-too-large``.
    """
    files = {name: form.get(name) for name in limits}
    wrong = {name: NEEDED for name, file in files.items() if not isinstance(file, UploadFile) or not file.size}
    if wrong:
        raise WrongFormError(wrong)
    found = [file for file in files.values() if isinstance(file, UploadFile)]
    if any((file.size or 0) > limit for file, limit in zip(found, limits.values(), strict=True)):
        raise CentreError("request-too-large")
    return tuple(file.file.read() for file in found)


def count_of(values: Mapping[str, str], name: str) -> int:
    """A number of at most four digits. Raises WrongFormError."""
    text = values.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise WrongFormError({name: NO_NUMBER})
    return int(text)


def refused(
    request: Request,
    do: str,
    values: Mapping[str, str],
    error: CentreError | CertificateError | WrongFormError,
    *,
    changed: Sequence[str] = (),
    only: str = "",
) -> Typed:
    """What is shown beside the fields that a refusal is about.

    Args:
        changed: the fields that it may be about; all of them where none is named.
        only: the form's one field, which a refusal is about that names none.
    """
    say = messages_of(language_of(request)).gettext
    if isinstance(error, WrongFormError):
        title = say(N_("Something is still open"))
        wrong = {name: say(text) for name, text in error.fields.items()}
        return Typed(form=do, values=values, wrong=wrong, title=title, detail="")
    title, detail = words_of(request, error)
    names = field_names(getattr(error, "fields", ()), changed or tuple(values)) or ((only,) if only else ())
    wrong = dict.fromkeys(names, _of_cell(request, error) or detail)
    status = KINDS[error.code].status if error.code in KINDS else 500
    return Typed(form=do, values=values, wrong=wrong, title=title, detail="" if wrong else detail, status=status)


def _of_cell(request: Request, error: Exception) -> str | None:
    """Of a value that an import would refuse, too: what a clerk does about it."""
    cause = error.__cause__
    if not isinstance(cause, RecordError) or cause.code not in ROW_SENTENCES:
        return None
    return ROW_SENTENCES[cause.code][0 if language_of(request) == "vi" else 1]
