// Hears changes with the graphql-sse client. Usage: node sse.mjs PORT TOKEN
import { createClient } from "graphql-sse";

const [port, token] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
const client = createClient({ url: `http://127.0.0.1:${port}/graphql`, headers, retryAttempts: 0 });
const remember = async (text) => {
  const query = "mutation($text: String!) { remember(input: {text: $text, space: \"sse\"}) { undo } }";
  const body = JSON.stringify({ query, variables: { text } });
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "POST", headers, body });
  return (await response.json()).data.remember.undo;
};

const found = {};
for await (const { data } of client.iterate({ query: "{ stats { writes } }" })) found.query = data.stats.writes;
try {
  // This client hands on what a refusal says like any other answer.
  for await (const answer of client.iterate({ query: "{ nothing }" })) found.refused = answer.errors[0].extensions.code;
} catch (error) {
  const body = error.response ? await error.response.json() : { errors: [].concat(error) };
  found.refused = body.errors[0]?.extensions?.code ?? String(error);
}
found.texts = [];
const after = await remember("before");
const query = "subscription($after: NodeID) { changes(after: $after, spaces: [\"sse\"]) { memories { text } } }";
const telling = (async () => { for (const text of ["one", "two", "three"]) await remember(text); })();
for await (const { data } of client.iterate({ query, variables: { after } })) {
  found.texts.push(...data.changes.memories.map((memory) => memory.text));
  if (found.texts.length === 3) break;
}
await telling;
console.log(JSON.stringify(found));
client.dispose();
