// Looks at the server again and again while somebody looks at the page.

/** In milliseconds. */
const INTERVAL = 5000;
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 60_000;

export class Watch {
  #work;
  #outcomes;
  #failures = 0;
  #timer = null;
  #isRunning = false;

  /** `work` is done at once, every few seconds, and more rarely while it fails. `outcomes` is `{ onSuccess, onFailure }`. */
  constructor(work, outcomes) {
    this.#work = work;
    this.#outcomes = outcomes;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.now();
    });
    window.addEventListener("online", () => this.now());
    window.addEventListener("pageshow", ({ persisted }) => {
      if (persisted) this.now();
    });
  }

  /** Does the work without waiting, unless it is being done. */
  async now() {
    if (this.#isRunning) return;
    clearTimeout(this.#timer);
    this.#isRunning = true;
    try {
      await this.#work();
      this.#failures = 0;
      this.#outcomes.onSuccess();
    } catch (error) {
      this.#failures += 1;
      this.#outcomes.onFailure(error);
    } finally {
      this.#isRunning = false;
    }
    this.#schedule();
  }

  /** A page that nobody sees asks nothing. It does once it is visible again. */
  #schedule() {
    if (document.hidden) return;
    this.#timer = setTimeout(() => this.now(), this.#delay());
  }

  #delay() {
    if (this.#failures === 0) return INTERVAL;
    return Math.min(FIRST_RETRY * 2 ** (this.#failures - 1), LONGEST_RETRY);
  }
}
