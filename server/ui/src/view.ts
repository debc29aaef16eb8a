/**
 * Saved views: addresses with a name. They are their owner's, so they are statements in a graph of the owner's own: in every
 * export, in SPARQL, and undone like anything else.
 */
import { signal } from "@preact/signals";
import { changed } from "./api/answer";
import { ask, tell } from "./api/graphql";
import sparqlUpdateDocument from "./api/sparqlUpdate.graphql";
import viewsDocument from "./api/views.graphql";
import { say, sayFailure } from "./toast";

export interface View {
  name: string;
  address: string;
}

export const MAX_NAME_LETTERS = 60;

/** By their names. */
export const views = signal<View[]>([]);

/** Where a view is. */
export const viewAddress = (name: string): string => `/v/${encodeURIComponent(name)}`;

/** Reads them anew. */
export async function readViews(): Promise<View[]> {
  const { data } = await ask<{ query: { rows: { value: string }[][] } | null }>(viewsDocument);
  views.value = (data.query?.rows ?? []).flatMap(([name, address]) => (name && address && /^\/(?!\/)/.test(address.value) ? [{ name: name.value, address: address.value }] : []));
  return views.value;
}

/** Gives an address a name; what was called so before is called so no more. */
export function saveView(name: string, address: string): Promise<void> {
  const node = `<urn:view:${encodeURIComponent(name)}>`;
  const add = `INSERT DATA { GRAPH <urn:view> { ${node} <http://schema.org/name> ${literal(name)} ; <http://schema.org/url> ${literal(address)} } }`;
  return write(`${without(node)} ; ${add}`, `Saved as “${name}”`);
}

export const dropView = (name: string): Promise<void> => write(without(`<urn:view:${encodeURIComponent(name)}>`), `“${name}” is no longer kept`);

const without = (node: string): string => `DELETE WHERE { GRAPH <urn:view> { ${node} ?of ?said } }`;

/** A text as a query writes it. */
const literal = (text: string): string => `"${text.replace(/["\\]/g, "\\$&").replace(/[\n\r]/g, " ")}"`;

async function write(update: string, said: string): Promise<void> {
  try {
    const { undo } = await tell<{ undo: string | null }>(sparqlUpdateDocument, { update });
    say(said, undo);
    changed();
  } catch (error) {
    sayFailure(error);
  }
}
