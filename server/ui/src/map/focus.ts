/** What is around a node, ranked and capped: expanding never explodes, and what was left out is counted. */
import type { Frame } from "./frame";
import type { Ties } from "./places";

/** Neighbours of a node that are shown at first, and with each `more`. */
const FIRST = 40;
const MORE = 60;
/** Neighbours of each neighbour, with two steps. */
const OF_EACH = 6;
const MAX_NODES = 1_500;
const MAX_LINKS = 20_000;

export interface Around {
  node: number;
  nodes: Set<number>;
  /** A byte for each node of the map. */
  flags: Uint8Array;
  links: Uint32Array;
  /** Direct neighbours that are shown, of how many. */
  near: number[];
  nearAll: number;
  /** Box of all of them. */
  bounds: [number, number, number, number];
}

export function around(frame: Frame, ties: Ties, node: number, hops: number, more: number, isShown: (node: number) => boolean): Around {
  const all = ties.of(node).filter(isShown);
  const near = all.slice(0, FIRST + more * MORE);
  const nodes = new Set<number>([node, ...near]);
  if (hops > 1) {
    for (const one of near) {
      let taken = 0;
      for (const other of ties.of(one)) {
        if (taken === OF_EACH + more * OF_EACH || nodes.size >= MAX_NODES) break;
        if (!nodes.has(other) && isShown(other)) {
          nodes.add(other);
          taken++;
        }
      }
    }
  }
  const flags = new Uint8Array(frame.count);
  for (const one of nodes) flags[one] = 1;
  const links: number[] = [];
  for (const one of nodes) {
    for (const link of ties.linksOf(one)) {
      const other = ties.other(link, one);
      if (other > one && flags[other] === 1 && links.length < MAX_LINKS) links.push(link);
    }
  }
  return { node, nodes, flags, links: Uint32Array.from(links), near, nearAll: all.length, bounds: boxOf(frame, nodes) };
}

export function boxOf(frame: Frame, nodes: Iterable<number>): [number, number, number, number] {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const node of nodes) {
    const x = frame.positions[2 * node] ?? 0, y = frame.positions[2 * node + 1] ?? 0;
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  return left > right ? [-8, 8, -8, 8] : [left, right, top, bottom];
}

/** The one of some nodes that lies best in a direction from another; -1 if none does. */
export function towards(frame: Frame, node: number, among: Iterable<number>, dx: number, dy: number): number {
  const x = frame.positions[2 * node] ?? 0, y = frame.positions[2 * node + 1] ?? 0;
  let best = -1, least = Infinity;
  for (const other of among) {
    if (other === node) continue;
    const ox = (frame.positions[2 * other] ?? 0) - x, oy = (frame.positions[2 * other + 1] ?? 0) - y;
    const along = ox * dx + oy * dy, across = Math.abs(ox * dy - oy * dx);
    // Within a little more than half a right angle to either side, so that four keys reach everything.
    if (along <= 0 || across > along * 1.4) continue;
    const cost = along + 2 * across;
    if (cost < least) [best, least] = [other, cost];
  }
  return best;
}
