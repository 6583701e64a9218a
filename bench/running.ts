import { setTimeout as delay } from "node:timers/promises";
import type { Rig } from "./rig.ts";
import { type SubjectName, type SubjectProcess, startSubject } from "./subjects.ts";

const START_MS = 30_000;
/** After the first receive: connections are open, and the compiler is done with what start-up needed. */
const SETTLE_MS = 300;
const STOP_MS = 10_000;

/** Starts a subject and waits until it receives, as the server sees it. */
export async function startReceiving(
  rig: Rig,
  name: SubjectName,
  environment: Record<string, string>,
  nodeOptions: string[] = [],
): Promise<SubjectProcess> {
  const before = (await rig.calls(name)).get("ReceiveMessage") ?? 0;
  const subject = startSubject(name, environment, nodeOptions);
  try {
    await subject.receiving;
    const deadline = Date.now() + START_MS;
    while (((await rig.calls(name)).get("ReceiveMessage") ?? 0) === before) {
      if (Date.now() > deadline) throw new Error(`${name} made no receive in ${START_MS} ms`);
      await delay(20);
    }
    await delay(SETTLE_MS);
    return subject;
  } catch (error) {
    subject.signal("SIGKILL");
    throw error;
  }
}

/** Ends a subject at once: what it did has been measured. */
export async function kill(subject: SubjectProcess): Promise<void> {
  subject.signal("SIGKILL");
  await subject.ended;
}

/** Ends a subject in its own way, so that it can write what it writes at its end (a profile). */
export async function stop(rig: Rig, subject: SubjectProcess): Promise<void> {
  subject.signal("SIGTERM");
  // The worker waits for its open receives to return.
  const wake = setInterval(() => void rig.sqs.wakeReceives(), 100);
  await Promise.race([subject.ended, delay(STOP_MS)]);
  clearInterval(wake);
  await kill(subject);
}
