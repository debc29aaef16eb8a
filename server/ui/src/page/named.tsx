/** Leads to the page of who or what is called so: where a link in a text goes. */
import { useEffect } from "preact/hooks";
import { go, memoryAddress, searchAddress } from "../address";
import { useAnswer } from "../api/answer";
import { Head } from "../part/state";
import namedDocument from "./named.graphql";

export function Named({ parts }: { parts: string[] }) {
  const [name = ""] = parts;
  const { data, failed, error, isWaiting } = useAnswer<{ entity: { id: string } | null }>(namedDocument, { name });
  const id = data?.entity?.id;
  useEffect(() => {
    if (id) go(memoryAddress(id), { replace: true });
  }, [id]);
  if (id || (isWaiting && !error)) return <p class="soft waiting" aria-busy="true">One moment…</p>;
  const why = error ?? failed.get("entity");
  return (
    <div>
      <Head title={name}>{why?.code === "NOT_FOUND" || !why ? "Nothing is known by this name yet." : `${why.message}. ${why.hint ?? ""}`}</Head>
      <p><a class="button" href={searchAddress(name)}>Search for it</a></p>
    </div>
  );
}
