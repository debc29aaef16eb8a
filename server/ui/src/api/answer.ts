/** Answers on a page: shown at once if they were had before, asked again whenever something was changed. */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, connection, Failure, type Answer } from "./graphql";
import { listen, onReturn } from "./socket";

/** Answers that are kept for when a page is come back to. */
const MAX_KEPT = 40;
/** Commits come in bursts; what is shown is asked for at most this often. */
const BURST_MS = 250;
const kept = new Map<string, Answer<unknown>>();

/** Counts up when the memory has changed. */
export const changes = signal(0);
/** Counts up when this tab changed it. */
export const ownChanges = signal(0);

let burst: ReturnType<typeof setTimeout> | undefined;

/** Says that this tab changed something. */
export function changed(): void {
  ownChanges.value++;
  heard();
}

/** Hears that something was changed: by this tab, by another or by an agent. A burst that goes on is shown as it goes on. */
export function heard(): void {
  burst ??= setTimeout(() => {
    burst = undefined;
    changes.value++;
  }, BURST_MS);
}

/** Starts to hear of changes. */
export function follow(): void {
  listen("subscription Changes { changes { commit { id } } }", heard);
  onReturn(heard);
}

export interface Asked<T> {
  /** What is known; of the question before while a new one is on its way. */
  data: T | null;
  failed: Map<string, Failure>;
  /** Why there is no answer. */
  error: Failure | null;
  /** Whether the answer is still on its way. */
  isWaiting: boolean;
}

/**
 * Asks when shown, when the variables change and when the memory does: by `since`, which is every change if left out.
 * What is asked of recall is kept as asked, so a page that shows it asks again only when its owner did something.
 * `document` is null while nothing is asked.
 */
export function useAnswer<T>(document: string | null, variables: Record<string, unknown> = {}, since = changes.value): Asked<T> {
  const key = document === null ? "" : JSON.stringify([document, variables]);
  const [, redraw] = useState(0);
  const shown = useRef<{ key: string; answer: Answer<T> | null; error: Failure | null }>({ key: "", answer: null, error: null });
  if (shown.current.key !== key) {
    const answer = (kept.get(key) as Answer<T> | undefined) ?? null;
    // What stood there stays until the new answer is there: a flash of nothing is harder to read.
    shown.current = { key, answer: answer ?? (document ? shown.current.answer : null), error: null };
  }
  const settled = useRef("");
  const onItsWay = useRef<{ isStale: boolean } | null>(null);
  const stop = useRef<AbortController | null>(null);
  const isThere = connection.value === "there";
  const wasThere = useRef(isThere);
  useEffect(() => () => {
    stop.current?.abort();
    onItsWay.current = null;
  }, [key]);
  useEffect(() => {
    if (document === null) return;
    const isBack = isThere && !wasThere.current;
    wasThere.current = isThere;
    // A question is never given up for the same one asked again: news that come faster than answers would end all of them.
    // One from before the server was lost may never be answered.
    if (onItsWay.current && !isBack) {
      onItsWay.current.isStale = true;
      return;
    }
    stop.current?.abort();
    const put = (): void => {
      const mine = { isStale: false };
      const { signal } = (stop.current = new AbortController());
      const take = (answer: Answer<T> | null, error: Failure | null): void => {
        onItsWay.current = null;
        settled.current = key;
        shown.current = { key, answer, error };
        redraw((count) => count + 1);
        if (mine.isStale) put();
      };
      onItsWay.current = mine;
      ask<T>(document, variables, signal).then(
        (answer) => {
          if (signal.aborted) return;
          keep(key, answer);
          take(answer, null);
        },
        (error: unknown) => {
          if (signal.aborted) return;
          const failure = error instanceof Failure ? error : new Failure(String(error), null, "UNKNOWN");
          // A server that is away for a moment takes nothing off the page.
          take(failure.code === "LOST" ? shown.current.answer : null, failure);
        },
      );
    };
    put();
  }, [key, since, isThere]);
  const { answer, error } = shown.current;
  return {
    data: answer?.data ?? null,
    failed: answer?.failed ?? new Map(),
    error,
    isWaiting: document !== null && settled.current !== key,
  };
}

function keep(key: string, answer: Answer<unknown>): void {
  kept.delete(key);
  kept.set(key, answer);
  const oldest = kept.keys().next().value;
  if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
}
