import type { Zxid } from "../../protocol/zxid.ts";
import type { Ready } from "../ready.ts";
import { encodeAck } from "./packets.ts";
import type {
  Dial,
  DurablePacket,
  DurableSend,
  LinkId,
  LinkSend,
  Packet,
  PeerReady,
  StorageJob,
} from "./peer-face.ts";

/** The lists that a turn fills. */
interface Part {
  readonly sendNow: LinkSend[];
  readonly sendAfterPersist: DurableSend[];
  readonly jobs: StorageJob[];
  readonly surveys: PeerReady["surveys"][number][];
  notify: PeerReady["notify"][number][];
  readonly dial: Dial[];
  readonly closeLinks: LinkId[];
}

/** Collects what a PeerReady has beside a Ready. */
export class PeerOutbox {
  #part: Part = emptyPart();
  #epochs: { accepted?: number; current?: number } | undefined;
  #memberships: PeerReady["memberships"];
  #listen: PeerReady["listen"];
  #endElectionLinks: { peer: number; reason: string }[] | undefined;
  #forgets = false;
  /** The last ACK of this turn, which says what those before it would have said. */
  #ack: { readonly link: LinkId; readonly zxid: Zxid } | undefined;

  send(link: LinkId, bytes: Packet): void {
    this.#part.sendNow.push({ kind: "packet", link, bytes });
  }

  /** A long one: see {@link LinkSend}. */
  stream(send: Exclude<LinkSend, { readonly kind: "packet" }>): void {
    this.#part.sendNow.push(send);
  }

  /** Acknowledges everything up to `zxid`, to a leader that takes one ACK for all before it: one is sent for a turn. */
  acknowledgeUpTo(link: LinkId, zxid: Zxid): void {
    if (this.#ack !== undefined && this.#ack.link !== link) this.#putAck();
    this.#ack = { link, zxid };
  }

  #putAck(): void {
    const ack = this.#ack;
    if (ack === undefined) return;
    this.#ack = undefined;
    this.#part.sendAfterPersist.push({ link: ack.link, bytes: encodeAck(ack.zxid) });
  }

  sendDurable(link: LinkId, bytes: DurablePacket): void {
    this.#putAck();
    this.#part.sendAfterPersist.push({ link, bytes });
  }

  storeAccepted(epoch: number): void {
    this.#epochs = { ...this.#epochs, accepted: epoch };
  }

  storeCurrent(epoch: number): void {
    this.#epochs = { ...this.#epochs, current: epoch };
  }

  storeMemberships(memberships: NonNullable<PeerReady["memberships"]>): void {
    this.#memberships = memberships;
  }

  job(job: StorageJob): void {
    this.#part.jobs.push(job);
  }

  survey(survey: PeerReady["surveys"][number]): void {
    this.#part.surveys.push(survey);
  }

  endElectionLink(peer: number, reason: string): void {
    this.#endElectionLinks ??= [];
    this.#endElectionLinks.push({ peer, reason });
  }

  notify(notifications: PeerReady["notify"]): void {
    this.#part.notify.push(...notifications);
  }

  forgetNotifications(): void {
    this.#forgets = true;
    this.#part.notify = [];
  }

  dial(dial: Dial): void {
    this.#part.dial.push(dial);
  }

  close(link: LinkId): void {
    this.#part.closeLinks.push(link);
  }

  listen(listen: NonNullable<PeerReady["listen"]>): void {
    this.#listen = listen;
  }

  /** Whether an epoch is to be stored by the Ready that is being collected. */
  get storesEpochs(): boolean {
    return this.#epochs !== undefined || this.#memberships !== undefined;
  }

  /** Field by field: this is made every turn, and copying objects whole costs more than all the rest of an idle turn. */
  take(ready: Ready): PeerReady {
    this.#putAck();
    const { sendNow, sendAfterPersist, jobs, surveys, notify, dial, closeLinks } = this.#part;
    const taken: PeerReady = {
      append: ready.append,
      mustSync: ready.mustSync,
      output: ready.output,
      pauseReading: ready.pauseReading,
      resumeReading: ready.resumeReading,
      reportTaken: ready.reportTaken,
      events: ready.events,
      sendNow,
      sendAfterPersist,
      epochs: this.#epochs,
      memberships: this.#memberships,
      jobs,
      surveys,
      notify,
      forgetsNotifications: this.#forgets,
      endElectionLinks: this.#endElectionLinks,
      dial,
      closeLinks,
      listen: this.#listen,
    };
    this.#part = emptyPart();
    this.#epochs = undefined;
    this.#memberships = undefined;
    this.#listen = undefined;
    this.#endElectionLinks = undefined;
    this.#forgets = false;
    return taken;
  }
}

function emptyPart(): Part {
  return { sendNow: [], sendAfterPersist: [], jobs: [], surveys: [], notify: [], dial: [], closeLinks: [] };
}
