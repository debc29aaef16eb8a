/** Asks the server, by GraphQL over HTTP. Everything that a page shows or does goes through here. */
import { signal } from "@preact/signals";

/** What went wrong, in words, with the next step. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly hint: string | null,
    readonly code: string,
  ) {
    super(message);
  }
}

/** Whether the server answers: `lost` while it does not, `locked` when it wants a new session. */
export const connection = signal<"there" | "lost" | "locked">("there");

interface Told {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; hint?: string };
}

/** An answer, and what of it could not be had. */
export interface Answer<T> {
  data: T;
  failed: Map<string, Failure>;
}

type Variables = Record<string, unknown>;

function failure(told: Told): Failure {
  return new Failure(told.message, told.extensions?.hint ?? null, told.extensions?.code ?? "UNKNOWN");
}

/**
 * Runs one operation of a document. Throws when nothing came of it; a field that failed beside others is in `failed`,
 * by its name.
 */
export async function ask<T>(document: string, variables: Variables = {}, signal?: AbortSignal): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
      body: JSON.stringify({ query: document, variables }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    connection.value = "lost";
    throw new Failure("Hydra does not answer", "It may be starting again. This page tries again by itself.", "LOST");
  }
  if (response.status === 401) {
    connection.value = "locked";
    throw new Failure("This browser is not let in any more", "Run `hydra open` in a terminal.", "LOCKED");
  }
  const body = (await response.json().catch(() => ({}))) as { data?: T; errors?: Told[]; error?: Told & { hint?: string } };
  connection.value = "there";
  if (body.error) throw new Failure(body.error.message, body.error.hint ?? null, String(response.status));
  const errors = body.errors ?? [];
  const first = errors[0];
  const isEmpty = !body.data || Object.values(body.data).every((value) => value === null);
  if (first && isEmpty) throw failure(first);
  if (!body.data) throw new Failure(`The server answered with ${response.status}`, "Try again.", String(response.status));
  const failed = new Map(errors.map((told) => [String(told.path?.[0] ?? ""), failure(told)]));
  return { data: body.data, failed };
}

/** Runs a mutation, and gives what its only field answered. */
export async function tell<T>(document: string, variables: Variables = {}): Promise<T> {
  const { data } = await ask<Record<string, T>>(document, variables);
  return Object.values(data)[0] as T;
}
