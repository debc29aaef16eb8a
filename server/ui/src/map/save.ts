/** The map to take away: a picture, a table, a graph for other programs. */
import { number } from "./dom";
import { type Frame, NEVER, degreeOf, idOf } from "./frame";
import type { Names } from "./labels";
import { dayOf } from "./moment";

/** Nodes of a table or graph: each needs its name. */
const MAX_SAVED = 5_000;

export interface Saved {
  frame: Frame;
  names: Names;
  nodes: number[];
}

export type Saving = "PNG" | "CSV" | "GraphML";

/** Hands it over as a file; returns what its owner should know of it. `layers` are the picture, if there is one. */
export async function saveAs(kind: Saving, all: Saved, layers: HTMLCanvasElement[]): Promise<string> {
  if (kind === "PNG") {
    if (layers.length === 0) return "A picture needs WebGL2, which this browser does not have now; a table can be saved.";
    savePicture(layers, (blob) => download(blob, "hydra-map.png"));
    return "";
  }
  const saved = { ...all, nodes: all.nodes.slice(0, MAX_SAVED) };
  download(kind === "CSV" ? await saveTable(saved) : await saveGraph(saved), kind === "CSV" ? "hydra-map.csv" : "hydra-map.graphml");
  const isCut = all.nodes.length > MAX_SAVED;
  return isCut ? `The ${number(MAX_SAVED)} with the most links were saved, of ${number(all.nodes.length)}; narrow the map to save the others.` : "";
}

function savePicture(layers: HTMLCanvasElement[], done: (blob: Blob) => void): void {
  const [first] = layers;
  if (!first) return;
  const whole = document.createElement("canvas");
  [whole.width, whole.height] = [first.width, first.height];
  const context = whole.getContext("2d");
  for (const layer of layers) context?.drawImage(layer, 0, 0, whole.width, whole.height);
  whole.toBlob((blob) => blob && done(blob), "image/png");
}

async function saveTable({ frame, names, nodes }: Saved): Promise<Blob> {
  const labels = await names.all(nodes.map((node) => idOf(frame, node)));
  // What begins like a formula would be one in a spreadsheet.
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const rows = nodes.map((node, at) =>
    [
      idOf(frame, node), cell(labels[at] ?? ""), frame.types[frame.type[node] ?? 0] ?? "",
      cell(frame.regions[frame.region[node] ?? 0]?.space ?? ""), degreeOf(frame, node),
      dayOf(frame.from[node] ?? 0), dayOf(frame.to[node] ?? NEVER),
    ].join(","),
  );
  return new Blob([["id,name,type,space,links,from,until", ...rows, ""].join("\r\n")], { type: "text/csv" });
}

async function saveGraph({ frame, names, nodes }: Saved): Promise<Blob> {
  const labels = await names.all(nodes.map((node) => idOf(frame, node)));
  const there = new Set(nodes);
  const out = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...["name", "type", "from", "until"].map((key) => `<key id="${key}" for="node" attr.name="${key}" attr.type="string"/>`),
    ...["x", "y"].map((key) => `<key id="${key}" for="node" attr.name="${key}" attr.type="double"/>`),
    '<graph edgedefault="undirected">',
  ];
  nodes.forEach((node, at) => {
    const data = {
      name: labels[at] ?? "", type: frame.types[frame.type[node] ?? 0] ?? "",
      from: dayOf(frame.from[node] ?? 0), until: dayOf(frame.to[node] ?? NEVER),
      x: String(frame.positions[2 * node] ?? 0), y: String(frame.positions[2 * node + 1] ?? 0),
    };
    const said = Object.entries(data).map(([key, value]) => `<data key="${key}">${escaped(value)}</data>`);
    out.push(`<node id="${idOf(frame, node)}">${said.join("")}</node>`);
  });
  for (let link = 0; link < frame.linkCount; link++) {
    const one = frame.links[2 * link] ?? 0, other = frame.links[2 * link + 1] ?? 0;
    if (there.has(one) && there.has(other)) out.push(`<edge source="${idOf(frame, one)}" target="${idOf(frame, other)}"/>`);
  }
  out.push("</graph>", "</graphml>", "");
  return new Blob([out.join("\n")], { type: "application/graphml+xml" });
}

/** Without the characters that no XML may hold. */
const escaped = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[<>&"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
