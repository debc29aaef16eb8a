/** Notices that the server has a newer view than this tab: the names of its files are in it, and they differ. */
import { signal } from "@preact/signals";
import { onReturn } from "./api/socket";

/** Whether the tab should be loaded again. It is never done unasked: something may be half written. */
export const isStale = signal(false);

const own = document.querySelector<HTMLMetaElement>('meta[name="hydra-build"]')?.content ?? "";

async function look(): Promise<void> {
  try {
    const response = await fetch("/assets/build.txt", { cache: "no-store" });
    if (response.ok && (await response.text()).trim() !== own) isStale.value = true;
  } catch {
    // The server is away; it is looked again when it is back.
  }
}

/** Looks whenever the server was away or the tab comes to the front. */
export function watchUpgrade(): void {
  onReturn(() => void look());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void look();
  });
}
