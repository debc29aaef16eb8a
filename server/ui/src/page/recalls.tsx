/** Recalls: what was asked, what was given, what was left out and why. */
import { useEffect, useState } from "preact/hooks";
import { go, param, searchAddress, withParams } from "../address";
import { heard, useAnswer } from "../api/answer";
import { ask } from "../api/graphql";
import { listen } from "../api/socket";
import { fold, type Hit, type LeftOut, type Line, type PastAnswer } from "../api/types";
import { useCommands } from "../command";
import { MemoryRow, useRowCommands } from "../part/row";
import { Answered, Empty, Head } from "../part/state";
import { groupBy } from "../part/group";
import { beginning } from "../part/text";
import { dayWord, Time } from "../part/time";
import { Channels, WhyBox } from "../part/why";
import { sayFailure } from "../toast";
import recallDocument from "./recall.graphql";
import recallsDocument from "./recalls.graphql";

const PAGE = 50;

export function Recalls() {
  const asked = useAnswer<{ traces: PastAnswer[] }>(recallsDocument, { first: PAGE });
  const [older, setOlder] = useState<PastAnswer[]>([]);
  const [isMore, setMore] = useState(true);
  useEffect(() => listen("subscription Traces { traces { missed } }", heard), []);
  const all = [...(asked.data?.traces ?? []), ...older];
  const more = (): void => {
    ask<{ traces: PastAnswer[] }>(recallsDocument, { first: PAGE, before: all.at(-1)?.id }).then(({ data }) => {
      setOlder([...older, ...data.traces]);
      setMore(data.traces.length === PAGE);
    }, sayFailure);
  };
  return (
    <div>
      <Head title="Recalls">What you and your agents asked, and what they were given. Kept for 30 days.</Head>
      <Answered asked={asked}>
        {() => {
          if (all.length === 0) return <Empty><p>No agent has asked yet. Try: <code>hydra recall "…"</code></p></Empty>;
          const unique = fold([...new Map(all.map((trace) => [trace.id, trace])).values()]);
          return (
            <>
              {[...groupBy(unique, ({ at }) => dayWord(at))].map(([day, traces]) => (
                <section key={day} aria-label={day}>
                  <h2>{day}</h2>
                  <ul class="plain lines">
                    {traces.map((trace) => (
                      <li key={trace.id} class="line" data-row tabIndex={-1}>
                        <a data-open href={`/recalls/${trace.id}`} dir="auto">{beginning(trace.question, 160) || "(nothing)"}</a>
                        <span class="soft">{trace.given} given{trace.leftOut > 0 && `, ${trace.leftOut} left out`}{trace.times > 1 && `, asked ${trace.times} times`}</span>
                        <Time at={trace.at} withClock />
                      </li>
                    ))}
                  </ul>
                </section>
              ))}
              {isMore && all.length >= PAGE && <button onClick={more}>Earlier</button>}
            </>
          );
        }}
      </Answered>
    </div>
  );
}

interface Explained {
  explain: { question: string; given: Hit[]; leftOut: (LeftOut & { memory: Line | null })[]; degraded: string[] };
}

export function Recall({ parts }: { parts: string[] }) {
  const [id = ""] = parts;
  const asked = useAnswer<Explained>(recallDocument, { id });
  const isWhy = param("why") !== "0";
  const setWhy = (on: boolean): void => go(withParams({ why: on ? null : "0" }), { replace: true });
  const mark = param("id");
  useRowCommands();
  useCommands([{ name: isWhy ? "Hide why" : "Show why", key: "w", run: () => setWhy(!isWhy) }], [isWhy]);
  return (
    <Answered asked={asked}>
      {({ explain }) => {
        const reasons = groupBy(explain.leftOut, ({ reason }) => reason);
        return (
          <div>
            <Head title={beginning(explain.question, 300)} actions={<><a class="button" href={searchAddress(explain.question)}>Ask again</a><button aria-pressed={isWhy} onClick={() => setWhy(!isWhy)}>Why</button></>}>
              <a href="/recalls">Recalls</a>
            </Head>
            {explain.degraded.map((why) => <p key={why} class="note">{why}</p>)}
            <section aria-labelledby="given">
              <h2 id="given">Given <span class="soft">{explain.given.length}</span></h2>
              {explain.given.length === 0 && <p class="soft">Nothing.</p>}
              {explain.given.map((hit, index) => (
                <MemoryRow key={hit.id} memory={hit} words={explain.question} isCurrent={hit.id === mark}>
                  <div class="meta"><Channels why={hit.why} /></div>
                  {isWhy && <WhyBox hit={hit} place={index + 1} />}
                </MemoryRow>
              ))}
            </section>
            <section aria-labelledby="left-out">
              <h2 id="left-out">Left out <span class="soft">{explain.leftOut.length}</span></h2>
              {explain.leftOut.length === 0 && <p class="soft">Nothing else came near.</p>}
              {[...reasons].map(([reason, left]) => (
                <details key={reason} open={left.some(({ id: one }) => one === mark) || left.length <= 5}>
                  <summary>{reason} <span class="soft">{left.length}</span></summary>
                  {left.slice(0, 50).map(({ id: one, memory, score }) =>
                    memory ? <MemoryRow key={one} memory={memory} isCurrent={one === mark}><span class="meta">fits {Math.round(score * 100)} %</span></MemoryRow> : <p key={one} class="soft">What was forgotten or is gone since.</p>,
                  )}
                </details>
              ))}
            </section>
          </div>
        );
      }}
    </Answered>
  );
}
