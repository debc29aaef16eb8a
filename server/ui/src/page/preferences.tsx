/** Preferences: what you want and what you avoid; those that were only inferred wait for your word. */
import type { Line } from "../api/types";
import { act, end, forget } from "../deed";
import preferDocument from "../api/prefer.graphql";
import { PutOff, PutOffUntil } from "../part/snooze";
import { KeptPage } from "../part/kept";
import preferencesDocument from "./preferences.graphql";

const isCandidate = ({ preference }: Line): boolean => preference?.status === "candidate";

export function Preferences() {
  return (
    <KeptPage<Line>
      document={preferencesDocument}
      title="Preferences"
      what="What you want and what you avoid. What was only inferred counts once you, or a second source, says so."
      empty={<p>None yet. Say one: <code>hydra remember --kind preference "I prefer tea to coffee"</code></p>}
      order={(memory) => (isCandidate(memory) ? 0 : 1)}
      below={(memory) => {
        const { preference } = memory;
        return preference && (
          <p class="meta">
            {isCandidate(memory) ? <span class="badge is-accent">waits for you</span> : <span class="badge">in force</span>}
            <PutOffUntil until={memory.snoozedUntil} />
            <span>{preference.polarity === "FOR" ? "wanted" : "avoided"}{preference.topic && `, in ${preference.topic}`}</span>
            {preference.scope && <span>for {preference.scope}</span>}
            <span>{preference.inferred ? "inferred" : "said"}, {preference.observations} {preference.observations === 1 ? "voice" : "voices"}</span>
          </p>
        );
      }}
      actions={(memory) => (
        <>
          {isCandidate(memory) && <button class="primary" onClick={() => accept(memory)}>Accept</button>}
          {isCandidate(memory) ? <><button onClick={() => void forget(memory.id)}>Decline</button><PutOff id={memory.id} what="this preference" /></> : <button onClick={() => void end(memory.id)}>End</button>}
        </>
      )}
      keys={[
        { key: "a", name: "Accept", run: accept },
        { key: "d", name: "Decline", run: (memory) => void forget(memory.id) },
        { key: "s", name: "End", run: (memory) => void end(memory.id) },
      ]}
    />
  );
}

/** What the owner says counts: so it is said once more, by the owner. */
function accept(memory: Line): void {
  const { preference } = memory;
  if (!preference || !isCandidate(memory)) return;
  const { topic, polarity, scope } = preference;
  const input = { text: memory.text, polarity, space: memory.space, ...(topic && { topic }), ...(scope && { appliesTo: scope }) };
  void act(preferDocument, { input }, "It counts from now on");
}
