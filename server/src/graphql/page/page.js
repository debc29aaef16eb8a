"use strict";
const at = (id) => document.getElementById(id);
const token = at("token"), answer = at("answer"), status = at("status");
token.value = sessionStorage.getItem("token") ?? "";
let running = null;

const ask = (body, signal) => fetch(location.pathname, {
  method: "POST", signal,
  headers: {
    ...(token.value.trim() && { authorization: `Bearer ${token.value.trim()}` }),
    "content-type": "application/json",
    accept: body.events ? "text/event-stream" : "application/graphql-response+json",
  },
  body: JSON.stringify({ query: body.query, variables: body.variables }),
});

async function run() {
  running?.abort();
  const own = running = new AbortController();
  at("stop").disabled = false;
  answer.textContent = "";
  const started = performance.now();
  try {
    const variables = at("variables").value.trim();
    const query = at("query").value;
    const events = /^\s*subscription\b/m.test(query);
    const response = await ask({ query, variables: variables ? JSON.parse(variables) : undefined, events }, own.signal);
    if ((response.headers.get("content-type") ?? "").startsWith("text/event-stream")) await listen(response);
    else answer.textContent = JSON.stringify(await response.json(), null, 2);
    status.textContent = `${response.status}, ${Math.round(performance.now() - started)} ms`;
  } catch (error) {
    status.textContent = own.signal.aborted ? "stopped" : String(error);
  }
  if (running === own) { running = null; at("stop").disabled = true; }
}

// Answers of a subscription, as they come.
async function listen(response) {
  status.textContent = "listening";
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const events = (rest + piece.value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("");
      if (data) answer.textContent = `${JSON.stringify(JSON.parse(data), null, 2)}\n\n${answer.textContent}`.slice(0, 200000);
    }
  }
}

const INTROSPECTION = `{ __schema { queryType { name } mutationType { name } subscriptionType { name } types {
  kind name description fields { name description type { ...t } args { name description type { ...t } defaultValue } }
  inputFields { name description type { ...t } defaultValue } enumValues { name description } } } }
  fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name } } } } } } }`;
const spell = (type) => !type ? "…" : type.kind === "NON_NULL" ? `${spell(type.ofType)}!` : type.kind === "LIST" ? `[${spell(type.ofType)}]` : type.name;
const make = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

async function show() {
  sessionStorage.setItem("token", token.value.trim());
  const response = await ask({ query: INTROSPECTION });
  const body = await response.json();
  if (!body.data) { at("schema").textContent = body.error?.message ?? body.errors?.[0]?.message ?? "no schema"; return; }
  const types = body.data.__schema.types.filter((type) => !type.name.startsWith("__"));
  const roots = ["queryType", "mutationType", "subscriptionType"].map((root) => body.data.__schema[root]?.name);
  types.sort((a, b) => (roots.indexOf(b.name) > -1) - (roots.indexOf(a.name) > -1) || a.name.localeCompare(b.name));
  at("schema").replaceChildren(...types.map((type) => {
    const list = make("dl");
    for (const item of type.fields ?? type.inputFields ?? type.enumValues ?? []) {
      const given = (item.args ?? []).map((one) => `${one.name}: ${spell(one.type)}${one.defaultValue ? ` = ${one.defaultValue}` : ""}`);
      list.append(make("dt", `${item.name}${given.length ? `(${given.join(", ")})` : ""}${item.type ? `: ${spell(item.type)}` : ""}`));
      list.append(make("dd", item.description));
    }
    return make("details", "", make("summary", type.name), make("div", type.description), list);
  }));
}

at("run").addEventListener("click", run);
at("stop").addEventListener("click", () => running?.abort());
token.addEventListener("change", show);
addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } });
show();
