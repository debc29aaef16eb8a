/** The menu of types: what is on the map, how many of each, and which of them are shown. */
import { el, number } from "./dom";
import type { Frame } from "./frame";
import { lookOf } from "./palette";
import { shape } from "./panel";

export class Types {
  private readonly boxes = el("div", { class: "map-types", role: "group", "aria-label": "Types" });
  readonly element = el("details", { class: "map-menu" }, el("summary", {}, "Types"), this.boxes);

  /** `chosen` hears which types are to be shown; none means all. */
  constructor(private readonly chosen: (types: string[]) => void) {}

  show(frame: Frame): void {
    const counts = new Array<number>(frame.types.length).fill(0);
    for (let node = 0; node < frame.count; node++) counts[frame.type[node] ?? 0] = (counts[frame.type[node] ?? 0] ?? 0) + 1;
    const rows = frame.types.flatMap((type, at) => {
      const count = counts[at] ?? 0;
      if (count === 0) return [];
      const box = el("input", { type: "checkbox", value: type, change: () => this.filter() });
      return [el("label", {}, box, shape(type), lookOf(type).plural, el("span", { class: "soft" }, number(count)))];
    });
    this.boxes.replaceChildren(...rows);
  }

  /** Marks which types are shown; all if none is named. */
  mark(shown: string[]): void {
    for (const box of this.inputs()) box.checked = shown.length === 0 || shown.includes(box.value);
  }

  private inputs(): HTMLInputElement[] {
    return [...this.boxes.querySelectorAll("input")];
  }

  private filter(): void {
    const boxes = this.inputs();
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    this.chosen(chosen.length === boxes.length ? [] : chosen);
  }
}
