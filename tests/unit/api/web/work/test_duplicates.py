"""Both sides of a pair beside each other."""

from api.web.work.duplicates import dose_lines, person_lines


def test_doses_stand_beside_the_one_of_their_number() -> None:
    first = {"number": 1, "given_on": "2021-10-05", "product": "vaxzevria", "lot": "A1", "unit": "TYT-1"}
    second = {**first, "number": 2, "given_on": "2021-12-20"}
    lines = dose_lines([first], [second, {**first, "lot": "A7"}])
    shown = [(line.dose, line.field, ["".join(p.text for p in cell) for cell in line.cells]) for line in lines]
    assert shown[0] == (1, "given_on", ["05/10/2021", "05/10/2021"])
    assert shown[4] == (2, "given_on", ["", "20/12/2021"])
    assert [(line.dose, line.field) for line in lines if line.differs] == [(1, "lot")]


def test_what_one_side_lacks_of_a_person_differs() -> None:
    one = {"full_name": "Lê An", "date_of_birth": "1961", "sex": "M", "id_number": None, "nationality": "VN"}
    lines = person_lines(one, {**one, "id_number": "001161012345"})
    assert [line.field for line in lines if line.differs] == ["id_number"]
