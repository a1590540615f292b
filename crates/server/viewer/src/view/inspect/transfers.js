// The browser's records of the tiles that it has loaded.

/** Records that the browser keeps before anybody observes them, so that turning inspection on again finds more. */
const BUFFER_SIZE = 10_000;
/** The oldest records are dropped when there are more. */
const MAX_RECORDS = 20_000;

export class Transfers {
  /** The latest record for each address. */
  #records = new Map();
  #observer;

  /** `onRecord()` is called when there are new records. */
  constructor(onRecord) {
    performance.setResourceTimingBufferSize?.(BUFFER_SIZE);
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#add(entry);
      onRecord();
    });
    this.#observer.observe({ type: "resource", buffered: true });
  }

  #add(entry) {
    if (entry.initiatorType !== "img" && entry.initiatorType !== "fetch") return;
    this.#records.delete(entry.name);
    this.#records.set(entry.name, entry);
    if (this.#records.size > MAX_RECORDS) this.#records.delete(this.#records.keys().next().value);
  }

  /** The record of the last transfer from an absolute address, or null. */
  of(url) {
    return this.#records.get(url) ?? null;
  }

  close() {
    this.#observer.disconnect();
    this.#records.clear();
  }
}
