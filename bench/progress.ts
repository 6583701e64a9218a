import { SingleBar } from "cli-progress";

const TELL_EVERY_MS = 10_000;

/** One line that says what is under way, and a line for good where it is done. */
export interface Step {
  update(done: number): void;
  /** @param line what is to stay of it */
  end(line: string): void;
}

/** @param total how many steps there will be */
export function progress(total: number): (what: string, of: number) => Step {
  let begun = 0;
  return (what, of) => {
    begun += 1;
    const at = `[${String(begun).padStart(String(total).length)}/${total}]`;
    const end = (line: string) => void process.stdout.write(`${at} ${line}\n`);
    if (!process.stdout.isTTY) return { update: told(at, what, of), end };
    const bar = new SingleBar({
      format: `${at} ${what} {bar} {value}/{total}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
    });
    bar.start(of, 0);
    return {
      update: (done) => bar.update(done),
      end: (line) => {
        bar.stop();
        end(line);
      },
    };
  };
}

/** Where the output is a file: a line every ten seconds. */
function told(at: string, what: string, of: number): Step["update"] {
  let last = Date.now();
  return (done) => {
    if (Date.now() - last < TELL_EVERY_MS) return;
    last = Date.now();
    process.stdout.write(`${at} ${what} ${done}/${of}\n`);
  };
}
