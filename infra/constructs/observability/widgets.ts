import type { Metric } from "./metrics.ts";

/** A widget of a CloudWatch dashboard, without its place. */
export interface Widget {
  type: "alarm" | "log" | "metric" | "text";
  height: number;
  properties: Record<string, unknown>;
}

/** Of a dashboard's grid. */
const WIDTH = 24;

/** Rows of widgets, each row as wide as the dashboard, as a dashboard's body has them. */
export function laidOut(rows: Widget[][]): Record<string, unknown>[] {
  let y = 0;
  return rows.flatMap((row) => {
    const width = Math.floor(WIDTH / row.length);
    const top = y;
    y += Math.max(...row.map(({ height }) => height));
    return row.map((widget, column) => ({ ...widget, x: column * width, y: top, width }));
  });
}

export function heading(markdown: string): Widget[] {
  return [{ type: "text", height: 1, properties: { markdown: `## ${markdown}` } }];
}

/** Lines, one for each metric, by label. */
export function graph(region: string, title: string, lines: Record<string, Metric>): Widget {
  const metrics = Object.entries(lines).map(([label, { namespace, name, dimensions, stat }]) => [
    ...[namespace, name],
    ...Object.entries(dimensions).flat(),
    { label, stat },
  ]);
  return metricWidget(region, title, metrics);
}

/** Whatever metrics a search finds when the dashboard is looked at. */
export function found(region: string, title: string, expression: string): Widget {
  return metricWidget(region, title, [[{ expression, id: "found" }]]);
}

function metricWidget(region: string, title: string, metrics: unknown[]): Widget {
  const properties = { title, region, view: "timeSeries", period: 60, metrics };
  return { type: "metric", height: 6, properties };
}

/** What a Logs Insights query finds. */
export function log(region: string, title: string, logGroup: string, commands: string[]): Widget {
  const query = [`SOURCE '${logGroup}'`, ...commands].join("\n| ");
  return { type: "log", height: 8, properties: { title, region, view: "table", query } };
}

export function alarmStates(title: string, alarms: string[]): Widget {
  return { type: "alarm", height: 3, properties: { title, alarms } };
}
