/** What the map shows, as its address says it: every control is in it, so that Back works and a link shows the same. */
import { NEVER, dayOfOrMoment, readMoment } from "./moment";

export interface State {
  /** The node in focus; empty for all. */
  node: string;
  hops: number;
  /** How many neighbours are shown of the node in focus. */
  more: number;
  /** Names of types; all if there are none. */
  types: string[];
  spaces: string[];
  as: number;
  known: number;
  camera: { x: number; y: number; zoom: number } | null;
  isList: boolean;
  isPreview: boolean;
}

export const MAX_HOPS = 2;

export function readState(query: URLSearchParams): State {
  const words = (name: string) => (query.get(name) ?? "").split(",").filter((word) => word !== "");
  const camera = (query.get("cam") ?? "").split(",").map(Number);
  const [x, y, zoom] = camera;
  const isCamera = camera.length === 3 && camera.every(Number.isFinite) && (zoom ?? 0) > 0;
  const whole = (name: string, least: number, most: number) => Math.min(most, Math.max(least, Math.floor(Number(query.get(name)) || least)));
  return {
    node: query.get("n") ?? "",
    hops: whole("hops", 1, MAX_HOPS),
    more: whole("more", 0, 100),
    types: words("type"),
    spaces: words("p"),
    as: readMoment(query.get("as") ?? ""),
    known: readMoment(query.get("known") ?? ""),
    camera: isCamera ? { x: x ?? 0, y: y ?? 0, zoom: zoom ?? 1 } : null,
    isList: query.get("view") === "list",
    isPreview: query.has("preview"),
  };
}

export function writeState(state: State): URLSearchParams {
  const query = new URLSearchParams();
  if (state.node) query.set("n", state.node);
  if (state.node && state.hops > 1) query.set("hops", String(state.hops));
  if (state.node && state.more > 0) query.set("more", String(state.more));
  if (state.types.length > 0) query.set("type", state.types.join(","));
  if (state.spaces.length > 0) query.set("p", state.spaces.join(","));
  if (state.as !== NEVER) query.set("as", dayOfOrMoment(state.as));
  if (state.known !== NEVER) query.set("known", dayOfOrMoment(state.known));
  if (state.camera) {
    const { x, y, zoom } = state.camera;
    query.set("cam", [x.toFixed(1), y.toFixed(1), zoom.toPrecision(4)].map(Number).join(","));
  }
  if (state.isList) query.set("view", "list");
  if (state.isPreview) query.set("preview", "1");
  return query;
}
