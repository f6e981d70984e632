import type { Ready } from "../ready.ts";
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

/** Collects what a PeerReady has beside a Ready. */
export class PeerOutbox {
  #part: {
    sendNow: LinkSend[];
    sendAfterPersist: DurableSend[];
    jobs: StorageJob[];
    surveys: PeerReady["surveys"][number][];
    notify: PeerReady["notify"][number][];
    dial: Dial[];
    closeLinks: LinkId[];
  } = emptyPart();
  #epochs: { accepted?: number; current?: number } | undefined;
  #memberships: PeerReady["memberships"];
  #listen: PeerReady["listen"];
  #forgets = false;

  send(link: LinkId, bytes: Packet): void {
    this.#part.sendNow.push({ kind: "packet", link, bytes });
  }

  /** A long one: see {@link LinkSend}. */
  stream(send: Exclude<LinkSend, { readonly kind: "packet" }>): void {
    this.#part.sendNow.push(send);
  }

  sendDurable(link: LinkId, bytes: DurablePacket): void {
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

  take(ready: Ready): PeerReady {
    const { sendNow, sendAfterPersist, jobs, surveys, notify, dial, closeLinks } = this.#part;
    // Field by field: spreading both parts costs microseconds, and this is done every turn.
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
      dial,
      closeLinks,
      listen: this.#listen,
    };
    this.#part = emptyPart();
    this.#epochs = undefined;
    this.#memberships = undefined;
    this.#listen = undefined;
    this.#forgets = false;
    return taken;
  }
}

function emptyPart() {
  return { sendNow: [], sendAfterPersist: [], jobs: [], surveys: [], notify: [], dial: [], closeLinks: [] };
}
