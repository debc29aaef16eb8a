/** What something is, as a shape: the same ones as on the map. */
const SHAPES: Record<string, preact.JSX.Element> = {
  EPISODE: <circle cx="8" cy="8" r="3" />,
  PASSAGE: <path d="M3 4.5h10M3 8h10M3 11.5h6" fill="none" stroke-width="1.6" stroke="currentColor" />,
  FACT: <circle cx="8" cy="8" r="4.5" />,
  PREFERENCE: <path d="M8 13.2 3 8.3a3 3 0 0 1 5-3.2 3 3 0 0 1 5 3.2z" />,
  LEARNING: <path d="M8 2.8 13.6 13H2.4z" />,
  DECISION: <path d="M8 2 14 8l-6 6-6-6z" />,
  ENTITY: <circle cx="8" cy="8" r="4.3" fill="none" stroke-width="2" stroke="currentColor" />,
};

const WORDS: Record<string, string> = {
  EPISODE: "episode",
  PASSAGE: "passage",
  FACT: "fact",
  PREFERENCE: "preference",
  LEARNING: "learning",
  DECISION: "decision",
  ENTITY: "entity",
};

/** The word for a kind. */
export const kindWord = (kind: string): string => WORDS[kind.toUpperCase()] ?? kind.toLowerCase();

/** Its shape, with the word for whoever does not see it. */
export function Mark({ kind }: { kind: string }) {
  const name = kind.toUpperCase();
  return (
    <svg class={`mark mark-${name.toLowerCase()}`} viewBox="0 0 16 16" role="img" aria-label={kindWord(kind)}>
      <title>{kindWord(kind)}</title>
      {SHAPES[name] ?? SHAPES["EPISODE"]}
    </svg>
  );
}
