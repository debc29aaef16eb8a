/** Times as people say them, with the whole of it one hover or one listen away. */
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The day of a moment, in this browser's zone. */
export const dayOf = (at: string | Date): string => day.format(new Date(at));

const startOfDay = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
const DAY_MS = 86_400_000;

/** Today, yesterday, or the day. */
export function dayWord(at: string): string {
  const days = Math.round((startOfDay(new Date()) - startOfDay(new Date(at))) / DAY_MS);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : dayOf(at);
}

/** As short as it can be understood: the clock today, else the day. */
export function Time({ at, withClock = false }: { at: string; withClock?: boolean }) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{at}</span>;
  const isToday = startOfDay(date) === startOfDay(new Date());
  const text = isToday ? clock.format(date) : withClock ? `${dayOf(date)} ${clock.format(date)}` : dayOf(date);
  return (
    <time dateTime={at} title={whole.format(date)}>
      {text}
    </time>
  );
}
