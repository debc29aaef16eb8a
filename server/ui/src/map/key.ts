/** Which key does what: letters everywhere on the map, arrows where they walk. */

export type Deeds = Record<string, () => unknown>;

export interface Keyboard {
  /** Wherever on the map the keyboard is. */
  everywhere(): Deeds;
  /** On the canvas. */
  onStage(): Deeds;
  /** In the list. */
  inList(): Deeds;
  place(target: HTMLElement): "stage" | "list" | null;
  /** Whether single letters are commands. */
  letters(): boolean;
}

export function hearKeys(root: HTMLElement, keyboard: Keyboard, signal: AbortSignal): void {
  root.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, summary, .map-menu")) return;
    if (event.key.length === 1 && !keyboard.letters()) return;
    const place = keyboard.place(target);
    const here: Deeds = place === "list" ? keyboard.inList() : place === "stage" ? keyboard.onStage() : {};
    const run = here[event.key] ?? keyboard.everywhere()[event.key];
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  }, { signal });
}
