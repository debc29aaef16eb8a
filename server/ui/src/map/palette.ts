/** How types look: a shape and a colour each, so that neither alone has to tell them apart. */

export type Shape = "circle" | "square" | "diamond" | "triangle" | "hexagon" | "ring" | "dot";

export interface Look {
  shape: Shape;
  /** A custom property of the page's style; the second is for when it is not there. */
  colour: [string, string];
  /** What several are called. */
  plural: string;
}

export const SHAPES: Shape[] = ["circle", "square", "diamond", "triangle", "hexagon", "ring", "dot"];

const LOOKS: Record<string, Look> = {
  entity: { shape: "circle", colour: ["--entity", "#0b6b5e"], plural: "names" },
  note: { shape: "square", colour: ["--map-note", "#4a6b8a"], plural: "notes" },
  tag: { shape: "ring", colour: ["--map-tag", "#7a756a"], plural: "tags" },
  person: { shape: "circle", colour: ["--map-person", "#b0562d"], plural: "people" },
  project: { shape: "hexagon", colour: ["--map-project", "#0b6b5e"], plural: "projects" },
  task: { shape: "square", colour: ["--map-task", "#8a4b08"], plural: "tasks" },
  service: { shape: "ring", colour: ["--map-service", "#2f6bb3"], plural: "services" },
  fact: { shape: "dot", colour: ["--fact", "#2f6bb3"], plural: "facts" },
  decision: { shape: "diamond", colour: ["--decision", "#6a4fb0"], plural: "decisions" },
  learning: { shape: "triangle", colour: ["--learning", "#8a6508"], plural: "learnings" },
  preference: { shape: "diamond", colour: ["--preference", "#a8457a"], plural: "preferences" },
  episode: { shape: "dot", colour: ["--episode", "#807c72"], plural: "episodes" },
};

const UNKNOWN: Look = { shape: "dot", colour: ["--soft", "#615e56"], plural: "others" };

export const lookOf = (type: string): Look => LOOKS[type] ?? UNKNOWN;

export type Rgb = [number, number, number];

export interface Palette {
  ground: Rgb;
  link: Rgb;
  accent: Rgb;
  text: string;
  soft: string;
  halo: string;
  region: string;
  types: Rgb[];
}

/** Reads the page's colours as they are now: theme and forced colours are the page's. */
export function readPalette(element: Element, types: string[]): Palette {
  const style = getComputedStyle(element);
  const isForced = matchMedia("(forced-colors: active)").matches;
  const read = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  const ground = rgb(isForced ? "Canvas" : read("--ground", "#faf9f6"));
  const text = isForced ? "CanvasText" : read("--text", "#1d1c19");
  const soft = isForced ? "CanvasText" : read("--soft", "#615e56");
  return {
    ground, text, soft,
    accent: rgb(isForced ? "Highlight" : read("--accent", "#0b6b5e")),
    link: rgb(isForced ? "CanvasText" : read("--line-strong", "#8b877c")),
    halo: css(ground),
    region: soft,
    types: types.map((type) => rgb(isForced ? "CanvasText" : read(...lookOf(type).colour))),
  };
}

const css = ([r, g, b]: Rgb): string => `rgb(${Math.round(r * 255)} ${Math.round(g * 255)} ${Math.round(b * 255)})`;

let probe: CanvasRenderingContext2D | null = null;

/** Any colour that a style may hold, names of the system among them. */
function rgb(colour: string): Rgb {
  probe ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  if (!probe) return [0.5, 0.5, 0.5];
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = probe.getImageData(0, 0, 1, 1).data;
  return [r / 255, g / 255, b / 255];
}
