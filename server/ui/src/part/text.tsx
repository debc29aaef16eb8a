/** Texts of the memory. They are data: shown as they are, never read as markup. */
import { useState } from "preact/hooks";

/** Characters that are shown before somebody asks for all. */
const SHORT = 4_000;
const MAX_MARKED = 40;

/** The beginning of a text, cut between characters as people count them. */
export function beginning(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= length) return line;
  const cut = line.slice(0, length);
  const space = cut.lastIndexOf(" ");
  // Half a surrogate pair is no character.
  const whole = (space > length / 2 ? cut.slice(0, space) : cut).replace(/[\uD800-\uDBFF]$/, "");
  return `${whole}…`;
}

/** A whole text; of a very long one first a part. */
export function Text({ text }: { text: string }) {
  const [isAll, setAll] = useState(false);
  const isLong = text.length > SHORT && !isAll;
  return (
    <>
      <div class="text" dir="auto">{isLong ? `${text.slice(0, SHORT).replace(/[\uD800-\uDBFF]$/, "")}…` : text}</div>
      {isLong && (
        <button class="link" onClick={() => setAll(true)}>
          Show all {text.length.toLocaleString()} characters
        </button>
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
