import { App, type AppConfig } from "cdktf";
import type { NamedEnvironment } from "./load-environment.ts";
import type { Release } from "./release/release.ts";
import { ProductData } from "./stacks/product-data.ts";
import { ProductWorker } from "./stacks/product-worker.ts";

/** Both stacks of an environment. */
export function createApp(environment: NamedEnvironment, release: Release, options: AppConfig = {}): App {
  const app = new App(options);
  const data = new ProductData(app, environment);
  new ProductWorker(app, environment, data, release);
  return app;
}
