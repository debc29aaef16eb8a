/** Proposals: what a model or an agent thinks should be known. It changes nothing until you accept it. */
import { memoryAddress, param } from "../address";
import { changed, useAnswer } from "../api/answer";
import { tell } from "../api/graphql";
import acceptDocument from "../api/accept.graphql";
import rejectDocument from "../api/reject.graphql";
import { currentRow, useCommands } from "../command";
import { agentName } from "../part/commit";
import { hidden } from "../part/row";
import { PutOff, PutOffUntil } from "../part/snooze";
import { Answered, Empty, Head } from "../part/state";
import { glimpse } from "../part/text";
import { Time } from "../part/time";
import { say, sayFailure } from "../toast";
import proposalsDocument from "./proposals.graphql";

interface Proposal {
  id: string;
  kind: string;
  text: string;
  space: string;
  confidence: number;
  agent: string;
  proposedAt: string;
  snoozedUntil: string | null;
  timesSeen: number;
  would: string | null;
  problem: string | null;
  evidence: { id: string; quote: string | null }[];
}

async function decide(id: string, how: "accept" | "decline"): Promise<void> {
  hidden.value = new Set([...hidden.value, id]);
  try {
    const { decided } = await tell<{ decided: { undo: string | null; text: string; error: string | null }[] }>(how === "accept" ? acceptDocument : rejectDocument, { ids: [id] });
    const [done] = decided;
    if (done?.error) say(`It still waits: ${done.error}`);
    else say(how === "accept" ? "Accepted" : "Declined", done?.undo ?? null);
    changed();
  } catch (error) {
    sayFailure(error);
  } finally {
    setTimeout(() => (hidden.value = new Set([...hidden.value].filter((other) => other !== id))), 1_500);
  }
}

export function Proposals() {
  const asked = useAnswer<{ proposals: Proposal[] }>(proposalsDocument);
  const withRow = (how: "accept" | "decline") => () => {
    const id = currentRow()?.dataset["id"];
    if (id) void decide(id, how);
    else say("Choose a row first, with j and k");
  };
  useCommands(
    [
      { name: "Accept this proposal", key: "a", isQuiet: true, run: withRow("accept") },
      { name: "Decline this proposal", key: "d", isQuiet: true, run: withRow("decline") },
    ],
    [],
  );
  return (
    <div>
      <Head title="Proposals">What a model or an agent thinks should be known. It changes nothing until you accept it.</Head>
      <Answered asked={asked}>
        {({ proposals }) =>
          proposals.length === 0 ? (
            <Empty><p>None waits. An agent proposes what it is not sure of; so does a model, if one is configured under <code>[enrichment]</code>.</p></Empty>
          ) : (
            <>
              {proposals.filter(({ id }) => !hidden.value.has(id)).map((proposal) => (
                <div key={proposal.id} class={proposal.id === param("id") ? "row is-current" : "row"} data-row data-id={proposal.id} tabIndex={-1}>
                  <span class="badge is-accent">{proposal.kind}</span>
                  <div class="row-body">
                    <p class="row-text" dir="auto">{glimpse(proposal.text, 400)}</p>
                    {proposal.would && <p class="soft" dir="auto">{glimpse(proposal.would, 400)}</p>}
                    {proposal.problem && <p class="note">{proposal.problem}</p>}
                    {proposal.evidence.map(({ id, quote }) => <p key={id} class="meta"><a data-open href={memoryAddress(id)} dir="auto">{quote ? `“${glimpse(quote, 160)}”` : "what it rests on"}</a></p>)}
                    <div class="meta"><span>{Math.round(proposal.confidence * 100)} % sure</span><span>by {agentName(proposal.agent)}</span>{proposal.timesSeen > 1 && <span>{proposal.timesSeen} times</span>}<Time at={proposal.proposedAt} /><PutOffUntil until={proposal.snoozedUntil} /></div>
                  </div>
                  <div class="row-actions">
                    <button class="primary" onClick={() => void decide(proposal.id, "accept")}>Accept</button>
                    <button onClick={() => void decide(proposal.id, "decline")}>Decline</button>
                    <PutOff id={proposal.id} what={glimpse(proposal.text, 80)} />
                  </div>
                </div>
              ))}
            </>
          )
        }
      </Answered>
    </div>
  );
}
