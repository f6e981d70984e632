import { describe, expect, test } from "vitest";
import { type Subject, type SubjectKind, type SubjectOptions, startSubject } from "../../support/apache.ts";
import { handshakeFrame, RawConnection } from "../support/raw-connection.ts";
import { SUBJECT } from "../support/suite.ts";

const KINDS: readonly SubjectKind[] = [...new Set<SubjectKind>([SUBJECT, "apache-3.8", "apache-3.9"])];

async function onEach<T>(
  options: SubjectOptions,
  act: (subject: Subject) => Promise<T>,
): Promise<Map<SubjectKind, T>> {
  const seen = new Map<SubjectKind, T>();
  for (const kind of KINDS) {
    const subject = await startSubject(kind, options);
    try {
      seen.set(kind, await act(subject));
    } finally {
      await subject.dispose();
    }
  }
  return seen;
}

/** A connection, or undefined when the server reset it while it was being made. */
async function enter(port: number): Promise<RawConnection | undefined> {
  try {
    return await RawConnection.open(port);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ECONNRESET" || code === "EPIPE") return undefined;
    throw error;
  }
}

async function greet(connection: RawConnection | undefined): Promise<string> {
  if (connection === undefined) return "closed";
  connection.send(handshakeFrame({}));
  const answer = await connection.next();
  return typeof answer === "string" ? answer : "welcome";
}

/** Opens connections one after the other; for each, whether the handshake was answered. */
async function knock(port: number, count: number): Promise<string[]> {
  const connections: RawConnection[] = [];
  const answers: string[] = [];
  for (let i = 0; i < count; i++) {
    const connection = await enter(port);
    if (connection !== undefined) connections.push(connection);
    answers.push(await greet(connection));
  }
  connections[0]!.destroy();
  await settleUntilGone(connections[1]!);
  const late = await enter(port);
  answers.push(`later: ${await greet(late)}`);
  for (const connection of [...connections, late]) connection?.destroy();
  return answers;
}

/** The server learns of a closed socket in its own loop; a ping on another connection gives it that turn. */
async function settleUntilGone(other: RawConnection): Promise<void> {
  for (let i = 0; i < 5; i++) {
    other.send(Buffer.from("00000008fffffffe0000000b", "hex"));
    await other.next();
    await new Promise((next) => setTimeout(next, 20));
  }
}

describe("limits on connections (client-protocol 7.5)", () => {
  test("maxClientCnxns: one too many is closed at accept, room is given back", async () => {
    const seen = await onEach({ config: { maxClientCnxns: 3 } }, (subject) => knock(subject.port, 5));
    for (const answers of seen.values()) {
      expect(answers).toEqual(["welcome", "welcome", "welcome", "closed", "closed", "later: welcome"]);
    }
  });

  test("maxCnxns limits the whole server", async () => {
    const seen = await onEach({ config: { maxCnxns: 2 } }, (subject) => knock(subject.port, 3));
    for (const answers of seen.values()) {
      expect(answers).toEqual(["welcome", "welcome", "closed", "later: welcome"]);
    }
  });

  test("maxClientCnxns=0 sets no limit", async () => {
    const seen = await onEach({ config: { maxClientCnxns: 0 } }, (subject) => knock(subject.port, 80));
    for (const answers of seen.values()) expect(new Set(answers.slice(0, 80))).toEqual(new Set(["welcome"]));
  });

  test("the default is 60 for one address", async () => {
    const seen = await onEach({}, (subject) => knock(subject.port, 62));
    for (const answers of seen.values()) {
      expect(answers.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => "welcome"));
      expect(answers.slice(60, 62)).toEqual(["closed", "closed"]);
    }
  });

  test("the token bucket refuses a connect without an answer", async () => {
    const config = { connection_throttle_tokens: 2, connection_throttle_fill_time: 1_000_000 };
    const seen = await onEach({ config }, (subject) => knock(subject.port, 4));
    for (const answers of seen.values()) {
      expect(answers).toEqual(["welcome", "welcome", "closed", "closed", "later: closed"]);
    }
  });
});
