/** Leads to the address that a saved view names. */
import { useEffect, useState } from "preact/hooks";
import { go } from "../address";
import { Head } from "../part/state";
import { sayFailure } from "../toast";
import { readViews } from "../view";

export function ViewPage({ parts }: { parts: string[] }) {
  const [name = ""] = parts;
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    readViews().then((views) => {
      const found = views.find((view) => view.name === name);
      if (found) go(found.address, { replace: true });
      else setMissing(true);
    }, sayFailure);
  }, [name]);
  if (!isMissing) return <p class="soft waiting" aria-busy="true">One moment…</p>;
  return <Head title={name}>No view is called so. Save one with “Save this view” of <kbd>Ctrl K</kbd>, on any page.</Head>;
}
