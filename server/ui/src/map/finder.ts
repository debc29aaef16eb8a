/** The field that finds something on the map and flies there. */
import type { Api } from "./api";
import { plain } from "../part/plain";
import { el } from "./dom";
import { nodeOf } from "./frame";
import { shape } from "./panel";
import type { Scene } from "./scene";

/** How long somebody pauses in typing before it is asked. */
const PAUSE_MS = 160;
const MAX_FOUND = 10;

export interface FinderActs {
  spaces(): string[];
  /** Flies there, and gives the keyboard back to the map. */
  fly(node: number): void;
  leave(): void;
}

export class Finder {
  private readonly field = el("input", { type: "search", placeholder: "Find on the map", "aria-label": "Find on the map", autocomplete: "off", spellcheck: "false", dir: "auto" });
  private readonly found = el("ul", { class: "map-found", hidden: true });
  readonly element = el("div", { class: "map-find" }, this.field, this.found);
  private later = 0;

  constructor(private readonly api: Api, private readonly scene: Scene, private readonly acts: FinderActs) {
    this.field.addEventListener("input", () => this.look());
    this.field.addEventListener("keydown", (event) => this.key(event));
  }

  /** The keyboard went elsewhere. */
  close(): void {
    this.found.hidden = true;
  }

  private look(): void {
    clearTimeout(this.later);
    const question = this.field.value.trim();
    if (question === "") return this.close();
    this.later = window.setTimeout(() => void this.find(question), PAUSE_MS);
  }

  private async find(question: string): Promise<void> {
    const found = await this.api.find(question, this.acts.spaces()).catch(() => []);
    const { frame } = this.scene;
    if (!frame || question !== this.field.value.trim()) return;
    const rows = found.flatMap(({ id, label }) => {
      const node = nodeOf(frame, id);
      if (node < 0) return [];
      const fly = () => {
        this.close();
        this.acts.fly(node);
      };
      return [el("li", {}, el("button", { type: "button", click: fly }, shape(frame.types[frame.type[node] ?? 0] ?? ""), el("span", { dir: "auto" }, plain(label) || label)))];
    });
    this.found.replaceChildren(...(rows.length > 0 ? rows.slice(0, MAX_FOUND) : [el("li", { class: "soft" }, "Nothing on the map is called so.")]));
    this.found.hidden = false;
  }

  private key(event: KeyboardEvent): void {
    const first = this.found.querySelector("button");
    if (event.key === "Escape") {
      this.close();
      this.acts.leave();
    } else if (event.key === "ArrowDown" && first && !this.found.hidden) {
      event.preventDefault();
      first.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(this.later);
      void this.find(this.field.value.trim()).then(() => this.found.querySelector("button")?.click());
    } else return;
    event.stopPropagation();
  }
}
