/** Why something was found: by which ways, at which place in each, and what else counted. */
import type { Hit, Reason, Why } from "../api/types";
import { memoryAddress } from "../address";

const CHANNELS: { key: "dense" | "lexical" | "late" | "graph"; name: string; meaning: string }[] = [
  { key: "dense", name: "meaning", meaning: "It means something similar" },
  { key: "lexical", name: "words", meaning: "It has words of the question" },
  { key: "late", name: "word by word", meaning: "Its words fit those of the question, one by one" },
  { key: "graph", name: "graph", meaning: "It is linked to what the question names" },
];

const OTHERS: { key: keyof Why; text: string }[] = [
  { key: "speaker", text: "the question names who said it" },
  { key: "subject", text: "it is about somebody whom the question names" },
  { key: "session", text: "more of the same conversation fits" },
  { key: "time", text: "it happened in the time that the question names" },
  { key: "called", text: "the question names what it is called" },
  { key: "names", text: "a name in a better hit led to it" },
  { key: "machine", text: "a program said it, which counts less" },
];

/** A channel counts as having found it when it had it on its list. */
const found = (reason: Reason | null): reason is Reason & { rank: number } => reason?.rank != null;

/** The ways that found it, as badges. */
export function Channels({ why }: { why: Why }) {
  return (
    <span class="channels">
      {CHANNELS.filter(({ key }) => key !== "late" && found(why[key])).map(({ key, name, meaning }) => {
        const { rank } = why[key] as Reason;
        return <span key={key} class={`channel channel-${key}`} title={`${meaning}; place ${rank} by ${name}`}>{name}<span class="sr-only">, place</span> {rank}</span>;
      })}
    </span>
  );
}

/** All of it, in sentences and bars. */
export function WhyBox({ hit, place }: { hit: Pick<Hit, "why" | "score">; place: number }) {
  const { why, score } = hit;
  const others = OTHERS.filter(({ key }) => typeof why[key] === "number" && why[key] !== 0);
  return (
    <div class="why">
      <p>
        Place {place}, fits <strong>{Math.round(score * 100)} %</strong> of the best there could be.
      </p>
      <dl>
        {CHANNELS.map(({ key, name, meaning }) => {
          const reason = why[key];
          return (
            <div key={key}>
              <dt>{name}</dt>
              <dd>
                <meter min={0} max={1} value={String(Math.max(0, Math.min(1, reason ? shareOf(key, reason.score) : 0)))} aria-label={`${name}: ${reason ? reason.score.toFixed(2) : "not found"}`} />
                <span title={meaning}>{found(reason) ? `place ${reason.rank}` : reason ? "compared only" : "did not find it"}</span>
              </dd>
            </div>
          );
        })}
      </dl>
      {(others.length > 0 || why.ledBy || why.entities.length > 0) && (
        <ul>
          {others.map(({ key, text }) => <li key={key}>Because {text}.</li>)}
          {why.ledBy && <li>Through <q>{why.ledBy.name}</q>, which <a href={memoryAddress(why.ledBy.from)}>another hit</a> names.</li>}
          {why.entities.length > 0 && <li>The question names {why.entities.slice(0, 5).join(", ")}.</li>}
        </ul>
      )}
    </div>
  );
}

/** Scores by words have no upper end; the rest is between 0 and 1. */
function shareOf(key: string, score: number): number {
  return key === "lexical" ? score / (score + 6) : key === "graph" ? Math.min(1, score * 20) : score;
}
