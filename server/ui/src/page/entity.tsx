/** A person, project, place or note: what is said of it, and what it is tied to. */
import { memoryAddress } from "../address";
import { useCommands } from "../command";
import { go } from "../address";
import { counted } from "../part/count";
import { Mark } from "../part/mark";
import { copyLink, fileName } from "../part/row";
import { Head } from "../part/state";
import { beginning } from "../part/text";
import { dayOf } from "../part/time";
import { Trust } from "../part/trust";

export interface Entity {
  id: string;
  name: string;
  aliases: string[];
  notes: string[];
  linkedFrom: number;
  linksTo: number;
  merged: { id: string; name: string } | null;
  standsFor: { id: string; name: string }[];
  factCounts: { of: string; count: number }[];
  memoryCounts: { of: string; count: number }[];
  facts: { kind: string; fromName: string; predicate: string; toName: string; validFrom: string | null; validTo: string | null; trust: string; isDisputed: boolean; isStale: boolean; to: { id: string } | null; fact: { id: string } | null }[];
  neighbours: { total: number; edges: { node: { id: string; name: string }; factCount: number; linkCount: number; tagCount: number }[] };
}

export function EntityPage({ entity }: { entity: Entity }) {
  useCommands(
    [
      { name: "Copy a link to this", key: "y", run: () => void copyLink(entity.id) },
      { name: "Show it on the map", key: "o", run: () => go(`/map?n=${entity.id}`) },
    ],
    [entity.id],
  );
  const said = entity.memoryCounts.map(({ of, count }) => counted(count, of)).join(", ");
  return (
    <article class="memory">
      <header class="memory-head">
        <span class="kind"><Mark kind="ENTITY" />entity</span>
        <span class="spring" />
        <div class="actions">
          <a class="button" href={`/search?q=${encodeURIComponent(entity.name)}`}>Search</a>
          <a class="button" href={`/timeline?of=${entity.id}`}>Timeline</a>
          <a class="button" href={`/map?n=${entity.id}`}>Map</a>
        </div>
      </header>
      <Head title={beginning(entity.name, 300)}>
        {[entity.aliases.length > 0 && `also ${entity.aliases.slice(0, 8).join(", ")}`, said, `${counted(entity.linkedFrom, "note links", "notes link")} here`].filter(Boolean).join(" · ")}
      </Head>
      <div class="columns">
        {entity.facts.length > 0 && (
          <section aria-labelledby="facts">
            <h2 id="facts">What is said of it</h2>
            <ul class="plain facts">
              {entity.facts.map((tie, index) => (
                <li key={index} data-row tabIndex={-1}>
                  <span dir="auto">
                    {tie.fromName !== entity.name && <>{tie.fromName} </>}<em>{tie.predicate}</em>{" "}
                    {tie.to && tie.to.id !== entity.id ? <a href={memoryAddress(tie.to.id)}>{tie.toName}</a> : tie.toName}
                  </span>{" "}
                  <span class="meta">
                    {tie.validFrom && <>since {dayOf(tie.validFrom)}</>}
                    <Trust of={tie.trust} />
                    {tie.isDisputed && <span class="badge is-warning">disputed</span>}
                    {tie.isStale && <span class="badge is-warning">may be wrong by now</span>}
                    {tie.fact && <a data-open href={memoryAddress(tie.fact.id)}>where from</a>}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
        {entity.neighbours.edges.length > 0 && (
          <section aria-labelledby="ties">
            <h2 id="ties">Tied to <span class="soft">{entity.neighbours.total}</span></h2>
            <ul class="chips">{entity.neighbours.edges.map(({ node, factCount, linkCount, tagCount }) => <li key={node.id}><a class="chip" href={memoryAddress(node.id)} title={[counted(factCount, "fact"), counted(linkCount, "link"), counted(tagCount, "tag")].join(", ")} dir="auto">{beginning(node.name, 60)}</a></li>)}</ul>
          </section>
        )}
        {entity.notes.length > 0 && (
          <section aria-labelledby="notes">
            <h2 id="notes">Described in</h2>
            <ul class="plain">{entity.notes.map((note) => <li key={note} class="path" title={note}>{fileName(note)}</li>)}</ul>
          </section>
        )}
        {entity.standsFor.length > 0 && (
          <section aria-labelledby="merged">
            <h2 id="merged">Stands for</h2>
            <ul class="chips">{entity.standsFor.map(({ id, name }) => <li key={id} class="chip" dir="auto">{name}</li>)}</ul>
          </section>
        )}
      </div>
    </article>
  );
}
