import { JuteReader } from "../../protocol/jute-reader.ts";
import { JuteWriter } from "../../protocol/jute-writer.ts";
import { epochOf } from "../../protocol/zxid.ts";
import { PEER_STATES, type Vote } from "./vote.ts";

/** An election message (quorum-protocol 2.1): the sender's vote, its state, and the configuration that it has. */
export interface Notification extends Vote {
  /** Text of the sender's committed configuration; null from senders that attach none. */
  readonly config: string | null;
}

/** The version that this server writes. */
export const NOTIFICATION_VERSION = 2;

/** No ensemble gets there; beyond, rounds could not be told apart, and everybody who heard of one would be stuck. */
const ROUND_MAX = 2 ** 52;
const BYTES_MIN = 28;
const BYTES_3_4_6 = 40;
const CONFIG_OFFSET = 44;

/** The payload of a frame: always the full form. */
export function encodeNotification(vote: Omit<Vote, "version">, config: Uint8Array): Uint8Array {
  const writer = new JuteWriter(CONFIG_OFFSET + config.length);
  writer.writeInt(PEER_STATES.indexOf(vote.state));
  writer.writeLong(vote.leader);
  writer.writeLong(vote.zxid);
  writer.writeLong(vote.electionEpoch);
  writer.writeLong(vote.peerEpoch);
  writer.writeInt(NOTIFICATION_VERSION);
  writer.writeBuffer(config);
  return writer.take(0);
}

/**
 * Reads a payload of any age: 28 bytes before 3.4, 40 in 3.4.6, else with a version, and from version 2 on with a
 * configuration. Throws JuteError, or RangeError for numbers that no server sends; the notification is then to be dropped.
 */
export function decodeNotification(payload: Uint8Array): Notification {
  if (payload.length < BYTES_MIN) throw new RangeError(`a notification of ${payload.length} bytes`);
  const reader = new JuteReader(payload, payload.length);
  const stateNumber = reader.readInt();
  const state = PEER_STATES[stateNumber];
  if (state === undefined) throw new RangeError(`a notification of state ${stateNumber}`);
  const leader = reader.readZxid();
  const zxid = reader.readZxid();
  const electionEpoch = reader.readZxid();
  if (electionEpoch > ROUND_MAX) throw new RangeError(`a notification of round ${electionEpoch}`);
  const peerEpoch = payload.length === BYTES_MIN ? epochOf(zxid) : reader.readZxid();
  const hasVersion = payload.length !== BYTES_MIN && payload.length !== BYTES_3_4_6;
  const version = hasVersion ? reader.readInt() : 0;
  const config = version > 1 ? readConfig(reader) : null;
  return { state, leader, zxid, electionEpoch, peerEpoch, version, config };
}

function readConfig(reader: JuteReader): string {
  const config = reader.readString();
  if (config === null) throw new RangeError("a notification with a configuration of -1 bytes");
  return config;
}
