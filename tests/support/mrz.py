"""Machine-readable zones made by hand, with their own reckoning of check digits."""

import string

_VALUES = {letter: value for value, letter in enumerate(string.digits + string.ascii_uppercase)} | {"<": 0}
NAME_SIZE = {"TD1": 30, "TD2": 31, "TD3": 39}


def digit(*fields: str) -> str:
    """The check digit over these fields."""
    return str(sum(_VALUES[each] * (7, 3, 1)[place % 3] for place, each in enumerate("".join(fields))) % 10)


def field(text: str, size: int) -> str:
    """Filled up, or cut at its end (ICAO 9303-3, 4.6: the last position then holds a letter)."""
    return text[:size].ljust(size, "<")


def zone(surname: str = "NGUYEN", given: str = "THI<MAU", *, form: str = "TD3", birth: str = "900203") -> str:
    """The lines of a zone, each ended by a line end, all check digits right."""
    name = field(f"{surname}<<{given}" if given else surname, NAME_SIZE[form])
    checked_number, checked_birth, expiry = (each + digit(each) for each in ("C1234567<", birth, "320101"))
    if form == "TD1":
        optional, more = "001090012345<<<", "<" * 11
        last = digit(checked_number, optional, checked_birth, expiry, more)
        lines = [f"IDVNM{checked_number}{optional}", f"{checked_birth}F{expiry}VNM{more}{last}", name]
    else:
        optional = "<" * 7 if form == "TD2" else "<" * 14 + "0"
        last = digit(checked_number, checked_birth, expiry, optional)
        kind = "I<" if form == "TD2" else "P<"
        lines = [f"{kind}VNM{name}", f"{checked_number}VNM{checked_birth}F{expiry}{optional}{last}"]
    return "\n".join(lines) + "\n"
