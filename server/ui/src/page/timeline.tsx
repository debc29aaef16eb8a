/** Timeline: what happened, to all or to one; a lane a space, a bar a day. */
import { useState } from "preact/hooks";
import { go, memoryAddress, param, withParams } from "../address";
import { useAnswer } from "../api/answer";
import type { Line } from "../api/types";
import { useCommands } from "../command";
import { agentName } from "../part/commit";
import { Mark } from "../part/mark";
import { MemoryRow, useRowCommands } from "../part/row";
import { Answered, Empty, Head } from "../part/state";
import { beginning, glimpse } from "../part/text";
import { dayOf, Time } from "../part/time";
import daysDocument from "./days.graphql";
import dayDocument from "./day.graphql";
import linesDocument from "../api/lines.graphql";
import timelineDocument from "./timeline.graphql";

interface Event {
  at: string;
  what: string;
  id: string;
  kind: string;
  text: string;
  trust: string;
  standing: string;
  who: string;
  reason: string | null;
  commit: string;
}

const DAY_MS = 86_400_000;
/** Days of the bars. */
const WINDOW = 91;
const iso = (at: Date): string => at.toISOString().slice(0, 10);
const shift = (day: string, days: number): string => iso(new Date(new Date(`${day}T00:00:00Z`).getTime() + days * DAY_MS));

export function Timeline() {
  const of = param("of");
  const [typed, setTyped] = useState(of);
  useRowCommands();
  return (
    <div>
      <Head title="Timeline">What happened, and when it was known.</Head>
      <form class="inline" onSubmit={(event) => { event.preventDefault(); go(withParams({ of: typed.trim(), day: null })); }}>
        <label>Of <input type="search" value={typed} dir="auto" placeholder="everything; or a name, id or file" onInput={(event) => setTyped(event.currentTarget.value)} /></label>
        {of && <label>from <input type="date" value={param("from")} onChange={(event) => go(withParams({ from: event.currentTarget.value }))} /></label>}
        {of && <label>to <input type="date" value={param("to")} onChange={(event) => go(withParams({ to: event.currentTarget.value }))} /></label>}
        <button>Show</button>
      </form>
      {of ? <One of={of} /> : <All />}
    </div>
  );
}

function One({ of }: { of: string }) {
  const asked = useAnswer<{ timeline: { name: string; events: Event[]; dropped: number; note: string | null } }>(timelineDocument, {
    of,
    ...(param("from") && { from: param("from") }),
    ...(param("to") && { to: param("to") }),
  });
  return (
    <Answered asked={asked}>
      {({ timeline }) => (
        <section aria-label={timeline.name}>
          <h2 dir="auto">{beginning(timeline.name, 200)}</h2>
          {timeline.note && <p class="note">{timeline.note}</p>}
          {timeline.dropped > 0 && <p class="soft">{timeline.dropped} older ones are not shown; narrow it with “from” and “to”.</p>}
          {timeline.events.length === 0 && <Empty><p>Nothing happened to it in that time.</p></Empty>}
          <ol class="history">
            {[...timeline.events].reverse().map((event, index) => (
              <li key={index} data-row data-id={event.id} tabIndex={-1}>
                <Time at={event.at} withClock />
                <div>
                  <Mark kind={event.kind} /> <strong>{event.what}</strong> <span class="soft">by {agentName(event.who)}</span>
                  {event.text && <p><a data-open href={memoryAddress(event.id)} dir="auto">{glimpse(event.text, 200)}</a></p>}
                  {event.reason && <p class="soft" dir="auto">{event.reason}</p>}
                </div>
              </li>
            ))}
          </ol>
        </section>
      )}
    </Answered>
  );
}

function All() {
  const today = iso(new Date());
  const last = param("to") || today;
  const day = param("day");
  const asked = useAnswer<{ query: { rows: { value: string }[][] } }>(daysDocument);
  const move = (days: number): void => {
    const to = shift(last, days);
    go(withParams({ to: to >= today ? null : to }), { replace: true });
  };
  useCommands(
    [
      { name: "A week earlier", key: "[", run: () => move(-7) },
      { name: "A week later", key: "]", run: () => move(7) },
      { name: "A month earlier", key: "{", run: () => move(-30) },
      { name: "A month later", key: "}", run: () => move(30) },
      { name: "To today", key: "t", run: () => go(withParams({ to: null, day: null }), { replace: true }) },
    ],
    [last],
  );
  return (
    <Answered asked={asked}>
      {({ query }) => {
        const counts = new Map<string, Map<string, number>>();
        for (const [at, space, count] of query.rows) {
          if (!at || !space || !count) continue;
          const lane = counts.get(space.value) ?? new Map<string, number>();
          lane.set(at.value, Number(count.value));
          counts.set(space.value, lane);
        }
        if (counts.size === 0) return <Empty><p>Starts when the first memory is kept.</p></Empty>;
        const days = Array.from({ length: WINDOW }, (_, index) => shift(last, index - WINDOW + 1));
        const shown = [...counts.values()].flatMap((lane) => days.map((at) => lane.get(at) ?? 0));
        const most = Math.max(1, ...shown);
        return (
          <>
            <div class="lanes" role="group" aria-label="Memories a day, by space">
              {[...counts].map(([space, lane]) => (
                <div key={space} class="lane">
                  <span class="lane-name" dir="auto">{space}</span>
                  <Bars days={days} lane={lane} most={most} chosen={day} space={space} />
                </div>
              ))}
              <div class="lane-ends soft"><span>{dayOf(`${days[0]}T12:00:00`)}</span><span><button class="link" onClick={() => move(-30)}>a month earlier</button>{last < today && <> · <button class="link" onClick={() => move(30)}>a month later</button></>}</span><span>{dayOf(`${last}T12:00:00`)}</span></div>
            </div>
            {day ? <OneDay day={day} /> : <p class="soft">Choose a day to see what was kept then.</p>}
          </>
        );
      }}
    </Answered>
  );
}

function Bars({ days, lane, most, chosen, space }: { days: string[]; lane: Map<string, number>; most: number; chosen: string; space: string }) {
  const total = days.reduce((sum, day) => sum + (lane.get(day) ?? 0), 0);
  return (
    <div class="bars">
      {total === 0 && <span class="soft">nothing in these days</span>}
      <svg viewBox={`0 0 ${days.length * 10} 40`} preserveAspectRatio="none" aria-hidden="true">
        {days.map((day, index) => {
          const count = lane.get(day) ?? 0;
          const height = count === 0 ? 0 : Math.max(3, 36 * Math.sqrt(count / most));
          return (
            <g key={day} class={day === chosen ? "bar is-current" : "bar"} onClick={() => go(withParams({ day }))}>
              <rect class="bar-back" x={index * 10} y={0} width={10} height={40} />
              <rect x={index * 10 + 1} y={40 - height} width={8} height={height} rx={1.5}><title>{`${dayOf(`${day}T12:00:00`)}: ${count}`}</title></rect>
            </g>
          );
        })}
      </svg>
      <label class="sr-only">
        Day in {space}
        <select value={chosen} onChange={(event) => go(withParams({ day: event.currentTarget.value }))}>
          <option value="">none</option>
          {days.filter((day) => lane.has(day)).map((day) => <option key={day} value={day}>{`${dayOf(`${day}T12:00:00`)}: ${lane.get(day)}`}</option>)}
        </select>
      </label>
    </div>
  );
}

function OneDay({ day }: { day: string }) {
  const asked = useAnswer<{ query: { rows: { value: string }[][] } }>(dayDocument, {
    // The day comes from the address: only what looks like one goes into the query.
    sparql: `SELECT ?m { ?m hy:recordedAt ?at ; hy:space ?space FILTER(STRSTARTS(STR(?at), "${/^\d{4}-\d\d-\d\d$/.test(day) ? day : "never"}")) } ORDER BY ?at LIMIT 100`,
  });
  const ids = (asked.data?.query.rows ?? []).map((row) => row[0]?.value.replace(/^id:/, "") ?? "").filter(Boolean);
  const lines = useAnswer<{ memories: (Line | null)[] }>(ids.length > 0 ? linesDocument : null, { ids });
  return (
    <section aria-label={day}>
      <h2>{dayOf(`${day}T12:00:00`)}</h2>
      <p class="soft"><a href={`/search?known=${shift(day, 1)}`}>Search what was known at the end of this day</a></p>
      {asked.error && <p class="note">{asked.error.message}</p>}
      {ids.length === 0 && !asked.isWaiting && <p class="soft">Nothing was kept on this day.</p>}
      {(lines.data?.memories ?? []).map((line) => line && <MemoryRow key={line.id} memory={line} />)}
      {ids.length === 100 && <p class="soft">The first 100 of the day.</p>}
    </section>
  );
}
