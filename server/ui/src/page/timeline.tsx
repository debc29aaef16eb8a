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
      <form class="inline" onSubmit={(event) => { event.preventDefault(); go(withParams({ of: typed.trim() })); }}>
        <label>Of <input type="search" value={typed} dir="auto" placeholder="everything; or a name, id or file" onInput={(event) => setTyped(event.currentTarget.value)} /></label>
        <label>from <input type="date" value={param("from")} max={param("to") || undefined} onChange={(event) => go(withParams({ from: event.currentTarget.value }))} /></label>
        <label>to <input type="date" value={param("to")} min={param("from") || undefined} onChange={(event) => go(withParams({ to: event.currentTarget.value }))} /></label>
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
  const last = param("end") || today;
  const [from, to] = chosenDays();
  const asked = useAnswer<{ query: { rows: { value: string }[][] } }>(daysDocument);
  const move = (days: number): void => {
    const end = shift(last, days);
    go(withParams({ end: end >= today ? null : end }), { replace: true });
  };
  useCommands(
    [
      { name: "A week earlier", key: "[", run: () => move(-7) },
      { name: "A week later", key: "]", run: () => move(7) },
      { name: "A month earlier", key: "{", run: () => move(-30) },
      { name: "A month later", key: "}", run: () => move(30) },
      { name: "To today", key: "t", run: () => go(withParams({ end: null, from: null, to: null }), { replace: true }) },
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
                  <Bars days={days} lane={lane} most={most} from={from} to={to} space={space} />
                </div>
              ))}
              <div class="lane-ends soft"><span>{dayOf(`${days[0]}T12:00:00`)}</span><span><button class="link" onClick={() => move(-30)}>a month earlier</button>{last < today && <> · <button class="link" onClick={() => move(30)}>a month later</button></>}</span><span>{dayOf(`${last}T12:00:00`)}</span></div>
            </div>
            {from ? <Days from={from} to={to} /> : <p class="soft">Choose a day to see what was kept then, or draw over several.</p>}
          </>
        );
      }}
    </Answered>
  );
}

/** The days that the address names, in their order; empty if it names none. */
function chosenDays(): [string, string] {
  const [from, to] = [param("from"), param("to")].map((day) => (/^\d{4}-\d\d-\d\d$/.test(day) ? day : ""));
  const days = [from || to || "", to || from || ""].sort();
  return [days[0] ?? "", days[1] ?? ""];
}

function Bars({ days, lane, most, from, to, space }: { days: string[]; lane: Map<string, number>; most: number; from: string; to: string; space: string }) {
  const [drawn, setDrawn] = useState<[number, number] | null>(null);
  const total = days.reduce((sum, day) => sum + (lane.get(day) ?? 0), 0);
  const at = (event: PointerEvent): number => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    return Math.max(0, Math.min(days.length - 1, Math.floor(((event.clientX - left) / width) * days.length)));
  };
  const end = (): void => {
    if (!drawn) return;
    const [first, last] = [...drawn].sort((one, other) => one - other);
    setDrawn(null);
    go(withParams({ from: days[first ?? 0] ?? null, to: days[last ?? 0] ?? null }));
  };
  const isChosen = (day: string, index: number): boolean => (drawn ? index >= Math.min(...drawn) && index <= Math.max(...drawn) : day >= from && day <= to && from !== "");
  const choose = (day: string): void => go(withParams({ from: day, to: day }));
  return (
    <div class="bars">
      {total === 0 && <span class="soft">nothing in these days</span>}
      <svg
        viewBox={`0 0 ${days.length * 10} 40`} preserveAspectRatio="none" aria-hidden="true"
        onPointerDown={(event) => { if (event.button === 0) { event.currentTarget.setPointerCapture(event.pointerId); setDrawn([at(event), at(event)]); } }}
        onPointerMove={(event) => drawn && setDrawn([drawn[0], at(event)])}
        onPointerUp={end} onPointerCancel={() => setDrawn(null)}
      >
        {days.map((day, index) => {
          const count = lane.get(day) ?? 0;
          const height = count === 0 ? 0 : Math.max(3, 36 * Math.sqrt(count / most));
          return (
            <g key={day} class={isChosen(day, index) ? "bar is-current" : "bar"}>
              <rect class="bar-back" x={index * 10} y={0} width={10} height={40} />
              <rect x={index * 10 + 1} y={40 - height} width={8} height={height} rx={1.5}><title>{`${dayOf(`${day}T12:00:00`)}: ${count}`}</title></rect>
            </g>
          );
        })}
      </svg>
      <label class="sr-only">
        Day in {space}
        <select value={from === to ? from : ""} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">none</option>
          {days.filter((day) => lane.has(day)).map((day) => <option key={day} value={day}>{`${dayOf(`${day}T12:00:00`)}: ${lane.get(day)}`}</option>)}
        </select>
      </label>
    </div>
  );
}

/** Memories of some days that are listed. */
const MAX_LISTED = 100;

function Days({ from, to }: { from: string; to: string }) {
  const asked = useAnswer<{ query: { rows: { value: string }[][] } }>(dayDocument, {
    sparql: `SELECT ?m { ?m hy:recordedAt ?at ; hy:space ?space FILTER(STR(?at) >= "${from}" && STR(?at) < "${shift(to, 1)}") } ORDER BY ?at LIMIT ${MAX_LISTED}`,
  });
  const ids = (asked.data?.query.rows ?? []).map((row) => row[0]?.value.replace(/^id:/, "") ?? "").filter(Boolean);
  const lines = useAnswer<{ memories: (Line | null)[] }>(ids.length > 0 ? linesDocument : null, { ids });
  const name = from === to ? dayOf(`${from}T12:00:00`) : `${dayOf(`${from}T12:00:00`)} to ${dayOf(`${to}T12:00:00`)}`;
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      <p class="soft"><a href={`/search?known=${shift(to, 1)}`}>Search what was known at the end of {from === to ? "this day" : "these days"}</a> · <a href={withParams({ from: null, to: null })}>choose none</a></p>
      {asked.error && <p class="note">{asked.error.message}</p>}
      {ids.length === 0 && !asked.isWaiting && <p class="soft">Nothing was kept then.</p>}
      {(lines.data?.memories ?? []).map((line) => line && <MemoryRow key={line.id} memory={line} />)}
      {ids.length === MAX_LISTED && <p class="soft">The first {MAX_LISTED} of them.</p>}
    </section>
  );
}
