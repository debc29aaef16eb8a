/** Texts of the memory. They are data: what is in them becomes words, lists and links, never markup of the page. */
import { useMemo, useState } from "preact/hooks";
import { Drawn } from "./drawn";
import { MAX_READ, plain } from "./markdown";

/** Characters that are shown before somebody asks for all. */
const SHORT = 4_000;
const MAX_MARKED = 40;

/** The beginning of a text, cut between characters as people count them. */
export function beginning(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= length) return line;
  const cut = line.slice(0, length);
  const space = cut.lastIndexOf(" ");
  return `${cutWhole(space > length / 2 ? cut.slice(0, space) : cut)}…`;
}

/** The beginning of what a text says, in one line. */
export function glimpse(text: string, length: number): string {
  // Link targets and signs take room that is not shown.
  return beginning(plain(cutWhole(text.slice(0, 4 * length + 400))), length);
}

/** Half a surrogate pair is no character. */
const cutWhole = (text: string): string => text.replace(/[\uD800-\uDBFF]$/, "");

/** A whole text; of a very long one first a part. */
export function Text({ text, words = "" }: { text: string; words?: string }) {
  const [isAll, setAll] = useState(false);
  const [isRaw, setRaw] = useState(false);
  const isLong = text.length > SHORT && !isAll;
  const shown = isLong ? `${cutWhole(text.slice(0, SHORT))}…` : text;
  const hasMore = useMemo(() => shown.length <= MAX_READ && /[[\]#*_`>^=|~\\<-]|\d[.)] /.test(shown) && plain(shown) !== shown.replace(/\s+/g, " ").trim(), [shown]);
  return (
    <>
      <div class={isRaw ? "text is-raw" : "text"} dir="auto">{isRaw || !hasMore ? <Marked text={shown} words={words} /> : <Drawn text={shown} words={words} />}</div>
      {(isLong || hasMore) && (
        <p class="text-more">
          {isLong && <button class="link" onClick={() => setAll(true)}>Show all {text.length.toLocaleString()} characters</button>}
          {hasMore && <button class="link" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>As it is written</button>}
        </p>
      )}
    </>
  );
}

/** A text with the words of a question marked. */
export function Marked({ text, words }: { text: string; words: string }) {
  const wanted = words.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 3);
  if (wanted.length === 0) return <>{text}</>;
  const escaped = wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = text.split(new RegExp(`((?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}]))`, "giu"));
  return <>{parts.map((part, index) => (index % 2 === 1 && index < MAX_MARKED * 2 ? <mark key={index}>{part}</mark> : part))}</>;
}
