/** The map: what is known, drawn. What draws it knows no framework and is brought when somebody comes here. */
import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { address, go, memoryAddress, path } from "../address";
import { changes } from "../api/answer";
import type { MapHandle } from "../map";
import { Head } from "../part/state";
import { letters } from "../preference";
import { say } from "../toast";

export function MapPage() {
  const place = useRef<HTMLDivElement>(null);
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    let map: MapHandle | null = null;
    let isGone = false;
    let stop: (() => void)[] = [];
    import("../map").then(({ mountMap }) => {
      if (isGone || !place.current) return;
      const drawn = (map = mountMap(place.current, {
        query: address.peek().query,
        navigate: (query, isReplaced) => go(`/map${query.size > 0 ? `?${query.toString().replaceAll("%2C", ",")}` : ""}`, { replace: isReplaced }),
        open: (id) => go(memoryAddress(id)),
        back: () => history.back(),
        told: say,
        letters: () => letters.peek() === "on",
      }));
      stop = [
        effect(() => {
          if (path.value === "/map") drawn.update(address.value.query);
        }),
        effect(() => {
          if (changes.value > 0) void drawn.refresh();
        }),
      ];
    }, () => setMissing(true));
    return () => {
      isGone = true;
      stop.forEach((end) => end());
      map?.destroy();
    };
  }, []);
  return (
    <div class="map-page">
      <Head title="Map" />
      {isMissing && <p class="wrong" role="alert">What draws the map can't be had. Load the page again.</p>}
      <div ref={place} />
    </div>
  );
}
