// Comunica: a query that joins, and an update. Arguments: the port and the token.
import { QueryEngine } from '@comunica/query-sparql';

const [port, token] = process.argv.slice(2);
const endpoint = `http://127.0.0.1:${port}/sparql`;
const withToken = (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('Authorization', `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};
const context = { sources: [{ type: 'sparql', value: endpoint }], fetch: withToken };
const engine = new QueryEngine();
await engine.queryVoid(
  'INSERT DATA { <http://example.org/c> <http://example.org/says> "from Comunica" ; <http://example.org/of> <http://example.org/d> }',
  { ...context, destination: { type: 'sparql', value: endpoint } });
const rows = await engine.queryBindings(
  'SELECT ?what { ?c <http://example.org/says> ?what ; <http://example.org/of> <http://example.org/d> }', context);
console.log((await rows.toArray()).map(row => row.get('what').value).join());
