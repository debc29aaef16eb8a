/** Learnings: what to do when, and how often that helped. */
import type { Line } from "../api/types";
import { act } from "../deed";
import reportDocument from "../api/report.graphql";
import { KeptPage } from "../part/kept";
import learningsDocument from "./learnings.graphql";

export function Learnings() {
  return (
    <KeptPage<Line>
      document={learningsDocument}
      title="Learnings"
      what="What to do when. What helped often comes first to your agents; what hurt comes with a warning."
      empty={<p>None yet. Your agents keep one when something failed and was mended, or: <code>hydra learn --when "…" "…"</code></p>}
      below={({ learning }) => learning && (
        <p class="meta">
          <span>{learning.outcome.toLowerCase()}</span>
          <span>seen {learning.timesSeen}</span>
          <span>helped {learning.timesHelped}</span>
          <span>hurt {learning.timesHurt}</span>
          {learning.paths.length > 0 && <span class="path">{learning.paths.slice(0, 3).join(", ")}</span>}
        </p>
      )}
      actions={(memory) => (
        <>
          <button onClick={() => report(memory, "HELPED")}>It helped</button>
          <button onClick={() => report(memory, "HURT")}>It hurt</button>
        </>
      )}
      keys={[
        { key: "a", name: "It helped", run: (memory) => report(memory, "HELPED") },
        { key: "d", name: "It hurt", run: (memory) => report(memory, "HURT") },
      ]}
    />
  );
}

function report(memory: Line, how: "HELPED" | "HURT"): void {
  void act(reportDocument, { id: memory.id, report: how }, how === "HELPED" ? "Counted: it helped" : "Counted: it hurt");
}
