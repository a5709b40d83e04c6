"""An entered person against a registered one: true or false on four items (letter 9438/BYT-CNTT)."""

from dataclasses import dataclass

from certificates.records.dates import PartialDate
from certificates.records.model import Person
from certificates.records.names import clean, comparable


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Which of the four items agree."""

    name: bool
    date_of_birth: bool
    sex: bool
    id_number: bool

    @property
    def agrees(self) -> bool:
        return self.name and self.date_of_birth and self.sex and self.id_number

    @property
    def differing(self) -> tuple[str, ...]:
        """The names of `Person` fields that do not agree."""
        items = {
            "full_name": self.name,
            "date_of_birth": self.date_of_birth,
            "sex": self.sex,
            "id_number": self.id_number,
        }
        return tuple(name for name, agrees in items.items() if not agrees)


def compare(entered: Person, registered: Person) -> Comparison:
    """Compare the four items. What is missing on either side does not agree.

    A birth date may be entered less precisely than it is registered (many know the year only), never more precisely:
    the certificate would then tell a day that nobody confirmed.
    """
    return Comparison(
        name=_name(entered) != "" and _name(entered) == _name(registered),
        date_of_birth=_covers(entered.date_of_birth, registered.date_of_birth),
        sex=entered.sex is not None and entered.sex is registered.sex,
        id_number=entered.id_number is not None
        and (entered.id_kind, entered.id_number) == (registered.id_kind, registered.id_number),
    )


def _name(person: Person) -> str:
    return comparable(clean(person.full_name) or f"{person.family_name or ''} {person.given_name or ''}")


def _covers(entered: PartialDate | None, registered: PartialDate | None) -> bool:
    if entered is None or registered is None or entered.year != registered.year:
        return False
    if entered.month is None:
        return True
    return entered.month == registered.month and entered.day in (None, registered.day)
