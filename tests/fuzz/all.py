"""All families of mutants."""

from tests.fuzz.codes import code_families, own_seeds, public_seeds
from tests.fuzz.lists import list_families
from tests.fuzz.photos import photo_families
from tests.fuzz.police import police_families
from tests.fuzz.rules import rule_families

_PUBLIC = public_seeds()
FAMILIES = [
    *code_families([*own_seeds(), *_PUBLIC]),
    *list_families(),
    *rule_families(),
    *police_families(),
    *photo_families(),
]


def public_codes() -> int:
    """How many codes of the public sets are among the seeds."""
    return len(_PUBLIC)
