/** What the map asks the server: its frame, names, where something is, and what its owner does to it. */
import { type Frame, readFrame } from "./frame";

export class Refused extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

/** Something that was looked for. */
export interface Found {
  id: string;
  label: string;
}

export interface Tidied {
  epoch: number;
  moved: number;
  nodes: number;
  isKept: boolean;
  canUndo: boolean;
}

const FIND = `query($q: String!, $p: [String!]!) {
  entity(nameOrId: $q, spaces: $p) { id name }
  recall(query: $q, spaces: $p, limit: 12) { hits { memory { id text entities { id name } } } }
}`;
const NAMES = `query($ids: [NodeID!]!, $p: [String!]!) { mapLabels(ids: $ids, spaces: $p) { id label } }`;
const PIN = `mutation($id: NodeID!, $at: PlaceInput) { pin(id: $id, at: $at) { undo } }`;
const TIDY = `mutation($act: TidyAct!) { tidyMap(act: $act) { epoch moved nodes isKept canUndo } }`;

export class Api {
  private tag = "";
  private frame: Frame | null = null;
  private asked = "";

  constructor(private readonly send: typeof fetch) {}

  /** The frame as it is now: the same object if nothing changed. */
  async load(spaces: string[], isPreview: boolean, signal: AbortSignal): Promise<Frame> {
    const query = new URLSearchParams(spaces.map((space) => ["space", space]));
    if (isPreview) query.set("preview", "1");
    const path = `/api/map/frame?${query}`;
    const headers: HeadersInit = path === this.asked && this.tag ? { "if-none-match": this.tag } : {};
    const response = await this.send(path, { headers, credentials: "same-origin", signal, cache: "no-store" });
    if (response.status === 304 && this.frame) return this.frame;
    if (!response.ok) throw await refused(response);
    this.frame = readFrame(await response.arrayBuffer());
    [this.tag, this.asked] = [response.headers.get("etag") ?? "", path];
    return this.frame;
  }

  async names(ids: string[], spaces: string[]): Promise<Found[]> {
    return (await this.ask<{ mapLabels: Found[] }>(NAMES, { ids, p: spaces })).mapLabels;
  }

  /** What a name or a question may mean, best first; some of it may be on no map. */
  async find(question: string, spaces: string[]): Promise<Found[]> {
    interface Named { id: string; name: string }
    interface Data { entity: Named | null; recall: { hits: { memory: { id: string; text: string; entities: Named[] } | null }[] } | null }
    const data = await this.ask<Data>(FIND, { q: question, p: spaces });
    const found = new Map<string, string>();
    if (data.entity) found.set(data.entity.id, data.entity.name);
    for (const { memory } of data.recall?.hits ?? []) {
      if (!memory) continue;
      if (!found.has(memory.id)) found.set(memory.id, memory.text);
      // A passage is no dot, but its note is.
      for (const { id, name } of memory.entities.slice(0, 3)) if (!found.has(id)) found.set(id, name);
    }
    return [...found].map(([id, label]) => ({ id, label }));
  }

  /** Returns the commit, for undo. */
  async pin(id: string, at: { x: number; y: number } | null): Promise<string | null> {
    return (await this.ask<{ pin: { undo: string | null } }>(PIN, { id, at })).pin.undo;
  }

  async tidy(act: "PREVIEW" | "KEEP" | "UNDO"): Promise<Tidied> {
    return (await this.ask<{ tidyMap: Tidied }>(TIDY, { act })).tidyMap;
  }

  private async ask<T>(query: string, variables: object): Promise<T> {
    const response = await this.send("/graphql", {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as { data?: T | null; errors?: { message: string }[] };
    const isEmpty = !answer.data || Object.values(answer.data).every((value) => value === null);
    if (isEmpty && answer.errors?.[0]) throw new Refused(answer.errors[0].message, response.status);
    if (!answer.data) throw new Refused(`the server answered with ${response.status}`, response.status);
    return answer.data;
  }
}

async function refused(response: Response): Promise<Refused> {
  const told = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  return new Refused(told?.error?.message ?? `the server answered with ${response.status}`, response.status);
}
