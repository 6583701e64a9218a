import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";

/** A file of an archive: its bytes, or the file that has them. */
export interface Entry {
  path: string;
  content: Uint8Array | { file: string };
  executable?: boolean;
}

/**
 * Writes a `.tar.gz` whose bytes depend on the entries alone: sorted, with fixed times, modes and owners, and a
 * gzip header without time and system. (The compressed bytes are those of one zlib: another Node may pack the
 * same content differently. Which is why a release is named by its build id, and not by the archive's hash.)
 *
 * @param file in a folder that exists; is replaced as a whole, or not at all
 */
export async function writeArchive(file: string, entries: readonly Entry[]): Promise<void> {
  const staging = await mkdtemp(join(tmpdir(), "product-worker-release-"));
  const unfinished = `${file}.unfinished`;
  try {
    for (const entry of entries) await stage(staging, entry);
    const paths = entries.map(({ path }) => path).sort();
    // Level 9 takes three times as long to save half a percent.
    await create(
      { file: unfinished, cwd: staging, portable: true, mtime: new Date(0), gzip: { level: 6 } },
      paths,
    );
    await rename(unfinished, file);
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rm(unfinished, { force: true });
  }
}

async function stage(staging: string, { path, content, executable = false }: Entry): Promise<void> {
  const to = join(staging, path);
  await mkdir(dirname(to), { recursive: true });
  if (content instanceof Uint8Array) await writeFile(to, content);
  else await copyFile(content.file, to);
  // Not by writeFile's mode: that one is subject to the umask.
  await chmod(to, executable ? 0o755 : 0o644);
}
