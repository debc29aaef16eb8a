// Hears changes with the graphql-ws client. Usage: node ws.mjs PORT TOKEN
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [port, token] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
class WithToken extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, { headers: { authorization: headers.authorization } });
  }
}
const client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: WithToken, lazyCloseTimeout: 10_000, retryAttempts: 0 });
const remember = (text) => fetch(`http://127.0.0.1:${port}/v1/remember`, { method: "POST", headers, body: JSON.stringify({ text }) });

const found = {};
for await (const { data } of client.iterate({ query: "{ stats { writes } }" })) found.query = data.stats.writes;
try {
  for await (const answer of client.iterate({ query: "{ nothing }" })) found.refused = answer;
} catch (errors) {
  found.refused = errors[0]?.extensions?.code ?? String(errors);
}
found.texts = [];
const before = await (await remember("before")).json();
const query = "subscription($after: NodeID) { changes(after: $after) { memories { text } } }";
const telling = (async () => { for (const text of ["one", "two", "three"]) await remember(text); })();
for await (const { data } of client.iterate({ query, variables: { after: before.commit } })) {
  found.texts.push(...data.changes.memories.map((memory) => memory.text));
  if (found.texts.length === 3) break;
}
await telling;
console.log(JSON.stringify(found));
await client.dispose();
