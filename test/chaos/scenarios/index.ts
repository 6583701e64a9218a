import type { Scenario } from "../scenario.ts";
import { eachWay, faults, unseen } from "./faults.ts";
import { kills } from "./kill.ts";
import { memory } from "./memory.ts";
import { outages } from "./outage.ts";
import { poison } from "./poison.ts";
import { slow } from "./slow.ts";
import { stops } from "./stop.ts";
import { throttling } from "./throttle.ts";

export const scenarios: Scenario[] = [
  kills,
  outages,
  ...faults,
  eachWay,
  unseen,
  slow,
  poison,
  stops,
  throttling,
  memory,
];
