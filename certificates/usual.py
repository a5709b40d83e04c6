"""The form that nearly every certificate of a vaccination has, known at one glance.

A document of this form passes `certificates.schema.check_dcc`, tolerant, and holds only what JSON can say: a test
compares the two. What is not of this form may be just as good; only the long check knows, and only it can say why not.
"""

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final

_Get = Callable[[Mapping[str, Any]], tuple[Any, ...]]

_TOP: Final[_Get] = itemgetter("ver", "dob", "nam", "v")
_NAME: Final[_Get] = itemgetter("fn", "gn", "fnt", "gnt")
_COUNTS: Final[_Get] = itemgetter("dn", "sd")
_TEXTS: Final[_Get] = itemgetter("dt", "tg", "vp", "mp", "ma", "co", "is", "ci")

_TEXT: Final = r"[^\n]{0,80}"
# every day of the calendar but 29 February
_DAY: Final = (
    r"(?:19|20)\d\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_FORM: Final = re.compile(
    "\n".join(
        (
            r"\d{1,9}\.\d{1,9}\.\d{1,9}",  # ver
            rf"(?:{_DAY}|(?:19|20)\d\d)",  # dob
            *(_TEXT, _TEXT, r"[A-Z<]{0,80}", r"[A-Z<]{0,80}"),  # fn, gn, fnt, gnt
            _DAY,  # dt
            *([r"[^\n]*"] * 4),  # tg, vp, mp, ma
            *(r"[A-Z]{2}", _TEXT, _TEXT),  # co, is, ci
        )
    ),
    re.ASCII,
)


def is_usual(dcc: dict[str, Any]) -> bool:
    """Whether this is a vaccination with the fields of schema 1.3.3, all of them and no others, in their plain form."""
    try:
        version, birth, name, entries = _TOP(dcc)
        (entry,) = entries
        dose, series = _COUNTS(entry)
        texts = "\n".join((version, birth, *_NAME(name), *_TEXTS(entry)))
    except (KeyError, TypeError, ValueError):
        return False
    return (
        len(dcc) == len(name) == 4
        and len(entry) == 10
        and type(entries) is list
        and type(dose) is type(series) is int
        and dose > 0
        and series > 0
        and _FORM.fullmatch(texts) is not None
    )
