from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.certlogic import MAX_DEPTH, MAX_NODES, compile_logic, evaluate
from certificates.certlogic_operations import OPERATIONS, Codes, Scope, is_truthy
from certificates.errors import CertLogicError
from tests.support.fixtures import fixtures, read_json

DATE = {"plusTime": ["2021-06-15", 0, "day"]}
LATER = {"plusTime": ["2021-06-15", 1, "hour"]}


def var(path: str) -> dict[str, str]:
    return {"var": path}


def code_of(expression: object, data: object = None) -> str:
    with pytest.raises(CertLogicError) as caught:
        evaluate(expression, data)
    return caught.value.code


def test_literals() -> None:
    for literal in (True, False, 0, -3, "", "x", [], [1, ["a"]]):
        assert evaluate(literal, None) == literal
    assert evaluate(3.0, None) == 3
    assert type(evaluate(3.0, None)) is int


@pytest.mark.parametrize(
    "expression",
    [
        *(
            None,
            3.14,
            float("nan"),
            float("inf"),
            {},
            {"var": "a", "if": []},
            {"or": [True, True]},
            b"x",
            (1, 2),
            {1: []},
        ),
        *({"var": 0}, {"var": ["a"]}, {"var": None}, {"var": "."}, {"var": "a..b"}, {"var": "a."}, {"var": ".a"}),
        *({"if": [1, 2]}, {"if": [1, 2, 3, 4]}, {"and": [True]}, {"and": True}, {"!": True}, {"!": []}, {"!": [1, 2]}),
        *({"===": [1]}, {"===": [1, 2, 3]}, {"in": [1]}, {"+": [1, 2, 3]}, {"<": [1]}, {"<": [1, 2, 3, 4]}),
        *({"after": [DATE]}, {"reduce": [[], 1]}, {"plusTime": ["2021", 0]}, {"plusTime": ["2021", "0", "day"]}),
        *({"plusTime": ["2021", 0, "week"]}, {"plusTime": ["2021", True, "day"]}, {"plusTime": ["2021", 0.5, "day"]}),
        *({"plusTime": ["2021", var("x"), "day"]}, {"plusTime": ["2021", 0, ["day"]]}, {"plusTime": [None, 0, "day"]}),
        *({"extractFromUVCI": [var("x"), "1"]}, {"extractFromUVCI": [var("x"), True]}, {"extractFromUVCI": [var("x")]}),
        *(
            {"dccDateOfBirth": "1990"},
            {"dccDateOfBirth": ["1990", 0]},
            [1, [None]],
            {"if": [True, 1, {"nonsense": []}]},
        ),
    ],
)
def test_malformed_expressions_never_run(expression: object) -> None:
    with pytest.raises(CertLogicError) as caught:
        compile_logic(expression)
    assert caught.value.code == "certlogic-invalid"


def test_limits_of_an_expression() -> None:
    def nested(depth: int) -> Any:
        return {"!": [nested(depth - 1)]} if depth else True

    assert evaluate(nested(MAX_DEPTH), None) is True
    assert code_of(nested(MAX_DEPTH + 1)) == "certlogic-limit"
    assert len(evaluate([0] * (MAX_NODES - 1), None)) == MAX_NODES - 1
    assert code_of([0] * MAX_NODES) == "certlogic-limit"
    assert code_of(2**53) == "certlogic-limit"
    assert code_of({"+": [2**53 - 1, 1]}) == "certlogic-limit"
    assert code_of({"plusTime": ["2021", 2**53, "day"]}) == "certlogic-invalid"


def test_var() -> None:
    data = {"a": [{"b": 1}, None], "0": "zero", "text": "abc", "tiếng-việt": 2}
    assert evaluate(var(""), data) is data
    assert evaluate(var("a.0.b"), data) == 1
    assert evaluate(var("0"), data) == "zero"
    assert evaluate(var("tiếng-việt"), data) == 2
    for missing in ("a.1", "a.1.b", "a.2", "a.-1", "a.length", "a.b", "text.0", "text.length", "x.y", "a.0.b.c"):
        assert evaluate(var(missing), data) is None
    assert evaluate(var("a." + "9" * 5000), data) is None


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        *((False, False), (None, False), ("", False), (0, False), (0.0, False), ([], False), ({}, False)),
        *((True, True), ("0", True), (-1, True), (2.0, True), ([0], True), ({"a": None}, True)),
        *((0.5, None), (float("nan"), None), (b"x", None)),
    ],
)
def test_truthy_falsy_or_neither(value: object, truth: bool | None) -> None:
    data = {"x": value}
    assert is_truthy(value) is truth
    assert evaluate({"if": [var("x"), "yes", "no"]}, data) == ("yes" if truth else "no")
    if truth is None:
        assert code_of({"!": [var("x")]}, data) == "certlogic-type"
        assert code_of({"and": [var("x"), True]}, data) == "certlogic-type"
        assert code_of({"and": [True, var("x")]}, data) == "certlogic-type"
    else:
        assert evaluate({"!": [var("x")]}, data) is not truth
        assert evaluate({"and": [var("x"), "last"]}, data) == ("last" if truth else value)


def test_a_date_time_is_neither_truthy_nor_falsy_nor_a_number() -> None:
    assert code_of({"!": [DATE]}) == "certlogic-type"
    assert code_of({"<": [DATE, LATER]}) == "certlogic-type"
    assert code_of({"+": [DATE, 1]}) == "certlogic-type"
    assert code_of({"plusTime": [DATE, 0, "day"]}) == "certlogic-type"
    assert evaluate({"===": [DATE, DATE]}, None) is True
    assert evaluate({"===": [DATE, 1623715200000]}, None) is False
    assert evaluate(DATE, None) == "2021-06-15T00:00:00.000Z"


def test_branches_that_are_not_taken_are_not_evaluated() -> None:
    wrong = {"+": ["a", 1]}
    assert evaluate({"if": [True, 1, wrong]}, None) == 1
    assert evaluate({"if": [False, wrong, 2]}, None) == 2
    assert evaluate({"and": [True, 0, wrong]}, None) == 0
    assert code_of({"and": [True, wrong, 0]}) == "certlogic-type"


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        *(("a", "a", True), ("a", "b", False), (1, 1.0, True), (1, "1", False), (0, False, False), (1, True, False)),
        *(
            (None, None, True),
            (None, False, False),
            ("", None, False),
            ([], [], False),
            ({}, {}, False),
            (True, True, True),
        ),
    ],
)
def test_equality_and_membership_without_coercion(left: object, right: object, same: bool) -> None:
    data = {"left": left, "right": right, "list": ["other", right]}
    assert evaluate({"===": [var("left"), var("right")]}, data) is same
    assert evaluate({"in": [var("left"), var("list")]}, data) is same
    assert evaluate({"in": [var("left"), [var("right")]]}, data) is same
    assert evaluate({"in": [var("left"), []]}, data) is False


def test_a_value_set_is_a_list_like_any_other() -> None:
    data = {"set": Codes(["a", "b"]), "none": Codes([])}
    for wanted, there in (("a", True), ("c", False), (1, False), (None, False), ([], False)):
        assert evaluate({"in": [var("wanted"), var("set")]}, data | {"wanted": wanted}) is there
    assert evaluate(var("set.1"), data) == "b"
    assert evaluate(var("set.2"), data) is None
    assert evaluate({"!": [var("none")]}, data) is True
    assert evaluate({"!": [var("set")]}, data) is False
    assert evaluate({"===": [var("set"), var("set")]}, data) is True
    assert evaluate({"===": [var("set"), ["a", "b"]]}, data) is False
    assert evaluate({"reduce": [var("set"), {"+": [var("accumulator"), 1]}, 0]}, data) == 2


def test_a_list_equals_itself() -> None:
    assert evaluate({"===": [var("x"), var("x")]}, {"x": [1]}) is True


@pytest.mark.parametrize("haystack", [None, "abc", {"a": 1}, 3])
def test_in_needs_a_list(haystack: object) -> None:
    assert code_of({"in": ["a", var("x")]}, {"x": haystack}) == "certlogic-type"


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9))
def test_comparisons_and_chains(a: int, b: int, c: int) -> None:
    assert evaluate({"<": [a, b]}, None) is (a < b)
    assert evaluate({">=": [a, b]}, None) is (a >= b)
    assert evaluate({"<=": [a, b, c]}, None) is (a <= b <= c)
    assert evaluate({">": [a, b, c]}, None) is (a > b > c)
    assert evaluate({"+": [a, b]}, None) == a + b


@pytest.mark.parametrize("operation", ["<", ">", "<=", ">=", "+"])
@pytest.mark.parametrize("wrong", [None, "1", True, 0.5, [], {}])
def test_numbers_are_integers(operation: str, wrong: object) -> None:
    assert code_of({operation: [1, var("x")]}, {"x": wrong}) == "certlogic-type"
    assert code_of({operation: [var("x"), 1]}, {"x": wrong}) == "certlogic-type"
    assert evaluate({operation: [1, var("x")]}, {"x": 1.0}) == evaluate({operation: [1, 1]}, None)
    if operation != "+":
        assert code_of({operation: [5, 1, var("x")]}, {"x": wrong}) == "certlogic-type"


def test_date_times_are_compared() -> None:
    for operation, same, before, after in (
        ("before", False, True, False),
        ("after", False, False, True),
        ("not-after", True, True, False),
        ("not-before", True, False, True),
    ):
        assert evaluate({operation: [DATE, DATE]}, None) is same
        assert evaluate({operation: [DATE, LATER]}, None) is before
        assert evaluate({operation: [LATER, DATE]}, None) is after
        assert evaluate({operation: [DATE, DATE, LATER]}, None) is (same and before)
        for wrong in ("2021-06-15", 1, None):
            assert code_of({operation: [DATE, var("x")]}, {"x": wrong}) == "certlogic-type"
            assert code_of({operation: [LATER, DATE, var("x")]}, {"x": wrong}) == "certlogic-type"


def test_dates_from_data() -> None:
    adult = {
        "not-after": [
            {"dccDateOfBirth": [var("dob")]},
            {"plusTime": [var("clock"), -18, "year"]},
        ]
    }
    assert evaluate(adult, {"dob": "2003", "clock": "2021-12-31T00:00:00Z"}) is True
    assert evaluate(adult, {"dob": "2003", "clock": "2021-12-30T23:59:59Z"}) is False
    for wrong in (None, 1990, ["1990"]):
        assert code_of(adult, {"dob": wrong, "clock": "2021"}) == "certlogic-type"
        assert code_of(adult, {"dob": "2003", "clock": wrong}) == "certlogic-type"
    assert code_of(adult, {"dob": "", "clock": "2021"}) == "certlogic-date"


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("URN:UVCI:01:VN:7K3M9PX2QRT4VW", ["01", "VN", "7K3M9PX2QRT4VW"]),
        ("01:VN:A/B#C", ["01", "VN", "A", "B", "C"]),
        ("a::c/#/f", ["a", "", "c", "", "", "f"]),
        ("", [""]),
    ],
)
def test_extract_from_uvci(text: str, fragments: list[str]) -> None:
    for index in range(-1, len(fragments) + 1):
        expected = fragments[index] if 0 <= index < len(fragments) else None
        assert evaluate({"extractFromUVCI": [var("ci"), index]}, {"ci": text}) == expected
    assert evaluate({"extractFromUVCI": [var("ci"), 0]}, {}) is None
    assert code_of({"extractFromUVCI": [var("ci"), 0]}, {"ci": 1}) == "certlogic-type"


def test_reduce_folds_from_the_left() -> None:
    def fold(operand: object) -> dict[str, Any]:
        return {"reduce": [operand, {"+": [{"+": [var("accumulator"), var("accumulator")]}, var("current")]}, 0]}

    assert evaluate(fold([1, 0, 1]), None) == 5
    assert evaluate(fold([]), None) == 0
    assert evaluate(fold(var("x")), {}) == 0
    assert code_of(fold(var("x")), {"x": "abc"}) == "certlogic-type"
    outside = {"reduce": [[1], var("outside"), 0]}
    assert evaluate(outside, {"outside": 1}) is None


def test_a_scope_remembers_paths_but_not_those_of_lambdas() -> None:
    data, scope = {"current": 7, "x": [1, 2]}, Scope()
    last = {"reduce": [var("x"), {"+": [var("current"), 0]}, 0]}
    for expression, value in ((var("current"), 7), (last, 2), ([var("current"), last, var("current")], [7, 2, 7])):
        assert compile_logic(expression).evaluate(data, scope) == value
    nested = {"reduce": [{"reduce": [var("x"), [var("current")], 0]}, var("current"), var("current")]}
    assert compile_logic(nested).evaluate(data, scope) == 2


def test_work_is_bounded() -> None:
    bomb: Any = var("current")
    for _ in range(8):
        bomb = {"reduce": [var("current"), bomb, 0]}
    rows: Any = 1
    for _ in range(9):
        rows = [rows] * 10
    assert code_of({"reduce": [var(""), bomb, 0]}, rows) == "certlogic-limit"
    scan = {"if": [{"in": [var("current"), var("accumulator")]}, [], var("accumulator")]}
    walk = {"reduce": [var("items"), scan, var("long")]}
    assert evaluate(walk, {"items": [1] * 10, "long": [0] * 1000}) == [0] * 1000
    assert code_of(walk, {"items": [1] * 1000, "long": [0] * 10_000}) == "certlogic-limit"
    split = {"if": [{"extractFromUVCI": [var("accumulator"), 9]}, "", var("accumulator")]}
    assert code_of({"reduce": [var("items"), split, "a" * 10_000]}, {"items": [1] * 1000}) == "certlogic-limit"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["", "a", "0", "current", "accumulator.0", "2021-02-30", "2021-06", "2021-06-15T08:30:05.1+7", "day"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
_NAMES = st.sampled_from([*OPERATIONS, "var", "or", ""])
_EXPRESSIONS = st.recursive(
    _JSON
    | st.builds(lambda path: {"var": path}, st.sampled_from(["", "a", "a.0", "0.a", "current", "accumulator", "0.1.2"]))
    | st.builds(
        lambda text, amount, unit: {"plusTime": [text, amount, unit]},
        st.sampled_from(["2021", "2020-02-29", "9999", {"var": "a"}]),
        st.integers(),
        st.sampled_from(["year", "month", "day", "hour", "week"]),
    ),
    lambda inner: st.builds(lambda name, operands: {name: operands}, _NAMES, st.lists(inner, max_size=4)),
    max_leaves=20,
)


@given(_EXPRESSIONS, _JSON)
@settings(max_examples=400)
def test_nothing_but_certlogic_errors_for_any_input(expression: object, data: object) -> None:
    try:
        logic = compile_logic(expression)
    except CertLogicError:
        return
    try:
        first = logic.evaluate(data)
    except CertLogicError:
        with pytest.raises(CertLogicError):
            logic.evaluate(data)
    else:
        assert repr(logic.evaluate(data)) == repr(first)


def test_the_published_assertions() -> None:
    count = 0
    for file in sorted((fixtures("CertLogic") / "certlogic").glob("*.json")):
        for case in read_json(f"certlogic/{file.name}")["cases"]:
            for assertion in case["assertions"]:
                expression = assertion.get("certLogicExpression", case.get("certLogicExpression"))
                value = evaluate(expression, assertion["data"])
                assert value == assertion["expected"], (file.name, case["name"], assertion)
                assert type(value) is type(assertion["expected"])
                count += 1
    assert count >= 60


def test_the_published_validations() -> None:
    for file in sorted((fixtures("CertLogic validation") / "certlogic" / "validation").glob("*.json")):
        for case in read_json(f"certlogic/validation/{file.name}")["cases"]:
            if case["issues"]:
                assert code_of(case["certLogicExpression"]) == "certlogic-invalid"
            else:
                compile_logic(case["certLogicExpression"])
