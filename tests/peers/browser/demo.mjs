// The demo, as a process of its own: the product, a Slack for everybody, an identity provider and an AWS.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** How many ports the demo takes, one after the other. */
const PORTS = 5;

/** Starts the demo with these flags, and hands it back once its page is there. */
export async function startDemo(...flags) {
  const process_ = spawn(process.env.DEMO, ["--port", String(await freePorts()), ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: process_.stdout })) {
    const [origin] = line.match(/http:\/\/\S+/) ?? [];
    if (origin) return { origin, end: () => end(process_) };
  }
  throw new Error("the demo ended before its page was there");
}

async function end(process_) {
  const ended = once(process_, "exit");
  process_.kill("SIGINT");
  await ended;
}

/** The first of enough free ports in a row, below those that the system hands out by itself. */
async function freePorts() {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const all = Array.from({ length: PORTS }, (_, after) => isFree(first + after));
    if ((await Promise.all(all)).every(Boolean)) return first;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
