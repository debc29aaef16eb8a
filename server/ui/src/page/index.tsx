/** Which page an address shows. A test of `server/src/web/page.rs` reads this list and compares it with its own. */
import { Component, type ComponentChildren, type FunctionComponent } from "preact";
import { path } from "../address";
import { Head } from "../part/state";
import { Conflicts } from "./conflicts";
import { Decisions } from "./decisions";
import { Learnings } from "./learnings";
import { MapPage } from "./map";
import { MemoryPage } from "./memory";
import { Named } from "./named";
import { Preferences } from "./preferences";
import { Proposals } from "./proposals";
import { Recall, Recalls } from "./recalls";
import { Search } from "./search";
import { Settings } from "./settings";
import { Sources } from "./sources";
import { Start } from "./start";
import { Timeline } from "./timeline";
import { Today } from "./today";
import { Trash } from "./trash";
import { ViewPage } from "./view";

interface Route {
  path: RegExp;
  title: string;
  page: FunctionComponent<{ parts: string[] }>;
}

const ROUTES: Route[] = [
  { path: /^\/$/, title: "Today", page: Today },
  { path: /^\/today$/, title: "Today", page: Today },
  { path: /^\/start$/, title: "First steps", page: Start },
  { path: /^\/search$/, title: "Search", page: Search },
  { path: /^\/map$/, title: "Map", page: MapPage },
  { path: /^\/timeline$/, title: "Timeline", page: Timeline },
  { path: /^\/recalls$/, title: "Recalls", page: Recalls },
  { path: /^\/recalls\/([^/]+)$/, title: "Recall", page: Recall },
  { path: /^\/decisions$/, title: "Decisions", page: Decisions },
  { path: /^\/learnings$/, title: "Learnings", page: Learnings },
  { path: /^\/preferences$/, title: "Preferences", page: Preferences },
  { path: /^\/conflicts$/, title: "Conflicts", page: Conflicts },
  { path: /^\/proposals$/, title: "Proposals", page: Proposals },
  { path: /^\/sources$/, title: "Sources", page: Sources },
  { path: /^\/trash$/, title: "Trash", page: Trash },
  { path: /^\/settings$/, title: "Settings", page: Settings },
  { path: /^\/m\/([^/@]+)(?:@([^/]+))?(?:\/(history))?$/, title: "Memory", page: MemoryPage },
  { path: /^\/entity\/(.+)$/, title: "By name", page: Named },
  { path: /^\/v\/(.+)$/, title: "Saved view", page: ViewPage },
];

const find = (at: string): { route: Route; parts: string[] } | null => {
  for (const route of ROUTES) {
    const match = route.path.exec(at);
    if (match) return { route, parts: match.slice(1).map((part) => part ?? "") };
  }
  return null;
};

/** The name of the page at a path. */
export const titleOf = (at: string): string => find(at)?.route.title ?? "Nothing here";

export function Page() {
  const found = find(path.value);
  if (!found) {
    return <Head title="Nothing here">There is no page at this address. The list of pages is on the left.</Head>;
  }
  const { route, parts } = found;
  return (
    <Guard key={route.title + parts.join()}>
      <route.page parts={parts} />
    </Guard>
  );
}

/** Keeps what goes wrong inside a page from taking the others away. */
class Guard extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static override getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div class="wrong" role="alert">
        <p>This page could not be shown.</p>
        <p class="soft">{this.state.error.message}</p>
        <button onClick={() => location.reload()}>Reload</button>
      </div>
    );
  }
}
