import { expect, test } from "vitest";
import { charts, svg } from "../../bench/charts.ts";
import { outcomeOf, run } from "./made-up.ts";

/** Well-formed as far as these charts go: every tag that opens closes, in order. */
function unclosed(text: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, , selfClosing] of text.matchAll(/<(\/?)([a-z]+)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!selfClosing) open.push(name as string);
  }
  return open;
}

test("a chart is drawn for whatever was measured, and for nothing else", () => {
  const outcome = outcomeOf({
    throughput: [run("product-worker", "puts", 1, {}), run("floor", "puts", 1, { messagesPerSecond: 500 })],
  });
  const made = charts(outcome);
  expect([...made.keys()]).toEqual(["throughput.svg", "cpu.svg", "calls.svg"]);
  for (const text of made.values()) {
    expect(unclosed(text)).toEqual([]);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text).toContain("prefers-color-scheme: dark");
  }
});

test("the longest bar fits, and the others are in proportion", () => {
  const bars = [
    { label: "one", value: 200, ours: true },
    { label: "other", value: 50, ours: false },
  ];
  const groups = [{ label: "a & b <c>", bars }];
  const text = svg({ title: "T", subtitle: "s", groups, format: String });
  const widths = [...text.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths[0]).toBeLessThan(760);
  expect(widths[1]).toBeCloseTo((widths[0] as number) / 4, 1);
  expect(text).toContain("a &amp; b &lt;c&gt;");
});
