import type { z } from "zod";

/** Where in a zod check, what is wrong there, and what is allowed instead. */
interface Problem {
  path?: (string | number)[];
  problem: string;
  allowed: string;
}

/** Reports what zod has no word for, in the form that `toIssues` reads. */
export function report<T>(context: z.core.ParsePayload<T>, { path = [], problem, allowed }: Problem): void {
  const { issues, value } = context;
  issues.push({ code: "custom", input: value, path, message: problem, params: { problem, allowed } });
}
