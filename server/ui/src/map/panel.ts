/** What is in focus: what it is, what it is tied to, and what can be done with it. */
import { counted, el, number } from "./dom";
import type { Around } from "./focus";
import { type Frame, NEVER, idOf } from "./frame";
import type { Names } from "./labels";
import { dayOf } from "./moment";
import { lookOf } from "./palette";

/** Neighbours that are listed; the list view has all of them. */
const LISTED = 14;
const PINNED = 1;

export interface Acts {
  choose(node: number): void;
  open(node: number): void;
  hops(): void;
  more(): void;
  pin(): void;
  all(): void;
  back(): void;
}

export class Panel {
  readonly element = el("aside", { class: "map-panel", "aria-label": "In focus", hidden: true });
  private drawn = 0;

  constructor(private readonly names: Names, private readonly acts: Acts) {}

  hide(): void {
    this.drawn++;
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  async show(frame: Frame, around: Around, hops: number, canGoBack: boolean): Promise<void> {
    const turn = ++this.drawn;
    const { node, near, nearAll } = around;
    const shown = near.slice(0, LISTED);
    const ids = [node, ...shown].map((one) => idOf(frame, one));
    const names = await this.names.all(ids).catch(() => ids);
    if (turn !== this.drawn) return;
    const type = (one: number) => frame.types[frame.type[one] ?? 0] ?? "";
    const act = (label: string, key: string, run: () => void, isPressed?: boolean) =>
      el("button", { type: "button", click: run, "aria-pressed": isPressed === undefined ? undefined : String(isPressed) }, label, el("kbd", { "aria-hidden": "true" }, key));
    const until = frame.to[node] ?? NEVER;
    const since = `Since ${dayOf(frame.from[node] ?? 0)}${until === NEVER ? "" : ` until ${dayOf(until)}`}`;
    const isPinned = ((frame.marks[node] ?? 0) & PINNED) !== 0;
    const left = nearAll - near.length;
    this.element.hidden = false;
    const parts = [
      el("p", { class: "map-kind" }, shape(type(node)), type(node)),
      el("h2", { dir: "auto" }, names[0] || ids[0] || ""),
      el("p", { class: "soft" }, `${since}. ${counted(nearAll, "link")}.`),
      el("p", { class: "map-acts" },
        act("Open", "↵", () => this.acts.open(node)),
        act("Two steps", "x", this.acts.hops, hops > 1),
        act(isPinned ? "Let go" : "Pin", "p", this.acts.pin),
        act("Show all", "0", this.acts.all),
        canGoBack && el("button", { type: "button", click: this.acts.back }, "Back")),
      el("h3", {}, "Linked with"),
      el("ul", { class: "map-near" },
        ...shown.map((one, at) =>
          el("li", {}, el("button", { type: "button", click: () => this.acts.choose(one) }, shape(type(one)),
            el("span", { dir: "auto" }, names[at + 1] || ids[at + 1] || "")))),
        shown.length === 0 && el("li", { class: "soft" }, "Nothing at this moment.")),
    ];
    if (left > 0) {
      const more = el("button", { type: "button", class: "link", click: this.acts.more }, "Show more");
      parts.push(el("p", { class: "soft" }, `${number(near.length)} of ${number(nearAll)} are shown. `, more));
    }
    this.element.replaceChildren(...parts);
  }
}

export const shape = (type: string): HTMLElement =>
  el("span", { class: `map-shape is-${lookOf(type).shape} of-${type}`, "aria-hidden": "true" });
