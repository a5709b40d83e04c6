"""The population register's file, as the demo's police keep it."""

import csv
from collections.abc import Iterable
from pathlib import Path

from vaxseal.demo.dirt import Case


def write_register(path: Path, cases: Iterable[Case]) -> int:
    """Write ``id,name,dob,sex,status`` in UTF-8, sorted by number. Returns how many people stand in it."""
    lines = sorted((line for case in cases for line in case.register), key=lambda line: line.id_number)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "name", "dob", "sex", "status"))
        for line in lines:
            writer.writerow((line.id_number, line.name, line.born.iso, line.sex.value, line.status))
    return len(lines)
