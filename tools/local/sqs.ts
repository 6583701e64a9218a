import { type BuildAppOptions, buildApp } from "fauxqs";
import type { CallCounts } from "./call-counts.ts";
import { LOOPBACK, PortTaken } from "./listen.ts";

/** A running SQS. */
export interface LocalSqs {
  endpoint: string;
  /** Ends the receives that wait, as if their wait were over. */
  wakeReceives(): void;
  close(): Promise<void>;
}

type SqsStore = NonNullable<BuildAppOptions["stores"]>["sqsStore"];

/*
 * fauxqs's own `startFauxqs` listens on every address, and its queue URLs have a host that does not resolve
 * everywhere, which the SDK then follows. Its parts do better: the app listens where it is told, and a store
 * without a host makes queue URLs of the host that a request came to. The store is not among the package's
 * exports, so the version is pinned.
 */
async function sqsStore(): Promise<SqsStore> {
  const { href } = new URL("./sqs/sqsStore.js", import.meta.resolve("fauxqs"));
  const { SqsStore: Store } = (await import(href)) as { SqsStore: new () => SqsStore };
  const store = new Store();
  store.host = "";
  return store;
}

async function otherStores(): Promise<Omit<NonNullable<BuildAppOptions["stores"]>, "sqsStore">> {
  const base = import.meta.resolve("fauxqs");
  const { SnsStore } = await import(new URL("./sns/snsStore.js", base).href);
  const { S3Store } = await import(new URL("./s3/s3Store.js", base).href);
  return { snsStore: new SnsStore(), s3Store: new S3Store() };
}

/**
 * Undoes a receive whose client is gone. fauxqs lets it wait on and hands the next messages to nobody, where they
 * stay until their timeout and count as delivered: a killed worker would swallow them for up to 20 s.
 */
function takeBack(store: SqsStore, request: unknown, answer: unknown): void {
  const { QueueUrl } = (request ?? {}) as { QueueUrl?: string };
  const queue = QueueUrl === undefined ? undefined : store.getQueue(QueueUrl);
  if (!queue || typeof answer !== "string") return;
  const { Messages = [] } = JSON.parse(answer) as { Messages?: { ReceiptHandle: string }[] };
  for (const { ReceiptHandle } of Messages) {
    const inFlight = queue.inflightMessages.get(ReceiptHandle);
    if (!inFlight) continue;
    inFlight.message.approximateReceiveCount -= 1;
    queue.changeVisibility(ReceiptHandle, 0);
  }
}

/** @throws PortTaken */
export async function startSqs(port: number, calls: CallCounts): Promise<LocalSqs> {
  const store = await sqsStore();
  const app = buildApp({ logger: false, stores: { sqsStore: store, ...(await otherStores()) } });
  app.addHook("onRequest", (request, _reply, done) => {
    calls.count(request.headers);
    done();
  });
  app.addHook("onSend", (request, _reply, payload, done) => {
    if (request.raw.socket.destroyed) takeBack(store, request.body, payload);
    done(null, payload);
  });
  let endpoint: string;
  try {
    endpoint = await app.listen({ port, host: LOOPBACK });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new PortTaken("The embedded SQS", port, "--sqs-port", error);
  }
  return { endpoint, wakeReceives: () => store.shutdown(), close: () => app.close() };
}
