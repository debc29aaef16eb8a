/** Beginnings of what is too long to be shown. */
import type { Node } from "../api/mdast";

/** Half a surrogate pair is no character. */
export const cutWhole = (text: string): string => text.replace(/[\uD800-\uDBFF]$/, "");

/** The beginning of a tree, up to so many characters of its words; `room` is what is left of them. */
export function first(nodes: Node[], room: { left: number }): Node[] {
  const taken: Node[] = [];
  for (const node of nodes) {
    if (room.left <= 0) break;
    const shown = node.alias ?? node.value ?? "";
    // Half of a link's name leads elsewhere.
    const isCut = node.alias === undefined && node.type !== "tag" && shown.length > room.left;
    taken.push({
      ...node,
      ...(isCut && { value: `${cutWhole(shown.slice(0, room.left))}…` }),
      ...(node.children && { children: first(node.children, room) }),
    });
    room.left -= shown.length;
  }
  return taken;
}
