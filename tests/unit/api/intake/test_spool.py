"""Rows that wait come back by bucket, in the order of the file."""

from api.intake.rows import BUCKETS
from api.intake.spool import Row, Spool, unpacked


def test_rows_come_back_in_their_order_as_often_as_asked() -> None:
    rows: list[Row] = [(number, ["Nguyễn", number, 1.5, None, True]) for number in range(500)]
    with Spool() as spool:
        for row in rows:
            spool.add(row[0] % 3, row)
        assert spool.counts[:4] == [167, 167, 166, 0]
        for _ in range(2):
            assert list(unpacked(spool.rows(1, 1))) == [row for row in rows if row[0] % 3 == 1]
        assert sorted(unpacked(spool.rows(0, BUCKETS - 1)), key=lambda row: row[0]) == rows
        spool.add(1, (1000, []))
        assert [*unpacked(spool.rows(1, 1))][-1] == (1000, [])


def test_a_cleared_spool_is_an_empty_one() -> None:
    with Spool() as spool:
        for number in range(100):
            spool.add(0, (number, ["before"]))
        spool.clear()
        assert sum(spool.counts) == 0
        for number in range(40):
            spool.add(0, (number, ["after"]))
        assert list(unpacked(spool.rows(0, BUCKETS - 1))) == [(number, ["after"]) for number in range(40)]
