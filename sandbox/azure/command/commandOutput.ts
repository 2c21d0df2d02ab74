import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** What a command printed: each stream, and both in the order of their arrival. */
export class CommandOutput {
  stdout = "";
  stderr = "";
  both = "";

  constructor(stdout: Readable, stderr: Readable) {
    read(stdout, (text) => {
      this.stdout += text;
      this.both += text;
    });
    read(stderr, (text) => {
      this.stderr += text;
      this.both += text;
    });
  }

  /** The outputs of the resource: one line end is taken off each. Source: commandOutputs.go of pulumi-command v1.2.1. */
  get outputs(): { stdout: string; stderr: string } {
    return { stdout: this.stdout.replace(/\n$/, ""), stderr: this.stderr.replace(/\n$/, "") };
  }

  /** The provider's error for a command that failed. */
  failure(reason: string, command: string): Error {
    return new Error(`${reason}: running ${JSON.stringify(command)}:\n${this.both}`);
  }
}

function read(stream: Readable, take: (text: string) => void): void {
  const decoder = new StringDecoder("utf8");
  stream.on("data", (chunk: Buffer) => take(decoder.write(chunk)));
}
