/** The map: what is known, drawn. */
import { Head } from "../part/state";

export function MapPage() {
  return <Head title="Map">Not drawn yet.</Head>;
}
