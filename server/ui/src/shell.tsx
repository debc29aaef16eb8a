/** What stands around every page: search, the list of pages, what was just done, whether the server is there. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { address, arrived, followLinks, go, path, searchAddress } from "./address";
import { changes } from "./api/answer";
import { ask, connection } from "./api/graphql";
import { dialog, hear, PAGES } from "./command";
import { Dialogs } from "./dialog";
import { Page, titleOf } from "./page";
import { Toasts } from "./toast";
import { isStale } from "./upgrade";
import { readViews, viewAddress, views } from "./view";
import waitingDocument from "./api/waiting.graphql";

/** How many wait on the pages where something can wait. */
const waiting = signal<Record<string, number>>({});

async function countWaiting(): Promise<void> {
  try {
    const { data } = await ask<{ conflicts: unknown[] | null; proposals: unknown[] | null; sources: { sources: { state: { state: string } | null }[] } | null }>(waitingDocument);
    waiting.value = {
      "/conflicts": data.conflicts?.length ?? 0,
      "/proposals": data.proposals?.length ?? 0,
      "/sources": data.sources?.sources.filter(({ state }) => state?.state === "FAILED").length ?? 0,
    };
  } catch {
    // The page itself says what is wrong.
  }
}

export function Shell() {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.addEventListener("click", followLinks);
    document.addEventListener("keydown", hear);
    return () => {
      document.removeEventListener("click", followLinks);
      document.removeEventListener("keydown", hear);
    };
  }, []);
  useEffect(() => {
    void countWaiting();
    // The page itself says what is wrong.
    readViews().catch(() => {});
  }, [changes.value]);
  const title = titleOf(path.value);
  useEffect(() => {
    document.title = title === "Today" ? "Hydra" : `${title} · Hydra`;
  }, [title, address.value]);
  // Whoever goes to a page by a key or a link is put at its beginning, as a loaded page would.
  useEffect(() => {
    // A field that the page put the cursor into keeps it.
    const isWriting = main.current?.contains(document.activeElement) && document.activeElement?.matches("input, textarea");
    if (arrived.value > 0 && !isWriting) main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [arrived.value]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>Skip to the page</a>
      <Top />
      <nav class="pages" aria-label="Pages"><Pages /></nav>
      <main id="main" ref={main} tabIndex={-1}>
        <Banner />
        <Page />
      </main>
      <Toasts />
      <Dialogs />
    </div>
  );
}

function Top() {
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const question = new FormData(event.currentTarget as HTMLFormElement).get("q");
    if (typeof question === "string" && question.trim()) go(searchAddress(question.trim()));
  };
  return (
    <header class="top">
      <a class="home" href="/" aria-label="Hydra, to Today">
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 12 3 5m5 7V3m0 9 5-7" /><circle cx="8" cy="12" r="2.6" /><circle cx="3" cy="5" r="1.8" /><circle cx="8" cy="3" r="1.8" /><circle cx="13" cy="5" r="1.8" /></svg>
        <span>Hydra</span>
      </a>
      {path.value !== "/search" && (
        <form class="top-search" role="search" action="/search" onSubmit={onSubmit}>
          <input id="search" name="q" type="search" aria-label="Search your memory" placeholder="Search your memory" autocomplete="off" dir="auto" />
          <kbd aria-hidden="true">/</kbd>
          <button class="sr-only" tabIndex={-1}>Search</button>
        </form>
      )}
      <div class="top-actions">
        <button class="quiet" onClick={() => (dialog.value = "capture")} title="Capture a thought (c)"><span aria-hidden="true">+</span><span class="wide-only">Capture</span><span class="narrow-only sr-only">Capture a thought</span></button>
        <button class="quiet" onClick={() => (dialog.value = "palette")} title="Any command"><kbd>Ctrl K</kbd><span class="sr-only">, any command</span></button>
      </div>
    </header>
  );
}

function Pages() {
  const groups = [...new Set(PAGES.map(({ group }) => group))];
  return (
    <>
      {groups.map((group) => (
        <div class="page-group" key={group}>
          {group && <h2>{group}</h2>}
          <ul>
            {PAGES.filter((page) => page.group === group).map(({ path: to, name }) => {
              const isHere = to === "/" ? /^\/(today)?$/.test(path.value) : path.value === to || path.value.startsWith(`${to}/`);
              const count = waiting.value[to] ?? 0;
              return (
                <li key={to}>
                  <a href={to} aria-current={isHere ? "page" : undefined}>
                    {name}
                    {count > 0 && <span class="count"><span class="sr-only">: </span>{count}<span class="sr-only"> waiting</span></span>}
                  </a>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
      {views.value.length > 0 && (
        <div class="page-group">
          <h2>Views</h2>
          <ul>{views.value.map(({ name, address: to }) => <li key={name}><a href={viewAddress(name)} aria-current={address.value.path + location.search === to ? "page" : undefined} dir="auto">{name}</a></li>)}</ul>
        </div>
      )}
      <button class="link keys-link" onClick={() => (dialog.value = "keys")}>Keys <kbd>?</kbd></button>
    </>
  );
}

/** What is wrong with the view as a whole, and what to do. */
function Banner() {
  if (isStale.value) {
    return (
      <p class="banner" role="status">
        Hydra was updated. <button onClick={() => location.reload()}>Reload</button> to use the new version.
      </p>
    );
  }
  if (connection.value === "lost") {
    return <p class="banner" role="status">Hydra does not answer. What you see is what was known last; this page goes on by itself when it is back.</p>;
  }
  if (connection.value === "locked") {
    return (
      <p class="banner" role="alert">
        This browser is not let in any more. Run <code>hydra open</code> in a terminal, then <button onClick={() => location.reload()}>Reload</button>.
      </p>
    );
  }
  return null;
}
