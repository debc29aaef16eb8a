/** How much of how much is shown, in words. */
import { counted, number } from "./dom";
import type { Frame } from "./frame";
import type { LinkChoice } from "./renderer";
import type { Scene } from "./scene";

export function tally(scene: Scene, frame: Frame, chosen: LinkChoice | null): string {
  if (frame.count === 0) return "Nothing is on the map.";
  const { count: shown, flags } = scene.shown(frame);
  const parts = [shown === frame.totalNodes ? counted(shown, "thing") : `${number(shown)} of ${counted(frame.totalNodes, "thing")}`];
  if (frame.count < frame.totalNodes) parts.push(`only the ${number(frame.count)} most telling are on the map`);
  if (!scene.isList) parts.push(ofLinks(scene, frame, chosen, flags));
  if (frame.isChanging) parts.push("being laid out");
  return `${parts.filter((part) => part !== "").join(" · ")}.`;
}

/** Says how many links are drawn of how many: of those that were chosen, the ones with both ends there. */
function ofLinks({ around }: Scene, frame: Frame, chosen: LinkChoice | null, flags: Uint8Array): string {
  if (!chosen) return "";
  const total = "first" in chosen ? chosen.first : chosen.count;
  let drawn = 0;
  for (let n = 0; n < total; n++) {
    const link = "first" in chosen ? n : (chosen.list[n] ?? 0);
    if (flags[frame.links[2 * link] ?? 0] === 1 && flags[frame.links[2 * link + 1] ?? 0] === 1) drawn++;
  }
  if (around) {
    const { near, nearAll } = around;
    const neighbours = near.length < nearAll ? `${number(near.length)} of ${counted(nearAll, "neighbour")}` : counted(nearAll, "neighbour");
    return `${neighbours}, ${counted(drawn, "link")} among them`;
  }
  if ("list" in chosen) return `all ${counted(drawn, "link")} in view`;
  return total < frame.totalLinks ? `a sample of ${number(drawn)} of ${counted(frame.totalLinks, "link")}` : counted(drawn, "link");
}
