/** What fingers and mice do to the map: move it, zoom, choose, open, and pull what is in focus elsewhere. */
import type { Scene } from "./scene";

/** Pixels that a press may travel and still be one. */
const STILL = 4;
/** How near to a dot one has to be, in pixels; fingers are wide. */
const REACH = 12;
const TOUCH_REACH = 22;
const HOVER_REACH = 10;
/** Of a wheel that counts pixels or lines. */
const WHEEL_PIXEL = 0.0016;
const WHEEL_LINE = 0.05;

export interface GestureActs {
  hover(node: number, x: number, y: number): void;
  /** The camera was moved. */
  moved(): void;
  pull(node: number, x: number, y: number): void;
  /** Puts what was pulled there for good. */
  put(at: [number, number]): void;
  choose(node: number): void;
  open(node: number): void;
}

export function hearGestures(stage: HTMLElement, scene: Scene, acts: GestureActs, signal: AbortSignal): void {
  const { camera } = scene;
  const down = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  let held = -1;
  const reachOf = (event: PointerEvent): number => (event.pointerType === "touch" ? TOUCH_REACH : REACH);
  const begin = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    travelled = 0;
    const node = scene.at(event.offsetX, event.offsetY, reachOf(event));
    // Only what is in focus can be pulled, so that nothing is moved by accident.
    held = node >= 0 && node === scene.around?.node && down.size === 1 ? node : -1;
  };
  const go = (event: PointerEvent): void => {
    const last = down.get(event.pointerId);
    if (!last) return acts.hover(scene.at(event.offsetX, event.offsetY, HOVER_REACH), event.offsetX, event.offsetY);
    const { offsetX: x, offsetY: y } = event;
    travelled += Math.hypot(x - last.x, y - last.y);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const before = Math.hypot(last.x - other.x, last.y - other.y), now = Math.hypot(x - other.x, y - other.y);
      camera.zoomAt(now / Math.max(1, before), (x + other.x) / 2, (y + other.y) / 2);
      acts.moved();
    } else if (held >= 0 && travelled > STILL) {
      acts.pull(held, ...camera.place(x, y));
    } else if (travelled > STILL) {
      camera.pan(x - last.x, y - last.y);
      acts.moved();
    }
    down.set(event.pointerId, { x, y });
  };
  const end = (event: PointerEvent): void => {
    if (!down.delete(event.pointerId)) return;
    if (held >= 0 && travelled > STILL) acts.put(camera.place(event.offsetX, event.offsetY));
    else if (travelled <= STILL && event.type === "pointerup") {
      const node = scene.at(event.offsetX, event.offsetY, reachOf(event));
      if (node >= 0) acts.choose(node);
    }
    held = -1;
  };
  stage.addEventListener("pointerdown", begin, { signal });
  stage.addEventListener("pointermove", go, { signal });
  stage.addEventListener("pointerup", end, { signal });
  stage.addEventListener("pointercancel", end, { signal });
  stage.addEventListener("pointerleave", () => acts.hover(-1, 0, 0), { signal });
  stage.addEventListener("dblclick", (event) => {
    const node = scene.at(event.offsetX, event.offsetY, REACH);
    if (node >= 0) acts.open(node);
  }, { signal });
  stage.addEventListener("wheel", (event) => {
    const { deltaY, deltaMode, offsetX, offsetY } = event;
    event.preventDefault();
    camera.zoomAt(Math.exp(-deltaY * (deltaMode === 1 ? WHEEL_LINE : WHEEL_PIXEL)), offsetX, offsetY);
    acts.moved();
  }, { signal, passive: false });
}
