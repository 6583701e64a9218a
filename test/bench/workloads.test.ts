import { describe, expect, test } from "vitest";
import {
  HOT_PRODUCTS,
  productIdOf,
  type WorkloadSpec,
  workload,
  workloadNames,
} from "../../bench/workloads.ts";
import { parseRequest } from "../../src/contract/parse.ts";

const spec: WorkloadSpec = {
  name: "puts",
  messages: 2_000,
  seed: 1,
  startTime: Date.parse("2026-01-01T00:00:00Z"),
};
const share = (of: { type: string }[], type: string) =>
  of.filter((request) => request.type === type).length / of.length;

describe.each(workloadNames)("the workload %s", (name) => {
  const made = workload({ ...spec, name });

  test("is the same for the same seed, in whichever process", () => {
    expect(workload({ ...spec, name })).toEqual(made);
  });

  test("has as many requests as were asked for, each with an id and a time of its own, all of the contract", () => {
    expect(made.requests).toHaveLength(spec.messages);
    expect(new Set(made.requests.map(({ id }) => id)).size).toBe(spec.messages);
    expect(new Set(made.requests.map(({ time }) => time)).size).toBe(spec.messages);
    for (const request of made.requests.slice(0, 100)) {
      expect(parseRequest(JSON.stringify(request), spec.startTime).kind).toBe("request");
    }
  });

  test("loads each product once", () => {
    expect(new Set(made.preloaded.map(({ id }) => id)).size).toBe(made.preloaded.length);
  });
});

test("puts and gets are each of a product of their own", () => {
  for (const name of ["puts", "gets"] as const) {
    const { requests, stored } = workload({ ...spec, name });
    expect(new Set(requests.map(productIdOf)).size).toBe(spec.messages);
    expect(stored).toHaveLength(spec.messages);
  }
});

test("mixed is 70 % gets, 25 % puts and 5 % deletes, no two writes of one product", () => {
  const { requests } = workload({ ...spec, name: "mixed" });
  expect(share(requests, "product.get")).toBeCloseTo(0.7, 1);
  expect(share(requests, "product.put")).toBeCloseTo(0.25, 1);
  expect(share(requests, "product.delete")).toBeCloseTo(0.05, 1);
  expect(new Set(requests.map(productIdOf)).size).toBe(spec.messages);
});

test("nine of ten hot requests are about ten products", () => {
  const { requests } = workload({ ...spec, name: "hot" });
  const hot = requests.map(productIdOf).filter((id) => id.startsWith("hot-"));
  expect(hot.length / requests.length).toBeCloseTo(0.9, 1);
  expect(new Set(hot).size).toBe(HOT_PRODUCTS);
});
