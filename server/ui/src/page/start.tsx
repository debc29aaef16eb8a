/** The first minute: what this is, three ways in, and a first question answered with where the answer stands. */
import { useEffect, useState } from "preact/hooks";
import { go, param, searchAddress, withParams } from "../address";
import { changed, useAnswer } from "../api/answer";
import { tell } from "../api/graphql";
import forgetDocument from "../api/forget.graphql";
import sampleDocument from "../api/sample.graphql";
import type { Recalled } from "../api/types";
import { act } from "../deed";
import { AddFolder, FolderState, type Watched } from "../part/folder";
import { copy, fileName, MemoryRow } from "../part/row";
import { Answered, Head } from "../part/state";
import { say, sayFailure } from "../toast";
import { Channels } from "../part/why";
import searchDocument from "./search.graphql";
import { useSourceNews } from "./sources";
import startDocument from "./start.graphql";

interface Answer {
  stats: { memories: number; passages: number; sources: number; entities: number; indexes: { name: string; behind: boolean; done: number; total: number }[] };
  sources: { isWatching: boolean; sources: Watched[] };
  sample: { rows: { value: string }[][] } | null;
  query: { rows: { value: string }[][] } | null;
}

const COMMAND = "hydra install claude-code";
/** How long somebody pauses in typing before it is asked. */
const PAUSE_MS = 300;
/** Answered by the sample as soon as it is read. */
const SAMPLE_QUESTION = "Why do the taps run cold in the morning?";

export function Start() {
  const asked = useAnswer<Answer>(startDocument);
  useSourceNews();
  return (
    <div class="start">
      <Head title="Your memory, on your machine">
        Hydra reads your notes, keeps what you and your agents tell it, and finds the right thing again. Everything says where it comes from, and anything can be undone. Nothing leaves this machine.
      </Head>
      <Answered asked={asked}>{(answer) => <Doors answer={answer} />}</Answered>
    </div>
  );
}

function Doors({ answer }: { answer: Answer }) {
  const { stats, sources } = answer;
  const sample = (answer.sample?.rows ?? []).map((row) => row[0]?.value.replace(/^id:/, "") ?? "").filter(Boolean);
  const folders = sources.sources;
  const known = stats.memories + stats.passages;
  return (
    <>
      <div class="doors">
        <section class="card door" aria-labelledby="door-agent">
          <h2 id="door-agent">Connect Claude Code</h2>
          <p>It then remembers across sessions, and asks your memory before it works. The change to its settings is shown first, and taken back exactly.</p>
          <p class="command"><code>{COMMAND}</code><button onClick={() => void copy(COMMAND, "Command copied")}>Copy</button></p>
        </section>
        <section class="card door" aria-labelledby="door-folder">
          <h2 id="door-folder">Bring in a folder</h2>
          <p>Notes, documents, mail or logs. It is read now and kept true to; your files are never changed.</p>
          <AddFolder />
          {folders.map((folder) => <div key={folder.id}><p class="path" title={folder.path}>{fileName(folder.path)}</p><FolderState folder={folder} /></div>)}
        </section>
        <section class="card door" aria-labelledby="door-sample">
          <h2 id="door-sample">Look at a sample</h2>
          <p>A year of one household, in a space of its own: it stays apart from what is yours, and goes with one click.</p>
          <Sample ids={sample} />
        </section>
      </div>
      {known > 0 && <First answer={answer} isSample={sample.length > 0 && folders.length === 0} />}
    </>
  );
}

/** The sample, brought in and taken out again. */
function Sample({ ids }: { ids: string[] }) {
  const [isBusy, setBusy] = useState(false);
  const look = async (): Promise<void> => {
    setBusy(true);
    try {
      const { added } = await tell<{ added: number }>(sampleDocument);
      say(added > 0 ? "The sample is there" : "The sample was forgotten before; bring it back from the trash");
      changed();
    } catch (error) {
      sayFailure(error);
    } finally {
      setBusy(false);
    }
  };
  if (ids.length > 0) {
    return (
      <div class="actions">
        <span class="badge">{ids.length === 1 ? "1 note is" : `${ids.length} notes are`} there</span>
        <button onClick={() => void act(forgetDocument, { ids, dryRun: false }, "The sample is gone")}>Take it out</button>
      </div>
    );
  }
  return isBusy ? <progress aria-label="Reading the sample" /> : <p><button class="primary" onClick={() => void look()}>Show me the sample</button></p>;
}

/** A question that the memory can answer now, with its answer. */
function First({ answer, isSample }: { answer: Answer; isSample: boolean }) {
  const name = answer.query?.rows.map((row) => row[0]?.value ?? "").find((name) => /^\p{L}/u.test(name));
  const usual = isSample ? SAMPLE_QUESTION : name ? `What do I know about ${name}?` : "";
  // What is asked is in the address; what is being typed gets there with a pause.
  const q = param("q").trim() || usual;
  const [typed, setTyped] = useState(param("q"));
  useEffect(() => setTyped(param("q")), [param("q")]);
  useEffect(() => {
    if (typed === param("q")) return;
    const timer = setTimeout(() => go(withParams({ q: typed }), { replace: true }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const asked = useAnswer<{ recall: Recalled }>(q ? searchDocument : null, { q, limit: 3 }, answer.stats.memories + answer.stats.passages);
  const behind = answer.stats.indexes.some((index) => index.behind);
  return (
    <section class="first" aria-labelledby="first">
      <h2 id="first">Ask it something</h2>
      <form class="search-field" role="search" onSubmit={(event) => { event.preventDefault(); go(searchAddress(typed.trim() || usual)); }}>
        <input type="search" aria-label="Your first question" dir="auto" value={typed} placeholder={usual} onInput={(event) => setTyped(event.currentTarget.value)} />
        <button class="sr-only" tabIndex={-1}>Search</button>
      </form>
      {!typed && usual && <p class="soft">For example: {usual}</p>}
      {behind && <p class="soft">Texts are still being taken in; answers get better by the second.</p>}
      {q && (
        <Answered asked={asked}>
          {({ recall }) => (
            <>
              {recall.hits.length === 0 && <p class="soft">Nothing yet.</p>}
              {recall.hits.map((hit) => <MemoryRow key={hit.id} memory={hit} words={q}><div class="meta"><Channels why={hit.why} /></div></MemoryRow>)}
              <p><a href={searchAddress(q)}>All that was found</a> · <a href="/">Today</a></p>
            </>
          )}
        </Answered>
      )}
    </section>
  );
}
