/** What a commit did, in plain words. */
import type { Commit } from "../api/types";

/** By the verb that made it. */
const WORDS: Record<string, string> = {
  remember: "remembered", learn: "learned", forget: "forgotten", undo: "taken back", erase: "erased for good", redact: "secrets masked",
  ingest: "read", move: "moved", remove: "file gone", import: "imported",
  merge: "made one", split: "told apart", alias: "given another name", declare: "a new way to say things",
  propose: "proposed", accept: "accepted", reject: "declined", report: "reported on",
  edit_block: "core block edited", pin: "placed on the map",
  add_source: "folder watched", change_source: "folder changed", remove_source: "folder left alone", configure_sources: "folders set up",
  sparql: "changed by a query", graph_store: "changed by a query", refuse: "calls refused",
};

/** What an update was. */
const CHANGES: Record<string, string> = {
  superseded: "said better", settled: "settled", retracted: "no longer believed", ended: "ended", restored: "stands again",
};

export function commitWords(commit: Pick<Commit, "verb" | "change">): string {
  if (commit.verb === "update") return CHANGES[commit.change ?? ""] ?? commit.change ?? "changed";
  return WORDS[commit.verb] ?? "changed";
}

/** What changes nothing that is known, or waits above for its owner. */
const QUIET = new Set(["refuse", "configure_sources", "pin", "propose"]);

export const isQuiet = ({ verb, change }: Pick<Commit, "verb" | "change">): boolean => QUIET.has(verb) || change === "put off";

const NAMES: Record<string, string> = { owner: "you", ingest: "a file", import: "an import" };

/** Who did or said something, as people call them. */
export const agentName = (agent: string): string => NAMES[agent] ?? agent.replace(/^(agent|token):/, "");

/** What a text is found by, as people call it. */
export const indexName = (name: string): string => ({ text: "words", vectors: "meaning" })[name] ?? name;
