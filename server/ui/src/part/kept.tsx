/** The memories of one kind, newest first, narrowed by what they are about and by the moment. */
import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { go, param, withParams } from "../address";
import { useAnswer } from "../api/answer";
import type { Line } from "../api/types";
import { currentRow, useCommands } from "../command";
import { say } from "../toast";
import { MemoryRow, useRowCommands } from "./row";
import { Answered, Empty, Head } from "./state";

const PAGE = 50;
const MOST = 200;

interface Page<T> {
  nodes: T[];
  pageInfo: { hasNextPage: boolean };
}

interface Kept<T extends Line> {
  document: string;
  title: string;
  what: string;
  empty: ComponentChildren;
  /** What stands under a row, and what can be done with it. */
  below?: (memory: T) => ComponentChildren;
  actions: (memory: T) => ComponentChildren;
  /** What keys do with the row that is focused. */
  keys: { key: string; name: string; run: (memory: T) => void }[];
  /** Puts some first. */
  order?: (memory: T) => number;
}

export function KeptPage<T extends Line>({ document, title, what, empty, below, actions, keys, order }: Kept<T>) {
  const about = param("about");
  const [typed, setTyped] = useState(about);
  const first = Math.min(MOST, Number(param("first")) || PAGE);
  const asked = useAnswer<Record<string, Page<T>>>(document, {
    first,
    ...(about && { about }),
    ...(param("as") && { as: param("as") }),
    ...(param("known") && { known: param("known") }),
  });
  const page = asked.data ? Object.values(asked.data)[0] : undefined;
  useRowCommands();
  useCommands(
    keys.map(({ key, name, run }) => ({
      key,
      name: `${name} (the row)`,
      isQuiet: true,
      run: () => {
        const id = currentRow()?.dataset["id"];
        const memory = page?.nodes.find((node) => node.id === id);
        if (memory) run(memory);
        else say("Choose a row first, with j and k");
      },
    })),
    [page],
  );
  return (
    <div>
      <Head title={title}>{what}</Head>
      <form class="inline" onSubmit={(event) => { event.preventDefault(); go(withParams({ about: typed.trim() })); }}>
        <label>About <input type="search" value={typed} dir="auto" placeholder="anything; or a name" onInput={(event) => setTyped(event.currentTarget.value)} /></label>
        <label>true on <input type="date" value={param("as")} onChange={(event) => go(withParams({ as: event.currentTarget.value }))} /></label>
        <label>known on <input type="date" value={param("known")} onChange={(event) => go(withParams({ known: event.currentTarget.value }))} /></label>
        <button>Show</button>
      </form>
      <Answered asked={asked}>
        {() => {
          if (!page || page.nodes.length === 0) return <Empty>{about || param("as") || param("known") ? <p>None that fits. <a href={location.pathname}>All of them</a></p> : empty}</Empty>;
          const nodes = order ? [...page.nodes].sort((one, other) => order(one) - order(other)) : page.nodes;
          return (
            <>
              {nodes.map((memory) => (
                <MemoryRow key={memory.id} memory={memory} isCurrent={memory.id === param("id")} actions={actions(memory)}>
                  {below?.(memory)}
                </MemoryRow>
              ))}
              {page.pageInfo.hasNextPage && first < MOST && <button onClick={() => go(withParams({ first: String(Math.min(MOST, first + PAGE)) }), { replace: true })}>More</button>}
            </>
          );
        }}
      </Answered>
    </div>
  );
}
