import { setTimeout as delay } from "node:timers/promises";
import type { Rig } from "./rig.ts";
import { kill, startReceiving } from "./running.ts";
import type { SubjectName } from "./subjects.ts";

/** What a subject asks of a queue with nothing in it. */
export interface Quiet {
  subject: SubjectName;
  seconds: number;
  receivesPer20s: number;
}

const UNIT_SECONDS = 20;

/** All subjects at once, each with queues of its own: they have nothing to do. */
export async function measureQuiet(
  rig: Rig,
  subjects: readonly SubjectName[],
  seconds: number,
): Promise<Quiet[]> {
  return Promise.all(
    subjects.map(async (subject) => {
      const place = await rig.open(false);
      try {
        const running = await startReceiving(rig, subject, place.environment);
        try {
          const receives = async () => (await rig.calls(subject)).get("ReceiveMessage") ?? 0;
          const before = await receives();
          await delay(seconds * 1000);
          const made = (await receives()) - before;
          return { subject, seconds, receivesPer20s: made / (seconds / UNIT_SECONDS) };
        } finally {
          await kill(running);
        }
      } finally {
        await place.close();
      }
    }),
  );
}
