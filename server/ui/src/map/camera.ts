/** Where one looks: the middle of the view and how many pixels a unit of the map is wide. */

export interface View {
  x: number;
  y: number;
  zoom: number;
}

const FLIGHT_MS = 420;
export const MAX_ZOOM = 60;
/** A few dots need not fill the screen. */
const MAX_FIT = 26;

export class Camera {
  view: View = { x: 0, y: 0, zoom: 1 };
  width = 1;
  height = 1;
  /** What is covered at the right and at the bottom: what is flown to comes to lie beside it. */
  covered = { right: 0, bottom: 0 };
  private least = 0.001;
  private flight: { from: View; to: View; begun: number } | null = null;

  /** Shows all of a box. */
  fit([left, right, top, bottom]: [number, number, number, number]): View {
    const wide = Math.max(right - left, 8) * 1.08, high = Math.max(bottom - top, 8) * 1.08;
    const zoom = Math.min((this.width - this.covered.right) / wide, (this.height - this.covered.bottom) / high, MAX_FIT);
    this.least = Math.min(zoom / 4, 0.5);
    return this.beside({ x: (left + right) / 2, y: (top + bottom) / 2, zoom });
  }

  /** A view in whose free part the middle is where another has its middle. */
  beside(view: View): View {
    return { x: view.x + this.covered.right / 2 / view.zoom, y: view.y + this.covered.bottom / 2 / view.zoom, zoom: view.zoom };
  }

  jump(view: View): void {
    this.flight = null;
    this.view = { ...view, zoom: this.bounded(view.zoom) };
  }

  fly(view: View): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.jump(view);
    else this.flight = { from: this.view, to: { ...view, zoom: this.bounded(view.zoom) }, begun: performance.now() };
  }

  get target(): View {
    return this.flight?.to ?? this.view;
  }

  /** Moves on; tells whether it still moves. */
  tick(now: number): boolean {
    if (!this.flight) return false;
    const { from, to, begun } = this.flight;
    const part = Math.min(1, (now - begun) / FLIGHT_MS);
    const eased = 1 - (1 - part) ** 3;
    const zoom = from.zoom * (to.zoom / from.zoom) ** eased;
    // With the zoom as it is on the way, so that what is flown to moves in a straight line.
    const along = from.zoom === to.zoom ? eased : (1 / from.zoom - 1 / zoom) / (1 / from.zoom - 1 / to.zoom);
    this.view = { x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along, zoom };
    if (part === 1) {
      this.view = to;
      this.flight = null;
    }
    return true;
  }

  pan(dx: number, dy: number): void {
    this.flight = null;
    this.view = { ...this.view, x: this.view.x - dx / this.view.zoom, y: this.view.y - dy / this.view.zoom };
  }

  /** Zooms about a point of the screen. */
  zoomAt(factor: number, sx: number, sy: number): void {
    const [x, y] = this.place(sx, sy);
    const zoom = this.bounded(this.view.zoom * factor);
    this.flight = null;
    this.view = { x: x - (sx - this.width / 2) / zoom, y: y - (sy - this.height / 2) / zoom, zoom };
  }

  place(sx: number, sy: number): [number, number] {
    return [this.view.x + (sx - this.width / 2) / this.view.zoom, this.view.y + (sy - this.height / 2) / this.view.zoom];
  }

  screen(x: number, y: number): [number, number] {
    return [(x - this.view.x) * this.view.zoom + this.width / 2, (y - this.view.y) * this.view.zoom + this.height / 2];
  }

  private bounded(zoom: number): number {
    return Math.min(MAX_ZOOM, Math.max(this.least, zoom));
  }
}
