// Doing something at most so often.

export class Throttle {
  #action;
  #interval;
  #last = -Infinity;
  #timer = null;

  /** `action()` runs at most once in `interval` milliseconds. */
  constructor(action, interval) {
    this.#action = action;
    this.#interval = interval;
  }

  /** Has the action run, now or soon. Several requests in the meantime lead to one run. */
  request() {
    const wait = Math.max(0, this.#last + this.#interval - performance.now());
    this.#timer ??= setTimeout(() => this.#run(), wait);
  }

  #run() {
    this.#timer = null;
    this.#last = performance.now();
    this.#action();
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
