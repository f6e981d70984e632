/**
 * A truth that must hold whatever the outside world does. It is checked in production too: a server that
 * notices it is wrong about itself must stop rather than go on and lose or invent a write.
 */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/**
 * Throws {@link InvariantViolation} with `message` unless `condition` holds. A message with numbers in it, on the way of every
 * request, is given as a function: making the text would cost more than the check.
 */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantViolation(typeof message === "string" ? message : message());
}

/** For the end of an exhaustive `switch`: does not compile while a case is missing. */
export function unreachable(value: never, what = "value"): never {
  throw new InvariantViolation(`unexpected ${what}: ${String(value)}`);
}
