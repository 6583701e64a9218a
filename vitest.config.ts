import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores, and every file with a backend runs one in its own process.
    maxWorkers: 2,
    sequence: { shuffle: true },
  },
});
