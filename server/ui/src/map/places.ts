/** What lies where, and what is tied to what: both worked out when they are first asked for. */
import type { Frame } from "./frame";

export class Places {
  private starts: Uint32Array;
  private order: Uint32Array;
  private readonly columns: number;
  private readonly rows: number;
  private readonly cell: number;

  constructor(private readonly frame: Frame) {
    const [left, right, top, bottom] = frame.bounds;
    const wide = Math.max(right - left, 1), high = Math.max(bottom - top, 1);
    this.cell = Math.max(Math.sqrt((wide * high) / Math.max(1, frame.count / 6)), 1e-3);
    this.columns = Math.ceil(wide / this.cell) + 1;
    this.rows = Math.ceil(high / this.cell) + 1;
    const starts = new Uint32Array(this.columns * this.rows + 1), at = new Uint32Array(frame.count);
    for (let node = 0; node < frame.count; node++) {
      const square = this.square(frame.positions[2 * node] ?? 0, frame.positions[2 * node + 1] ?? 0);
      at[node] = square;
      starts[square + 1] = (starts[square + 1] ?? 0) + 1;
    }
    for (let n = 1; n < starts.length; n++) starts[n] = (starts[n] ?? 0) + (starts[n - 1] ?? 0);
    const next = starts.slice();
    this.order = new Uint32Array(frame.count);
    // Within a square in the order of the ranking.
    for (let node = 0; node < frame.count; node++) {
      const square = at[node] ?? 0;
      const place = next[square] ?? 0;
      this.order[place] = node;
      next[square] = place + 1;
    }
    this.starts = starts;
  }

  private square(x: number, y: number): number {
    const [left, , top] = this.frame.bounds;
    const column = Math.min(this.columns - 1, Math.max(0, Math.floor((x - left) / this.cell)));
    const row = Math.min(this.rows - 1, Math.max(0, Math.floor((y - top) / this.cell)));
    return row * this.columns + column;
  }

  /** Calls `each` with the nodes in a box, until it returns false. */
  inside(left: number, top: number, right: number, bottom: number, each: (node: number) => boolean | void): void {
    const first = this.square(left, top), last = this.square(right, bottom);
    const columns = (last % this.columns) - (first % this.columns);
    for (let row = first; row <= last; row += this.columns) {
      for (let square = row; square <= row + columns; square++) {
        for (let n = this.starts[square] ?? 0; n < (this.starts[square + 1] ?? 0); n++) {
          const node = this.order[n] ?? 0;
          const x = this.frame.positions[2 * node] ?? 0, y = this.frame.positions[2 * node + 1] ?? 0;
          if (x >= left && x <= right && y >= top && y <= bottom && each(node) === false) return;
        }
      }
    }
  }

  /** The nearest node within a distance that is wanted; -1 if there is none. */
  nearest(x: number, y: number, distance: number, isWanted: (node: number) => boolean): number {
    let best = -1, least = distance * distance;
    this.inside(x - distance, y - distance, x + distance, y + distance, (node) => {
      const dx = (this.frame.positions[2 * node] ?? 0) - x, dy = (this.frame.positions[2 * node + 1] ?? 0) - y;
      const squared = dx * dx + dy * dy;
      if (squared < least && isWanted(node)) [best, least] = [node, squared];
    });
    return best;
  }
}

export class Ties {
  private readonly starts: Uint32Array;
  private readonly numbers: Uint32Array;

  constructor(private readonly frame: Frame) {
    const { links, linkCount, count } = frame;
    const starts = new Uint32Array(count + 1);
    for (let n = 0; n < 2 * linkCount; n++) {
      const place = (links[n] ?? 0) + 1;
      starts[place] = (starts[place] ?? 0) + 1;
    }
    for (let n = 1; n <= count; n++) starts[n] = (starts[n] ?? 0) + (starts[n - 1] ?? 0);
    const next = starts.slice();
    this.numbers = new Uint32Array(2 * linkCount);
    for (let n = 0; n < 2 * linkCount; n++) {
      const node = links[n] ?? 0, place = next[node] ?? 0;
      this.numbers[place] = n >> 1;
      next[node] = place + 1;
    }
    this.starts = starts;
  }

  /** The numbers of a node's links, in the order of the ranking. */
  linksOf(node: number): Uint32Array {
    return this.numbers.subarray(this.starts[node], this.starts[node + 1]);
  }

  /** The other end of a link. */
  other(link: number, node: number): number {
    const one = this.frame.links[2 * link] ?? 0;
    return one === node ? (this.frame.links[2 * link + 1] ?? 0) : one;
  }

  /** What a node is tied to, the most telling first: nodes are numbered by that. */
  of(node: number): number[] {
    return Array.from(this.linksOf(node), (link) => this.other(link, node)).sort((a, b) => a - b);
  }
}
