import { spawnSync } from "node:child_process";

/** Whether Terraform is on this machine: what needs it is left out where it is not, and says so in its name. */
export const hasTerraform =
  spawnSync("terraform", ["version"], { env: { ...process.env, CHECKPOINT_DISABLE: "1" } }).status === 0;
