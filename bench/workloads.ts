import type { Product } from "../src/contract/product.ts";
import type { Request } from "../src/contract/request.ts";
import { seeded } from "../tools/random.ts";

export const workloadNames = ["puts", "gets", "mixed", "hot"] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** What a workload is made of: the same spec makes the same workload, in whichever process. */
export interface WorkloadSpec {
  name: WorkloadName;
  messages: number;
  seed: number;
  /** Epoch ms: the first request's `time`; each later one's is a millisecond later. */
  startTime: number;
}

export type BenchRequest = Extract<Request, { type: "product.put" | "product.get" | "product.delete" }>;

export interface Workload {
  requests: BenchRequest[];
  /** What is in the table beforehand. */
  preloaded: Product[];
  /** What must be in the table afterwards, whatever the order in which the requests took effect. */
  stored: Product[];
  /** What must not be in it any more, not as a product. */
  deleted: string[];
  /** Whether every request must be answered `ok`: not where one product's requests race each other. */
  allOk: boolean;
}

const SOURCE = "/bench";
const MIX = { get: 0.7, put: 0.25 };
/** Products that nine of ten requests of the workload `hot` are about. */
export const HOT_PRODUCTS = 10;
const HOT_SHARE = 0.9;

/**
 * - `puts`: each of a product of its own.
 * - `gets`: each of a product of its own, which is there.
 * - `mixed`: 70 % gets, 25 % puts, 5 % deletes; writes each of a product of their own, so that what must be in
 *   the table afterwards does not depend on the order a standard queue delivers in.
 * - `hot`: the same mix, 90 % of it on ten products, the rest on products of their own.
 */
export function workload(spec: WorkloadSpec): Workload {
  const { name, messages } = spec;
  const made: Workload = { requests: [], preloaded: [], stored: [], deleted: [], allOk: name !== "hot" };
  const random = seeded(spec.seed);
  if (name === "hot") {
    for (let n = 0; n < HOT_PRODUCTS; n++) made.preloaded.push(product(hotId(n), n));
  }
  for (let n = 0; n < messages; n++) {
    const kind = name === "puts" ? "put" : name === "gets" ? "get" : drawn(random());
    const envelope = {
      specversion: "1.0" as const,
      id: requestId(n),
      source: SOURCE,
      time: new Date(spec.startTime + n).toISOString(),
    };
    if (name === "hot" && random() < HOT_SHARE) {
      made.requests.push(requestOf(kind, envelope, product(hotId(Math.floor(random() * HOT_PRODUCTS)), n)));
      continue;
    }
    const own = product(`prod-${String(n).padStart(6, "0")}`, n);
    made.requests.push(requestOf(kind, envelope, own));
    if (kind !== "put") made.preloaded.push(own);
    if (kind === "delete") made.deleted.push(own.id);
    else made.stored.push(own);
  }
  return made;
}

export function requestId(n: number): string {
  return `request-${String(n).padStart(8, "0")}`;
}

/** The product that a request is about. */
export function productIdOf({ type, data }: BenchRequest): string {
  return type === "product.put" ? data.product.id : data.id;
}

function hotId(n: number): string {
  return `hot-${n}`;
}

type Kind = "get" | "put" | "delete";

function drawn(share: number): Kind {
  if (share < MIX.get) return "get";
  return share < MIX.get + MIX.put ? "put" : "delete";
}

function requestOf(
  kind: Kind,
  envelope: Pick<BenchRequest, "specversion" | "id" | "source" | "time">,
  about: Product,
): BenchRequest {
  if (kind === "put") return { ...envelope, type: "product.put", data: { product: about } };
  return { ...envelope, type: `product.${kind}`, data: { id: about.id } };
}

/** About 0.3 KB, as a small catalog entry is. */
function product(id: string, n: number): Product {
  return {
    id,
    name: `Walnut desk lamp, model ${n}`,
    price: (n % 100_000) / 100,
    description: "A desk lamp with a walnut foot and a brass arm, for reading and for drawing.",
    attributes: { category: "lighting", color: "walnut", stock: n % 500, sizes: [12.5, 40, 18] },
  };
}
