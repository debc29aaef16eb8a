/** What the map is made of on the page: the bar above it, the canvas, and the places where it says something. */
import { el } from "./dom";
import type { Saving } from "./save";
import type { TidyAct } from "./tidying";

export const ZOOM_STEP = 1.5;
/** How far from the pointer a tip stands. */
const TIP_AWAY = 14;

export interface ShellActs {
  list(): void;
  all(): void;
  zoom(factor: number): void;
  save(kind: Saving): void;
  tidy(act: TidyAct): void;
}

export type Parts = Record<"finder" | "types" | "tidied" | "list" | "panel" | "time", HTMLElement>;

export class Shell {
  readonly root = el("div", { class: "map" });
  readonly dots = el("canvas", { class: "map-dots", "aria-hidden": "true" });
  readonly words = el("canvas", { class: "map-words", "aria-hidden": "true" });
  private readonly tip = el("div", { class: "map-tip", hidden: true, dir: "auto" });
  readonly stage = el("div", { class: "map-stage", tabindex: 0, role: "application", "aria-label": "Map of your memory", "aria-describedby": "map-keys" },
    this.dots, this.words, this.tip);
  readonly counts = el("p", { class: "map-counts" });
  readonly spoken = el("p", { class: "sr-only", role: "status", "aria-live": "polite" });
  private readonly few = el("div", { class: "map-few", hidden: true });
  private readonly notice = el("p", { class: "map-notice", hidden: true });
  private readonly asList: HTMLButtonElement;

  constructor(private readonly acts: ShellActs) {
    this.asList = button("List", "v", () => acts.list());
  }

  fill({ finder, types, tidied, list, panel, time }: Parts): void {
    const { acts } = this;
    const saves = (["PNG", "CSV", "GraphML"] as const).map((kind) => el("button", { type: "button", click: () => acts.save(kind) }, kind));
    const tidy = (act: TidyAct, label: string) => el("button", { type: "button", click: () => { this.closeMenus(null); acts.tidy(act); } }, label);
    const hint = el("p", { class: "sr-only", id: "map-keys" },
      "Arrow keys walk to what is linked. Enter opens, x takes in a second step, 0 shows all, plus and minus zoom, square brackets move in time, v shows a list, p pins.");
    this.root.append(
      el("div", { class: "map-bar" },
        finder, types, this.asList, button("All", "0", () => acts.all()),
        el("span", { class: "map-zoom" }, button("−", "", () => acts.zoom(1 / ZOOM_STEP), "Zoom out"), button("+", "", () => acts.zoom(ZOOM_STEP), "Zoom in")),
        el("details", { class: "map-menu" }, el("summary", {}, "More"),
          el("div", {}, el("h2", {}, "Save"), el("p", { class: "map-saves" }, ...saves),
            el("h2", {}, "Layout"), tidy("PREVIEW", "Tidy the map…"), tidy("UNDO", "Undo the last tidying")))),
      tidied, this.notice, el("div", { class: "map-body" }, this.few, this.stage, list, panel), time, this.counts, this.spoken, hint);
  }

  /** Shows the list or the canvas, where there is a choice. */
  showMode(isList: boolean, canDraw: boolean): void {
    this.root.classList.toggle("is-list", isList);
    this.asList.setAttribute("aria-pressed", String(isList));
    this.asList.hidden = !canDraw;
  }

  /** Says what to do where there is nothing to look at yet, or hardly anything. */
  showFew(count: number, spaces: string[]): void {
    this.few.hidden = count > 1;
    this.few.classList.toggle("is-one", count === 1);
    const where = spaces.length > 0 ? ` of ${spaces.join(", ")}` : "";
    const next = el("p", {}, el("a", { href: "/start" }, "First steps"), spaces.length > 0 && " · ", spaces.length > 0 && el("a", { href: "/map" }, "All spaces"));
    if (count === 0) {
      this.few.replaceChildren(
        el("p", {}, el("strong", {}, `Nothing${where} is on the map yet.`)),
        el("p", { class: "soft" }, "Tell Hydra something, or bring in a folder of notes, and it appears here by itself."), next);
    } else if (count === 1) {
      this.few.replaceChildren(el("p", {}, `Only one thing${where} is on the map yet. What you tell Hydra next, or bring in, comes to lie beside it.`), next);
    }
  }

  showTip(text: string, x: number, y: number): void {
    this.tip.textContent = text;
    this.tip.style.transform = `translate(${x + TIP_AWAY}px, ${y + TIP_AWAY}px)`;
    this.tip.hidden = false;
  }

  hideTip(): void {
    this.tip.hidden = true;
  }

  say(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = text === "";
  }

  /** Closes the menus that something is not in. */
  closeMenus(target: Node | null): void {
    for (const menu of this.root.querySelectorAll("details[open]")) if (!menu.contains(target)) menu.removeAttribute("open");
  }
}

function button(label: string, key: string, run: () => void, name?: string): HTMLButtonElement {
  return el("button", { type: "button", click: run, "aria-label": name }, label, key !== "" && el("kbd", { "aria-hidden": "true" }, key));
}
