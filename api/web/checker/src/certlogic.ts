/** CertLogic 1.3.2, evaluated on plain JSON data; see `certificates.certlogic`. Whoever signed the rules checked their form. */
import { isDay } from "./plain.ts";

const MAX_WORK = 20_000;
const DAY = 86_400_000;
const FIRST = Date.parse("0001-01-01T00:00:00Z");
const LAST = Date.parse("9999-12-31T23:59:59.999Z");
const MAX_TEXT = 100;

/** Nobody can say: an operand of the wrong type, or too much work. */
export class CertLogicError extends Error {}

/** A date-time: milliseconds since 1970. A type of its own, because CertLogic never takes it for a number. */
class Instant {
  constructor(readonly value: number) {}
}

type Value = unknown;
type Operation = readonly [least: number, most: number];
const OPERATIONS: Readonly<Record<string, Operation>> = {
  if: [3, 3], and: [2, 10_000], "!": [1, 1], "===": [2, 2], in: [2, 2], "+": [2, 2], "<": [2, 3], ">": [2, 3], "<=": [2, 3],
  ">=": [2, 3], before: [2, 3], after: [2, 3], "not-after": [2, 3], "not-before": [2, 3], plusTime: [3, 3],
  extractFromUVCI: [2, 2], dccDateOfBirth: [1, 1], reduce: [3, 3],
};
const RELATIONS: Readonly<Record<string, (one: number | bigint, other: number | bigint) => boolean>> = {
  "<": (one, other) => one < other, ">": (one, other) => one > other,
  "<=": (one, other) => one <= other, ">=": (one, other) => one >= other,
  before: (one, other) => one < other, after: (one, other) => one > other,
  "not-after": (one, other) => one <= other, "not-before": (one, other) => one >= other,
};
const OF_INSTANTS = new Set(["before", "after", "not-after", "not-before"]);

/** The value of an expression. Raises CertLogicError and nothing else. */
export function evaluate(expression: unknown, data: unknown): unknown {
  try {
    const value = new Evaluation().run(expression, data);
    return value instanceof Instant ? new Date(value.value).toISOString() : value;
  } catch (error) {
    if (error instanceof CertLogicError) throw error;
    throw new CertLogicError("too deep, or data that nobody expected");
  }
}

class Evaluation {
  #left = MAX_WORK;

  run(expression: unknown, data: Value): Value {
    if (Array.isArray(expression)) return expression.map((item) => this.run(item, data));
    if (typeof expression !== "object" || expression === null) return literal(expression);
    const entries = Object.entries(expression);
    if (entries.length !== 1) throw wrong("an expression has exactly one key");
    const [name, operands] = entries[0] as [string, unknown];
    if (name === "var") return variable(operands, data);
    const known = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (!known || !Array.isArray(operands) || operands.length < known[0] || operands.length > known[1]) {
      throw wrong("an operation that is not known, or with other operands");
    }
    return this.#apply(name, operands, data);
  }

  #apply(name: string, operands: unknown[], data: Value): Value {
    const value = (at: number): Value => this.run(operands[at], data);
    switch (name) {
      case "if":
        return truthy(value(0)) ? value(1) : value(2);
      case "and":
        return this.#and(operands, data);
      case "!": {
        const said = truthy(value(0));
        if (said === null) throw wrong("neither truthy nor falsy");
        return !said;
      }
      case "===":
        return same(value(0), value(1));
      case "in": {
        const [wanted, items] = [value(0), value(1)];
        if (!Array.isArray(items)) throw wrong("in: no list");
        return items.some((item) => same(wanted, item));
      }
      case "+": {
        const sum = integer(value(0)) + integer(value(1));
        if (!Number.isSafeInteger(sum)) throw wrong("beyond 53 bits");
        return sum;
      }
      case "plusTime":
        return plusTime(text(value(0)), operands[1] as number, operands[2] as string);
      case "dccDateOfBirth":
        return dateOfBirth(text(value(0)));
      case "extractFromUVCI": {
        const code = value(0);
        if (code === null) return null;
        this.#pay(Math.floor(text(code).length / 4));
        return text(code).replace(/^URN:UVCI:/, "").split(/[/#:]/)[operands[1] as number] ?? null;
      }
      case "reduce":
        return this.#reduce(value(0), operands[1], value(2));
      default:
        return compareAll(name, operands.map((_, at) => value(at)));
    }
  }

  #and(operands: unknown[], data: Value): Value {
    let value: Value = null;
    for (const operand of operands) {
      value = this.run(operand, data);
      const said = truthy(value);
      if (said === null) throw wrong("neither truthy nor falsy");
      if (!said) break;
    }
    return value;
  }

  #reduce(items: Value, step: unknown, initial: Value): Value {
    if (items === null) return initial;
    if (!Array.isArray(items)) throw wrong("reduce: no list");
    this.#pay(items.length * nodes(step));
    return items.reduce((accumulator, current) => this.run(step, { current, accumulator }), initial);
  }

  #pay(work: number): void {
    this.#left -= work;
    if (this.#left < 0) throw wrong("too much work");
  }
}

function nodes(expression: unknown): number {
  if (typeof expression !== "object" || expression === null) return 1;
  const parts = Array.isArray(expression) ? expression : Object.values(expression).flat();
  return parts.reduce<number>((sum, part) => sum + nodes(part), 1);
}

function wrong(detail: string): CertLogicError {
  return new CertLogicError(detail);
}

function literal(value: unknown): Value {
  if (typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value)) return value;
  throw wrong("neither a literal, a list nor an operation");
}

function variable(path: unknown, data: Value): Value {
  if (path === "") return data;
  if (typeof path !== "string") throw wrong("var takes a path");
  let value: Value = data;
  for (const name of path.split(".")) {
    if (Array.isArray(value)) value = /^\d{1,9}$/.test(name) ? value[Number(name)] : undefined;
    else if (isObject(value)) value = Object.hasOwn(value, name) ? value[name] : undefined;
    else value = undefined;
    if (value === undefined || value === null) return null;
  }
  return value;
}

function isObject(value: Value): value is Record<string, Value> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Instant);
}

/** True, false, or null for what counts as neither: date-times, numbers that are no integers. */
function truthy(value: Value): boolean | null {
  if (value instanceof Instant) return null;
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  if (typeof value === "number" && !Number.isInteger(value)) return null;
  return Boolean(value);
}

/** Without coercion; lists and objects are equal to themselves only. */
function same(one: Value, other: Value): boolean {
  if (one instanceof Instant && other instanceof Instant) return one.value === other.value;
  return one === other;
}

function integer(value: Value): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrong("no integer");
  return value;
}

function text(value: Value): string {
  if (typeof value !== "string") throw wrong("no text");
  return value;
}

function compareAll(name: string, values: Value[]): boolean {
  const numbers = values.map((value) => {
    if (OF_INSTANTS.has(name)) {
      if (value instanceof Instant) return value.value;
    } else if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) {
      return value;
    }
    throw wrong(`${name}: an operand of the wrong type`);
  });
  const holds = RELATIONS[name]!;
  return numbers.every((number, at) => at === 0 || holds(numbers[at - 1]!, number));
}

function plusTime(value: string, amount: number, unit: string): Instant {
  const base = /^\d{4}(?:-\d\d(?:-\d\d)?)?$/.test(value) ? dateOfBirth(value).value : dateTime(value);
  let moved: number;
  if (unit === "hour") moved = base + amount * 3_600_000;
  else if (unit === "day") moved = base + amount * DAY;
  else {
    const date = new Date(base);
    const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + amount * (unit === "year" ? 12 : 1);
    const time = ((base % DAY) + DAY) % DAY;
    const year = Math.floor(months / 12);
    if (!(year >= 1 && year <= 9999)) throw wrong("outside the calendar");
    moved = days(year, (((months % 12) + 12) % 12) + 1, 1) * DAY + (date.getUTCDate() - 1) * DAY + time;
  }
  if (!(moved >= FIRST && moved <= LAST)) throw wrong("outside the years 1 to 9999");
  return new Instant(moved);
}

/** A partial date as the last day that agrees with it. */
function dateOfBirth(value: string): Instant {
  const match = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(value);
  if (!match) throw wrong("no date");
  const [year, month] = [Number(match[1]), Number(match[2] ?? 12)];
  if (match[3]) return new Instant(days(year, month, Number(match[3])) * DAY);
  const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1];
  days(year, month, 1);
  const next = new Date(0);
  next.setUTCFullYear(nextYear, nextMonth - 1, 1);
  return new Instant(next.getTime() - DAY);
}

function dateTime(value: string): number {
  const form =
    /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:Z|([+-])(\d|[01]\d|2[0-3])(?::?([0-5]\d))?)?$/;
  const match = value.length <= MAX_TEXT ? form.exec(value) : null;
  if (!match) throw wrong("no date-time");
  const [, year, month, day, hour, minute, second, decimals = "0", sign, aheadHours = 0, aheadMinutes = 0] = match;
  const ahead = (sign === "-" ? -1 : 1) * (Number(aheadHours) * 60 + Number(aheadMinutes));
  const minutes = Number(hour) * 60 + Number(minute) - ahead;
  const milliseconds = Number(decimals.slice(0, 3).padEnd(3, "0"));
  return days(Number(year), Number(month), Number(day)) * DAY + minutes * 60_000 + Number(second) * 1000 + milliseconds;
}

/** Days since 1970. */
function days(year: number, month: number, day: number): number {
  if (!isDay(year, month, day)) throw wrong("not in the calendar");
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / DAY;
}
