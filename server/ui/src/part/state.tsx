/** What a page shows when there is nothing to show: still waiting, gone wrong, or empty and how it would not be. */
import type { ComponentChildren } from "preact";
import type { Asked } from "../api/answer";
import type { Failure } from "../api/graphql";

/** Shows the answer once there is one. */
export function Answered<T>({ asked, children }: { asked: Asked<T>; children: (data: T) => ComponentChildren }) {
  // A server that is away for a moment takes nothing off the page; the banner says so.
  if (asked.error && (asked.data === null || asked.error.code !== "LOST")) return <Wrong failure={asked.error} />;
  if (asked.data === null) return <p class="soft waiting" aria-busy="true">One moment…</p>;
  return <>{children(asked.data)}</>;
}

export function Wrong({ failure }: { failure: Failure }) {
  return (
    <div class="wrong" role="alert">
      <p>{failure.message}.</p>
      {failure.hint && <p class="soft">{failure.hint}</p>}
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/** The head of a page: its name, a line on what it is for, and what can be done with all of it. */
export function Head({ title, children, actions }: { title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <header class="head">
      <div>
        <h1 tabIndex={-1} dir="auto">{title}</h1>
        {children && <p class="soft">{children}</p>}
      </div>
      {actions && <div class="actions">{actions}</div>}
    </header>
  );
}
