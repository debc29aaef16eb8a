/** Conflicts: what cannot all be so. All of it stays until you say which side does. */
import { param } from "../address";
import { useAnswer } from "../api/answer";
import type { Line } from "../api/types";
import { act } from "../deed";
import settleDocument from "../api/settle.graphql";
import { MemoryRow, useRowCommands } from "../part/row";
import { PutOff, PutOffUntil } from "../part/snooze";
import { Answered, Empty, Head } from "../part/state";
import { Time } from "../part/time";
import { currentRow, useCommands } from "../command";
import { say } from "../toast";
import conflictsDocument from "./conflicts.graphql";

interface Conflict {
  id: string;
  space: string;
  recordedAt: string;
  snoozedUntil: string | null;
  voices: number[];
  sides: Line[];
}

export function Conflicts() {
  const asked = useAnswer<{ conflicts: Conflict[] }>(conflictsDocument);
  const settle = (conflict: string, keep: string | null): void => {
    void act(settleDocument, { conflict, keep }, keep ? "Settled; the other side is kept as what was believed" : "Settled: both stay");
  };
  useRowCommands();
  useCommands(
    [
      {
        name: "Keep this side", key: "a", isQuiet: true, run: () => {
          const row = currentRow();
          const side = row?.dataset["id"];
          const conflict = row?.closest<HTMLElement>("[data-conflict]")?.dataset["conflict"];
          if (side && conflict) settle(conflict, side);
          else say("Choose a side first, with j and k");
        },
      },
    ],
    [],
  );
  return (
    <div>
      <Head title="Conflicts">What cannot all be so. Nothing is dropped until you settle it, and settling can be undone.</Head>
      <Answered asked={asked}>
        {({ conflicts }) =>
          conflicts.length === 0 ? (
            <Empty><p>None. One comes up when a fact disagrees with another and neither may simply end the other.</p></Empty>
          ) : (
            <>
              {conflicts.map((conflict) => (
                <section key={conflict.id} class={conflict.id === param("id") ? "card is-current" : "card"} data-conflict={conflict.id} aria-label="Conflict">
                  <p class="meta"><Time at={conflict.recordedAt} withClock /><PutOffUntil until={conflict.snoozedUntil} />{conflict.space !== "personal" && <span class="space">{conflict.space}</span>}</p>
                  {conflict.sides.map((side, index) => (
                    <MemoryRow key={side.id} memory={side} actions={<button onClick={() => settle(conflict.id, side.id)}>Keep this</button>}>
                      <span class="meta">{conflict.voices[index] ?? 1} independent {(conflict.voices[index] ?? 1) === 1 ? "voice" : "voices"}</span>
                    </MemoryRow>
                  ))}
                  <div class="actions"><button onClick={() => settle(conflict.id, null)}>Both may be so</button><PutOff id={conflict.id} what="this conflict" /></div>
                </section>
              ))}
            </>
          )
        }
      </Answered>
    </div>
  );
}
