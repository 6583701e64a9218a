import { en, Faker } from "@faker-js/faker";
import { LIMITS } from "../../src/contract/limits.ts";
import type { Request, RequestType } from "../../src/contract/request.ts";
import { madeUpAttributes, madeUpPrice, madeUpProduct } from "./catalog.ts";
import { type Expected, Model, type ModelProduct } from "./model.ts";

/** One message to send, and what must become of it. */
export interface Sent {
  body: string;
  /** The product it speaks of: its message group. */
  productId: string;
  fate:
    | { kind: "answered"; requestId: string; type: RequestType; expected: Expected }
    | { kind: "refused"; requestId: string; type: string; paths: string[] }
    | { kind: "parked"; reason: string };
}

export interface Traffic {
  messages: Sent[];
  /** What the table must hold in the end. */
  products: Map<string, ModelProduct>;
}

export interface TrafficOptions {
  seed: number;
  requests: number;
  products: number;
  /** Epoch ms: requests with a `time` were made in the hour before. */
  now: number;
}

const SOURCE = "/demo";
/** Shares of the mix, of 1,000. */
const MIX = [
  { weight: 380, value: "product.put" },
  { weight: 180, value: "product.update" },
  { weight: 230, value: "product.get" },
  { weight: 60, value: "product.delete" },
  { weight: 20, value: "product.list" },
  { weight: 60, value: "again" },
  { weight: 40, value: "invalid" },
  { weight: 27, value: "broken" },
  { weight: 3, value: "huge" },
] as const;

/**
 * Requests as an upstream system might send them, with its faults: writes that arrive late, versions that do
 * not hold, requests sent twice, fields that do not fit, and messages nobody can read. The same seed makes the
 * same traffic.
 */
export function madeUpTraffic({ seed, requests, products, now }: TrafficOptions): Traffic {
  const faker = new Faker({ locale: en });
  faker.seed(seed);
  const model = new Model();
  const ids = Array.from(
    { length: products },
    (_, n) => `${faker.helpers.slugify(faker.commerce.product())}-${n}`,
  );
  const seen = new Set<string>();
  const made: { request: Request; writeTime: number; productId: string }[] = [];
  const messages: Sent[] = [];
  const start = now - 60 * 60 * 1000;

  const answered = (request: Request, writeTime: number, productId: string): Sent => {
    const expected = model.answer(request, writeTime);
    const { id: requestId, type } = request;
    return {
      body: JSON.stringify(request),
      productId,
      fate: { kind: "answered", requestId, type, expected },
    };
  };

  for (let n = 0; n < requests; n++) {
    const kind = faker.helpers.weightedArrayElement(MIX);
    const productId = faker.helpers.arrayElement(ids);
    const envelope = {
      specversion: "1.0" as const,
      id: faker.string.uuid(),
      source: SOURCE,
      subject: productId,
    };
    const earlier = kind === "again" && made.length > 0 ? faker.helpers.arrayElement(made) : undefined;
    if (earlier) {
      messages.push(answered(earlier.request, earlier.writeTime, earlier.productId));
    } else if (kind === "invalid") {
      messages.push(invalid(faker, envelope, productId));
    } else if (kind === "broken") {
      messages.push(broken(faker, envelope, productId));
    } else if (kind === "huge") {
      messages.push(huge(envelope, productId, start + n));
    } else {
      // One in twelve was made long before it arrives.
      const late = faker.datatype.boolean(1 / 12);
      const writeTime = start + n * 100 - (late ? faker.number.int({ min: 1_000, max: 3_000_000 }) : 0);
      // Most of what a catalog is first asked about a product is to put it.
      const first = !seen.has(productId) && faker.datatype.boolean(0.7);
      const type = kind === "again" || first ? "product.put" : kind;
      seen.add(productId);
      const time = new Date(writeTime).toISOString();
      const request = { ...envelope, time, type, data: dataOf(faker, type, productId) } as Request;
      messages.push(answered(request, writeTime, productId));
      if (type !== "product.list") made.push({ request, writeTime, productId });
    }
  }
  return { messages, products: model.products() };
}

function dataOf(faker: Faker, type: RequestType, id: string): unknown {
  const ifVersion = faker.datatype.boolean(0.15) ? { ifVersion: faker.number.int({ min: 1, max: 4 }) } : {};
  switch (type) {
    case "product.put": {
      const condition = faker.datatype.boolean(0.1) ? { ifAbsent: true } : ifVersion;
      return { product: madeUpProduct(faker, id), ...condition };
    }
    case "product.update": {
      const all = {
        price: madeUpPrice(faker),
        name: faker.commerce.productName(),
        description: faker.helpers.arrayElement([faker.commerce.productDescription(), null]),
        attributes: faker.helpers.arrayElement([madeUpAttributes(faker), null]),
      };
      const some = faker.helpers.arrayElements(Object.entries(all), { min: 1, max: 3 });
      return { id, changes: Object.fromEntries(some), ...ifVersion };
    }
    case "product.delete":
      return { id, ...ifVersion };
    case "product.get":
      return { id };
    case "product.list":
      return { limit: faker.number.int({ min: 1, max: 200 }) };
    default:
      return type satisfies never;
  }
}

type Envelope = { specversion: "1.0"; id: string; source: string; subject: string };

function invalid(faker: Faker, envelope: Envelope, productId: string): Sent {
  const product = madeUpProduct(faker, productId);
  const cases: { type: string; data: unknown; paths: string[]; more?: object }[] = [
    { type: "product.put", data: { product: { ...product, price: 9.99999 } }, paths: ["data.product.price"] },
    { type: "product.put", data: { product: { ...product, colour: "red" } }, paths: ["data.product.colour"] },
    {
      type: "product.put",
      data: { product: { id: productId, price: -1 } },
      paths: ["data.product.name", "data.product.price"],
    },
    {
      type: "product.put",
      data: { product: { ...product, attributes: { ean: 2 ** 60 } } },
      paths: ["data.product.attributes.ean"],
    },
    { type: "product.update", data: { id: productId, changes: {} }, paths: ["data.changes"] },
    { type: "product.list", data: { cursor: "page-2" }, paths: ["data.cursor"] },
    { type: "product.rename", data: { id: productId }, paths: ["type"] },
    { type: "product.get", data: { id: productId }, paths: ["time"], more: { time: "2999-01-01T00:00:00Z" } },
  ];
  const { type, data, paths, more } = faker.helpers.arrayElement(cases);
  const body = JSON.stringify({ ...envelope, type, ...more, data });
  return { body, productId, fate: { kind: "refused", requestId: envelope.id, type, paths } };
}

function broken(faker: Faker, envelope: Envelope, productId: string): Sent {
  const { id: _, ...anonymous } = envelope;
  const deep = `${"[".repeat(LIMITS.messageDepth + 1)}${"]".repeat(LIMITS.messageDepth + 1)}`;
  const cases = [
    { body: `{"specversion":"1.0","id":"${envelope.id}","sour`, reason: "NOT_JSON" },
    { body: faker.lorem.sentence(), reason: "NOT_JSON" },
    { body: JSON.stringify([envelope]), reason: "NOT_AN_OBJECT" },
    {
      body: JSON.stringify({ ...anonymous, type: "product.get", data: { id: productId } }),
      reason: "NO_ENVELOPE",
    },
    {
      body: `{"id":"${envelope.id}","source":"${SOURCE}","type":"product.get","data":${deep}}`,
      reason: "TOO_DEEP",
    },
  ];
  const { body, reason } = faker.helpers.arrayElement(cases);
  return { body, productId, fate: { kind: "parked", reason } };
}

function huge(envelope: Envelope, productId: string, writeTime: number): Sent {
  const attributes = { manual: "x".repeat(LIMITS.itemBytes) };
  const data = { product: { id: productId, name: "Far too large", price: 1, attributes } };
  const type = "product.put";
  const body = JSON.stringify({ ...envelope, time: new Date(writeTime).toISOString(), type, data });
  const expected = { status: "failed", code: "TOO_LARGE" };
  return { body, productId, fate: { kind: "answered", requestId: envelope.id, type, expected } };
}
