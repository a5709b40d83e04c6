"""CertLogic 1.3.2: expressions of acceptance rules, compiled once, evaluated on plain JSON data.

Source: the CertLogic specification 1.3.2 (ehn-dcc-development/eu-dcc-business-rules). The whole expression is checked
before anything is evaluated, also where evaluation would not come. Bounded: depth and size of an expression, integers,
and the work of one evaluation; only ``reduce`` can multiply work, and it pays from a meter.
"""

from dataclasses import dataclass
from typing import Any, Final

from certificates.certlogic_operations import OPERATIONS, Node, Run, Scope, array, invalid, literal_value, variable
from certificates.certlogic_time import Instant
from certificates.errors import CertLogicError

SPECIFICATION: Final = (1, 3, 2)
MAX_DEPTH: Final = 128
MAX_NODES: Final = 10_000
MAX_WORK: Final = 20_000  # nodes that one evaluation visits in lambdas; long lists and texts count in portions


@dataclass(frozen=True, slots=True)
class Logic:
    """A checked expression. Made by `compile_logic` only."""

    _run: Run
    _expression: object

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: what was compiled, which it compiles again."""
        return compile_logic, (self._expression,)

    def evaluate(self, data: object, scope: Scope | None = None) -> Any:
        """The value of the expression on ``data``: JSON as `json.loads` gives it. A date-time becomes its text.

        ``scope`` is given where several expressions are evaluated on the same data, unchanged in between.

        Raises CertLogicError: an operand of the wrong type, or too much work. Nothing else is raised.
        """
        scope = scope or Scope()
        scope.left = MAX_WORK
        value = self._run(data, scope)
        return str(value) if type(value) is Instant else value


def compile_logic(expression: object) -> Logic:
    """Check ``expression``, JSON as `json.loads` gives it, and make it ready for evaluation.

    Raises CertLogicError: ``certlogic-invalid`` or ``certlogic-limit``; nothing else is raised for any value.
    """
    return Logic(_Compiler().compile(expression, 0).run, expression)


def evaluate(expression: object, data: object) -> Any:
    """`compile_logic` and `Logic.evaluate` in one, for expressions that are used once."""
    return compile_logic(expression).evaluate(data)


class _Compiler:
    """Walks one expression; counts what it has seen."""

    def __init__(self) -> None:
        self._nodes = 0
        self._lambdas = 0  # how many of them we are in

    def compile(self, expression: object, depth: int) -> Node:
        before = self._nodes
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise CertLogicError("certlogic-limit", "the expression is too deep or too large")
        run = self._compile(expression, depth + 1)
        texts = type(expression) is list and all(type(item) is str for item in expression)
        path = expression["var"] if type(expression) is dict and "var" in expression and not self._lambdas else None
        return Node(run, self._nodes - before, frozenset(expression) if texts else None, path)  # type: ignore[call-overload]

    def _compile(self, expression: object, depth: int) -> Run:
        if type(expression) is dict:
            return self._operation(expression, depth)
        if type(expression) is list:
            return array([self.compile(item, depth) for item in expression])
        return literal_value(expression)

    def _operation(self, expression: dict[Any, Any], depth: int) -> Run:
        if len(expression) != 1:
            invalid("an expression object must have exactly one key")
        ((name, operands),) = expression.items()
        if name == "var":
            return variable(operands, in_lambda=self._lambdas > 0)
        known = OPERATIONS.get(name) if type(name) is str else None
        if known is None:
            invalid("an unknown operation")
        if type(operands) is not list or not known.least <= len(operands) <= known.most:
            invalid(f"{name} takes a list of {known.least} to {known.most} operands")
        values = []
        for position, operand in enumerate(operands[: known.evaluated]):
            is_lambda = name == "reduce" and position == 1
            self._lambdas += is_lambda
            values.append(self.compile(operand, depth))
            self._lambdas -= is_lambda
        return known.build(values, operands[known.evaluated :])
