/** Today: what needs you, what changed, what was asked, and what comes next. Each line leads to what it speaks of. */
import { useEffect } from "preact/hooks";
import { go, memoryAddress } from "../address";
import { useAnswer } from "../api/answer";
import { fold, type Commit, type Line, type PastAnswer } from "../api/types";
import { agentName, commitWords, indexName, isQuiet } from "../part/commit";
import { counted } from "../part/count";
import { Mark } from "../part/mark";
import { currentRow, useCommands } from "../command";
import { NOW, update } from "../deed";
import { say } from "../toast";
import { fileName, useRowCommands } from "../part/row";
import { isPutOff, PutOff, PutOffUntil, snooze } from "../part/snooze";
import { Answered, Empty, Head } from "../part/state";
import { groupBy } from "../part/group";
import { beginning, glimpse } from "../part/text";
import { dayWord, Time } from "../part/time";
import todayDocument from "./today.graphql";

interface Change {
  commit: Commit;
  memories: Line[];
}

interface Answer {
  stats: { memories: number; passages: number; sources: number; entities: number; writes: string; indexes: { name: string; behind: boolean; done: number; total: number; degraded: string | null; error: string | null }[] };
  conflicts: { id: string; recordedAt: string; snoozedUntil: string | null; sides: { id: string; text: string }[] }[];
  proposals: { id: string; kind: string; text: string; proposedAt: string; snoozedUntil: string | null }[];
  preferences: { nodes: { id: string; text: string; recordedAt: string; snoozedUntil: string | null; preference: { status: string } | null }[] };
  sources: { isWatching: boolean; sources: { id: string; path: string; state: { state: string; error: string | null; progress: { done: number; total: number } | null } | null }[] };
  changes: { commits: Change[] };
  traces: PastAnswer[] | null;
}

/** Lines of what changed on one day before the rest is counted. */
const MAX_OF_DAY = 12;

export function Today() {
  const asked = useAnswer<Answer>(todayDocument);
  const { data } = asked;
  const isEmpty = data !== null && data.stats.memories + data.stats.passages === 0 && data.changes.commits.length === 0;
  useEffect(() => {
    if (isEmpty) go("/start", { replace: true });
  }, [isEmpty]);
  useRowCommands();
  if (isEmpty) return null;
  return (
    <div class="today">
      <Head title="Today">{new Intl.DateTimeFormat(undefined, { dateStyle: "full" }).format(new Date())}</Head>
      <Answered asked={asked}>{(answer) => <Lines answer={answer} />}</Answered>
    </div>
  );
}

interface Need {
  id: string;
  kind: string;
  href: string;
  text: string;
  at: string | null;
  /** Until when it was put off; left out of what can't be. */
  until?: string | null;
}

/** What somebody has to decide or mend, the oldest question last. */
function needs(answer: Answer): Need[] {
  const list: Need[] = [];
  if (answer.stats.writes !== "ok") list.push({ id: "writes", kind: "Nothing can be written", href: "/settings", text: answer.stats.writes, at: null });
  for (const { name, degraded, error } of answer.stats.indexes) {
    const why = error ?? degraded;
    if (why) list.push({ id: name, kind: `Search by ${indexName(name)}`, href: "/settings", text: why, at: null });
  }
  for (const { id, path, state } of answer.sources.sources) {
    if (state?.state === "FAILED" || state?.state === "GONE") list.push({ id, kind: "Folder", href: "/sources", text: `${fileName(path)}: ${state.error ?? "it is not there"}`, at: null });
  }
  for (const { id, sides, recordedAt, snoozedUntil: until } of answer.conflicts) {
    list.push({ id, kind: "Conflict", href: `/conflicts?id=${id}`, text: sides.map(({ text }) => `“${glimpse(text, 70)}”`).join(" against "), at: recordedAt, until });
  }
  for (const { id, text, proposedAt, snoozedUntil: until } of answer.proposals) list.push({ id, kind: "Proposal", href: `/proposals?id=${id}`, text: glimpse(text, 140), at: proposedAt, until });
  for (const { id, text, recordedAt, preference, snoozedUntil: until } of answer.preferences.nodes) {
    if (preference?.status === "candidate") list.push({ id, kind: "Is this so?", href: `/preferences?id=${id}`, text: glimpse(text, 140), at: recordedAt, until });
  }
  return list;
}

/** Whether what a line says holds no more. */
const isOver = ({ forgottenAt, retractedAt, validTo }: Line): boolean => Boolean(forgottenAt ?? retractedAt) || (validTo != null && new Date(validTo) <= new Date());

function Lines({ answer }: { answer: Answer }) {
  const all = needs(answer);
  const waiting = all.filter(({ until }) => !isPutOff(until));
  const putOff = all.filter(({ until }) => isPutOff(until));
  useCommands(
    [
      {
        name: "Put this off until tomorrow", key: "s", isQuiet: true, run: () => {
          const need = waiting.find(({ id }) => id === currentRow()?.dataset["id"]);
          if (need && need.until !== undefined) snooze(need.id);
          else say("Choose a row first, with j and k: something that waits for your word");
        },
      },
      {
        name: "Done: it holds no more", key: ".", isQuiet: true, run: () => {
          const row = currentRow()?.closest("[aria-labelledby=changed]") ? currentRow() : null;
          const line = answer.changes.commits.flatMap(({ memories }) => memories).find(({ id }) => id === row?.dataset["id"]);
          if (!line || line.kind === "PASSAGE") say("Choose a row of what changed first, with j and k: something that was told");
          else if (isOver(line)) say("That is over already");
          else void update({ id: line.id, op: "END", at: NOW }, "Done: it holds no more");
        },
      },
    ],
    [answer],
  );
  const days = groupBy([...answer.changes.commits].reverse(), ({ commit }) => dayWord(commit.at));
  const reading = answer.sources.sources.filter(({ state }) => state?.state === "READING");
  const behind = answer.stats.indexes.filter((index) => index.behind && !index.degraded && index.total > 0);
  const traces = fold(answer.traces ?? []).slice(0, 5);
  return (
    <>
      <section aria-labelledby="needs">
        <h2 id="needs">Needs you {waiting.length > 0 && <span class="count">{waiting.length}</span>}</h2>
        {waiting.length === 0 && <p class="soft">Nothing waits for you.</p>}
        <ul class="plain lines">
          {waiting.slice(0, 12).map((need) => (
            <li key={need.id} class="line" data-row data-id={need.id} tabIndex={-1}>
              <span class="badge is-accent">{need.kind}</span>
              <a data-open href={need.href} dir="auto">{need.text}</a>
              {need.at && <Time at={need.at} />}
              {need.until !== undefined && <PutOff id={need.id} what={need.text} />}
            </li>
          ))}
        </ul>
        {waiting.length > 12 && <p class="soft">and {waiting.length - 12} more</p>}
        {putOff.length > 0 && (
          <details>
            <summary>{putOff.length} put off</summary>
            <ul class="plain lines">{putOff.map((need) => <li key={need.id} class="line"><a href={need.href} dir="auto">{need.text}</a><PutOffUntil until={need.until} /></li>)}</ul>
          </details>
        )}
      </section>
      {(reading.length > 0 || behind.length > 0) && (
        <section aria-labelledby="now">
          <h2 id="now">Going on now</h2>
          <ul class="plain lines">
            {reading.map(({ id, path, state }) => <li key={id} class="line"><a href="/sources">Reading {fileName(path)}</a>{state?.progress && <progress max={state.progress.total} value={state.progress.done} aria-label="Files read" />}</li>)}
            {behind.map(({ name, done, total }) => <li key={name} class="line"><span>Taking in texts by {indexName(name)}</span><progress max={total} value={done} aria-label="Texts taken in" /><span class="soft">{done} of {total}</span></li>)}
          </ul>
        </section>
      )}
      <section aria-labelledby="changed">
        <h2 id="changed">What changed</h2>
        {days.size === 0 && <p class="soft">Nothing happened yet. Next: <a href="/start">connect an agent, or bring in a folder</a>.</p>}
        {[...days].map(([day, changes]) => <Day key={day} day={day} changes={changes} />)}
      </section>
      <section aria-labelledby="asked">
        <h2 id="asked">What was asked</h2>
        {traces.length === 0 && <p class="soft">Nobody has asked yet. Try: <code>hydra recall "…"</code>, or <a href="/search">search</a>.</p>}
        <ul class="plain lines">
          {traces.map((trace) => (
            <li key={trace.id} class="line" data-row tabIndex={-1}>
              <a data-open href={`/recalls/${trace.id}`} dir="auto">{beginning(trace.question, 120)}</a>
              <span class="soft">{trace.given} given{trace.leftOut > 0 && `, ${trace.leftOut} left out`}</span>
              <Time at={trace.at} />
            </li>
          ))}
        </ul>
      </section>
      {answer.stats.memories + answer.stats.passages > 0 && (
        <p class="soft total">
          {counted(answer.stats.memories, "memory", "memories")}, {counted(answer.stats.passages, "passage")} of {counted(answer.stats.sources, "file")}, {counted(answer.stats.entities, "person, place or thing", "people, places and things")}.
        </p>
      )}
      {days.size === 0 && traces.length === 0 && <Empty><a class="button" href="/start">First steps</a></Empty>}
    </>
  );
}

/** The changes of a day: one line a memory; many files that were read together are one line. */
function Day({ day, changes }: { day: string; changes: Change[] }) {
  const files = changes.filter(({ commit }) => commit.verb === "ingest" || commit.verb === "move" || commit.verb === "remove");
  const others = changes.filter((change) => !files.includes(change) && !isQuiet(change.commit));
  const names = files.flatMap(({ memories }) => memories).filter(({ source }) => source.path);
  const unique = [...new Map(names.map((line) => [line.source.path, line])).values()];
  return (
    <section class="day" aria-label={day}>
      <h3>{day}</h3>
      <ul class="plain lines">
        {others.slice(0, MAX_OF_DAY).map(({ commit, memories }) => {
          // What a commit made is newer than what it touched besides.
          const first = memories.reduce<Line | undefined>((newest, line) => (!newest || line.id > newest.id ? line : newest), undefined);
          return (
            <li key={commit.id} class="line" data-row {...(first && { "data-id": first.id })} tabIndex={-1}>
              {first ? <Mark kind={first.kind} /> : <span class="mark" />}
              <span class="soft verb">{commitWords(commit)}</span>
              {first ? <a data-open class={isOver(first) ? "is-over" : ""} href={memoryAddress(first.id)} dir="auto">{glimpse(first.decision?.decided || first.text || first.title, 140)}</a> : commit.verb === "propose" ? <a data-open href="/proposals">something for you to decide</a> : <span class="soft">{commit.reason}</span>}
              {memories.length > 1 && <span class="soft">and {commit.touched - 1} more</span>}
              {commit.agent !== "owner" && <span class="soft">{agentName(commit.agent)}</span>}
              <Time at={commit.at} withClock />
            </li>
          );
        })}
        {others.length > MAX_OF_DAY && <li class="line"><a href="/timeline">{counted(others.length - MAX_OF_DAY, "more change")}</a></li>}
        {unique.length > 0 && (
          <li class="line" data-row tabIndex={-1}>
            <Mark kind="PASSAGE" />
            <span class="soft verb">read</span>
            <span>
              {unique.slice(0, 4).map((line, index) => <>{index > 0 && ", "}<a {...(index === 0 && { "data-open": true })} href={memoryAddress(line.id)} dir="auto">{fileName(line.source.path ?? "")}</a></>)}
              {unique.length > 4 && <span class="soft"> and {counted(unique.length - 4, "more file")}</span>}
            </span>
            {files[0] && <Time at={files[0].commit.at} withClock />}
          </li>
        )}
      </ul>
    </section>
  );
}
