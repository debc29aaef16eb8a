/** One memory, with everything that speaks for it: where it comes from, when it held, what it rests on, who used it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { go, memoryAddress, param, withParams } from "../address";
import { useAnswer } from "../api/answer";
import { ask, Failure } from "../api/graphql";
import type { Node } from "../api/mdast";
import { fold, type Commit, type DecisionOf, type LearningOf, type Line, type PastAnswer, type PreferenceOf } from "../api/types";
import { useCommands } from "../command";
import { Key } from "../dialog";
import { act, consequences, end, forget, update, type Consequences } from "../deed";
import undoDocument from "../api/undo.graphql";
import { agentName, commitWords } from "../part/commit";
import { counted } from "../part/count";
import { focused } from "../part/focus";
import { kindWord, Mark } from "../part/mark";
import { plain } from "../part/plain";
import { copy, copyLink, fileName, MemoryRow, useRowCommands } from "../part/row";
import { Answered, Wrong } from "../part/state";
import { beginning, glimpse, Text } from "../part/text";
import { Time } from "../part/time";
import { Trust } from "../part/trust";
import { sayFailure } from "../toast";
import { EntityPage, type Entity } from "./entity";
import memoryDocument from "./memory.graphql";
import versionDocument from "./version.graphql";

interface Memory extends Line {
  markdown: Node[] | null;
  agent: string;
  speaker: string | null;
  happenedAt: string | null;
  session: string | null;
  voices: number | null;
  confidence: number | null;
  expiresAt: string | null;
  statement: { subject: string; predicate: string; object: string } | null;
  learning: LearningOf | null;
  preference: PreferenceOf | null;
  decision: DecisionOf | null;
  withheldAt: string | null;
  seen: { times: number; first: string; last: string } | null;
  then: { at: string; held: boolean; whyNot: string } | null;
  entities: { id: string; name: string }[];
  partOf: (Pick<Line, "id" | "kind" | "title" | "text" | "source">) | null;
  derivedFrom: Line[];
  stale: Line[];
  revisionOf: Line | null;
  endedBy: Line | null;
  chain: { id: string; text: string; recordedAt: string; supersededBy: string | null }[];
  history: Commit[];
}

interface Answer {
  memory: Memory | null;
  entity: Entity | null;
  traces: PastAnswer[] | null;
  next: { rows: { value: string }[][] } | null;
}

export function MemoryPage({ parts }: { parts: string[] }) {
  const [id = "", moment = "", view = ""] = parts;
  const as = moment || param("as");
  const known = param("known");
  const asked = useAnswer<Answer>(memoryDocument, { id, name: id, next: successor(id), ...(as && { as }), ...(known && { known }) });
  return (
    <Answered asked={asked}>
      {({ memory, entity, traces, next }) =>
        memory ? (
          <Whole memory={memory} next={next?.rows[0]?.[0]?.value.replace(/^id:/, "") ?? null} traces={traces ?? []} isHistory={view === "history"} />
        ) : entity ? (
          <EntityPage entity={entity} />
        ) : (
          <Wrong failure={asked.failed.get("memory") ?? new Failure("Nothing is known by this id", null, "NOT_FOUND")} />
        )
      }
    </Answered>
  );
}

/** Whether it no longer counts, and why. */
function standing(memory: Memory): string | null {
  if (memory.forgottenAt) return "Forgotten: it is never recalled";
  if (memory.endedBy) return "Another took its place";
  if (memory.retractedAt) return "No longer believed";
  if (memory.validTo && new Date(memory.validTo) < new Date()) return "It held until then";
  if (memory.then && !memory.then.held) return memory.then.whyNot;
  return null;
}

function Whole({ memory, next, traces, isHistory }: { memory: Memory; next: string | null; traces: PastAnswer[]; isHistory: boolean }) {
  const doing = param("do");
  const isFile = memory.kind === "PASSAGE" || (memory.source.path !== null && memory.trust === "INGESTED");
  const isOver = standing(memory);
  const canEdit = !isFile && !memory.forgottenAt && !memory.retractedAt;
  // What is being written stays, also when somebody else has changed the memory meanwhile.
  const isEditing = useRef(false);
  isEditing.current = doing === "edit" && (canEdit || isEditing.current);
  const setDoing = (what: string | null): void => go(withParams({ do: what }), { replace: true });
  const isWithheld = memory.withheldAt !== null;
  const withhold = (): void => {
    if (isWithheld) void update({ id: memory.id, op: "RECALL_AGAIN" }, "It may be recalled again");
    else void update({ id: memory.id, op: "NEVER_RECALL" }, "Kept, and never recalled from now on");
  };
  const startForget = (): void => {
    void forget(memory.id);
  };
  useCommands(
    [
      ...(canEdit ? [{ name: "Edit this memory", key: "e", run: () => setDoing("edit") }] : []),
      ...(memory.forgottenAt ? [] : [{ name: "Forget this memory", key: "Backspace", run: startForget }]),
      ...(isFile || memory.forgottenAt ? [] : [{ name: isWithheld ? "Let this memory be recalled again" : "Never recall this memory", key: "n", run: withhold }]),
      { name: "Copy a link to this memory", key: "y", run: () => void copyLink(memory.id) },
      { name: "Who used this memory?", key: "w", run: () => document.getElementById("used")?.focus() },
      { name: "Show it on the map", key: "o", run: () => go(`/map?n=${memory.id}`) },
      { name: isHistory ? "Back to the memory" : "Every change of this memory", run: () => go(memoryAddress(memory.id) + (isHistory ? "" : "/history")) },
    ],
    [memory.id, canEdit, isHistory, memory.forgottenAt, isWithheld],
  );
  return (
    <article class="memory" data-id={memory.id}>
      <header class="memory-head">
        <span class="kind"><Mark kind={memory.kind} />{kindWord(memory.kind)}</span>
        {memory.preference && <span class="badge">{memory.preference.status === "candidate" ? "candidate" : memory.preference.polarity === "FOR" ? "wanted" : "avoided"}</span>}
        {next && memory.retractedAt ? <a class="badge is-warning" href={memoryAddress(next)}>Another took its place</a> : isOver && <span class="badge is-warning">{isOver}</span>}
        {memory.stale.length > 0 && <span class="badge is-warning">may be wrong by now</span>}
        {isWithheld && <span class="badge is-accent" title="In no answer, no context and no hook: you decided so">never recalled</span>}
        <span class="spring" />
        <div class="actions">
          {canEdit && <button onClick={() => setDoing(doing === "edit" ? null : "edit")} aria-expanded={doing === "edit"} title="Edit (e)">Edit</button>}
          {canEdit && memory.kind !== "EPISODE" && <button onClick={() => void end(memory.id)} title="The world changed: it held until now">End</button>}
          {(memory.retractedAt ?? memory.validTo) && !memory.forgottenAt && !isFile && <button onClick={() => void update({ id: memory.id, op: "RESTORE" }, "It stands again")}>Restore</button>}
          {!isFile && !memory.forgottenAt && <button onClick={withhold} aria-pressed={isWithheld} title="Keep it, but give it to nobody who asks (n)">{isWithheld ? "Recall again" : "Never recall"}</button>}
          {memory.forgottenAt ? <Unforget memory={memory} /> : <button onClick={startForget} title="Forget (Backspace)">Forget</button>}
          <button class="quiet" onClick={() => void copyLink(memory.id)} title="Copy a link (y)">Copy link</button>
        </div>
      </header>
      <h1 class={memory.title ? "title" : "sr-only"} tabIndex={-1} dir="auto">{memory.title ? <LongTitle title={plain(memory.title)} /> : glimpse(memory.text, 80) || "A memory"}</h1>
      {isEditing.current ? <Edit memory={memory} close={() => setDoing(null)} /> : <Said memory={memory} isOver={isOver !== null} />}
      {doing === "forget" && <Forgetting memory={memory} close={() => setDoing(null)} />}
      <nav class="tabs" aria-label="Views of this memory">
        <a href={memoryAddress(memory.id)} aria-current={isHistory ? undefined : "page"}>What is known</a>
        <a href={`${memoryAddress(memory.id)}/history`} aria-current={isHistory ? "page" : undefined}>Every change <span class="soft">{memory.history.length}</span></a>
      </nav>
      {isHistory ? <History memory={memory} /> : <Known memory={memory} traces={traces} />}
    </article>
  );
}

/** Titles can be of any length; the rest is there when asked for. */
function LongTitle({ title }: { title: string }) {
  const [isAll, setAll] = useState(false);
  if (title.length <= 200 || isAll) return <>{title}</>;
  return <>{beginning(title, 200)} <button class="link" onClick={() => setAll(true)}>whole title</button></>;
}

/** What it says, by its kind. */
function Said({ memory, isOver }: { memory: Memory; isOver: boolean }) {
  const { decision, learning, statement } = memory;
  return (
    <div class={isOver ? "said is-over" : "said"}>
      {memory.speaker && <p class="speaker" dir="auto">{memory.speaker}</p>}
      <Text text={memory.text} markdown={memory.markdown} />
      {statement && <p class="statement" dir="auto"><a href={`/search?q=${encodeURIComponent(statement.subject)}`}>{statement.subject}</a> <em>{statement.predicate}</em> {statement.object}</p>}
      {decision && <Options decision={decision} />}
      {learning && (
        <dl class="pairs">
          <div><dt>When</dt><dd dir="auto">{learning.trigger}</dd></div>
          <div><dt>Then</dt><dd dir="auto">{learning.lesson}</dd></div>
          <div><dt>Went</dt><dd>{learning.outcome.toLowerCase()}; seen {learning.timesSeen}, helped {learning.timesHelped}, hurt {learning.timesHurt}</dd></div>
        </dl>
      )}
    </div>
  );
}

export function Options({ decision }: { decision: DecisionOf }) {
  const words = { CHOSEN: "chosen", REJECTED: "rejected", CONSIDERED: "considered" };
  return (
    <>
      {decision.options.length > 0 && (
        <ul class="options">
          {decision.options.map(({ option, verdict, why }) => (
            <li key={option} class={`option option-${verdict.toLowerCase()}`}><span class="badge">{words[verdict]}</span> <span dir="auto">{option}{why && <span class="soft"> — {why}</span>}</span></li>
          ))}
        </ul>
      )}
      {decision.reasons.length > 0 && <p class="soft" dir="auto">Because: {decision.reasons.join("; ")}</p>}
    </>
  );
}

function Pair({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function Known({ memory, traces }: { memory: Memory; traces: PastAnswer[] }) {
  const { source, partOf } = memory;
  useRowCommands();
  return (
    <div class="columns">
      <section aria-labelledby="provenance">
        <h2 id="provenance">Where it comes from</h2>
        <dl class="pairs">
          {source.path && (
            <Pair name="File">
              <span class="path" dir="ltr" title={source.path}>{source.path}{source.span && `:${source.span.line}`}</span>{" "}
              <button class="link" onClick={() => void copy(`${source.path}${source.span ? `:${source.span.line}` : ""}`, "Path copied")}>copy</button>
            </Pair>
          )}
          {source.heading && <Pair name="Under"><span dir="auto">{source.heading}</span></Pair>}
          {source.span && <Pair name="Place">line {source.span.line}, bytes {source.span.start.toLocaleString()} to {source.span.end.toLocaleString()}</Pair>}
          {source.saidBy && <Pair name="Told"><span dir="auto">{source.saidBy}</span></Pair>}
          {partOf && <Pair name="Part of"><a href={memoryAddress(partOf.id)} dir="auto">{glimpse(partOf.title || (partOf.source.path ? fileName(partOf.source.path) : partOf.text), 80)}</a></Pair>}
          {memory.session && <Pair name="Conversation"><a href={`/timeline?of=${encodeURIComponent(memory.session)}`} dir="auto">{memory.session}</a></Pair>}
          <Pair name="Recorded by">{agentName(memory.agent)}{memory.agent !== "owner" && <>, <Trust of={memory.trust} /></>}</Pair>
          {memory.voices !== null && memory.voices > 1 && <Pair name="Voices">{memory.voices} independent</Pair>}
          {memory.confidence !== null && <Pair name="Sure">{Math.round(memory.confidence * 100)} %</Pair>}
          <Pair name="Space">{memory.space}</Pair>
        </dl>
        {memory.derivedFrom.length > 0 && <Rows title="It rests on" lines={memory.derivedFrom} />}
        {memory.stale.length > 0 && <Rows title="It rests on what no longer stands" lines={memory.stale} />}
      </section>
      <section aria-labelledby="times">
        <h2 id="times">When</h2>
        <dl class="pairs">
          {memory.happenedAt && <Pair name="Happened"><Time at={memory.happenedAt} withClock /></Pair>}
          {memory.validFrom && <Pair name="True since"><Time at={memory.validFrom} withClock /></Pair>}
          {memory.validTo && <Pair name="True until"><Time at={memory.validTo} withClock /></Pair>}
          <Pair name="Known since"><Time at={memory.recordedAt} withClock /></Pair>
          {memory.retractedAt && <Pair name="Believed until"><Time at={memory.retractedAt} withClock /></Pair>}
          {memory.withheldAt && <Pair name="Never recalled">since <Time at={memory.withheldAt} withClock /></Pair>}
          {memory.expiresAt && <Pair name="Expires"><Time at={memory.expiresAt} withClock /></Pair>}
          {memory.forgottenAt && <Pair name="Forgotten"><Time at={memory.forgottenAt} withClock /></Pair>}
          {memory.seen && <Pair name="Seen">{counted(memory.seen.times, "time")}, <Time at={memory.seen.first} /> to <Time at={memory.seen.last} /></Pair>}
        </dl>
        {memory.revisionOf && <Rows title="It took the place of" lines={[memory.revisionOf]} />}
        {memory.endedBy && <Rows title="What took its place" lines={[memory.endedBy]} />}
        {memory.chain.length > 0 && (
          <>
            <h3>How this decision came about</h3>
            <ol class="chain">{memory.chain.map((link) => <li key={link.id}><a href={memoryAddress(link.id)} aria-current={link.id === memory.id ? "page" : undefined} dir="auto">{glimpse(link.text, 90) || "forgotten"}</a> <Time at={link.recordedAt} /></li>)}</ol>
          </>
        )}
      </section>
      {memory.entities.length > 0 && (
        <section aria-labelledby="about">
          <h2 id="about">About</h2>
          <ul class="chips">{memory.entities.slice(0, 40).map(({ id, name }) => <li key={id}><a class="chip" href={memoryAddress(id)} dir="auto">{beginning(name, 60)}</a></li>)}</ul>
        </section>
      )}
      <section aria-labelledby="used">
        <h2 id="used" tabIndex={-1}>Who used it</h2>
        {traces.length === 0 && <p class="soft">No answer of the last 30 days gave it.</p>}
        <ul class="plain">{fold(traces).map((trace) => <li key={trace.id}><a href={`/recalls/${trace.id}?id=${memory.id}`} dir="auto">{beginning(trace.question, 90)}</a> <Time at={trace.at} withClock /></li>)}</ul>
      </section>
    </div>
  );
}

function Rows({ title, lines }: { title: string; lines: Line[] }) {
  return (
    <>
      <h3>{title}</h3>
      {lines.map((line) => <MemoryRow key={line.id} memory={line} />)}
    </>
  );
}

function History({ memory }: { memory: Memory }) {
  const commits = [...memory.history].reverse();
  const undone = new Set(commits.map(({ undoes }) => undoes));
  return (
    <ol class="history">
      {commits.map((commit) => (
        <li key={commit.id} data-row tabIndex={-1}>
          <Time at={commit.at} withClock />
          <div>
            <strong>{commitWords(commit)}</strong> <span class="soft">by {agentName(commit.agent)}</span>
            {commit.reason && <p dir="auto">{commit.reason}</p>}
            {undone.has(commit.id) && <p class="soft">taken back later</p>}
          </div>
          <a class="soft" href={`${memoryAddress(memory.id)}?known=${encodeURIComponent(commit.at)}`}>as it was known then</a>
          {!undone.has(commit.id) && commit.verb !== "erase" && commit.verb !== "ingest" && <button onClick={() => void act(undoDocument, { commit: commit.id }, "Taken back")}>Undo</button>}
        </li>
      ))}
    </ol>
  );
}

/** Takes the forgetting back. */
function Unforget({ memory }: { memory: Memory }) {
  const forgetting = [...memory.history].reverse().find(({ verb }) => verb === "forget");
  return forgetting ? <button class="primary" onClick={() => void act(undoDocument, { commit: forgetting.id }, "It is remembered again")}>Bring back</button> : null;
}

/** What would follow, before it is done. */
function Forgetting({ memory, close }: { memory: Memory; close: () => void }) {
  const [would, setWould] = useState<Consequences | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    consequences(memory.id).then(setWould, sayFailure);
  }, [memory.id]);
  useEffect(() => button.current?.focus(), [would]);
  if (!would) return <p class="soft" aria-busy="true">Looking what would follow…</p>;
  const others = would.wouldGo.filter(({ id }) => id !== memory.id);
  const decide = async (): Promise<void> => {
    close();
    await forget(memory.id, true);
  };
  return (
    <section class="panel" aria-labelledby="forgetting">
      <h2 id="forgetting">If this is forgotten</h2>
      {others.length > 0 && <p>{others.length + would.leftOut} more {others.length === 1 ? "goes" : "go"} with it:</p>}
      {others.length === 0 && would.wouldBeStale.length === 0 && <p class="soft">Nothing else is touched. It goes to the trash, and can be brought back.</p>}
      <ul class="plain">{others.slice(0, 8).map(({ id, text }) => <li key={id} dir="auto">{glimpse(text, 120)}</li>)}</ul>
      {would.wouldBeStale.length > 0 && <p>{would.wouldBeStale.length} that rest on it may be wrong then, and will say so:</p>}
      <ul class="plain">{would.wouldBeStale.slice(0, 8).map(({ id, text }) => <li key={id}><a href={memoryAddress(id)} dir="auto">{glimpse(text, 120)}</a></li>)}</ul>
      <div class="actions">
        <button ref={button} class="primary" onClick={() => void decide()}>Forget</button>
        <button onClick={close}>Keep it</button>
      </div>
    </section>
  );
}

/** How long a notice stands before a click counts as an answer to it. */
const READ_MS = 1_000;

/** What is edited: the memory, or the one that took its place while somebody wrote. */
interface Target {
  id: string;
  text: string;
  /** The commit that changed it last. */
  version: string;
}

interface Version {
  memory: { text: string; history: { id: string }[] } | null;
  query: { rows: { value: string }[][] } | null;
}

/** Asks what took the place of a memory: that is said of the newer one. */
const successor = (id: string): string => `SELECT ?next { ?next prov:wasRevisionOf id:${/^[0-9a-z]{13}$/.test(id) ? id : "0000000000000"} } LIMIT 1`;

/** A memory is never overwritten: what is written here takes its place, and it stays to be seen. */
function Edit({ memory, close }: { memory: Memory; close: () => void }) {
  const [text, setText] = useState(memory.text);
  const [isBusy, setBusy] = useState(false);
  const [target, setTarget] = useState<Target>({ id: memory.id, text: memory.text, version: memory.history.at(-1)?.id ?? "" });
  const [isChanged, setChanged] = useState(false);
  const noticedAt = useRef(0);
  const { statement } = memory;
  const [object, setObject] = useState(statement?.object ?? "");
  const isSame = statement ? object.trim() === statement.object : text === target.text;
  /** Looks whether another tab or an agent changed it since it was opened here; then nothing is written over unseen. */
  const look = async (): Promise<Target> => {
    let { id } = target;
    for (let steps = 0; steps < 20; steps++) {
      const { data } = await ask<Version>(versionDocument, { id, next: successor(id) });
      if (!data.memory) break;
      const next = data.query?.rows[0]?.[0]?.value.replace(/^id:/, "");
      if (!next || next === id) return { id, text: data.memory.text, version: data.memory.history.at(-1)?.id ?? "" };
      id = next;
    }
    return { ...target, id };
  };
  const notice = (now: Target): boolean => {
    if (now.id === target.id && now.version === target.version) return false;
    setTarget(now);
    setChanged(true);
    noticedAt.current = Date.now();
    return true;
  };
  const current = memory.history.at(-1)?.id ?? "";
  useEffect(() => {
    if (target.id === memory.id && current !== target.version) look().then(notice, sayFailure);
  }, [current]);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    // Who was about to save when the notice came has not read it.
    if (isBusy || isSame || Date.now() - noticedAt.current < READ_MS) return;
    setBusy(true);
    try {
      if (notice(await look())) return;
      const change = statement ? { op: "CORRECT", statement: { ...statement, object: object.trim() } } : { op: "SUPERSEDE", text };
      const done = await update({ id: target.id, ...change }, "Changed; the version before is kept");
      if (done) go(memoryAddress(done.replacedBy ?? target.id), { replace: true });
    } catch (error) {
      sayFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="edit" onSubmit={save} onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save(event); else if (event.key === "Escape") { event.preventDefault(); close(); } }}>
      {isChanged && (
        <div class="wrong" role="alert">
          <p>This was changed somewhere else while you were writing. It now says:</p>
          <blockquote dir="auto">{beginning(target.text, 600)}</blockquote>
          <p class="soft">What you wrote is kept below, and nothing was written. Saving puts yours in its place; it stays as a version. <button type="button" class="link" onClick={() => void copy(statement ? object : text, "Your text is copied")}>copy mine</button></p>
        </div>
      )}
      {statement ? (
        <label class="statement-edit"><span dir="auto">{statement.subject} <em>{statement.predicate}</em></span><input ref={focused} value={object} dir="auto" onInput={(event) => setObject(event.currentTarget.value)} /></label>
      ) : (
        <textarea ref={focused} aria-label="Text" dir="auto" rows={Math.min(24, Math.max(4, text.split("\n").length + 1))} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      )}
      <div class="actions">
        <button class="primary" disabled={isBusy || isSame}>Save <Key of="Ctrl Enter" /></button>
        <button type="button" onClick={close}>Leave it</button>
        <span class="soft">The version before is kept and can be brought back.</span>
      </div>
    </form>
  );
}

