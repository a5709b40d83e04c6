"""The words of the pages. A message's English text is its id; `vi/` holds the Vietnamese, a catalogue for each area."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from starlette.requests import Request

from api.problems import preferred_language

LANGUAGES: Final = {"vi": "Tiếng Việt", "en": "English"}
COOKIE: Final = "language"


class Messages:
    """Translations of one language, as Jinja's i18n extension asks for them."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._texts = {message.id: message.string for message in messages if message.id and message.string}

    def gettext(self, message: str) -> str:
        """The text in this language; English where there is none."""
        text = self._texts.get(message, message)
        assert isinstance(text, str)  # noqa: S101 - a plural has a tuple as its id
        return text

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The text for ``count`` things. Vietnamese has one form."""
        texts = self._texts.get((one, many))
        if texts:
            return str(texts[0])
        return one if count == 1 else many


@cache
def messages_of(language: str) -> Messages:
    """Those of "vi" or "en"."""
    return Messages(chain.from_iterable(catalogues(language)) if language == "vi" else ())


def catalogues(language: str) -> Iterator[Catalog]:
    """Each area's, in the order of their names."""
    for area in sorted(files(__name__).joinpath(language).iterdir(), key=lambda file: file.name):
        with area.open("rb") as file:
            yield read_po(file, locale=language)


def language_of(request: Request) -> str:
    """ "vi" or "en": what the reader chose on a page, else what the browser asks for."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else preferred_language(request.headers.get("accept-language", ""))
