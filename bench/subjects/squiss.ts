import { Squiss } from "squiss-ts";
import { announceReceiving, environment } from "./announce.ts";
import { handle } from "./handler.ts";

/* The same handler under squiss-ts, which receives on while messages are handled, and deletes ten a call. */

const squiss = new Squiss({
  queueUrl: environment("REQUESTS_QUEUE_URL"),
  bodyFormat: "plain",
  maxInFlight: 100,
});
squiss.on("message", (message) => {
  handle(message.raw.Body ?? "")
    .then(() => message.del())
    .catch((error) => {
      console.error(error);
      return message.release();
    });
});
squiss.on("error", (error) => console.error(error));
await squiss.start();
announceReceiving();
