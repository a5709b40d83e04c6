"""What the rows work on: varied records, and a throw-away PKI in SoftHSM, one token directory for each process."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from certificates.issuance import Terms
from certificates.records.dates import PartialDate
from certificates.records.model import (
    Dose,
    IdKind,
    Person,
    RegisterAnswer,
    RegisterStatus,
    Sex,
    VaccinationRecord,
    VerifiedRecord,
)
from certificates.records.verification import verify_with_register
from certificates.rules import DEFAULT_RULES, RuleSet
from certificates.uvci import new_uvci
from hsm.softhsm import write_config

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Nông", "Lò")
_MIDDLE = ("Văn", "Thị", "Minh", "Thu", "Quốc", "Ngọc", "Hữu", "Thanh", "Đức", "Bảo")
_GIVEN = (
    "An",
    "Bình",
    "Châu",
    "Dũng",
    "Giang",
    "Hạnh",
    "Khánh",
    "Lan",
    "Nghĩa",
    "Phượng",
    "Quỳnh",
    "Sơn",
    "Tuấn",
    "Yến",
)
_PRODUCTS = ("comirnaty", "vaxzevria", "spikevax")

NOW = datetime.now(UTC).replace(microsecond=0)


def verified_records(count: int) -> list[VerifiedRecord]:
    """``count`` people, each with two doses and a register that knew them."""
    random = Random(20211008)  # noqa: S311
    return [_verified(random, number) for number in range(count)]


def _verified(random: Random, number: int) -> VerifiedRecord:
    year, male = random.randint(1940, 1999), random.random() < 0.5
    born = date(year, random.randint(1, 12), random.randint(1, 28))
    person = Person(
        full_name=f"{random.choice(_FAMILY)} {random.choice(_MIDDLE)} {random.choice(_GIVEN)}",
        date_of_birth=PartialDate(born.year, born.month, born.day),
        sex=Sex.MALE if male else Sex.FEMALE,
        id_kind=IdKind.CCCD,
        id_number=f"001{0 if male else 1}{year % 100:02d}{number:06d}",
    )
    first = date(2021, 7, 1) + timedelta(days=random.randint(0, 60))
    product = random.choice(_PRODUCTS)
    lot = f"FF{random.randint(1000, 9999)}"
    record = VaccinationRecord(
        record_id=f"bench-{number:06d}",
        version=1,
        unit="01-001",
        person=person,
        doses=tuple(
            Dose(
                number=1 + i,
                given_on=first + timedelta(days=60 * i),
                product=product,
                lot=lot,
                amount="0,5 ml",
                unit="01-001",
            )
            for i in range(2)
        ),
    )
    answer = RegisterAnswer(
        person_digest=person.digest,
        status=RegisterStatus.FOUND,
        name=True,
        date_of_birth=True,
        sex=True,
        id_number=True,
        register="bench",
        answered_at=NOW,
    )
    return verify_with_register(record, answer, today=NOW.date())


def name(number: int) -> str:
    """One of some thousand names, mixed well."""
    random = Random(number)  # noqa: S311
    return f"{random.choice(_FAMILY)} {random.choice(_MIDDLE)} {random.choice(_GIVEN)}"


def terms() -> Terms:
    """Fresh terms, twelve months, a new certificate code."""
    return Terms(uvci=new_uvci(), issued_at=NOW, expires_at=NOW + timedelta(days=365), issuer="Bộ Y tế Việt Nam")


def twenty_rules() -> RuleSet:
    """Vietnam's rules for vaccinations at the border, over and over under new names, until twenty of them apply."""
    document = json.loads(DEFAULT_RULES.read_text(encoding="utf-8"))
    own = [
        rule for rule in document["rules"] if rule["CertificateType"] == "Vaccination" and "border" in rule["Policies"]
    ]
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    named = [
        {**own[number % len(own)], "Identifier": f"VR-VN-{9000 + number}", "ValidTo": tomorrow} for number in range(20)
    ]
    return RuleSet.from_json({**document, "rules": named})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A SoftHSM directory with one EC and one RSA token, their DSCs and the PIN they share."""

    folder: Path
    module: Path
    pin: str
    certificates: dict[str, bytes]  # "EC" and "RSA": DER of the DSC
    root: bytes  # DER of the CSCA
    list_signer: bytes  # DER of a list-signing certificate over the EC key

    def use(self) -> None:
        """Point this process at the tokens; before the module is loaded."""
        os.environ["SOFTHSM2_CONF"] = str(self.folder / "softhsm2.conf")

    def copy(self) -> "Tokens":
        """The same tokens in a directory of their own: SoftHSM loses signatures when processes share one."""
        folder = Path(tempfile.mkdtemp(prefix="vaxseal-bench-"))
        write_config(folder)
        shutil.copytree(self.folder / "tokens", folder / "tokens", dirs_exist_ok=True)
        return Tokens(
            folder=folder,
            module=self.module,
            pin=self.pin,
            certificates=self.certificates,
            root=self.root,
            list_signer=self.list_signer,
        )
