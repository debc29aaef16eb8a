/** Decisions: what was decided, from which options and why; what replaced what. */
import { useState } from "preact/hooks";
import { memoryAddress } from "../address";
import type { Line } from "../api/types";
import { act, end } from "../deed";
import { focused } from "../part/focus";
import { KeptPage } from "../part/kept";
import decideDocument from "../api/decide.graphql";
import decisionsDocument from "./decisions.graphql";
import { Options } from "./memory";
import { signal } from "@preact/signals";

type Decision = Line & { endedBy: { id: string } | null };

/** The decision that is being replaced. */
const replacing = signal("");

export function Decisions() {
  return (
    <KeptPage<Decision>
      document={decisionsDocument}
      title="Decisions"
      what="What was decided and why, so that it need not be argued again."
      empty={<p>None yet. An agent keeps one when you decide something, or: <code>hydra decide "…"</code></p>}
      below={(memory) => (
        <>
          {memory.decision && <Options decision={memory.decision} />}
          {memory.endedBy && <p class="meta"><a class="badge" href={memoryAddress(memory.endedBy.id)}>replaced</a></p>}
          {replacing.value === memory.id && <Replace memory={memory} />}
        </>
      )}
      actions={(memory) => !memory.endedBy && (
        <>
          <button onClick={() => (replacing.value = replacing.value === memory.id ? "" : memory.id)}>Replace</button>
          <button onClick={() => void end(memory.id)}>End</button>
        </>
      )}
      keys={[
        { key: "s", name: "Replace", run: (memory) => (replacing.value = memory.id) },
      ]}
    />
  );
}

function Replace({ memory }: { memory: Decision }) {
  const [text, setText] = useState("");
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!text.trim()) return;
    const done = await act(decideDocument, { input: { text: text.trim(), supersedes: memory.id, ...(memory.space && { space: memory.space }) } }, "Decided anew; the one before is kept");
    if (done) replacing.value = "";
  };
  return (
    <form class="inline" onSubmit={save}>
      <label class="grow">Now decided <input ref={focused} value={text} dir="auto" onInput={(event) => setText(event.currentTarget.value)} /></label>
      <button class="primary" disabled={!text.trim()}>Replace</button>
    </form>
  );
}
