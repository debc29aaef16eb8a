/** Names on the map, on a canvas of their own: regions far out, hubs nearer, everything near; none over another. */
import type { Camera } from "./camera";
import { plain } from "../part/plain";
import { type Frame, idOf } from "./frame";
import type { Palette } from "./palette";
import type { Places } from "./places";

/** Names on the screen at once. */
const MAX_SHOWN = 70;
/** Nodes of a view that are considered for one. */
const MAX_CONSIDERED = 2_500;
/** Names that the server gives at once. */
const MAX_ASKED = 400;
/** Letters of a name on the map; a list shows all of it. */
const MAX_LETTERS = 34;
/** From so many pixels a unit on memories are named too, not only hubs. */
const NEAR_ZOOM = 3.2;
const HUB_ZOOM = 0.9;

export type AskNames = (ids: string[]) => Promise<{ id: string; label: string }[]>;

/** Names that are known; asks for the others. */
export class Names {
  private known = new Map<string, string>();
  private wanted = new Set<string>();
  private isAsking = false;
  private retry = 0;

  constructor(private readonly ask: AskNames, private readonly arrived: () => void) {}

  /** A name, if it is known by now. */
  get(id: string): string | undefined {
    const name = this.known.get(id);
    if (name === undefined) this.wanted.add(id);
    return name;
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /** Waits for the names of some. */
  async all(ids: string[]): Promise<string[]> {
    for (let at = 0; at < ids.length; at += MAX_ASKED) {
      const missing = ids.slice(at, at + MAX_ASKED).filter((id) => !this.known.has(id));
      if (missing.length > 0) this.keep(missing, await this.ask(missing));
    }
    return ids.map((id) => this.known.get(id) ?? "");
  }

  clear(): void {
    this.known.clear();
    this.wanted.clear();
  }

  /** Asks for what was missing. */
  async fetch(): Promise<void> {
    if (this.isAsking || this.wanted.size === 0 || Date.now() < this.retry) return;
    this.isAsking = true;
    const ids = [...this.wanted].slice(0, MAX_ASKED);
    this.wanted.clear();
    try {
      this.keep(ids, await this.ask(ids));
      this.isAsking = false;
      this.arrived();
    } catch {
      // A server that stops comes back; the next look asks again.
      this.retry = Date.now() + 2_000;
      this.isAsking = false;
    }
  }

  private keep(ids: string[], names: { id: string; label: string }[]): void {
    // What has no name by now was forgotten meanwhile.
    for (const id of ids) this.known.set(id, "");
    for (const { id, label } of names) this.known.set(id, plain(label) || label);
  }
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface LabelView {
  frame: Frame;
  places: Places;
  camera: Camera;
  palette: Palette;
  names: Names;
  isShown: (node: number) => boolean;
  /** Named whatever there is room for. */
  first: number[];
  /** If there is a focus, only these are named. */
  only: ReadonlySet<number> | null;
}

export function drawLabels(canvas: HTMLCanvasElement, scale: number, view: LabelView): number {
  const { camera, frame, palette, names } = view;
  const context = canvas.getContext("2d");
  if (!context) return 0;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, camera.width, camera.height);
  context.lineJoin = "round";
  context.textBaseline = "middle";
  const taken: Box[] = [];
  let shown = 0;
  const place = (text: string, x: number, y: number, size: number, weight: number, isCentred: boolean, colour: string): boolean => {
    context.font = `${weight} ${size}px system-ui, sans-serif`;
    const short = text.length > MAX_LETTERS ? `${[...text].slice(0, MAX_LETTERS - 1).join("")}…` : text;
    const width = context.measureText(short).width;
    const left = isCentred ? x - width / 2 : x;
    const box = { left: left - 4, top: y - size * 0.75, right: left + width + 4, bottom: y + size * 0.75 };
    if (box.right < 0 || box.left > camera.width || box.bottom < 0 || box.top > camera.height) return false;
    if (taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) return false;
    taken.push(box);
    context.lineWidth = 3.5;
    context.strokeStyle = palette.halo;
    context.fillStyle = colour;
    context.strokeText(short, left, y);
    context.fillText(short, left, y);
    shown++;
    return true;
  };
  const nameNode = (node: number, weight: number): void => {
    const [x, y] = camera.screen(frame.positions[2 * node] ?? 0, frame.positions[2 * node + 1] ?? 0);
    if (x < -200 || x > camera.width + 20 || y < -20 || y > camera.height + 20) return;
    const name = names.get(idOf(frame, node));
    if (name) place(name, x + 8 + (frame.degree[node] ?? 0) / 40, y, weight > 500 ? 13 : 12, weight, false, palette.text);
  };
  for (const node of view.first) if (node >= 0) nameNode(node, 600);
  const zoom = camera.view.zoom;
  if (!view.only && zoom < NEAR_ZOOM) {
    for (const region of frame.largest) {
      const reach = region.radius * zoom;
      if (shown >= MAX_SHOWN / 2 || reach < 7) break;
      const [x, y] = camera.screen(region.x, region.y);
      if (x < -reach || x > camera.width + reach || y < -reach || y > camera.height + reach) continue;
      const isNamed = region.hub >= 0 && view.isShown(region.hub);
      const name = isNamed ? names.get(idOf(frame, region.hub)) : region.hub < 0 && reach > 40 ? region.space : undefined;
      const size = Math.min(17, Math.max(11, 8 + reach / 14));
      if (name) place(name, x, y - Math.min(reach * 0.35, 26) - 4, size, 600, true, zoom < HUB_ZOOM ? palette.text : palette.soft);
    }
  }
  if (zoom >= HUB_ZOOM || view.only) {
    const [left, top] = camera.place(0, 0), [right, bottom] = camera.place(camera.width, camera.height);
    const found: number[] = [];
    const least = zoom >= NEAR_ZOOM ? 0 : 40;
    const consider = (node: number) => {
      if ((frame.degree[node] ?? 0) >= least && view.isShown(node)) found.push(node);
      return found.length < MAX_CONSIDERED;
    };
    if (view.only) [...view.only].every(consider);
    else view.places.inside(left, top, right, bottom, consider);
    found.sort((a, b) => (frame.degree[b] ?? 0) - (frame.degree[a] ?? 0) || a - b);
    for (const node of found) {
      if (shown >= MAX_SHOWN) break;
      nameNode(node, 450);
    }
  }
  void names.fetch();
  return shown;
}
