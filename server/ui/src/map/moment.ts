/** From when the map is looked at: what was true then, as it was known then. */
import { type Frame, NEVER, knownSince } from "./frame";

export { NEVER } from "./frame";

export interface Moment {
  /** Seconds; NEVER is now. */
  as: number;
  known: number;
}

export const NOW: Moment = { as: NEVER, known: NEVER };
const DAY = 86_400;

/** Seconds to compare with: now has no end of its own. */
export const instant = (seconds: number): number => (seconds === NEVER ? Math.floor(Date.now() / 1000) : seconds);

/** What is known of a node and since when: that it is there, that it ended, that it is wrong. */
export class Endings {
  readonly endKnown: Uint32Array;
  readonly retracted: Uint32Array;
  /** Since when each is known: ids say so. */
  readonly since: Uint32Array;

  constructor(frame: Frame) {
    this.since = new Uint32Array(frame.count);
    for (let node = 0; node < frame.count; node++) this.since[node] = knownSince(frame, node);
    this.endKnown = new Uint32Array(frame.count);
    this.retracted = new Uint32Array(frame.count).fill(NEVER);
    for (let at = 0; at < frame.endings.length; at += 3) {
      const node = frame.endings[at] ?? 0;
      this.endKnown[node] = frame.endings[at + 1] ?? 0;
      this.retracted[node] = frame.endings[at + 2] ?? NEVER;
    }
  }
}

/** The same rule as the shader's: tells whether a node is there at a moment. */
export function holds(frame: Frame, endings: Endings, node: number, as: number, known: number): boolean {
  const ends = (endings.endKnown[node] ?? 0) > known ? NEVER : (frame.to[node] ?? NEVER);
  return (frame.from[node] ?? 0) <= as && ends > as && (endings.retracted[node] ?? NEVER) > known && (endings.since[node] ?? 0) <= known;
}

/** Reads a day, or a moment, of the address; its end, so that what happened on it is there. */
export function readMoment(text: string): number {
  if (text === "") return NEVER;
  const millis = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59Z` : text);
  return Number.isNaN(millis) ? NEVER : Math.max(0, Math.floor(millis / 1000));
}

export const dayOf = (seconds: number): string => (seconds === NEVER ? "" : new Date(seconds * 1000).toISOString().slice(0, 10));

/** As the address says it: a day if it is the end of one. */
export function dayOfOrMoment(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return text.endsWith("T23:59:59.000Z") ? text.slice(0, 10) : text.replace(".000Z", "Z");
}

/** A step of whole days; past the present it is now. */
export function step(seconds: number, days: number): number {
  const next = instant(seconds) + days * DAY;
  return next >= Math.floor(Date.now() / 1000) ? NEVER : Math.max(0, next);
}
