/** What the map asks of the page around it, and what it gives. */

export interface MapOptions {
  /** The controls of the address. */
  query: URLSearchParams;
  /** Puts controls into the address. */
  navigate(query: URLSearchParams, isReplaced: boolean): void;
  /** Shows one thing on a page of its own. */
  open(id: string): void;
  /** Goes back to where the address was before. */
  back?(): void;
  /** Says what was done, with the commit that takes it back if there is one. */
  told?(text: string, commit: string | null): void;
  /** Whether single letters are commands. */
  letters?(): boolean;
  /** Asks the server; the browser's own if left out. */
  fetch?: typeof fetch;
}

/** What the map has done so far, for tests and measurements. */
export interface MapStats {
  nodes: number;
  links: number;
  drawnLinks: number;
  /** Whether everything that stands still is drawn. */
  isAtRest: boolean;
  labels: number;
  hasWebGl: boolean;
}

export interface MapHandle {
  /** The address changed. */
  update(query: URLSearchParams): void;
  /** Looks whether the memory has changed. */
  refresh(): Promise<void>;
  stats(): MapStats;
  destroy(): void;
}
