/** What can be done to a memory: at once on the page, then for good; taken back if it did not go through. */
import { go, memoryAddress } from "./address";
import { changed } from "./api/answer";
import { tell } from "./api/graphql";
import type { Consequence } from "./api/types";
import forgetDocument from "./api/forget.graphql";
import updateDocument from "./api/update.graphql";
import { hidden } from "./part/row";
import { say, sayFailure } from "./toast";

export interface Consequences {
  ids: string[];
  undo: string | null;
  passages: number;
  wouldGo: Consequence[];
  wouldBeStale: Consequence[];
  leftOut: number;
}

/** What would follow from forgetting something. */
export const consequences = (id: string): Promise<Consequences> => tell(forgetDocument, { ids: [id], dryRun: true });

/**
 * Forgets something. Where nothing else would be touched it is done at once; otherwise the page of the memory shows
 * what would follow.
 */
export async function forget(id: string, isDecided = false): Promise<boolean> {
  try {
    if (!isDecided) {
      const would = await consequences(id);
      if (would.wouldBeStale.length > 0 || would.wouldGo.length > 1) {
        go(`${memoryAddress(id)}?do=forget`);
        return false;
      }
    }
  } catch (error) {
    sayFailure(error);
    return false;
  }
  hide(id, true);
  try {
    const done = await tell<Consequences>(forgetDocument, { ids: [id], dryRun: false });
    say("Forgotten. It is in the trash", done.undo);
    changed();
    return true;
  } catch (error) {
    sayFailure(error);
    return false;
  } finally {
    // Lists are asked again by then; an undo must show it again.
    setTimeout(() => hide(id, false), 1_500);
  }
}

function hide(id: string, isHidden: boolean): void {
  const ids = new Set(hidden.value);
  if (isHidden) ids.add(id);
  else ids.delete(id);
  hidden.value = ids;
}

export interface Updated {
  id: string;
  undo: string | null;
  replacedBy: string | null;
  stale: string[];
}

/** Changes what is known of a memory, and says so. */
export async function update(variables: { id: string; op: string; text?: string; statement?: object; at?: string; reason?: string }, said: string): Promise<Updated | null> {
  try {
    const done = await tell<Updated>(updateDocument, variables);
    const rest = done.stale.length;
    say(rest > 0 ? `${said}. ${rest} that ${rest === 1 ? "rests" : "rest"} on it may be wrong now` : said, done.undo);
    changed();
    return done;
  } catch (error) {
    sayFailure(error);
    return null;
  }
}

/** Says that the world has changed: something held until now. */
/** By the server's clock: this machine's may go otherwise. */
export const NOW = "0s";

export const end = (id: string): Promise<Updated | null> => update({ id, op: "END", at: NOW }, "It holds no longer, from now on");

/** Runs a mutation that answers with `undo`, and says what was done. */
export async function act<T extends { undo?: string | null }>(document: string, variables: Record<string, unknown>, said: string): Promise<T | null> {
  try {
    const done = await tell<T>(document, variables);
    say(said, done.undo ?? null);
    changed();
    return done;
  } catch (error) {
    sayFailure(error);
    return null;
  }
}
