// Runs graphql-http's audits and prints how each went. Usage: node audits.mjs PORT TOKEN
import { serverAudits } from "graphql-http";

const [port, token] = process.argv.slice(2);
const fetchFn = (url, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return fetch(url, { ...init, headers });
};
const audits = [];
for (const audit of serverAudits({ url: `http://127.0.0.1:${port}/graphql`, fetchFn })) {
  const { status, name, reason } = await audit.fn();
  audits.push({ status, name, reason });
}
console.log(JSON.stringify({ audits }));
