"""Imports: a CSV file on PostgreSQL against COPY of its rows, a spreadsheet against the library that only reads it."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

HEADER: Final = (
    "STT",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Quốc tịch",
    "Số CCCD/CMND/Hộ chiếu",
    "Mũi tiêm số",
    "Ngày tiêm",
    "Tên vắc xin",
    "Hãng sản xuất",
    "Số lô",
    "Liều lượng",
    "Mã cơ sở tiêm",
    "Người nhập",
    "Ghi chú",
)
_NAMES: Final = (
    "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý",
    "Thị Văn Hữu Đức Minh Ngọc Thanh Quang Thu Xuân Kim Bích",
    "An Bình Châu Dũng Hà Hạnh Hồng Hùng Hương Khánh Lan Linh Long Mai Nam Nga Phúc Quân Sơn Thảo Tú Yến",
)
_VACCINES: Final = (
    ("AstraZeneca", "AstraZeneca", "ABX"),
    ("Pfizer", "Pfizer", "FK"),
    ("Moderna", "Moderna", "MD"),
)


def dose_rows(count: int, *, seed: int = 7, first_person: int = 0) -> Iterator[list[str]]:
    """Rows of a province's export: two or three doses a person, first doses before second ones, one in fifty faulty."""
    chance = random.Random(seed)  # noqa: S311 - made-up people
    people = []
    for number in range(first_person, first_person + max(1, count * 2 // 5)):
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(25_000))
        male = chance.random() < 0.5
        name = " ".join(chance.choice(words.split()) for words in _NAMES)
        citizen = f"001{'0' if male else '1'}{born.year % 100:02}{number:06}"
        vaccine, unit = chance.choice(_VACCINES), f"01-{number % 50 + 1:04}"
        people.append((name, f"{born:%d/%m/%Y}", "Nam" if male else "Nữ", citizen, vaccine, unit, number))
    row = 0
    for dose in (1, 2, 3):
        given = date(2021, 5, 1) + timedelta(days=(dose - 1) * 90)
        for name, birth, sex, citizen, vaccine, unit, number in people:
            if row == count:
                return
            row += 1
            day = given + timedelta(days=number % 60)
            yield [
                str(row),
                name,
                birth if row % 50 else "hôm qua",
                sex,
                "Việt Nam",
                citizen,
                str(dose),
                f"{day:%d/%m/%Y}",
                vaccine[0],
                vaccine[1],
                f"{vaccine[2]}{1000 + day.month * 7 + number % 5}",
                "0,5 ml",
                unit,
                f"y.ta.{number % 9}",
                "",
            ]


def write_doses(path: Path, count: int) -> None:
    """The same as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(dose_rows(count))
