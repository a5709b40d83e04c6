"""The operations of CertLogic 1.3.2: each takes its compiled operands and gives a closure."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, NoReturn

from certificates.certlogic_time import UNITS, Instant, date_of_birth, plus_time
from certificates.errors import CertLogicError

MAX_INTEGER: Final = 2**53 - 1  # what every implementation can hold exactly

_MANY: Final = 10_000
_PORTION: Final = 4  # items of a list, or letters of a text, that cost as much as one node
_PATH: Final = re.compile(r"[^.]+(?:\.[^.]+)*")
_INDEX: Final = re.compile(r"\d{1,9}", re.ASCII)
_SEPARATORS: Final = re.compile(r"[/#:]")
_UVCI_PREFIX: Final = "URN:UVCI:"


class Codes(list[str]):
    """A value set: a list of texts that knows its members, for long ones that are asked often. Never changed."""

    __slots__ = ("members",)

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__(codes)
        self.members = frozenset(self)


class Scope:
    """What evaluations on the same data share: what their paths led to, those values moved in time, and the work that
    is left, in nodes."""

    __slots__ = ("found", "left", "moved")

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.moved: dict[str, Instant] = {}
        self.left = 0


Run = Callable[[Any, Scope], Any]  # data context, scope -> value


def is_truthy(value: object) -> bool | None:
    """True, False, or None for what the specification counts as neither: date-times, numbers that are no integers."""
    kind = type(value)
    if kind is bool or kind is str or kind is int or kind is dict or kind is list:
        return bool(value)
    if value is None:
        return False
    if kind is Codes:
        return bool(value)
    if kind is float and value.is_integer():  # type: ignore[attr-defined]
        return bool(value)
    return None


class Node(NamedTuple):
    run: Run
    cost: int  # nodes of the whole tree below, itself included
    texts: frozenset[str] | None = None  # of a list of literal texts
    path: str | None = None  # of data access outside of lambdas


def invalid(detail: str) -> NoReturn:
    raise CertLogicError("certlogic-invalid", detail)


def _wrong(detail: str) -> NoReturn:
    raise CertLogicError("certlogic-type", detail)


def _pay(scope: Scope, work: int) -> None:
    scope.left -= work
    if scope.left < 0:
        raise CertLogicError("certlogic-limit", "the evaluation takes too much work")


def literal_value(value: object) -> Run:
    kind = type(value)
    if kind is float and value.is_integer():  # type: ignore[attr-defined]
        value, kind = int(value), int  # type: ignore[call-overload]
    if kind is float:
        invalid("a number that is no integer")
    if kind is int and abs(value) > MAX_INTEGER:  # type: ignore[arg-type]
        raise CertLogicError("certlogic-limit", "an integer beyond 53 bits")
    if kind is not bool and kind is not str and kind is not int:
        invalid("neither a literal, a list nor an operation")
    return lambda data, scope: value


def array(items: list[Node]) -> Run:
    runs = tuple(item.run for item in items)
    return lambda data, scope: [run(data, scope) for run in runs]


def variable(path: object, *, in_lambda: bool) -> Run:
    """Data access. Rules ask for the same few paths again and again: outside of lambdas each is walked once a scope."""
    if path == "" and type(path) is str:
        return lambda data, scope: data
    if type(path) is not str or _PATH.fullmatch(path) is None:
        invalid("var takes a path of fragments with a period between them")
    steps = tuple((name, int(name) if _INDEX.fullmatch(name) else None) for name in path.split("."))

    def walk(data: Any, scope: Scope) -> Any:
        for name, index in steps:
            if type(data) is dict:
                data = data.get(name)
            elif index is not None and isinstance(data, list) and index < len(data):
                data = data[index]
            else:
                return None
        return data

    def run(data: Any, scope: Scope) -> Any:
        try:
            return scope.found[path]
        except KeyError:
            value = scope.found[path] = walk(data, scope)
            return value

    return walk if in_lambda else run


def _if(operands: list[Node], _: list[object]) -> Run:
    guard, then, otherwise = (operand.run for operand in operands)

    def run(data: Any, scope: Scope) -> Any:
        value = guard(data, scope)
        if value is True or (value is not False and is_truthy(value)):
            return then(data, scope)
        return otherwise(data, scope)

    return run


def _and(operands: list[Node], _: list[object]) -> Run:
    runs = tuple(operand.run for operand in operands)

    def run(data: Any, scope: Scope) -> Any:
        value = None
        for operand in runs:
            value = operand(data, scope)
            truthy = is_truthy(value)
            if not truthy:
                if truthy is None:
                    _wrong("and: an operand is neither truthy nor falsy")
                break
        return value

    return run


def _not(operands: list[Node], _: list[object]) -> Run:
    operand = operands[0].run

    def run(data: Any, scope: Scope) -> bool:
        truthy = is_truthy(operand(data, scope))
        if truthy is None:
            _wrong("!: the operand is neither truthy nor falsy")
        return not truthy

    return run


def _same(left: Any, right: Any) -> bool:
    """Equal without coercion. Lists and objects are only equal to themselves, as in ECMAScript."""
    kind, other = type(left), type(right)
    if kind is other:
        return left is right if kind in (list, dict, Codes) else bool(left == right)
    return (kind, other) in ((int, float), (float, int)) and bool(left == right)


def _equals(operands: list[Node], _: list[object]) -> Run:
    left, right = (operand.run for operand in operands)
    return lambda data, scope: _same(left(data, scope), right(data, scope))


def _in(operands: list[Node], literals: list[object]) -> Run:
    left, right, texts = operands[0].run, operands[1].run, operands[1].texts

    def run(data: Any, scope: Scope) -> bool:
        wanted, items = left(data, scope), right(data, scope)
        if type(items) is Codes:
            return type(wanted) is str and wanted in items.members
        if type(items) is not list:
            _wrong("in: the second operand is not a list")
        if len(items) >= _PORTION:
            _pay(scope, len(items) // _PORTION)
        if type(wanted) is str:
            return wanted in items  # a text equals texts only
        return any(_same(wanted, item) for item in items)

    def run_literal(data: Any, scope: Scope) -> bool:
        wanted = left(data, scope)
        return type(wanted) is str and wanted in texts  # type: ignore[operator]

    return run if texts is None else run_literal


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _plus(operands: list[Node], _: list[object]) -> Run:
    left, right = (operand.run for operand in operands)

    def run(data: Any, scope: Scope) -> int:
        first, second = left(data, scope), right(data, scope)
        if not (_is_integer(first) and _is_integer(second)):
            _wrong("+: an operand is not an integer")
        total = int(first) + int(second)
        if abs(total) > MAX_INTEGER:
            raise CertLogicError("certlogic-limit", "an integer beyond 53 bits")
        return total

    return run


def _is_instant(value: Any) -> bool:
    return type(value) is Instant


def _comparison(name: str, holds: Callable[[Any, Any], bool], kind: type, is_kind: Callable[[Any], bool]) -> "_Builder":
    """Two operands, or three with the relation between each and the next. ``kind`` is the usual type."""

    def build(operands: list[Node], _: list[object]) -> Run:
        left, right = operands[0].run, operands[1].run

        def run(data: Any, scope: Scope) -> bool:
            first, second = left(data, scope), right(data, scope)
            if not (type(first) is type(second) is kind or (is_kind(first) and is_kind(second))):
                _wrong(f"{name}: an operand is of the wrong type")
            return holds(first, second)

        if len(operands) == 2:
            return run
        last = operands[2].run

        def run_three(data: Any, scope: Scope) -> bool:
            first, second = left(data, scope), right(data, scope)
            if not (is_kind(first) and is_kind(second)):
                _wrong(f"{name}: an operand is of the wrong type")
            third = last(data, scope)
            if not is_kind(third):
                _wrong(f"{name}: an operand is of the wrong type")
            return holds(first, second) and holds(second, third)

        return run_three

    return build


def _plus_time(operands: list[Node], literals: list[object]) -> Run:
    operand, (amount, unit) = operands[0].run, literals
    if type(amount) is float and amount.is_integer():
        amount = int(amount)
    if type(amount) is not int or abs(amount) > MAX_INTEGER:
        invalid("plusTime: the amount is not an integer")
    if unit not in UNITS or type(unit) is not str:
        invalid("plusTime: the unit is not year, month, day or hour")

    def run(data: Any, scope: Scope) -> Instant:
        text = operand(data, scope)
        if type(text) is not str:
            _wrong("plusTime: the operand is not a text")
        return plus_time(text, amount, unit)

    def run_shared(data: Any, scope: Scope) -> Instant:
        try:
            return scope.moved[name]
        except KeyError:
            moved = scope.moved[name] = run(data, scope)
            return moved

    name = f"{amount} {unit} {operands[0].path}"
    return run if operands[0].path is None else run_shared


def _date_of_birth(operands: list[Node], _: list[object]) -> Run:
    operand = operands[0].run

    def run(data: Any, scope: Scope) -> Instant:
        text = operand(data, scope)
        if type(text) is not str:
            _wrong("dccDateOfBirth: the operand is not a text")
        return date_of_birth(text)

    return run


def _extract_from_uvci(operands: list[Node], literals: list[object]) -> Run:
    operand, index = operands[0].run, literals[0]
    if type(index) is float and index.is_integer():
        index = int(index)
    if type(index) is not int:
        invalid("extractFromUVCI: the index is not an integer")

    def run(data: Any, scope: Scope) -> str | None:
        text = operand(data, scope)
        if text is None:
            return None
        if type(text) is not str:
            _wrong("extractFromUVCI: the operand is not a text")
        _pay(scope, len(text) // _PORTION)
        fragments = _SEPARATORS.split(text.removeprefix(_UVCI_PREFIX))
        return fragments[index] if 0 <= index < len(fragments) else None

    return run


def _reduce(operands: list[Node], _: list[object]) -> Run:
    operand, step, initial = operands

    def run(data: Any, scope: Scope) -> Any:
        items = operand.run(data, scope)
        value = initial.run(data, scope)
        if items is None:  # a field that is not there folds like an empty list
            return value
        if not isinstance(items, list):
            _wrong("reduce: the first operand is not a list")
        _pay(scope, len(items) * step.cost)
        for item in items:
            value = step.run({"current": item, "accumulator": value}, scope)
        return value

    return run


_Builder = Callable[[list[Node], list[Any]], Run]


class Operation(NamedTuple):
    build: _Builder
    least: int
    most: int
    evaluated: int  # operands from here on are literals: amount, unit, index


def _of_integers(name: str, holds: Callable[[Any, Any], bool]) -> Operation:
    return Operation(_comparison(name, holds, int, _is_integer), 2, 3, 3)


def _of_instants(name: str, holds: Callable[[Any, Any], bool]) -> Operation:
    return Operation(_comparison(name, holds, Instant, _is_instant), 2, 3, 3)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "if": Operation(_if, 3, 3, 3),
    "and": Operation(_and, 2, _MANY, _MANY),
    "!": Operation(_not, 1, 1, 1),
    "===": Operation(_equals, 2, 2, 2),
    "in": Operation(_in, 2, 2, 2),
    "+": Operation(_plus, 2, 2, 2),
    "<": _of_integers("<", operator.lt),
    ">": _of_integers(">", operator.gt),
    "<=": _of_integers("<=", operator.le),
    ">=": _of_integers(">=", operator.ge),
    "before": _of_instants("before", operator.lt),
    "after": _of_instants("after", operator.gt),
    "not-after": _of_instants("not-after", operator.le),
    "not-before": _of_instants("not-before", operator.ge),
    "plusTime": Operation(_plus_time, 3, 3, 1),
    "extractFromUVCI": Operation(_extract_from_uvci, 2, 2, 1),
    "dccDateOfBirth": Operation(_date_of_birth, 1, 1, 1),
    "reduce": Operation(_reduce, 3, 3, 3),
}
