/** Putting off what waits for its owner: it still waits, and is asked about again that day. */
import { update } from "../deed";
import { dayOf } from "./time";

const DAYS: [number, string][] = [[1, "until tomorrow"], [7, "for a week"], [30, "for a month"]];

/** The morning so many days from now. */
function morning(days: number): Date {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
}

export function snooze(id: string, days = 1): void {
  const until = morning(days);
  void update({ id, op: "SNOOZE", at: until.toISOString() }, `Put off until ${dayOf(until)}`);
}

/** Whether somebody is not to be asked yet. */
export const isPutOff = (until: string | null | undefined): boolean => until != null && new Date(until) > new Date();

export function PutOff({ id, what }: { id: string; what: string }) {
  return (
    <select
      class="put-off" aria-label={`Put off: ${what}`} value="" title="Put off (s)"
      onChange={(event) => {
        const days = Number(event.currentTarget.value);
        event.currentTarget.value = "";
        if (days > 0) snooze(id, days);
      }}
    >
      <option value="">Put off</option>
      {DAYS.map(([days, words]) => <option key={days} value={days}>{words}</option>)}
    </select>
  );
}

export function PutOffUntil({ until }: { until: string | null | undefined }) {
  return isPutOff(until) ? <span class="badge">put off until {dayOf(until ?? "")}</span> : null;
}
