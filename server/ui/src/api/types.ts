/** Shapes of answers, as the documents beside the pages ask for them. */
import type { Node } from "./mdast";

export interface Source {
  path: string | null;
  heading: string | null;
  saidBy: string | null;
  span?: { start: number; end: number; line: number } | null;
}

/** A memory as a row shows it. */
export interface Line {
  id: string;
  kind: string;
  text: string;
  title: string;
  trust: string;
  space: string;
  recordedAt: string;
  source: Source;
  preference?: PreferenceOf | null;
  decision?: DecisionOf | null;
  learning?: LearningOf | null;
  validFrom?: string | null;
  validTo?: string | null;
  retractedAt?: string | null;
  forgottenAt?: string | null;
  snoozedUntil?: string | null;
}

export interface PreferenceOf {
  topic: string | null;
  value: string;
  polarity: "FOR" | "AGAINST";
  holder: string | null;
  scope: string | null;
  status: string;
  inferred: boolean;
  observations: number;
  timesSeen: number;
}

export interface DecisionOf {
  decided: string;
  options: { option: string; verdict: "CHOSEN" | "REJECTED" | "CONSIDERED"; why: string }[];
  reasons: string[];
  appliesTo: string | null;
}

export interface LearningOf {
  trigger: string;
  lesson: string;
  outcome: string;
  paths: string[];
  timesSeen: number;
  timesHelped: number;
  timesHurt: number;
}

export interface Commit {
  id: string;
  at: string;
  agent: string;
  verb: string;
  change: string | null;
  reason: string | null;
  undoes: string | null;
  touched: number;
}

export interface Reason {
  rank: number | null;
  score: number;
}

export interface Why {
  lexical: Reason | null;
  dense: Reason | null;
  late: Reason | null;
  graph: Reason | null;
  speaker: number | null;
  subject: number | null;
  machine: number | null;
  session: number | null;
  time: number | null;
  called: number | null;
  names: number | null;
  ledBy: { name: string; from: string } | null;
  entities: string[];
}

export interface Hit extends Line {
  markdown: Node[] | null;
  score: number;
  why: Why;
  supersededBy: string | null;
  stale: string[];
  speaker: string | null;
  happenedAt: string | null;
}

export interface LeftOut {
  id: string;
  score: number;
  reason: string;
}

export interface Facet {
  value: string;
  count: number;
}

export interface Recalled {
  hits: Hit[];
  degraded: string[];
  traceId: string;
  dropped: number;
  note: string | null;
  tookMs: number | null;
  facets: { kinds: Facet[]; spaces: Facet[]; trusts: Facet[]; files: Facet[] };
  leftOut: LeftOut[];
}

export interface PastAnswer {
  id: string;
  at: string;
  question: string;
  given: number;
  leftOut: number;
}

/** Answers with the same question one after the other as one: the newest, and how many there were. */
export interface Folded extends PastAnswer {
  times: number;
}

export function fold(answers: PastAnswer[]): Folded[] {
  const folded: Folded[] = [];
  for (const answer of answers) {
    const last = folded.at(-1);
    if (last?.question === answer.question) last.times++;
    else folded.push({ ...answer, times: 1 });
  }
  return folded;
}

export interface Consequence {
  id: string;
  kind: string;
  text: string;
  trust: string;
  space: string;
}
