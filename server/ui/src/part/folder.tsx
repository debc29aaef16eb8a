/** Bringing in a folder: where it is, what is in it, and how far reading is. */
import { useState } from "preact/hooks";
import addDocument from "../api/addSource.graphql";
import { changed } from "../api/answer";
import { Failure, tell } from "../api/graphql";
import { say } from "../toast";
import { counted } from "./count";

export interface SourceState {
  state: string;
  scannedAt: string | null;
  changedAt: string | null;
  files: number;
  takenIn: number;
  lines: number;
  rate: number;
  progress: { done: number; total: number } | null;
  leftOut: number;
  named: { path: string; reason: string; hint: string }[];
  error: string | null;
  note: string | null;
}

export interface Watched {
  id: string;
  path: string;
  kind: string;
  space: string;
  include: string[];
  exclude: string[];
  paused: boolean;
  recordedAt: string;
  known: { notes: number; passages: number } | null;
  state: SourceState | null;
}

export function AddFolder({ done }: { done?: () => void }) {
  const [path, setPath] = useState("");
  const [kind, setKind] = useState("NOTES");
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!path.trim() || isBusy) return;
    setBusy(true);
    setFailure(null);
    try {
      const added = await tell<{ undo: string | null }>(addDocument, { input: { path: path.trim(), kind } });
      say("The folder is watched; it is being read", added.undo);
      setPath("");
      changed();
      done?.();
    } catch (error) {
      setFailure(error instanceof Failure ? error : new Failure(String(error), null, ""));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="inline" onSubmit={add}>
      <label class="grow">Folder <input value={path} dir="ltr" placeholder="/home/me/notes" autocomplete="off" spellcheck={false} aria-describedby="folder-wrong" onInput={(event) => setPath(event.currentTarget.value)} /></label>
      <label>with{" "}
        <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
          <option value="NOTES">notes and documents</option>
          <option value="LOG">logs</option>
          <option value="TRANSCRIPTS">conversations of Claude Code</option>
        </select>
      </label>
      <button class="primary" disabled={isBusy || !path.trim()}>Bring in</button>
      <p id="folder-wrong" class={failure ? "wrong" : "sr-only"} role="alert">{failure && <>{failure.message}. {failure.hint}</>}</p>
    </form>
  );
}

const STATES: Record<string, string> = {
  WAITING: "waits: nobody watches it", READING: "is being read", WATCHING: "is known, and watched", PAUSED: "is left alone", GONE: "is not there", FAILED: "can't be read",
};

/** How a folder is, with the bar of what is being read. */
export function FolderState({ folder }: { folder: Watched }) {
  const { state } = folder;
  if (!state) return null;
  const isReading = state.state === "READING";
  return (
    <div class="folder-state">
      <p>
        <span class={state.state === "FAILED" || state.state === "GONE" ? "badge is-warning" : "badge"}>{STATES[state.state] ?? state.state.toLowerCase()}</span>{" "}
        {folder.known && <span class="soft">{counted(folder.known.notes, "file")}, {counted(folder.known.passages, "passage")}</span>}
        {isReading && state.rate > 0 && <span class="soft">, {counted(Math.round(state.rate), "file")} a second</span>}
      </p>
      {isReading && (state.progress ? <progress aria-label={`Reading ${folder.path}`} max={Math.max(1, state.progress.total)} value={state.progress.done} /> : <progress aria-label={`Reading ${folder.path}`} />)}
      {state.error && <p class="wrong">{state.error}</p>}
      {state.note && <p class="note">{state.note}</p>}
      {state.leftOut > 0 && (
        <details>
          <summary>{state.leftOut} left out</summary>
          <ul class="plain">{state.named.map(({ path, reason, hint }) => <li key={path}><span class="path">{path}</span>: {reason} <span class="soft">{hint}</span></li>)}</ul>
        </details>
      )}
    </div>
  );
}
