/** Settings: how this browser shows Hydra, and each option of the server with the place that it comes from. */
import { useAnswer } from "../api/answer";
import type { Node } from "../api/mdast";
import { letters, theme, THEMES } from "../preference";
import { indexName } from "../part/commit";
import { counted } from "../part/count";
import { Answered, Head } from "../part/state";
import { Text } from "../part/text";
import { Time } from "../part/time";
import { dropView, viewAddress, views } from "../view";
import settingsDocument from "./settings.graphql";

interface Answer {
  settings: { name: string; value: string; from: string }[] | null;
  stats: { version: string; format: number; memories: number; passages: number; sources: number; entities: number; links: number; logBytes: number; residentBytes: number; writes: string; indexes: { name: string; behind: boolean; degraded: string | null; error: string | null }[] };
  coreBlocks: { id: string; name: string; space: string; text: string; markdown: Node[] | null; sizeBytes: number; limitBytes: number; changedAt: string; agent: string }[] | null;
}

const THEME_WORDS = { system: "as the system", light: "light", dark: "dark" };
const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`;

export function Settings() {
  const asked = useAnswer<Answer>(settingsDocument);
  return (
    <div>
      <Head title="Settings" />
      <section aria-labelledby="browser">
        <h2 id="browser">This browser</h2>
        <fieldset class="choices">
          <legend>Colours</legend>
          {THEMES.map((name) => <label key={name} class="check"><input type="radio" name="theme" checked={theme.value === name} onChange={() => (theme.value = name)} />{THEME_WORDS[name]}</label>)}
        </fieldset>
        <fieldset class="choices">
          <legend>Keys</legend>
          <label class="check"><input type="checkbox" checked={letters.value === "on"} onChange={(event) => (letters.value = event.currentTarget.checked ? "on" : "off")} /><span>single letters are commands, as <kbd>c</kbd> for capture</span></label>
        </fieldset>
      </section>
      <Answered asked={asked}>
        {({ settings, stats, coreBlocks }) => (
          <>
            {coreBlocks && coreBlocks.length > 0 && (
              <section aria-labelledby="blocks">
                <h2 id="blocks">What every agent is told first</h2>
                {coreBlocks.map((block) => (
                  <article key={block.id} class="card">
                    <h3>{block.name} <span class="soft">{block.sizeBytes} of {block.limitBytes} bytes</span></h3>
                    <Text text={block.text} markdown={block.markdown} />
                    <p class="meta"><span>{block.space}</span><span>{block.agent}</span><Time at={block.changedAt} withClock /></p>
                  </article>
                ))}
                <p class="soft">Edited with <code>hydra block edit NAME</code>.</p>
              </section>
            )}
            {views.value.length > 0 && (
              <section aria-labelledby="views">
                <h2 id="views">Saved views</h2>
                <ul class="plain lines">{views.value.map(({ name, address }) => <li key={name} class="line"><a href={viewAddress(name)} dir="auto">{name}</a><span class="soft path">{address}</span><button class="link" onClick={() => void dropView(name)} aria-label={`Drop the view ${name}`}>drop</button></li>)}</ul>
              </section>
            )}
            <section aria-labelledby="server">
              <h2 id="server">This server</h2>
              <dl class="pairs">
                <div><dt>Version</dt><dd>{stats.version}, format {stats.format}</dd></div>
                <div><dt>Holds</dt><dd>{counted(stats.memories, "memory", "memories")}, {counted(stats.passages, "passage")} of {counted(stats.sources, "file")}, {counted(stats.entities, "entity", "entities")}, {counted(stats.links, "link")}</dd></div>
                <div><dt>Writes</dt><dd>{stats.writes}</dd></div>
                <div><dt>Uses</dt><dd>{megabytes(stats.residentBytes)} of memory; a restart would replay {stats.logBytes === 0 ? "nothing" : `${megabytes(stats.logBytes)} of its log`}</dd></div>
                {stats.indexes.map(({ name, behind, degraded, error }) => <div key={name}><dt>Search by {indexName(name)}</dt><dd>{error ?? degraded ?? (behind ? "catching up" : "has everything")}</dd></div>)}
              </dl>
            </section>
            {settings && (
              <section aria-labelledby="options">
                <h2 id="options">Options</h2>
                <p class="soft">Changed in the file, then started again; <code>data/hydra.toml</code> explains each.</p>
                <div class="scroll" tabIndex={0} role="region" aria-labelledby="options">
                  <table>
                    <thead><tr><th scope="col">Option</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
                    <tbody>{settings.map(({ name, value, from }) => <tr key={name}><th scope="row"><code>{name}</code></th><td>{value || "—"}</td><td class="soft">{from}</td></tr>)}</tbody>
                  </table>
                </div>
              </section>
            )}
          </>
        )}
      </Answered>
    </div>
  );
}
