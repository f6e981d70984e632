import { expect } from "vitest";
import { type SubjectKind, type SubjectOptions, startSubject } from "../../support/apache.ts";
import { type ProgramOptions, type ProgramResult, runProgram } from "./program.ts";
import { SUBJECT } from "./suite.ts";

/** Every client runs on our server and on this one. */
const REFERENCE: SubjectKind = "apache-3.8";

const CONFIG = {
  extendedTypesEnabled: true,
  maxClientCnxns: 0,
  "DigestAuthenticationProvider.superDigest": "super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
};

async function runOn(
  kind: SubjectKind,
  command: (address: string) => readonly string[],
  options: SubjectOptions,
  program: ProgramOptions,
): Promise<ProgramResult> {
  const subject = await startSubject(kind, { ...options, config: { ...CONFIG, ...options.config } });
  try {
    const result = await runProgram(command(subject.address), subject, program);
    expect(`${kind}: exit ${result.exitCode}\n${result.exitCode === 0 ? "" : tail(result)}`).toBe(
      `${kind}: exit 0\n`,
    );
    return result;
  } finally {
    await subject.dispose();
  }
}

function tail(result: ProgramResult): string {
  return `${result.lines.slice(-5).join("\n")}\n${result.stderr.slice(-4000)}`;
}

/**
 * Runs a client program on our server and on Apache 3.8 and expects the same lines of both. `command` gets
 * `host:port`. Returns the lines, for what a test wants to see in any case.
 */
export async function expectSameRun(
  command: (address: string) => readonly string[],
  program: ProgramOptions = {},
  options: SubjectOptions = {},
): Promise<readonly string[]> {
  const theirs = await runOn(REFERENCE, command, options, program);
  const ours = await runOn(SUBJECT, command, options, program);
  expect(ours.lines).toEqual(theirs.lines);
  return ours.lines;
}
