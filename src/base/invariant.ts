/**
 * A truth that must hold whatever the outside world does. It is checked in production too: a server that
 * notices it is wrong about itself must stop rather than go on and lose or invent a write.
 */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/** Throws {@link InvariantViolation} with `message` unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

/** For the end of an exhaustive `switch`: does not compile while a case is missing. */
export function unreachable(value: never, what = "value"): never {
  throw new InvariantViolation(`unexpected ${what}: ${String(value)}`);
}
