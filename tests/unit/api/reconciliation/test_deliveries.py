from pathlib import Path

import pytest
from sqlalchemy import select

from api.audit import read_log
from api.errors import CentreError
from api.reconciliation.deliveries import Imported, import_deliveries
from api.store.schema_revoking import deliveries
from tests.support.centre import World

HEAD = "unit,lot,product,doses,day,note\n"


def take_in(world: World, folder: Path, text: str) -> Imported:
    path = folder / "deliveries.csv"
    path.write_text(text, encoding="utf-8-sig")
    return import_deliveries(world.engine, path, by="an", at=world.clock())


def test_a_file_counts_once_however_often_it_comes(world: World, tmp_path: Path) -> None:
    text = HEAD + "TYT-1,abw 1234,AstraZeneca,100,2021-08-01,PN-1\nTYT-1,ABW1234,Vaxzevria,50,01/08/2021,PN-2\n"
    assert take_in(world, tmp_path, text) == Imported(added=2, changed=0, same=0, faults=())
    assert take_in(world, tmp_path, text) == Imported(added=0, changed=0, same=2, faults=())
    assert take_in(world, tmp_path, text.replace(",50,", ",60,")).changed == 1
    with world.engine.connect() as connection:
        rows = connection.execute(select(deliveries).order_by(deliveries.c.note)).all()
    assert [(one.lot, one.day, one.doses, one.province) for one in rows] == [
        ("ABW1234", "2021-08-01", 100, "01"),
        ("ABW1234", "2021-08-01", 60, "01"),
    ]
    assert read_log(world.engine, limit=1)[0].act == "import-deliveries"


def test_a_row_with_a_fault_is_left_out(world: World, tmp_path: Path) -> None:
    faulty = [
        ("XX,A,Vaxzevria,1,2021-08-01,", "unit-unknown"),
        ("TYT-1,,Vaxzevria,1,2021-08-01,", "lot-form"),
        ("TYT-1,A,Nothing,1,2021-08-01,", "product-unknown"),
        ("TYT-1,A,Vaxzevria,0,2021-08-01,", "doses-form"),
        ("TYT-1,A,Vaxzevria,-5,2021-08-01,", "doses-form"),
        ("TYT-1,A,Vaxzevria,1,2021-08,", "given-on-partial"),
        ("TYT-1,A,Vaxzevria,1,,", "given-on-missing"),
        (f"TYT-1,A,Vaxzevria,1,2021-08-01,{'x' * 61}", "note-form"),
    ]
    done = take_in(world, tmp_path, HEAD + "\n".join([*(row for row, _ in faulty), "TYT-1,A,Vaxzevria,5,2021-08-01,"]))
    assert done.faults == tuple((number, code) for number, (_, code) in enumerate(faulty, 2))
    assert done.added == 1


def test_what_is_no_such_file(world: World, tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="deliveries-form: the file lacks: product, doses, day"):
        take_in(world, tmp_path, "unit,lot\nA,B\n")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CentreError, match="deliveries-form"):
        import_deliveries(world.engine, tmp_path / "x.csv", by="an", at=world.clock())
