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
const LINK = /(!?)\[([^\[\]\n]*)\]\(<?((?:[^()\s]|\([^()\s]*\))*)>?(?: "[^"\n]*")?\)/g;
const CODE = /(`{1,3})([^`\n]+)\1/g;
/** Stands for code while the rest is read. */
const HELD = "\uE000";

/** Lines that only draw: fences, rules, what is below the head of a table. */
const DRAWN = /^ ?(?:```|~~~)|^ ?([-*_])(?: ?\1){2,} ?$|^[ :|-]*-[ :|-]*$/;

type Change = [RegExp, string];

/** How lines begin and end. White space was made single before, or these would look at it again and again. */
const LINE: Change[] = [
  [/^ ?(?:> ?)+/, ""],
  [/^ ?#{1,6} (.*?)[ #]*$/, "$1 · "],
  [/^ ?(?:[-*+]|\d{1,9}[.)]) /, ""],
  [/^ ?\[ \] /, "☐ "],
  [/^ ?\[[xX]\] /, "☑ "],
  [/^ ?\| ?(.*?) ?\| ?$/, "$1 · "],
  [/(?:^| )\^[A-Za-z0-9-]+ ?$/, ""],
];
const INLINE: Change[] = [
  [/ \| /g, " · "],
  [/(\*\*|__|~~|==)(?=\S)(.{0,400}?\S)\1/g, "$2"],
  [/(?<![\p{L}\p{N}*_\\])([*_])(?=\S)(.{0,400}?[^\s\\])\1(?![\p{L}\p{N}*_])/gu, "$2"],
  [/\\([\\`*_{}[\]()#+.!|~=<>-])/g, "$1"],
];

const changed = (text: string, changes: Change[]): string => changes.reduce((read, [signs, instead]) => read.replace(signs, instead), text);

/** A text in one line, as its words. */
export function plain(text: string): string {
  const held: string[] = [];
  const lines = text
    .replaceAll(HELD, "")
    .replace(FRONT, "")
    .replace(/[ \t]+/g, " ")
    .replace(CODE, (_, __, code: string) => (held.push(code), HELD))
    .replace(NOTE, (_, name: string, place = "", shown = "") => noteName(name, place, shown))
    .replace(CUT, "$1")
    .replace(LINK, (_, sign: string, shown: string, url: string) => shown || (sign ? fileOf(url) : ""))
    .split("\n")
    .map((line) => (DRAWN.test(line) ? "" : changed(line, LINE)));
  const read = changed(lines.join(" "), INLINE).replaceAll(HELD, () => held.shift() ?? "");
  return read.replace(/\s+/g, " ").replace(/ ·(?= ?$)/, "").trim();
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
