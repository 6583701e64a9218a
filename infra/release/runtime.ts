/** The processors a release is made for, in Node's words: EC2 calls them arm64 and x86_64. */
export const archs = ["arm64", "x64"] as const;
export type Arch = (typeof archs)[number];

/** The npm package that holds Node itself for one processor. */
export interface Runtime {
  name: string;
  version: string;
  /** sha512 of the package, as npm writes it. */
  integrity: string;
}

const VERSION = "24.21.0";

// Pinned here and not only in the lockfile: a machine of the one kind makes releases for the other, whose
// package the lockfile does not name.
const INTEGRITY: Record<Arch, string> = {
  arm64: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  x64: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
};

/**
 * The Node that the release brings along.
 *
 * @param tested the version of the devDependency `node`: the one that the tests ran on
 * @throws where it is another: what was not tested is not released
 */
export function runtimeFor(arch: Arch, tested: string): Runtime {
  const name = `node-linux-${arch}`;
  if (tested !== VERSION) {
    const ask = archs.map((each) => `npm view node-linux-${each}@${tested} dist.integrity`);
    throw new Error(
      `the release would bring Node ${VERSION}, and package.json's devDependency node is ${tested}: ` +
        `put ${tested} and what these print into infra/release/runtime.ts:\n  ${ask.join("\n  ")}`,
    );
  }
  return { name, version: VERSION, integrity: INTEGRITY[arch] };
}
