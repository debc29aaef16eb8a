/** What there is to see: the frame, what of it is shown, what is in focus, and from where one looks. */
import { Camera, type View } from "./camera";
import { type Around, around } from "./focus";
import type { Frame } from "./frame";
import { Endings, holds, instant } from "./moment";
import type { Palette } from "./palette";
import { Places, Ties } from "./places";
import type { Look } from "./renderer";
import type { State } from "./state";

/** Rows of a list at most. */
const MAX_LISTED = 20_000;
/** Below this width what is in focus is told at the bottom. */
const NARROW = 620;
const PANEL_WIDTH = 300;
const PANEL_SHARE = 0.4;

/** A byte for each node, and how many are shown. */
interface Sifted {
  flags: Uint8Array;
  count: number;
}

export class Scene {
  readonly camera = new Camera();
  frame: Frame | null = null;
  endings!: Endings;
  around: Around | null = null;
  hovered = -1;
  isList = false;
  private sieve = { types: -1 >>> 0, as: 0, known: 0 };
  private sifted: Sifted | null = null;
  private placed: Places | null = null;
  private tied: Ties | null = null;

  constructor(public palette: Palette) {}

  take(frame: Frame): void {
    this.frame = frame;
    this.endings = new Endings(frame);
    this.placed = this.tied = this.sifted = null;
    this.hovered = -1;
  }

  places(frame: Frame): Places {
    return (this.placed ??= new Places(frame));
  }

  ties(frame: Frame): Ties {
    return (this.tied ??= new Ties(frame));
  }

  /** Works out once what every node is asked. */
  sift({ types, as, known }: State): void {
    const chosen = (this.frame?.types ?? []).reduce((mask, type, at) => (types.includes(type) ? mask | (1 << at) : mask), 0);
    const sieve = { types: types.length === 0 ? -1 >>> 0 : chosen >>> 0, as: instant(as), known: instant(known) };
    if (sieve.types !== this.sieve.types || sieve.as !== this.sieve.as || sieve.known !== this.sieve.known) this.sifted = null;
    this.sieve = sieve;
  }

  /** What is shown of everything; looked through once for as long as nothing else is asked, however often one walks. */
  shown(frame: Frame): Sifted {
    if (this.sifted) return this.sifted;
    const sifted = { flags: new Uint8Array(frame.count), count: 0 };
    for (let node = 0; node < frame.count; node++) {
      if (!this.isShown(node)) continue;
      sifted.flags[node] = 1;
      sifted.count++;
    }
    return (this.sifted = sifted);
  }

  readonly isShown = (node: number): boolean => {
    const { frame, sieve } = this;
    if (!frame || ((sieve.types >>> (frame.type[node] ?? 0)) & 1) === 0) return false;
    return holds(frame, this.endings, node, sieve.as, sieve.known);
  };

  focus(frame: Frame, node: number, { hops, more }: State): Around {
    return (this.around = around(frame, this.ties(frame), node, hops, more, this.isShown));
  }

  move(frame: Frame, node: number, x: number, y: number): void {
    frame.positions[2 * node] = x;
    frame.positions[2 * node + 1] = y;
    this.placed = null;
  }

  /** What a list of it shows: what is in focus first, else what is tied to most. */
  listed(frame: Frame): number[] {
    const { around } = this;
    if (around) return [around.node, ...around.near, ...[...around.nodes].filter((node) => !around.near.includes(node) && node !== around.node)];
    const nodes: number[] = [];
    for (let node = 0; node < frame.count && nodes.length < MAX_LISTED; node++) if (this.isShown(node)) nodes.push(node);
    return nodes.sort((a, b) => (frame.degree[b] ?? 0) - (frame.degree[a] ?? 0) || a - b);
  }

  /** The node at a point of the screen; -1 if there is none. */
  at(sx: number, sy: number, reach: number): number {
    const { frame, around, camera } = this;
    if (!frame) return -1;
    const [x, y] = camera.place(sx, sy);
    return this.places(frame).nearest(x, y, reach / camera.view.zoom, (node) => (!around || around.nodes.has(node)) && this.isShown(node));
  }

  /** Calls `each` with the nodes in view, until it returns false. */
  inView(frame: Frame, each: (node: number) => boolean | void): void {
    const { camera } = this;
    const [left, top] = camera.place(0, 0), [right, bottom] = camera.place(camera.width, camera.height);
    this.places(frame).inside(left, top, right, bottom, each);
  }

  /** The node with the most ties of those in view. */
  middle(frame: Frame): number {
    let best = -1;
    this.inView(frame, (node) => {
      if ((best < 0 || (frame.degree[node] ?? 0) > (frame.degree[best] ?? 0)) && this.isShown(node)) best = node;
    });
    return best;
  }

  /** Leaves room for what is told of the focus. */
  cover(isTold: boolean): void {
    const { camera } = this;
    const none = { right: 0, bottom: 0 };
    const some = camera.width < NARROW ? { right: 0, bottom: camera.height * PANEL_SHARE } : { right: PANEL_WIDTH, bottom: 0 };
    camera.covered = isTold ? some : none;
  }

  /** Stays as near as one is, if what is to be seen can be seen from there. */
  calm(frame: Frame, view: View, node: number): View {
    const before = this.camera.target;
    if (before.zoom < view.zoom / 3) return view;
    const x = frame.positions[2 * node] ?? 0, y = frame.positions[2 * node + 1] ?? 0;
    return before.zoom <= view.zoom * 1.6 ? view : this.camera.beside({ x, y, zoom: view.zoom });
  }

  look(): Look {
    const { sieve, palette, around, hovered } = this;
    return { view: this.camera.view, ...sieve, isFocused: around !== null, current: around?.node ?? -1, hovered, palette };
  }
}
