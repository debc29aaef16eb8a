/** The map as the server sends it: typed arrays that look at the bytes as they came. What is read here is written in `server/src/map/frame.rs`. */

const MAGIC = "HYDRAMAP";
const FORMAT = 1;
/** What has no end, or is not there. */
export const NEVER = 0xffff_ffff;
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";

export interface Region {
  x: number;
  y: number;
  radius: number;
  nodes: number;
  /** The node it is called by; -1 if there is none. */
  hub: number;
  space: string;
}

export interface Frame {
  /** 0 if the map was never laid out. */
  epoch: bigint;
  version: bigint;
  isPreview: boolean;
  /** Whether another layout is being made. */
  isChanging: boolean;
  count: number;
  linkCount: number;
  totalNodes: number;
  totalLinks: number;
  /** Least x, most x, least y, most y. */
  bounds: [number, number, number, number];
  /** When the first and the last thing begins to hold, in seconds. */
  first: number;
  last: number;
  ids: Uint32Array;
  positions: Float32Array;
  from: Uint32Array;
  to: Uint32Array;
  links: Uint32Array;
  /** Node, since when its end is known, since when it is known to be wrong. */
  endings: Uint32Array;
  regions: Region[];
  /** Those that hold something, the largest first. */
  largest: Region[];
  region: Uint16Array;
  type: Uint8Array;
  degree: Uint8Array;
  marks: Uint8Array;
  spaces: string[];
  types: string[];
}

export class UnreadableFrame extends Error {}

export function readFrame(bytes: ArrayBuffer): Frame {
  const view = new DataView(bytes);
  if (bytes.byteLength < 88 || new TextDecoder().decode(bytes.slice(0, 8)) !== MAGIC || view.getUint32(8, true) !== FORMAT) {
    throw new UnreadableFrame("the map is of another version of Hydra; load the page again");
  }
  const u32 = (at: number) => view.getUint32(at, true);
  const f32 = (at: number) => view.getFloat32(at, true);
  const [count, linkCount, regionCount, endingCount] = [u32(32), u32(36), u32(40), u32(44)];
  let at = u32(12);
  const take = (length: number) => {
    const begins = at;
    at += length;
    return begins;
  };
  const ids = new Uint32Array(bytes, take(8 * count), 2 * count);
  const positions = new Float32Array(bytes, take(8 * count), 2 * count);
  const from = new Uint32Array(bytes, take(4 * count), count);
  const to = new Uint32Array(bytes, take(4 * count), count);
  const links = new Uint32Array(bytes, take(8 * linkCount), 2 * linkCount);
  const endings = new Uint32Array(bytes, take(12 * endingCount), 3 * endingCount);
  const regionsAt = take(24 * regionCount);
  const region = new Uint16Array(bytes, take(2 * count), count);
  at = (at + 3) & ~3;
  const type = new Uint8Array(bytes, take(count), count);
  const degree = new Uint8Array(bytes, take(count), count);
  const marks = new Uint8Array(bytes, take(count), count);
  at = (at + 3) & ~3;
  const tail = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, at, u32(56)))) as { spaces: string[]; types: string[] };
  const regions: Region[] = [];
  for (let n = 0; n < regionCount; n++) {
    const place = regionsAt + 24 * n;
    const hub = u32(place + 16);
    regions.push({
      x: f32(place), y: f32(place + 4), radius: f32(place + 8), nodes: u32(place + 12),
      hub: hub === NEVER ? -1 : hub, space: tail.spaces[u32(place + 20)] ?? "",
    });
  }
  const largest = regions.filter((one) => one.nodes > 0).sort((a, b) => b.nodes - a.nodes);
  return {
    epoch: view.getBigUint64(16, true), version: view.getBigUint64(24, true), isPreview: (u32(60) & 1) === 1, isChanging: (u32(60) & 2) === 2,
    count, linkCount, totalNodes: u32(48), totalLinks: u32(52),
    bounds: [f32(64), f32(68), f32(72), f32(76)], first: u32(80), last: u32(84),
    ids, positions, from, to, links, endings, regions, largest, region, type, degree, marks, ...tail,
  };
}

/** The public name of a node. */
export function idOf(frame: Frame, node: number): string {
  let number = (BigInt(frame.ids[2 * node + 1] ?? 0) << 32n) | BigInt(frame.ids[2 * node] ?? 0);
  let id = "";
  for (let place = 0; place < 13; place++) {
    id = LETTERS.charAt(Number(number & 31n)) + id;
    number >>= 5n;
  }
  return id;
}

/** The node of a public name; -1 if it is not on this map. */
export function nodeOf(frame: Frame, id: string): number {
  let number = 0n;
  for (const letter of id.toLowerCase()) {
    const digit = LETTERS.indexOf(letter);
    if (digit < 0) return -1;
    number = (number << 5n) | BigInt(digit);
  }
  const low = Number(number & 0xffff_ffffn), high = Number((number >> 32n) & 0xffff_ffffn);
  for (let node = 0; node < frame.count; node++) {
    if (frame.ids[2 * node] === low && frame.ids[2 * node + 1] === high) return node;
  }
  return -1;
}

/** Since when a node is known, in seconds: its id says so. */
export function knownSince(frame: Frame, node: number): number {
  const high = frame.ids[2 * node + 1] ?? 0, low = frame.ids[2 * node] ?? 0;
  return Math.floor((high * 65_536 + (low >>> 16)) / 1000);
}

/** How many others a node is tied to, roughly: its degree travels as a logarithm. */
export const degreeOf = (frame: Frame, node: number): number => Math.round(2 ** ((frame.degree[node] ?? 0) / 16) - 1);
