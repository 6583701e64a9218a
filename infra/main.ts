import { createApp } from "./app.ts";
import { EnvironmentError, loadEnvironment } from "./load-environment.ts";
import { describeRelease } from "./release/release.ts";

/*
 * The CDKTF app: synthesizes both stacks of the environment that ENVIRONMENT names (dev by default) for `cdktf deploy`.
 */
try {
  const environment = loadEnvironment(process.env.ENVIRONMENT ?? "dev");
  const release = await describeRelease(environment.config.fleet.architecture);
  createApp(environment, release).synth();
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}
