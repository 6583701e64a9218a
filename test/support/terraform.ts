import { runTool } from "./tools.ts";

/** Terraform, in one folder. */
export function terraformIn(folder: string) {
  return (...words: string[]) =>
    runTool("terraform", words, { cwd: folder, env: { ...process.env, CHECKPOINT_DISABLE: "1" } });
}
