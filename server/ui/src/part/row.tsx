/** One memory in a list: what it is, how it begins, where it comes from. */
import type { ComponentChildren } from "preact";
import { signal } from "@preact/signals";
import { go, memoryAddress } from "../address";
import type { Line, Source } from "../api/types";
import { currentRow, useCommands } from "../command";
import { forget } from "../deed";
import { say } from "../toast";
import { Mark } from "./mark";
import { beginning, glimpse, Marked } from "./text";
import { Time } from "./time";
import { Trust } from "./trust";

/** Characters of a row; the page of the memory has them all. */
const SHOWN = 280;

/** Memories that are gone from lists before the server has said so. */
export const hidden = signal<ReadonlySet<string>>(new Set());

/** The file's own name; the whole path is one hover away. */
export function fileName(path: string): string {
  return path.split("/").filter(Boolean).at(-1) ?? path;
}

/** Where it comes from, as short as it can be found again. */
export function From({ source, title }: { source: Source; title?: string }) {
  if (source.path) {
    const line = source.span ? `:${source.span.line}` : "";
    const place = source.heading || title;
    return <span class="from" dir="auto" title={source.path + line}>{fileName(source.path)}{place && ` › ${glimpse(place, 60)}`}</span>;
  }
  return source.saidBy ? <span class="from" dir="auto">{beginning(source.saidBy, 60)}</span> : null;
}

interface Row {
  memory: Line;
  /** Words to mark. */
  words?: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
  isCurrent?: boolean;
  onFocus?: () => void;
}

export function MemoryRow({ memory, words = "", children, actions, isCurrent = false, onFocus }: Row) {
  if (hidden.value.has(memory.id)) return null;
  const isOver = Boolean(memory.retractedAt ?? memory.forgottenAt) || (memory.validTo != null && new Date(memory.validTo) < new Date());
  return (
    <div class={isCurrent ? "row is-current" : "row"} data-row data-id={memory.id} tabIndex={-1} onFocusCapture={onFocus}>
      <Mark kind={memory.kind} />
      <div class="row-body">
        <a class={isOver ? "row-text is-over" : "row-text"} data-open dir="auto" href={memoryAddress(memory.id)}>
          <Marked text={glimpse(memory.decision?.decided || memory.text || memory.title || "(no text)", SHOWN)} words={words} />
        </a>
        <div class="meta">
          <From source={memory.source} title={memory.title} />
          {memory.trust !== "OWNER" && memory.trust !== "INGESTED" && <Trust of={memory.trust} />}
          {memory.space !== "personal" && <span class="space">{memory.space}</span>}
          <Time at={memory.recordedAt} />
        </div>
        {children}
      </div>
      {actions && <div class="row-actions">{actions}</div>}
    </div>
  );
}

/** Copies the address of a memory. */
export async function copyLink(id: string): Promise<void> {
  await copy(location.origin + memoryAddress(id), "Link copied");
}

export async function copy(text: string, said: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(said);
  } catch {
    say(`This browser does not let pages copy. It is: ${text}`);
  }
}

/** Opens the memory of the row with its editor; what is no memory of its own, as a file, is only opened. */
function edit(): void {
  const link = currentRow()?.querySelector<HTMLAnchorElement>("a[data-open]");
  if (!link) say("Choose a row first, with j and k");
  else if (link.pathname.startsWith("/m/")) go(`${link.pathname}?do=edit`);
  else link.click();
}

/** What keys do with the row that is focused. */
export function useRowCommands(): void {
  const id = (): string | undefined => currentRow()?.dataset["id"];
  const withRow = (act: (id: string) => void) => () => {
    const current = id();
    if (current) act(current);
    else say("Choose a row first, with j and k");
  };
  useCommands(
    [
      { name: "Copy a link to this row", key: "y", isQuiet: true, run: withRow((current) => void copyLink(current)) },
      { name: "Forget this row", key: "Backspace", isQuiet: true, run: withRow((current) => void forget(current)) },
      { name: "Open this row to edit", key: "e", isQuiet: true, run: edit },
    ],
    [],
  );
}
