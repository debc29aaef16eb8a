/** The map of the web view: one function, no framework. */
export { mountMap } from "./map";
export type { MapHandle, MapOptions, MapStats } from "./options";
