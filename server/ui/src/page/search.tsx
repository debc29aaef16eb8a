/** Search: what recall finds, by which ways, and why; narrowed by what the hits have in common. */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { go, memoryAddress, param, params, searchAddress, withParams } from "../address";
import { ownChanges, useAnswer } from "../api/answer";
import type { Facet, Hit, Recalled } from "../api/types";
import { currentRow, useCommands } from "../command";
import { kindWord, Mark } from "../part/mark";
import { From, hidden, MemoryRow, useRowCommands } from "../part/row";
import { Answered, Empty } from "../part/state";
import { glimpse, Text } from "../part/text";
import { Time } from "../part/time";
import { Trust } from "../part/trust";
import { Channels, WhyBox } from "../part/why";
import searchDocument from "./search.graphql";
import suggestDocument from "./suggest.graphql";

/** How long somebody pauses in typing before it is asked. */
const PAUSE_MS = 300;
const PAGE = 20;
/** What was asked for by Enter: the first hit of its answer gets the focus, never one of another question. */
const wantsFirst = signal<string | null>(null);
const MOST = 100;
/** Where there is no room beside the hits, what narrows them is folded. */
const narrow = matchMedia("(max-width: 56rem)");

export function Search() {
  const q = param("q");
  const kinds = params("kinds");
  const spaces = params("spaces");
  const limit = Math.min(MOST, Number(param("limit")) || PAGE);
  const asked = useAnswer<{ recall: Recalled }>(q.trim() ? searchDocument : null, {
    q,
    limit,
    ...(kinds.length && { kinds }),
    ...(spaces.length && { spaces }),
    ...(param("entity") && { entity: param("entity") }),
    ...(param("since") && { since: param("since") }),
    ...(param("as") && { as: param("as") }),
    ...(param("known") && { known: param("known") }),
    ...(param("mode") === "DEEP" && { mode: "DEEP" }),
  }, ownChanges.value);
  return (
    <div class="search">
      <Field q={q} />
      {q.trim() ? <Answered asked={asked}>{({ recall }) => <Results recalled={recall} q={q} limit={limit} isWaiting={asked.isWaiting} />}</Answered> : <Suggestions />}
    </div>
  );
}

function Field({ q }: { q: string }) {
  const [typed, setTyped] = useState(q);
  const sent = useRef(q);
  // What comes from elsewhere is shown; what was sent from here may be behind what was typed since.
  useEffect(() => {
    if (q !== sent.current) setTyped(q);
    sent.current = q;
  }, [q]);
  const send = (words: string, how: { replace?: boolean } = {}): void => {
    sent.current = words;
    go(withParams({ q: words, sel: null }), how);
  };
  useEffect(() => {
    if (typed === q) return;
    const timer = setTimeout(() => send(typed, { replace: true }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    if (!q) document.querySelector<HTMLInputElement>("#search")?.focus();
  }, []);
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    // As it stands there: a letter may have come since it was drawn.
    const words = document.querySelector<HTMLInputElement>("#search")?.value ?? typed;
    setTyped(words);
    wantsFirst.value = words;
    send(words);
  };
  return (
    <form class="search-field" role="search" onSubmit={onSubmit}>
      <h1 class="sr-only" tabIndex={-1}>Search</h1>
      <input
        id="search" type="search" value={typed} dir="auto" autocomplete="off" aria-label="Search your memory" placeholder="Ask in your own words"
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") {
            event.preventDefault();
            document.querySelector<HTMLElement>("main [data-row]")?.focus();
          }
        }}
      />
      <button class="sr-only" tabIndex={-1}>Search</button>
    </form>
  );
}

function Suggestions() {
  const { data } = useAnswer<{ stats: { memories: number; passages: number }; query: { rows: { value: string }[][] } | null }>(suggestDocument);
  if (!data) return null;
  // Days are names of notes too, but nobody asks about them by that.
  const names = (data.query?.rows ?? []).map((row) => row[0]?.value ?? "").filter((name) => /^\p{L}/u.test(name)).slice(0, 3);
  if (data.stats.memories + data.stats.passages === 0) return <Empty><p>Nothing is known yet, so nothing can be found. <a href="/start">First steps</a></p></Empty>;
  const asks = [(name: string) => `What do I know about ${name}?`, (name: string) => `What changed about ${name}?`, (name: string) => name];
  return (
    <Empty>
      <p class="soft">{names.length > 0 ? "For example:" : "Type a question, a name or a few words."}</p>
      <ul class="plain suggestions">
        {names.map((name, index) => {
          const question = asks[index % asks.length]?.(name) ?? name;
          return <li key={name}><a data-row data-open href={searchAddress(question)}>{question}</a></li>;
        })}
      </ul>
    </Empty>
  );
}

function Results({ recalled, q, limit, isWaiting }: { recalled: Recalled; q: string; limit: number; isWaiting: boolean }) {
  const hits = recalled.hits.filter(({ id }) => !hidden.value.has(id));
  const chosen = param("sel");
  const selected = hits.find(({ id }) => id === chosen);
  const [isWhy, setWhy] = [param("why") === "1", (on: boolean) => go(withParams({ why: on ? "1" : null }), { replace: true })];
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const look = (): void => setNarrow(narrow.matches);
    narrow.addEventListener("change", look);
    return () => narrow.removeEventListener("change", look);
  }, []);
  const choose = (id: string): void => {
    if (id !== chosen) go(withParams({ sel: id }), { replace: true });
  };
  useEffect(() => {
    if (wantsFirst.value !== q || isWaiting) return;
    wantsFirst.value = null;
    document.querySelector<HTMLElement>("main [data-row]")?.focus();
  }, [wantsFirst.value, q, isWaiting]);
  useRowCommands();
  useCommands(
    [
      { name: isWhy ? "Hide why these were found" : "Why were these found?", key: "w", run: () => setWhy(!isWhy) },
      { name: "Show this row on the map", key: "o", isQuiet: true, run: () => { const id = currentRow()?.dataset["id"] ?? chosen; if (id) go(`/map?n=${id}`); } },
      { name: "Preview this row", key: " ", isQuiet: true, run: () => { const id = currentRow()?.dataset["id"]; if (id) go(withParams({ sel: id === chosen ? null : id }), { replace: true }); } },
    ],
    [isWhy, chosen],
  );
  return (
    <div class={selected ? "results with-preview" : "results"}>
      <aside class="facets" aria-label="Narrow">
        {isNarrow ? <details><summary>Narrow it</summary><Facets recalled={recalled} /></details> : <Facets recalled={recalled} />}
      </aside>
      <section class="hits" aria-label="Found" aria-busy={isWaiting}>
        <p class="found soft" role="status">
          {hits.length === 0 ? "Nothing found" : `${hits.length} found`}
          {recalled.tookMs !== null && ` in ${recalled.tookMs < 10 ? recalled.tookMs.toFixed(1) : Math.round(recalled.tookMs)} ms`}
          {hits.length > 0 && <> · <button class="link" aria-pressed={isWhy} onClick={() => setWhy(!isWhy)}>{isWhy ? "hide why" : "why these"}</button></>}
          {" · "}<a href={`/recalls/${recalled.traceId}`}>what was left out</a>
        </p>
        {recalled.degraded.map((why) => <p key={why} class="note">{why}</p>)}
        {recalled.note && <p class="note">{recalled.note}</p>}
        {hits.length === 0 && <Empty><p>Try other words, or fewer of the limits on the left.</p></Empty>}
        {hits.map((hit, index) => (
          <MemoryRow key={hit.id} memory={hit} words={q} isCurrent={hit.id === chosen} onFocus={() => choose(hit.id)}>
            <div class="meta"><Channels why={hit.why} />{hit.supersededBy && <a class="badge" href={memoryAddress(hit.supersededBy)}>replaced</a>}{hit.stale.length > 0 && <span class="badge is-warning">may be wrong by now</span>}</div>
            {isWhy && hit.id !== selected?.id && <WhyBox hit={hit} place={index + 1} />}
          </MemoryRow>
        ))}
        {recalled.dropped > 0 && limit < MOST && <button onClick={() => go(withParams({ limit: String(Math.min(MOST, limit + PAGE)) }), { replace: true })}>More</button>}
      </section>
      {selected && <Preview hit={selected} q={q} place={hits.indexOf(selected) + 1} />}
    </div>
  );
}

function Preview({ hit, q, place }: { hit: Hit; q: string; place: number }) {
  return (
    <aside class="preview" aria-label="Preview">
      <div class="preview-head">
        <span class="kind"><Mark kind={hit.kind} />{kindWord(hit.kind)}</span>
        <button class="quiet" aria-label="Close the preview" onClick={() => go(withParams({ sel: null }), { replace: true })}>×</button>
      </div>
      {hit.title && <h2 dir="auto">{glimpse(hit.title, 200)}</h2>}
      <Text key={hit.id} text={hit.text} markdown={hit.markdown} words={q} />
      <div class="meta"><From source={hit.source} title={hit.title} /><Trust of={hit.trust} /><Time at={hit.happenedAt ?? hit.recordedAt} withClock /></div>
      <WhyBox hit={hit} place={place} />
      <p><a class="button" href={memoryAddress(hit.id)}>Open</a></p>
    </aside>
  );
}

const TRUSTS: Record<string, string> = { owner: "you", agent: "an agent", ingested: "files", policy: "policy" };

function Facets({ recalled }: { recalled: Recalled }) {
  const { kinds, spaces } = recalled.facets;
  return (
    <>
      <Choices title="Kind" name="kinds" facets={kinds.map(({ value, count }) => ({ value: value.toUpperCase(), count }))} word={kindWord} />
      <Choices title="Space" name="spaces" facets={spaces} word={(value) => value} />
      <Shown title="Said by" facets={recalled.facets.trusts} word={(value) => TRUSTS[value.toLowerCase()] ?? value} />
      <fieldset class="facet">
        <legend>As of</legend>
        <label>true on<input type="date" value={param("as")} onChange={(event) => go(withParams({ as: event.currentTarget.value }))} /></label>
        <label>known on<input type="date" value={param("known")} onChange={(event) => go(withParams({ known: event.currentTarget.value }))} /></label>
        <label>since<input type="date" value={param("since")} onChange={(event) => go(withParams({ since: event.currentTarget.value }))} /></label>
      </fieldset>
      <fieldset class="facet">
        <legend>Effort</legend>
        <label class="check"><input type="checkbox" checked={param("mode") === "DEEP"} onChange={(event) => go(withParams({ mode: event.currentTarget.checked ? "DEEP" : null }))} />look deeper</label>
      </fieldset>
    </>
  );
}

/** Counts that narrow what is asked. What is chosen stays in sight, also when nothing of it was found. */
function Choices({ title, name, facets, word }: { title: string; name: string; facets: Facet[]; word: (value: string) => string }) {
  const chosen = params(name);
  const all = [...facets, ...chosen.filter((value) => !facets.some((facet) => facet.value === value)).map((value) => ({ value, count: 0 }))];
  if (all.length < 2 && chosen.length === 0) return null;
  const toggle = (value: string): void => {
    const values = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
    go(withParams({ [name]: values, sel: null }));
  };
  return (
    <fieldset class="facet">
      <legend>{title}</legend>
      {all.map(({ value, count }) => (
        <label key={value} class="check">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          <span dir="auto">{word(value)}</span><span class="soft">{count}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Shown({ title, facets, word }: { title: string; facets: Facet[]; word: (value: string) => string }) {
  if (facets.length < 2) return null;
  return (
    <div class="facet" role="group" aria-label={title}>
      <p class="legend">{title}</p>
      {facets.map(({ value, count }) => <p key={value} class="check"><span>{word(value)}</span><span class="soft">{count}</span></p>)}
    </div>
  );
}
