import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/**
 * A port that answers nobody, as one behind a firewall that drops what it does not let in: it listens with the shortest queue, never
 * accepts, and its queue is full, so the kernel drops every further attempt.
 */
export class SilentPort {
  readonly port: number;
  readonly #worker: Worker;
  readonly #fillers: Socket[];

  private constructor(port: number, worker: Worker, fillers: Socket[]) {
    this.port = port;
    this.#worker = worker;
    this.#fillers = fillers;
  }

  static async open(): Promise<SilentPort> {
    // The thread stands still once it listens, so that it accepts nothing.
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
         parentPort.postMessage(server.address().port);
         setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
       });`,
      { eval: true },
    );
    const [port] = (await once(worker, "message")) as [number];
    const fillers: Socket[] = [];
    // More than the queue takes; those that are left over keep trying, and never get in.
    while (fillers.length < 8) {
      fillers.push(connect(port, "127.0.0.1").on("error", () => {}));
    }
    await Promise.race(fillers.map((socket) => once(socket, "connect")));
    await sleep(500);
    return new SilentPort(port, worker, fillers);
  }

  async close(): Promise<void> {
    for (const socket of this.#fillers) {
      socket.destroy();
    }
    await this.#worker.terminate();
  }
}
