/** A text as it is meant to be read, drawn with elements of our own: of the text itself only words come onto the page. */
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Token, Tokens } from "marked";
import { nameAddress } from "../address";
import { isOutside, parts, type Added, type NoteLink } from "./markdown";
import { Marked } from "./text";

export function Drawn({ text, words }: { text: string; words: string }) {
  const tokens = useMemo(() => parts(text), [text]);
  return <>{all(tokens, words)}</>;
}

const all = (tokens: Token[], words: string): ComponentChildren => tokens.map((token, index) => <One key={index} token={token} words={words} />);

/** Headings of a text are no headings of the page. */
function One({ token, words }: { token: Token; words: string }) {
  const { text = "", tokens } = token as Tokens.Generic & { text?: string };
  const inner = (): ComponentChildren => (tokens ? all(tokens, words) : <Marked text={text} words={words} />);
  switch (token.type) {
    case "note": {
      const { name, shown } = token as NoteLink;
      return name ? <a href={nameAddress(name)}><Marked text={shown} words={words} /></a> : <Marked text={shown} words={words} />;
    }
    case "tag":
      return <span class="tag">{(token as Added).shown}</span>;
    case "highlight":
      return <strong>{(token as Added).shown}</strong>;
    case "block":
    case "def":
    case "space":
      return null;
    case "paragraph":
      return <p>{inner()}</p>;
    case "heading":
      return <p class="text-heading">{inner()}</p>;
    case "strong":
      return <strong>{inner()}</strong>;
    case "em":
      return <em>{inner()}</em>;
    case "del":
      return <del>{inner()}</del>;
    case "codespan":
      return <code><Marked text={text} words={words} /></code>;
    case "code":
      return <pre><code><Marked text={text} words={words} /></code></pre>;
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "checkbox":
      return <>{(token as Tokens.Checkbox).checked ? "☑ " : "☐ "}</>;
    case "blockquote":
      return <blockquote>{inner()}</blockquote>;
    case "link": {
      const { href } = token as Tokens.Link;
      return isOutside(href) ? <a href={href} target="_blank" rel="noreferrer" title={href}>{inner()}</a> : <>{inner()}</>;
    }
    case "image":
      // Nothing is fetched because a text says so.
      return <span class="soft" title={(token as Tokens.Image).href}>{text || (token as Tokens.Image).href}</span>;
    case "list": {
      const { ordered, start, items } = token as Tokens.List;
      const rows = items.map((item, index) => <li key={index} class={item.task ? "is-task" : undefined}>{all(item.tokens, words)}</li>);
      return ordered ? <ol start={start || 1}>{rows}</ol> : <ul>{rows}</ul>;
    }
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead><tr>{header.map((cell, index) => <th key={index} scope="col">{all(cell.tokens, words)}</th>)}</tr></thead>
            <tbody>{rows.map((row, index) => <tr key={index}>{row.map((cell, place) => <td key={place}>{all(cell.tokens, words)}</td>)}</tr>)}</tbody>
          </table>
        </div>
      );
    }
    case "html":
      return (token as Tokens.HTML).block ? <p><Marked text={text} words={words} /></p> : <Marked text={token.raw} words={words} />;
    default:
      return <>{tokens ? inner() : <Marked text={text || token.raw} words={words} />}</>;
  }
}
