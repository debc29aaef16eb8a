/** Tidying the map: an act of its owner, seen before it is kept, and taken back. */
import type { Api } from "./api";
import { counted, el } from "./dom";

export type TidyAct = "PREVIEW" | "KEEP" | "UNDO";

export interface TidyActs {
  isPreview(): boolean;
  /** Shows the layout as it would be. */
  preview(): void;
  /** Shows the layout as it is. */
  leave(): void;
  refresh(): Promise<void>;
  told(text: string): void;
  failed(text: string): void;
}

export class Tidying {
  readonly element = el("div", { class: "map-tidied", hidden: true });
  private moved = 0;

  constructor(private readonly api: Api, private readonly acts: TidyActs) {}

  async run(act: TidyAct): Promise<void> {
    try {
      const done = await this.api.tidy(act);
      if (act === "PREVIEW") {
        this.moved = done.moved;
        return this.acts.preview();
      }
      this.acts.told(act === "KEEP" ? `Tidied: ${counted(done.moved, "thing")} moved. “More” takes it back` : "The map is as it was");
      if (this.acts.isPreview()) this.acts.leave();
      else await this.acts.refresh();
    } catch (error) {
      this.acts.failed(error instanceof Error ? error.message : "the map can't be tidied");
    }
  }

  show(): void {
    const isPreview = this.acts.isPreview();
    this.element.hidden = !isPreview;
    if (!isPreview) return this.element.replaceChildren();
    if (this.element.childElementCount > 0) return;
    this.element.append(
      el("p", {}, this.moved > 0 ? `This is how it would look: ${counted(this.moved, "thing")} would move.` : "This is how it would look."),
      el("button", { type: "button", class: "primary", click: () => void this.run("KEEP") }, "Keep this"),
      el("button", { type: "button", click: () => this.acts.leave() }, "Leave it as it was"));
  }
}
