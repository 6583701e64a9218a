// Loaded into a worker that a tool starts (`node --import`): its standard input is a pipe that the tool never
// writes to, and that ends when the tool does, however it does. A killed tool leaves no worker behind.
process.stdin.on("end", () => process.exit(1));
process.stdin.resume();
// The pipe must not keep a worker alive that has stopped.
(process.stdin as typeof process.stdin & { unref?: () => void }).unref?.();
