/** Everything that can be done, by name and by key: the palette lists it, the keyboard calls it, the help shows it. */
import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { go } from "./address";
import { letters } from "./preference";
import { undo } from "./toast";
import { viewAddress, views } from "./view";

export interface Command {
  /** What it does, in words. */
  name: string;
  /** One key, or `g` and a letter. */
  key?: string;
  run: () => void;
  /** Left out of the palette, because it needs a place. */
  isQuiet?: boolean;
}

/** What is open above the page. */
export const dialog = signal<"palette" | "keys" | "capture" | "save-view" | null>(null);

/** The pages, in the order of the list. */
export const PAGES: { path: string; name: string; key: string; group: string }[] = [
  { path: "/", name: "Today", key: "t", group: "" },
  { path: "/search", name: "Search", key: "s", group: "" },
  { path: "/map", name: "Map", key: "m", group: "" },
  { path: "/timeline", name: "Timeline", key: "l", group: "" },
  { path: "/recalls", name: "Recalls", key: "r", group: "" },
  { path: "/decisions", name: "Decisions", key: "d", group: "Known" },
  { path: "/learnings", name: "Learnings", key: "e", group: "Known" },
  { path: "/preferences", name: "Preferences", key: "p", group: "Known" },
  { path: "/conflicts", name: "Conflicts", key: "c", group: "Waiting" },
  { path: "/proposals", name: "Proposals", key: "o", group: "Waiting" },
  { path: "/sources", name: "Sources", key: "f", group: "Kept" },
  { path: "/trash", name: "Trash", key: "x", group: "Kept" },
  { path: "/settings", name: "Settings", key: "i", group: "Kept" },
];

/** Puts the cursor into the search field of the page, or of the header. */
export function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>("#search");
  field?.focus();
  field?.select();
}

const everywhere: Command[] = [
  { name: "Search", key: "/", run: focusSearch },
  { name: "Capture a thought", key: "c", run: () => (dialog.value = "capture") },
  { name: "Undo the last change of this tab", key: "u", run: () => void undo() },
  { name: "Keys", key: "?", run: () => (dialog.value = "keys") },
  { name: "Save this view", run: () => (dialog.value = "save-view") },
  { name: "First steps", run: () => go("/start") },
  ...PAGES.map(({ path, name, key }) => ({ name: `Go to ${name}`, key: `g ${key}`, run: () => go(path) })),
];

const ofPage = signal<Command[]>([]);

/** Commands of the page that is shown, while it is. */
export function useCommands(commands: Command[], dependencies: unknown[]): void {
  useLayoutEffect(() => {
    ofPage.value = [...ofPage.value, ...commands];
    return () => {
      ofPage.value = ofPage.value.filter((command) => !commands.includes(command));
    };
  }, dependencies);
}

/** All of them, those of the page first. */
export function commands(): Command[] {
  const saved = views.value.map(({ name }) => ({ name: `Go to view “${name}”`, run: () => go(viewAddress(name)) }));
  return [...ofPage.value].reverse().concat(everywhere, saved);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** How long after `g` its letter counts. */
const JUMP_MS = 1_500;
let jumpedAt = 0;

/** Rows of the page, in order; `j` and `k` walk over them. */
const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("main [data-row]")].filter((row) => row.offsetParent !== null);

/** The row that is focused, or holds what is. */
export function currentRow(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-row]") ?? null;
}

function walk(step: number): void {
  const all = rows();
  const current = currentRow();
  const at = current ? all.indexOf(current) : step > 0 ? -1 : all.length;
  const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** Hears every key. */
export function hear(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    dialog.value = dialog.value === "palette" ? null : "palette";
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    (event.target as HTMLElement).blur();
    return;
  }
  if (dialog.value !== null || isTyping(event.target) || letters.value === "off") return;
  // The map hears its own keys first.
  const key = event.key;
  if (key === "g") {
    jumpedAt = Date.now();
    event.preventDefault();
    return;
  }
  const isJump = Date.now() - jumpedAt < JUMP_MS;
  jumpedAt = 0;
  const wanted = isJump ? `g ${key}` : key;
  const command = commands().find((command) => command.key === wanted);
  if (command) {
    event.preventDefault();
    command.run();
  } else if (key === "j" || key === "k") {
    event.preventDefault();
    walk(key === "j" ? 1 : -1);
  } else if (key === "Enter" && event.target instanceof HTMLElement && event.target.hasAttribute("data-row")) {
    event.preventDefault();
    event.target.querySelector<HTMLElement>("[data-open]")?.click();
  } else if (key === "Escape") {
    (document.activeElement as HTMLElement | null)?.blur();
  }
}
