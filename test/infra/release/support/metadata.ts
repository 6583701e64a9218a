import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The instance metadata service, version 2: nothing is answered without a token. */
export interface MetadataService {
  /** What METADATA is set to. */
  url: string;
  /** By path below `meta-data/`; what is missing is answered with 404. */
  values: Map<string, string>;
  /** Answers everything with 500. */
  broken: boolean;
  /** The paths asked for, `meta-data/` left out, with a valid token. */
  asked: string[];
  close(): Promise<void>;
}

export async function startMetadata(): Promise<MetadataService> {
  const tokens = new Set<string>();
  const service = { values: new Map(), broken: false, asked: [] } as unknown as MetadataService;
  const server = createServer((request, response) => {
    const { method, url = "", headers } = request;
    const answer = (status: number, text = "") => response.writeHead(status).end(text);
    if (service.broken) return answer(500, "<html>Internal Server Error</html>");
    if (url === "/latest/api/token") {
      const seconds = Number(headers["x-aws-ec2-metadata-token-ttl-seconds"]);
      if (method !== "PUT" || !(seconds >= 1 && seconds <= 21_600)) return answer(400);
      const token = `token-${tokens.size}`;
      tokens.add(token);
      return answer(200, token);
    }
    if (!tokens.has(String(headers["x-aws-ec2-metadata-token"]))) return answer(401, "Unauthorized");
    const path = url.replace("/latest/meta-data/", "");
    service.asked.push(path);
    const value = service.values.get(path);
    return value === undefined ? answer(404, "<html>Not Found</html>") : answer(200, value);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/latest`;
  service.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return service;
}
