/**
 * Texts as their writers meant them to be read: Markdown, and what note programs add to it (`[[links]]`, `#tags`, `^blocks`).
 * Only taken apart here, never made HTML: what is not understood stays the text that it is.
 */
import { Lexer, type MarkedOptions, type Token, type Tokens } from "marked";

/** A link to another note, by its name. */
export interface NoteLink extends Tokens.Generic {
  type: "note";
  name: string;
  shown: string;
}

/** What note programs add. */
export type Added = NoteLink | (Tokens.Generic & { type: "tag" | "block" | "highlight"; shown: string });

type Reader = NonNullable<NonNullable<MarkedOptions["extensions"]>["inline"]>[number];

/** `[[Name#Heading|shown]]`, or embedded with `!` before it. */
const NOTE = /^!?\[\[([^\[\]|#\n]*)(#[^\[\]|\n]*)?(?:\\?\|([^\[\]\n]+))?\]\]/;
/** A tag has a letter in it; `#12` is the number of something. */
const TAG = /^#([\p{L}\p{N}_/-]*\p{L}[\p{L}\p{N}_/-]*)/u;
/** The name of a block stands behind it. */
const BLOCK = /^[ \t]*\^[A-Za-z0-9-]+[ \t]*(?=\n|$)/;
/** A link that was cut off with the text. */
const CUT = /!?\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)$/;
const HIGHLIGHT = /^==(?=[^\s=])([^\n]*?[^\s=])==/;

const note: Reader = (source) => {
  const found = NOTE.exec(source);
  if (!found) return undefined;
  const [raw, name = "", heading = "", shown = ""] = found;
  const place = heading.replace(/^#\^?/, "").replaceAll("#", " › ").trim();
  // Whoever links by a path means the note that is called by its end.
  const called = (name.split("/").at(-1) ?? "").replace(/\.md$/i, "").trim();
  const read = shown.trim() || [called, heading.startsWith("#^") ? "" : place].filter(Boolean).join(" › ");
  return read ? { type: "note", raw, name: called, shown: read } : undefined;
};
const tag: Reader = (source) => {
  const found = TAG.exec(source);
  return found ? { type: "tag", raw: found[0], shown: found[0] } : undefined;
};
const block: Reader = (source) => {
  const found = BLOCK.exec(source);
  return found ? { type: "block", raw: found[0], shown: "" } : undefined;
};
const highlight: Reader = (source) => {
  const found = HIGHLIGHT.exec(source);
  return found ? { type: "highlight", raw: found[0], shown: found[1] ?? "" } : undefined;
};

/** Where something of ours may begin: a tag and a block only behind white space. */
function begins(source: string): number {
  return /!?\[\[|(?<=^|[\s(])#[\p{L}\p{N}_/-]|(?<=^|\s)\^[A-Za-z0-9]|==\S/u.exec(source)?.index ?? -1;
}

const OPTIONS: MarkedOptions = {
  gfm: true,
  // Who told a memory in several lines meant them.
  breaks: true,
  extensions: { inline: [note, tag, block, highlight], startInline: [begins], childTokens: {}, renderers: {} },
};

/** What a note says of itself before it begins; its page says it as facts. */
const FRONT = /^---\s[\s\S]*?\s---(?:\s+|$)/;

/** Longer texts are shown as they are written: their end is seldom looked at, and reading all of it takes a while. */
export const MAX_READ = 40_000;

/** The parts of a text. */
export function parts(text: string): Token[] {
  return text.length > MAX_READ ? [{ type: "text", raw: text, text }] : new Lexer(OPTIONS).lex(text.replace(FRONT, ""));
}

/** A text in one line, without what only says how to show it. */
export function plain(text: string): string {
  return joined(parts(text.replace(CUT, "$1"))).replace(/\s+/g, " ").trim();
}

const joined = (tokens: Token[]): string => tokens.map(words).join("");

function words(token: Token): string {
  switch (token.type) {
    case "note":
    case "tag":
    case "block":
    case "highlight":
      return (token as Added).shown;
    case "space":
    case "hr":
    case "def":
    case "br":
      return " ";
    case "checkbox":
      return (token as Tokens.Checkbox).checked ? "☑ " : "☐ ";
    case "image":
      return (token as Tokens.Image).text || fileOf((token as Tokens.Image).href);
    case "list":
      return (token as Tokens.List).items.map((item) => ` ${joined(item.tokens)} `).join(" ");
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].map((row) => row.map(({ tokens }) => joined(tokens)).join(" · ")).join("; ") + " ";
    }
    case "heading":
      return `${joined(token.tokens ?? [])} · `;
    case "paragraph":
    case "blockquote":
      return `${joined(token.tokens ?? [])} `;
    default: {
      const { tokens, text, raw } = token as Tokens.Generic;
      return tokens ? joined(tokens) : ((text as string | undefined) ?? raw);
    }
  }
}

const fileOf = (address: string): string => address.split(/[?#]/)[0]?.split("/").at(-1) ?? address;

/** Addresses that a link may lead to: of the web and of mail; all others stay text. */
export const isOutside = (address: string): boolean => /^(https?:\/\/|mailto:)[^\s]+$/i.test(address);
