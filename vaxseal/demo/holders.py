"""Citizens at work: everybody fetches passport and certificate through the service's open routes."""

import base64
import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Engine, select

from api.store.schema import passports, record_versions
from certificates.records.model import VaccinationRecord
from certificates.uvci import file_name, printed
from vaxseal.demo.errors import DemoError
from vaxseal.demo.folder import DemoFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What one citizen knows: code and birthday, which stand in the QR too, and the slip's number and claim code."""

    record_id: str
    certificate_code: str
    date_of_birth: str
    claim_code: str


def find_holders(engine: Engine, slips: Path) -> list[Holder]:
    """Everybody whose passport was issued, with the slip they took home."""
    with slips.open(encoding="utf-8-sig", newline="") as file:
        codes = {line["record"]: line["code"] for line in csv.DictReader(file)}
    versions = record_versions.c
    with engine.connect() as connection:
        rows = connection.execute(
            select(passports.c.uvci, passports.c.record_id, versions.document)
            .join(
                record_versions,
                (versions.record_id == passports.c.record_id) & (versions.version == passports.c.version),
            )
            .where(passports.c.state == "issued")
            .order_by(passports.c.uvci)
        ).all()
    holders = []
    for row in rows:
        born = VaccinationRecord.from_dict(json.loads(row.document)).person.date_of_birth
        assert born is not None  # noqa: S101 - no record without it is issued
        holder = Holder(
            record_id=row.record_id,
            certificate_code=row.uvci,
            date_of_birth=born.iso,
            claim_code=codes[row.record_id],
        )
        holders.append(holder)
    return holders


def fetch_all(url: str, holders: list[Holder], folder: DemoFolder, advance: Callable[[int], None]) -> None:
    """Write every holder's ``passports/CODE.txt`` and ``.png`` and ``certificates/CODE.pdf``."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        for done, holder in enumerate(holders, start=1):
            name = file_name(holder.certificate_code)
            question = {
                "certificate_code": printed(holder.certificate_code),
                "date_of_birth": holder.date_of_birth,
            }
            answer = _post(client, "/v1/citizen/passport", question).json()
            if answer["status"] != "valid":
                raise DemoError("passport-status", f"a fresh passport is {answer['status']}")
            pdf = _post(client, "/v1/citizen/certificate.pdf", {**question, "claim_code": holder.claim_code}).content
            (folder.passports / f"{name}.txt").write_text(answer["hc1"] + "\n", encoding="ascii")
            (folder.passports / f"{name}.png").write_bytes(base64.b64decode(answer["qr_png"]))
            (folder.certificates / f"{name}.pdf").write_bytes(pdf)
            advance(done)


def _post(client: httpx2.Client, path: str, question: dict[str, str]) -> Any:
    response = client.post(path, json=question)
    if response.status_code != 200:
        raise DemoError("fetch-failed", f"the service answered {response.status_code} to {path}: {response.text[:300]}")
    return response
