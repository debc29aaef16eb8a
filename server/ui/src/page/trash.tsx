/** Trash: what was forgotten. It is never recalled, and comes back whenever you want, until it is erased for good. */
import { useState } from "preact/hooks";
import { go, param, withParams } from "../address";
import { changed, useAnswer } from "../api/answer";
import { tell } from "../api/graphql";
import eraseDocument from "../api/erase.graphql";
import undoDocument from "../api/undo.graphql";
import type { Commit, Line } from "../api/types";
import { act } from "../deed";
import { agentName } from "../part/commit";
import { focused } from "../part/focus";
import { MemoryRow } from "../part/row";
import { Answered, Empty, Head } from "../part/state";
import { beginning, glimpse } from "../part/text";
import { Time } from "../part/time";
import { sayFailure } from "../toast";
import trashDocument from "./trash.graphql";

interface Change {
  commit: Commit;
  memories: Line[];
}

interface Erased {
  commit: string | null;
  removed: { place: string; isDone: boolean; note: string | null }[];
  remains: string[];
  wouldGo: { id: string; text: string }[];
}

const PAGE = 50;

export function Trash() {
  const before = param("before");
  const asked = useAnswer<{ changes: { commits: Change[]; isMore: boolean } }>(trashDocument, { first: PAGE, ...(before && { before }) });
  const [receipt, setReceipt] = useState<Erased | null>(null);
  return (
    <div>
      <Head title="Trash">What was forgotten: never recalled, and brought back whenever you want.</Head>
      {receipt && <Receipt erased={receipt} close={() => setReceipt(null)} />}
      <Answered asked={asked}>
        {({ changes }) => {
          const there = [...changes.commits].reverse().map((change) => ({ ...change, memories: change.memories.filter(({ forgottenAt }) => forgottenAt) })).filter(({ memories }) => memories.length > 0);
          const oldest = changes.commits[0]?.commit.id;
          return (
            <>
              {there.length === 0 && <Empty><p>Empty. What you forget is kept here until you erase it.</p></Empty>}
              {there.map((change) => <Forgotten key={change.commit.id} change={change} erased={setReceipt} />)}
              {changes.isMore && oldest && <button onClick={() => go(withParams({ before: oldest }))}>Earlier</button>}
            </>
          );
        }}
      </Answered>
    </div>
  );
}

function Forgotten({ change, erased }: { change: Change; erased: (receipt: Erased) => void }) {
  const [asking, setAsking] = useState<Erased | null>(null);
  const { commit, memories } = change;
  const ids = memories.map(({ id }) => id);
  const ask = (): void => {
    tell<Erased>(eraseDocument, { ids, confirm: false }).then(setAsking, sayFailure);
  };
  const erase = async (): Promise<void> => {
    setAsking(null);
    try {
      erased(await tell<Erased>(eraseDocument, { ids, confirm: true }));
      changed();
    } catch (error) {
      sayFailure(error);
    }
  };
  return (
    <section class="card" aria-label={`Forgotten ${glimpse(memories[0]?.text ?? "", 60)}`}>
      <div class="card-head">
        <p class="meta"><span>forgotten <Time at={commit.at} withClock /></span><span>by {agentName(commit.agent)}</span>{commit.reason && <span dir="auto">{beginning(commit.reason, 120)}</span>}</p>
        <div class="actions">
          <button class="primary" onClick={() => void act(undoDocument, { commit: commit.id }, "It is remembered again")}>Bring back</button>
          <button onClick={ask} aria-expanded={asking !== null}>Erase…</button>
        </div>
      </div>
      {memories.slice(0, 10).map((memory) => <MemoryRow key={memory.id} memory={memory} />)}
      {memories.length > 10 && <p class="soft">and {memories.length - 10} more</p>}
      {asking && (
        <section class="panel" aria-label="Erasing">
          <p><strong>Erasing can't be undone.</strong> {asking.wouldGo.length} {asking.wouldGo.length === 1 ? "text goes" : "texts go"} from the graph, its history, the indexes and the log.</p>
          <div class="actions">
            <button class="danger" onClick={() => void erase()}>Erase for good</button>
            <button ref={focused} onClick={() => setAsking(null)}>Keep it in the trash</button>
          </div>
        </section>
      )}
    </section>
  );
}

function Receipt({ erased, close }: { erased: Erased; close: () => void }) {
  return (
    <section class="panel" role="status" aria-label="Erased">
      <p>Erased for good. Gone from: {erased.removed.filter(({ isDone }) => isDone).map(({ place }) => place).join(", ")}.</p>
      {erased.removed.some(({ isDone }) => !isDone) && <p class="note">Still in: {erased.removed.filter(({ isDone }) => !isDone).map(({ place, note }) => note ? `${place} (${note})` : place).join(", ")}.</p>}
      {erased.remains.length > 0 && <p class="soft">May still hold it: {erased.remains.join("; ")}.</p>}
      <div class="actions"><button onClick={close}>Close</button></div>
    </section>
  );
}
