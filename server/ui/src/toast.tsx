/** What was just done, with the way back: shown for ten seconds, and kept for the key `u`. */
import { signal } from "@preact/signals";
import { tell, Failure } from "./api/graphql";
import { changed } from "./api/answer";
import undoDocument from "./api/undo.graphql";

/** How long a toast stays; longer while it is pointed at or focused. */
const SHOWN_MS = 10_000;
/** Commits that `u` can go back through. */
const MAX_DONE = 50;

interface Toast {
  id: number;
  text: string;
  undo: string | null;
  isError: boolean;
}

export const toasts = signal<Toast[]>([]);
const done: string[] = [];
let next = 0;
let isHeld = false;

/** Shows what was done. `undo` is the commit that takes it back. */
export function say(text: string, undo: string | null = null): void {
  if (undo) {
    done.push(undo);
    if (done.length > MAX_DONE) done.shift();
  }
  show({ id: ++next, text, undo, isError: false });
}

/** Shows what went wrong, with the next step. */
export function sayFailure(error: unknown): void {
  const text = error instanceof Failure ? [error.message, error.hint].filter(Boolean).join(". ") : String(error);
  show({ id: ++next, text, undo: null, isError: true });
}

function show(toast: Toast): void {
  toasts.value = [...toasts.value.slice(-2), toast];
  const leave = (): void => {
    if (isHeld) setTimeout(leave, 1_000);
    else dismiss(toast.id);
  };
  setTimeout(leave, SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Takes a commit back, by default the last one that this tab made. */
export async function undo(commit = done.at(-1)): Promise<void> {
  if (!commit) {
    say("There is nothing to take back in this tab");
    return;
  }
  const place = done.lastIndexOf(commit);
  if (place >= 0) done.splice(place, 1);
  toasts.value = toasts.value.filter((toast) => toast.undo !== commit);
  try {
    await tell(undoDocument, { commit });
    say("Taken back");
    changed();
  } catch (error) {
    sayFailure(error);
  }
}

export function Toasts() {
  const hold = (held: boolean) => () => {
    isHeld = held;
  };
  return (
    <div class="toasts" role="status" onMouseEnter={hold(true)} onMouseLeave={hold(false)} onFocusIn={hold(true)} onFocusOut={hold(false)}>
      {toasts.value.map((toast) => (
        <div key={toast.id} class={toast.isError ? "toast is-error" : "toast"}>
          <span>{toast.text}</span>
          {toast.undo && <button onClick={() => void undo(toast.undo ?? undefined)}>Undo</button>}
          <button class="quiet" aria-label="Close this message" onClick={() => dismiss(toast.id)}>×</button>
        </div>
      ))}
    </div>
  );
}
