/** The moment by which an operation is over, whatever happens. Measured by the clock that never goes back. */
export class Deadline {
  /** Seconds in all. */
  readonly seconds: number;
  readonly #end: number;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.#end = performance.now() + seconds * 1000;
  }

  /** Milliseconds left; 0 when it is over. */
  get left(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /** Timers count in whole milliseconds: one that was set to the end of the time may fire a little before it. */
  get over(): boolean {
    return this.left < 2;
  }

  /** Milliseconds for a part of the work: as many as asked for, or as are left. At least 1, because 0 means no limit to `pg`. */
  atMost(seconds: number): number {
    return Math.max(1, Math.round(Math.min(seconds * 1000, this.left)));
  }
}
