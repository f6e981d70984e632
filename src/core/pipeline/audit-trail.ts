import { ErrorCode } from "../../protocol/error-code.ts";
import { JuteError, JuteReader } from "../../protocol/jute-reader.ts";
import { OpCode } from "../../protocol/opcode.ts";
import { CreateRequest } from "../../protocol/records/proto.ts";
import type { TxnBody } from "../../protocol/txn.ts";
import { type AclAuthority, aclToText } from "../auth/acl.ts";
import type { AuditEvent } from "../machine-event.ts";
import { CreateFlags, znodeTypeName } from "../operations/create-flags.ts";
import type { TxnResult } from "../tree/tree-types.ts";
import { REQUEST_HEADER_BYTES, type Request } from "./connection.ts";
import type { Outbox } from "./outbox.ts";

type AuditOperation = AuditEvent["operation"];

const OPERATION_OF = new Map<number, AuditOperation>([
  [OpCode.create, "create"],
  [OpCode.create2, "create"],
  [OpCode.createContainer, "create"],
  [OpCode.createTTL, "create"],
  [OpCode.delete, "delete"],
  [OpCode.setData, "setData"],
  [OpCode.setACL, "setAcl"],
  [OpCode.multi, "multiOperation"],
  [OpCode.reconfig, "reconfig"],
]);

/** Makes the audit log's events of applied txns (operations.md 4.1). Reads are never audited. */
export class AuditTrail {
  readonly #isEnabled: boolean;
  readonly #authority: AclAuthority;
  readonly #outbox: Outbox;

  constructor(isEnabled: boolean, authority: AclAuthority, outbox: Outbox) {
    this.#isEnabled = isEnabled;
    this.#authority = authority;
    this.#outbox = outbox;
  }

  applied(request: Request, body: TxnBody, result: TxnResult): void {
    if (!this.#isEnabled) return;
    if (body.type === OpCode.closeSession) this.#sessionClosed(request, body.paths2Delete ?? []);
    else if (body.type === OpCode.multi && result.err === ErrorCode.OK) {
      for (const [at, part] of body.txns.entries()) {
        // Checks change nothing, and ACLs cannot be set in a multi.
        if (part.type !== OpCode.check)
          this.#write(request, part.type, part, result.parts?.[at]?.path ?? null, true);
      }
    } else {
      const isSuccess = result.err === ErrorCode.OK;
      this.#write(request, request.operation.type, body, result.path, isSuccess);
    }
  }

  #write(request: Request, type: number, body: TxnBody, path: string | null, isSuccess: boolean): void {
    const operation = OPERATION_OF.get(type);
    if (operation === undefined || request.session === null) return;
    this.#outbox.event({
      kind: "audit",
      operation,
      result: isSuccess ? "success" : "failure",
      session: request.sessionId,
      user: this.#authority.userNames(request.ids),
      ip: request.connection?.peerAddress,
      znode: path ?? (isSuccess ? undefined : requestedPath(request)),
      znodeType: operation === "create" ? createdType(request, body) : undefined,
      acl: body.type === OpCode.setACL ? aclToText(body.acl ?? []) : undefined,
    });
  }

  #sessionClosed(request: Request, paths: readonly (string | null)[]): void {
    for (const path of paths) {
      this.#outbox.event({
        kind: "audit",
        operation: "ephemeralZNodeDeletionOnSessionCloseOrExpire",
        result: "success",
        session: request.sessionId,
        user: undefined,
        ip: undefined,
        znode: path ?? undefined,
        znodeType: undefined,
        acl: undefined,
      });
    }
  }
}

/** What a create record says at its two ends; undefined for one that cannot be decoded. */
function requestedCreate(request: Request): { path: string | undefined; flags: number } | undefined {
  try {
    const reader = new JuteReader(request.frame);
    reader.position = REQUEST_HEADER_BYTES;
    const { path, flags } = CreateRequest.read(reader);
    return { path: path ?? undefined, flags };
  } catch (error) {
    if (error instanceof JuteError) return undefined;
    throw error;
  }
}

/** The path of a refused request: in every audited record but multi and reconfig it comes first. */
function requestedPath(request: Request): string | undefined {
  const { type } = request.operation;
  if (type === OpCode.multi || type === OpCode.reconfig) return undefined;
  try {
    const reader = new JuteReader(request.frame);
    reader.position = REQUEST_HEADER_BYTES;
    return reader.readString() ?? undefined;
  } catch (error) {
    if (error instanceof JuteError) return undefined;
    throw error;
  }
}

/** The kind of a created znode; inside a multi the txn is all that tells it. */
function createdType(request: Request, body: TxnBody): string | undefined {
  if (request.operation.type !== OpCode.multi) {
    const requested = requestedCreate(request);
    return requested === undefined ? undefined : znodeTypeName(request.operation.type, requested.flags);
  }
  if (body.type === OpCode.createContainer) return znodeTypeName(body.type, CreateFlags.container);
  if (body.type === OpCode.createTTL) return znodeTypeName(body.type, CreateFlags.persistentWithTtl);
  const isEphemeral = "ephemeral" in body && body.ephemeral;
  return znodeTypeName(body.type, isEphemeral ? CreateFlags.ephemeral : CreateFlags.persistent);
}
