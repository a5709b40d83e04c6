"""The certificate identifier, UVCI (eHealth Network, Guidelines on verifiable vaccination certificates, Annex 2).

Ours: ``URN:UVCI:01:VN:`` and 14 random characters of 32 letters, 70 bits, without unit or date. The check character
stands on paper only: inside ``ci`` there is none, and no reader may refuse an identifier for a wrong one.
"""

import re
import secrets
import unicodedata
from typing import Final

from certificates.errors import RecordError

PREFIX: Final = "URN:UVCI:01:"
OPAQUE_SIZE: Final = 14
OPAQUE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O, U: read aloud and typed by people
CHECK_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"  # Luhn mod 38, Annex 2

_OURS = re.compile(rf"{PREFIX}([A-Z]{{2}}):([{OPAQUE_ALPHABET}]{{{OPAQUE_SIZE}}})", re.ASCII)
_BARE = re.compile(rf"[{OPAQUE_ALPHABET}]{{{OPAQUE_SIZE}}}", re.ASCII)
_LOOK_ALIKE = str.maketrans("ILO", "110")


def new_uvci(country: str = "VN") -> str:
    """A new identifier from the system's random source. ``country`` is ISO 3166-1 alpha-2."""
    bits = secrets.randbits(5 * OPAQUE_SIZE)
    opaque = "".join(OPAQUE_ALPHABET[bits >> 5 * place & 31] for place in range(OPAQUE_SIZE))
    return f"{PREFIX}{country}:{opaque}"


def check_uvci(uvci: str, *, country: str) -> None:
    """Raises RecordError ``uvci-form`` unless ``uvci`` has the form that `new_uvci` gives for this country."""
    match = _OURS.fullmatch(uvci)
    if match is None or match.group(1) != country:
        raise RecordError("uvci-form", "not an identifier of this system and country")


def check_character(uvci: str) -> str:
    """Luhn mod 38 over an identifier without "#" (A=0 ... Z=25, 0=26 ... 9=35, /=36, :=37).

    Raises RecordError ``uvci-form`` for a character outside that alphabet.
    """
    total, factor, size = 0, 2, len(CHECK_ALPHABET)
    for character in reversed(uvci):
        value = CHECK_ALPHABET.find(character)
        if value < 0:
            raise RecordError("uvci-form", "a character outside A-Z 0-9 / :")
        total += sum(divmod(value * factor, size))
        factor = 3 - factor
    return CHECK_ALPHABET[-total % size]


def printed(uvci: str) -> str:
    """The form for paper: the identifier, "#" and its check character."""
    return f"{uvci}#{check_character(uvci)}"


def normalise(text: str) -> str:
    """What a person typed or copied, as the identifier that we store: for look-ups only, never for hashes.

    Case, blanks and a check character do not matter; of our own identifiers the 14 characters alone are enough (for
    VN), and I, L, O in them are read as 1, 1, 0.
    """
    squeezed = "".join(unicodedata.normalize("NFKC", text).split()).upper().replace("\u200b", "")
    body = squeezed.split("#", 1)[0]
    head, separator, opaque = body.rpartition(":")
    candidate = opaque.replace("-", "").translate(_LOOK_ALIKE)
    if _BARE.fullmatch(candidate):
        if not separator:
            return f"{PREFIX}VN:{candidate}"
        if re.fullmatch(rf"{PREFIX}[A-Z]{{2}}", head):
            return f"{head}:{candidate}"
    return body


def file_name(uvci: str) -> str:
    """The identifier as the stem of a file name: ``:``, ``/`` and ``#`` become ``-``."""
    return re.sub(r"[:/#]", "-", uvci)
