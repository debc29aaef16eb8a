/** Hears what happens, by graphql-transport-ws: one socket a tab, opened anew when it breaks. */
import { connection } from "./graphql";

/** The first pause before a broken socket is opened anew; each next one is twice as long. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

interface Listener {
  query: string;
  heard: (data: unknown) => void;
}

const listeners = new Map<string, Listener>();
let socket: WebSocket | null = null;
let isReady = false;
let pause = FIRST_PAUSE_MS;
let next = 0;
let hasBeenThere = false;
const returns = new Set<() => void>();

/** Has `then` called whenever the server is back after it was away: what it said meanwhile was missed. */
export function onReturn(then: () => void): void {
  returns.add(then);
}

/** Listens until the function that comes back is called. */
export function listen<T>(query: string, heard: (data: T) => void): () => void {
  const id = String(++next);
  listeners.set(id, { query, heard: heard as (data: unknown) => void });
  if (isReady) subscribe(id);
  else open();
  return () => {
    listeners.delete(id);
    if (isReady) say({ id, type: "complete" });
  };
}

function say(message: object): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function subscribe(id: string): void {
  const listener = listeners.get(id);
  if (listener) say({ id, type: "subscribe", payload: { query: listener.query } });
}

function open(): void {
  if (socket) return;
  const opened = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`, "graphql-transport-ws");
  socket = opened;
  opened.onopen = () => say({ type: "connection_init" });
  opened.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as { type: string; id?: string; payload?: { data?: unknown } };
    if (message.type === "connection_ack") ready();
    else if (message.type === "ping") say({ type: "pong" });
    else if (message.type === "next" && message.id && message.payload?.data) listeners.get(message.id)?.heard(message.payload.data);
  };
  opened.onclose = () => {
    socket = null;
    isReady = false;
    if (hasBeenThere && connection.value === "there") connection.value = "lost";
    // Whoever is locked out gets in by a new page, so that a forgotten one is not refused for ever.
    if (connection.value === "locked") return;
    setTimeout(open, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };
}

function ready(): void {
  isReady = true;
  pause = FIRST_PAUSE_MS;
  for (const id of listeners.keys()) subscribe(id);
  if (hasBeenThere) {
    connection.value = "there";
    for (const then of returns) then();
  }
  hasBeenThere = true;
}

addEventListener("online", () => {
  pause = FIRST_PAUSE_MS;
  open();
});
