/** The address holds every control: what is shown follows from it alone, so that Back works and a link shows the same. */
import { computed, signal } from "@preact/signals";

interface Address {
  path: string;
  query: URLSearchParams;
}

const read = (): Address => ({ path: decodePath(location.pathname), query: new URLSearchParams(location.search) });

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export const address = signal<Address>(read());
export const path = computed(() => address.value.path);

addEventListener("popstate", () => (address.value = read()));

/** Goes to an address of this view. */
export function go(to: string, how: { replace?: boolean } = {}): void {
  if (to !== location.pathname + location.search) {
    if (how.replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
  }
  const before = address.peek().path;
  address.value = read();
  if (before !== address.peek().path) {
    scrollTo(0, 0);
    arrived.value++;
  }
}

/** Counts up when another page was gone to by a link or a key, so that the focus can follow. */
export const arrived = signal(0);

/** A parameter of the address; empty if it is not there. */
export function param(name: string): string {
  return address.value.query.get(name) ?? "";
}

/** A parameter that holds several values. */
export function params(name: string): string[] {
  return param(name).split(",").filter((value) => value !== "");
}

/** The address with some parameters changed; an empty one goes away. */
export function withParams(changes: Record<string, string | string[] | null>): string {
  const query = new URLSearchParams(address.peek().query);
  for (const [name, value] of Object.entries(changes)) {
    const text = Array.isArray(value) ? value.join(",") : (value ?? "");
    if (text === "") query.delete(name);
    else query.set(name, text);
  }
  const search = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return location.pathname + (search ? `?${search}` : "");
}

/** Where a memory, entity or file is shown. */
export const memoryAddress = (id: string): string => `/m/${id}`;

/** Where who is called so is shown. */
export const nameAddress = (name: string): string => `/entity/${encodeURIComponent(name)}`;

/** Where a search is shown. */
export const searchAddress = (question: string): string => `/search?${new URLSearchParams({ q: question })}`;

/** Lets links of this view change the page without loading it anew. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname.endsWith(".json") || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
