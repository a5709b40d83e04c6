"""Lines of days."""

from api.web.oversight.pictures import HEIGHT, WIDTH, line_of, standing_line


def test_a_line_goes_from_nought_to_the_highest() -> None:
    line = line_of([0, 5, 10])
    assert line.points == f"4.0,{HEIGHT - 4}.0 {WIDTH / 2},{HEIGHT / 2} {WIDTH - 4}.0,4.0"
    assert (line.last, line.highest, line.base) == (10, 10, HEIGHT - 4)


def test_values_below_nought_and_one_alone() -> None:
    line = line_of([-4, 4])
    assert line.base == HEIGHT / 2
    assert line_of([0]).points == f"4.0,{HEIGHT - 4}.0"


def test_what_stands_now_and_the_days_before() -> None:
    assert standing_line(10, [3, 2, -1]).values == (9, 11, 10)


def test_the_pace_is_of_whole_days() -> None:
    assert line_of([7] * 7 + [100]).pace == 7
