import { type BuildAppOptions, buildApp } from "fauxqs";
import type { CallCounts } from "./call-counts.ts";
import { LOOPBACK, listenError } from "./listen.ts";

/** A running SQS. */
export interface LocalSqs {
  endpoint: string;
  /** Ends the receives that wait, as if their wait were over. */
  wakeReceives(): void;
  close(): Promise<void>;
}

type Stores = NonNullable<BuildAppOptions["stores"]>;
type SqsStore = Stores["sqsStore"];

/*
 * fauxqs's own `startFauxqs` listens on every address, and its queue URLs have a host that does not resolve
 * everywhere, which the SDK then follows. Its parts do better: the app listens where it is told, and a store
 * without a host makes queue URLs of the host that a request came to. The stores are not among the package's
 * exports, so the version is pinned.
 */
async function makeStores(): Promise<Stores> {
  const part = (path: string) => import(new URL(path, import.meta.resolve("fauxqs")).href);
  const [{ SqsStore: Sqs }, { SnsStore: Sns }, { S3Store: S3 }] = await Promise.all([
    part("./sqs/sqsStore.js"),
    part("./sns/snsStore.js"),
    part("./s3/s3Store.js"),
  ]);
  const stores: Stores = { sqsStore: new Sqs(), snsStore: new Sns(), s3Store: new S3() };
  stores.sqsStore.host = "";
  return stores;
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
  const stores = await makeStores();
  const { sqsStore: store } = stores;
  const app = buildApp({ logger: false, stores });
  app.addHook("onRequest", (request, _reply, done) => {
    calls.count(request.headers);
    done();
  });
  app.addHook("onSend", (request, _reply, payload, done) => {
    if (request.raw.socket.destroyed) takeBack(store, request.body, payload);
    done(null, payload);
  });
  const endpoint = await app.listen({ port, host: LOOPBACK }).catch((error) => {
    throw listenError(error, "The embedded SQS", port, "--sqs-port");
  });
  return { endpoint, wakeReceives: () => store.shutdown(), close: () => app.close() };
}
