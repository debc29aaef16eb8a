/** The map as a list: the same things, the same keys. Also what a browser without WebGL2 gets. */
import { counted, el, number } from "./dom";
import { type Frame, degreeOf, idOf } from "./frame";
import type { Names } from "./labels";
import { dayOf } from "./moment";
import { lookOf } from "./palette";

const FIRST = 60;

export class List {
  readonly element: HTMLElement;
  private readonly rows = el("ol", { class: "map-rows" });
  private readonly more = el("button", { type: "button", click: () => this.grow() }, "Show more");
  private nodes: number[] = [];
  private shown = FIRST;
  private frame: Frame | null = null;
  private current = -1;
  private drawn = 0;
  /** Whether the rows that are about to come get the keyboard. */
  private wantsFocus = false;
  private isDrawing = false;

  constructor(private readonly names: Names, private readonly choose: (node: number) => void) {
    this.element = el("div", { class: "map-list" }, this.rows, this.more);
  }

  show(frame: Frame, nodes: number[], current: number): void {
    const isOther = frame !== this.frame || nodes.length !== this.nodes.length || nodes.some((node, at) => node !== this.nodes[at]);
    [this.frame, this.nodes, this.current] = [frame, nodes, current];
    if (isOther) this.shown = FIRST;
    void this.draw();
  }

  /** The node of the row that has the keyboard. */
  get at(): number {
    const row = document.activeElement?.closest<HTMLElement>(".map-row");
    return row && this.rows.contains(row) ? Number(row.dataset["node"]) : -1;
  }

  /** Moves the keyboard by rows; tells whether there was one. */
  step(by: number): boolean {
    const rows = [...this.rows.querySelectorAll<HTMLElement>(".map-row")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    next?.focus();
    return next !== undefined;
  }

  /** Gives the keyboard to the current row, once it is there. */
  focus(): void {
    this.wantsFocus = this.isDrawing;
    (this.rows.querySelector<HTMLElement>("[aria-current]") ?? this.rows.querySelector<HTMLElement>(".map-row"))?.focus();
  }

  private grow(): void {
    const before = this.shown;
    this.shown += FIRST * 2;
    void this.draw().then(() => this.rows.querySelectorAll<HTMLElement>(".map-row")[before]?.focus());
  }

  private async draw(): Promise<void> {
    const frame = this.frame;
    if (!frame) return;
    const turn = ++this.drawn;
    this.isDrawing = true;
    const nodes = this.nodes.slice(0, this.shown);
    const names = await this.names.all(nodes.map((node) => idOf(frame, node))).catch(() => null);
    if (turn !== this.drawn) return;
    this.isDrawing = false;
    const held = this.at;
    const rows = nodes.map((node, at) => {
      const type = frame.types[frame.type[node] ?? 0] ?? "";
      const isCurrent = node === this.current;
      const row = el("button",
        { type: "button", class: "map-row", "data-node": node, "aria-current": isCurrent ? "true" : undefined, click: () => this.choose(node) },
        el("span", { class: `map-shape is-${lookOf(type).shape} of-${type}`, "aria-hidden": "true" }),
        el("span", { class: "map-name", dir: "auto" }, names?.[at] || idOf(frame, node)),
        el("span", { class: "map-about" }, `${type}, ${counted(degreeOf(frame, node), "link")}, since ${dayOf(frame.from[node] ?? 0)}`));
      return el("li", {}, row);
    });
    this.rows.replaceChildren(...rows);
    this.more.hidden = nodes.length >= this.nodes.length;
    this.more.textContent = `Show more of ${number(this.nodes.length)}`;
    if (this.wantsFocus) this.focus();
    else if (held >= 0) this.rows.querySelector<HTMLElement>(`[data-node="${held}"]`)?.focus();
  }
}
