/** A text as it is meant to be read, drawn with elements of our own: of the text itself only words come onto the page. */
import type { ComponentChildren } from "preact";
import type { Node } from "../api/mdast";
import { nameAddress, searchAddress } from "../address";
import { isOutside } from "./plain";
import { Marked } from "./text";

export function Drawn({ nodes, words }: { nodes: Node[]; words: string }): ComponentChildren {
  return nodes.map((node, index) => <One key={index} node={node} words={words} />);
}

/** Headings of a text are no headings of the page. */
function One({ node, words }: { node: Node; words: string }) {
  const { type, children = [], value = "", url = "", alias = "", identifier } = node;
  const shown = (text: string): ComponentChildren => <Marked text={text} words={words} />;
  const inner = <Drawn nodes={children} words={words} />;
  switch (type) {
    case "wikiLink":
      return value ? <a href={nameAddress(value)}>{shown(alias)}</a> : shown(alias);
    case "tag":
      return <a class="tag" href={searchAddress(value)}>{value}</a>;
    case "highlight":
      return <strong>{shown(value)}</strong>;
    case "paragraph":
      return <p>{inner}</p>;
    case "heading":
      return <p class="text-heading">{inner}</p>;
    case "strong":
      return <strong>{inner}</strong>;
    case "emphasis":
      return <em>{inner}</em>;
    case "delete":
      return <del>{inner}</del>;
    case "inlineCode":
      return <code>{shown(value)}</code>;
    case "code":
      return <pre><code>{shown(value)}</code></pre>;
    case "break":
      return <br />;
    case "thematicBreak":
      return <hr />;
    case "blockquote":
      return <blockquote>{inner}</blockquote>;
    case "link":
      return isOutside(url) ? <a href={url} target="_blank" rel="noreferrer" title={url}>{inner}</a> : inner;
    case "image":
      // Nothing is fetched because a text says so.
      return <span class="soft" title={url}>{node.alt || url}</span>;
    case "footnoteReference":
      return <sup>{identifier}</sup>;
    case "footnoteDefinition":
      return <div class="soft"><sup>{identifier}</sup> {inner}</div>;
    case "list":
      return node.ordered ? <ol start={node.start}>{inner}</ol> : <ul>{inner}</ul>;
    case "listItem":
      return <li class={node.checked === undefined ? undefined : "is-task"}>{node.checked !== undefined && (node.checked ? "☑ " : "☐ ")}{inner}</li>;
    case "table":
      return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead><Row cells={children[0]?.children ?? []} words={words} isHead /></thead>
            <tbody>{children.slice(1).map((row, index) => <Row key={index} cells={row.children ?? []} words={words} />)}</tbody>
          </table>
        </div>
      );
    case "html":
      return <>{shown(value)}</>;
    default:
      return <>{value ? shown(value) : inner}</>;
  }
}

function Row({ cells, words, isHead = false }: { cells: Node[]; words: string; isHead?: boolean }) {
  const drawn = cells.map((cell) => <Drawn nodes={cell.children ?? []} words={words} />);
  return <tr>{drawn.map((cell, index) => (isHead ? <th key={index} scope="col">{cell}</th> : <td key={index}>{cell}</td>))}</tr>;
}
