/** The map of the web view: one function, no framework. */
export { mountMap, type MapHandle, type MapOptions, type MapStats } from "./map";
