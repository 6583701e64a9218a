import type { Write } from "./expressions.ts";
import { type Item, isLive } from "./item.ts";
import { wasTied } from "./ties.ts";

/**
 * Why a write's condition did not hold, told from the item it met.
 * - `replayed`: this very request was the last one applied.
 * - `superseded`: a later write has been applied (or this one was, before others of the same time).
 * - `missing`: there is no such product.
 * - `conflict`: `ifVersion` or `ifAbsent` does not hold.
 * - `tied`: nothing stands against it, but the last write bears the same time.
 * - `clear`: nothing stands against it any more (the item changed since): try again.
 */
export type Explanation = "replayed" | "superseded" | "missing" | "conflict" | "tied" | "clear";

export function explain(write: Write, item: Item | undefined): Explanation {
  if (item?.writeId === write.writeId) return "replayed";
  const lastTime = item?.writeTime;
  const sameTime = lastTime === write.writeTime;
  if (lastTime !== undefined && lastTime > write.writeTime) return "superseded";
  if (sameTime && wasTied(item?.tiedWrites, write.writeId)) return "superseded";
  if (!isLive(item)) {
    if (write.kind !== "put") return "missing";
    if (write.ifVersion !== undefined) return "conflict";
  } else {
    if (write.kind === "put" && write.ifAbsent) return "conflict";
    if (write.ifVersion !== undefined && write.ifVersion !== item.version) return "conflict";
  }
  return sameTime ? "tied" : "clear";
}
