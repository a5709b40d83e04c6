"""What all pages of clerks and police have in common: their areas, words, and what was just done."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.accounts.staff import Staff
from api.context import Centre
from api.stations.sentences import Sentence
from api.web.messages import language_of, messages_of
from api.web.pages import render
from api.web.work import words
from certificates.records.dates import local_day
from certificates.records.model import instant_from_text
from certificates.valuesets import PRODUCTS

_STATES: Final = {state.value: text for state, text in words.RECORD_STATES.items()}
_AREAS: Final = (
    ("/work", words.N_("Work list"), frozenset({"clerk", "police", "overseer"})),
    ("/work/counter", words.N_("Counter"), frozenset({"clerk"})),
    ("/work/rechecks", words.N_("Checks"), frozenset({"overseer"})),
    ("/work/complaints", words.N_("Complaints"), frozenset({"clerk", "overseer"})),
    ("/work/duplicates", words.N_("Duplicates"), frozenset({"clerk", "overseer"})),
    ("/work/lists", words.N_("Lists for police"), frozenset({"clerk", "police", "overseer"})),
    ("/work/imports", words.N_("Files"), frozenset({"clerk", "overseer"})),
)


def show(
    request: Request, centre: Centre, staff: Staff, template: str, /, *, status: int = 200, **values: Any
) -> Response:
    """A page of this part; ``status`` of one whose form was refused."""
    language = language_of(request)
    today = local_day(centre.clock())
    path = request.url.path
    first = "/".join(path.split("/")[:3])

    def age(since: str) -> int:
        return (today - local_day(instant_from_text(since))).days

    def say(sentence: Sentence) -> str:
        return sentence.vi if language == "vi" else sentence.en

    given = {
        "areas": [
            {"href": href, "name": name, "here": href == ("/work" if first == "/work/records" else first)}
            for href, name, roles in _AREAS
            if not staff.roles.isdisjoint(roles)
        ],
        "words": words,
        "age": age,
        "say": say,
        "pairs": _pairs(language),
        "query": query,
        "product_name": product_name,
        "products": [(one.key, one.name) for one in PRODUCTS.values() if one.used_in_vietnam and one.active],
        "sexes": {code: messages_of(language).gettext(text) for code, text in words.SEXES.items()},
        "done": done_of(request),
        "typed": None,
    }
    return render(request, template, status, **given | values)


def query(**values: Any) -> str:
    """The query of an address; what is empty is left out."""
    text = urlencode({name: value for name, value in values.items() if value})
    return f"?{text}" if text else ""


def done_of(request: Request) -> Mapping[str, str] | None:
    """What was just done, as `after` put it into the address: codes of closed lists, and the id of a record."""
    code, about, state = (request.query_params.get(name, "") for name in ("done", "about", "state"))
    if code not in words.DONE or len(about) > 64:
        return None
    return {"text": words.DONE[code], "about": about, "state": _STATES.get(state, "")}


def after(path: str, done: str, *, about: str = "", state: str = "") -> str:
    """Where to go once it is done, and what is told there."""
    return f"{path}{query(done=done, about=about, state=state)}"


def product_name(key: str) -> str:
    return PRODUCTS[key].name if key in PRODUCTS else key


def _pairs(language: str) -> Callable[[Mapping[StrEnum, str]], list[tuple[str, str]]]:
    """A closed list as choices of a form."""
    say = messages_of(language).gettext
    return lambda codes: [(code.value, say(text)) for code, text in codes.items()]
