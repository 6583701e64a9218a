import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Another backend than the embedded ones may take its time to create a table.
    testTimeout: process.env.CONFORMANCE ? 180_000 : 30_000,
    hookTimeout: process.env.CONFORMANCE ? 180_000 : 30_000,
    // Two cores, and every file with a backend runs one in its own process.
    maxWorkers: 2,
    sequence: { shuffle: true },
  },
});
