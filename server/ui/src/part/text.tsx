/** Texts of the memory. They are data: what is in them becomes words, lists and links, never markup of the page. */
import { useState } from "preact/hooks";
import type { Node } from "../api/mdast";
import { cutWhole, first } from "./cut";
import { Drawn } from "./drawn";
import { plain } from "./plain";

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

/** A whole text, drawn if it is more than its words; of a very long one first a part. */
export function Text({ text, markdown, words = "" }: { text: string; markdown: Node[] | null; words?: string }) {
  const [isAll, setAll] = useState(false);
  const [isRaw, setRaw] = useState(false);
  const isLong = text.length > SHORT && !isAll;
  return (
    <>
      <div class={isRaw ? "text is-raw" : "text"} dir="auto">
        {markdown && !isRaw
          ? <Drawn nodes={isLong ? first(markdown, { left: SHORT }) : markdown} words={words} />
          : <Marked text={isLong ? `${cutWhole(text.slice(0, SHORT))}…` : text} words={words} />}
      </div>
      {(isLong || markdown) && (
        <p class="text-more">
          {isLong && <button class="link" onClick={() => setAll(true)}>Show all {text.length.toLocaleString()} characters</button>}
          {markdown && <button class="link" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>As it is written</button>}
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
