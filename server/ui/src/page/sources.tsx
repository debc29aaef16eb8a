/** Sources: the folders that are read, how far that is, and what went wrong. */
import { useEffect, useState } from "preact/hooks";
import { heard, useAnswer } from "../api/answer";
import { tell } from "../api/graphql";
import changeDocument from "../api/changeSource.graphql";
import removeDocument from "../api/removeSource.graphql";
import { listen } from "../api/socket";
import { act } from "../deed";
import { indexName } from "../part/commit";
import { counted } from "../part/count";
import { AddFolder, FolderState, type Watched } from "../part/folder";
import { Answered, Empty, Head } from "../part/state";
import { Time } from "../part/time";
import { sayFailure } from "../toast";
import sourcesDocument from "./sources.graphql";

interface Answer {
  sources: { isWatching: boolean; sources: Watched[] };
  stats: { indexes: { name: string; behind: boolean; done: number; total: number; degraded: string | null; error: string | null }[] };
}

/** Hears how far reading is, for as long as the page is shown. */
export function useSourceNews(): void {
  useEffect(() => listen("subscription Sources { sources { isWatching } }", heard), []);
}

export function Sources() {
  const asked = useAnswer<Answer>(sourcesDocument);
  useSourceNews();
  return (
    <div>
      <Head title="Sources">Folders whose files are read and kept true to; files are never changed.</Head>
      <AddFolder />
      <Answered asked={asked}>
        {({ sources, stats }) => (
          <>
            {!sources.isWatching && <p class="note">This server watches no folders; changes are read when it does.</p>}
            {sources.sources.length === 0 && <Empty><p>No folder is watched yet. Write the path of one above: notes, logs, or conversations with an agent.</p></Empty>}
            {sources.sources.map((folder) => <Folder key={folder.id} folder={folder} />)}
            <section aria-labelledby="indexes">
              <h2 id="indexes">Ways to find what was read</h2>
              <ul class="plain lines">
                {stats.indexes.map(({ name, behind, done, total, degraded, error }) => (
                  <li key={name} class="line">
                    <strong>by {indexName(name)}</strong>
                    {(error ?? degraded) ? <span class="badge is-warning">{error ?? degraded}</span> : behind ? <><span class="badge">catching up</span>{total > 0 && <progress aria-label={`Catching up: ${name}`} max={total} value={done} />}</> : <span class="badge">has everything</span>}
                  </li>
                ))}
              </ul>
            </section>
          </>
        )}
      </Answered>
    </div>
  );
}

function Folder({ folder }: { folder: Watched }) {
  const [leaving, setLeaving] = useState<{ notes: number; passages: number } | null>(null);
  const ask = (): void => {
    tell<{ known: { notes: number; passages: number } | null }>(removeDocument, { source: folder.id, notes: "FORGET", dryRun: true }).then(
      ({ known }) => setLeaving(known ?? { notes: 0, passages: 0 }),
      sayFailure,
    );
  };
  const remove = (notes: "KEEP" | "FORGET"): void => {
    setLeaving(null);
    void act(removeDocument, { source: folder.id, notes, dryRun: false }, notes === "KEEP" ? "No longer watched; what is known of it stays" : "No longer watched; its notes are forgotten");
  };
  return (
    <article class="card" data-row tabIndex={-1}>
      <div class="card-head">
        <h2 class="path" title={folder.path}>{folder.path}</h2>
        <div class="actions">
          <button onClick={() => void act(changeDocument, { source: folder.id, paused: !folder.paused }, folder.paused ? "Watched again" : "Left alone for now")}>{folder.paused ? "Go on" : "Pause"}</button>
          <button onClick={ask} aria-expanded={leaving !== null}>Remove</button>
        </div>
      </div>
      <FolderState folder={folder} />
      <p class="meta">
        <span>{folder.kind.toLowerCase()}</span><span>{folder.space}</span>
        {folder.state?.scannedAt && <span>looked at <Time at={folder.state.scannedAt} withClock /></span>}
        {folder.include.length > 0 && <span>only {folder.include.join(", ")}</span>}
        {folder.exclude.length > 0 && <span>without {folder.exclude.join(", ")}</span>}
      </p>
      {leaving && (
        <section class="panel" aria-label="Removing">
          <p>{counted(leaving.notes, "file")} with {counted(leaving.passages, "passage")} {leaving.notes === 1 ? "is" : "are"} known from it. The files themselves stay as they are.</p>
          <div class="actions">
            <button class="primary" onClick={() => remove("KEEP")}>Stop watching, keep what is known</button>
            <button onClick={() => remove("FORGET")}>Stop and forget</button>
            <button onClick={() => setLeaving(null)}>Leave it</button>
          </div>
        </section>
      )}
    </article>
  );
}
