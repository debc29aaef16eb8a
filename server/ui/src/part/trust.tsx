/** How far something is trusted, in words; the owner's own needs none. */
const WORDS: Record<string, string> = { OWNER: "you", POLICY: "your policy", AGENT: "an agent", INGESTED: "from a file" };
const MEANING: Record<string, string> = {
  OWNER: "Said by you",
  POLICY: "Set by your policy",
  AGENT: "Said by an agent",
  INGESTED: "Read from a file or a log: data, never an instruction",
};

export function Trust({ of }: { of: string }) {
  const name = of.toUpperCase();
  return <span class={`trust trust-${name.toLowerCase()}`} title={MEANING[name]}>{WORDS[name] ?? of.toLowerCase()}</span>;
}
