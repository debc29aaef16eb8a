/**
 * Texts in one line, without what only says how to show them: for rows and names, where a sign that was missed costs nothing.
 * Whole texts come taken apart from the server.
 */

/** What a note says of itself before it begins; its page says it as facts. */
const FRONT = /^---\s[\s\S]*?\s---(?:\s+|$)/;
/** `[[Folder/Name#Heading|shown]]`, or embedded with `!` before it. */
const NOTE = /!?\[\[([^\[\]|#\n]*)(#[^\[\]|\n]*)?(?:\\?\|([^\[\]\n]+))?\]\]/g;
/** A link that was cut off with the text. */
const CUT = /!?\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)$/;
const LINK = /(!?)\[([^\[\]\n]*)\]\(<?((?:[^()\s]|\([^()\s]*\))*)>?(?:\s+"[^"\n]*")?\)/g;
const CODE = /(`{1,3})([^`\n]+)\1/g;
/** Stands for code while the rest is read. */
const HELD = "\uE000";

type Change = [RegExp, string];

/** Lines that only draw, then how lines begin and end. */
const LINES: Change[] = [
  [/^[ \t]*(?:```|~~~).*$/gm, ""],
  [/^[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*$/gm, ""],
  [/^[ \t]*\|?[ \t:|-]*-[ \t:|-]*\|[ \t:|-]*$/gm, ""],
  [/^[ \t]*(?:>[ \t]*)+/gm, ""],
  [/^[ \t]*#{1,6}[ \t]+(.*?)[ \t#]*$/gm, "$1 · "],
  [/^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+/gm, " "],
  [/^[ \t]*\[ \][ \t]/gm, "☐ "],
  [/^[ \t]*\[[xX]\][ \t]/gm, "☑ "],
  [/^[ \t]*\|[ \t]*(.*?)[ \t]*\|[ \t]*$/gm, "$1 · "],
  [/(?:^|[ \t]+)\^[A-Za-z0-9-]+[ \t]*$/gm, ""],
];
const INLINE: Change[] = [
  [/(\*\*|__|~~|==)(?=\S)(.{0,400}?\S)\1/g, "$2"],
  [/(?<![\p{L}\p{N}*_\\])([*_])(?=\S)(.{0,400}?[^\s\\])\1(?![\p{L}\p{N}*_])/gu, "$2"],
  [/\\([\\`*_{}[\]()#+.!|~=<>-])/g, "$1"],
];

/** A text in one line, as its words. */
export function plain(text: string): string {
  const held: string[] = [];
  let read = text
    .replace(FRONT, "")
    .replace(CODE, (_, __, code: string) => (held.push(code), HELD))
    .replace(NOTE, (_, name: string, place = "", shown = "") => noteName(name, place, shown))
    .replace(CUT, "$1")
    .replace(LINK, (_, sign: string, shown: string, url: string) => shown || (sign ? fileOf(url) : ""));
  for (const [signs, instead] of LINES) read = read.replace(signs, instead);
  // What is left of a row's cells.
  read = read.replace(/[ \t]\|[ \t]/g, " · ");
  for (const [signs, instead] of INLINE) read = read.replace(signs, instead);
  return read.replaceAll(HELD, () => held.shift() ?? "").replace(/\s+/g, " ").replace(/ ·(?= ?$)/, "").trim();
}

/** What a link to a note reads as. */
function noteName(name: string, place: string, shown: string): string {
  // Whoever links by a path means the note that is called by its end.
  const called = (name.split("/").at(-1) ?? "").replace(/\.md$/i, "").trim();
  const heading = place.startsWith("#^") ? "" : place.slice(1).replaceAll("#", " › ").trim();
  return shown.trim() || [called, heading].filter(Boolean).join(" › ");
}

const fileOf = (address: string): string => address.split(/[?#]/)[0]?.split("/").at(-1) ?? address;

/** Addresses that a link may lead to: of the web and of mail; all others stay text. */
export const isOutside = (address: string): boolean => /^(https?:\/\/|mailto:)[^\s]+$/i.test(address);
