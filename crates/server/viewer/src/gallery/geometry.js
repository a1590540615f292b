// Where the items of a list lie. Pure functions that work without a page.

/**
 * Items in rows of `columns`, from left to right. `stride` is the distance of two rows in CSS pixels, and `gap` what is
 * between them.
 */
export class Geometry {
  constructor(columns, stride, gap) {
    this.columns = columns;
    this.stride = stride;
    this.gap = gap;
  }

  row(index) {
    return Math.floor(index / this.columns);
  }

  column(index) {
    return index % this.columns;
  }

  top(index) {
    return this.row(index) * this.stride;
  }

  height(count) {
    return count === 0 ? 0 : Math.ceil(count / this.columns) * this.stride - this.gap;
  }

  /** The first of the `count` items in the row at `y`, or in the nearest row. */
  itemAt(y, count) {
    const row = Math.floor(y / this.stride);
    return Math.max(0, Math.min(row, this.row(count - 1))) * this.columns;
  }

  /** The items in rows that touch `from` to `to`, as the index of the first and the one after the last. */
  range(from, to, count) {
    const first = Math.max(0, Math.floor(from / this.stride)) * this.columns;
    const end = Math.max(0, Math.ceil(to / this.stride)) * this.columns;
    return [Math.min(first, count), Math.min(end, count)];
  }
}
