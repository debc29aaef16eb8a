/** The steps of this map that Back takes back, as its address says them. */

/** Steps in time that follow each other as fast as this are one to go back by. */
const MERGED_MS = 1_000;

export class Trail {
  private readonly before: string[] = [];
  private step = { at: -Infinity, written: "" };

  constructor(private written: string) {}

  /** Whether Back stays on this map. */
  get canGoBack(): boolean {
    return this.before.length > 0;
  }

  /** The address is another: by Back one that was left before, else, by Forward or a link, a new one. Tells whether it is. */
  arrive(written: string): boolean {
    if (written === this.written) return false;
    const at = this.before.lastIndexOf(written);
    if (at >= 0) this.before.length = at;
    else this.before.push(this.written);
    this.written = written;
    return true;
  }

  /** This map goes to another address, as a step or in the place of where it is; tells whether it is another. */
  go(written: string, isReplaced: boolean): boolean {
    if (written === this.written) return false;
    if (!isReplaced) this.before.push(this.written);
    // In the place of a step that led away from there: Back would change nothing that is seen.
    else if (this.before.at(-1) === written) this.before.pop();
    this.written = written;
    return true;
  }

  /** Whether a step in time would follow another so fast that both are one. */
  isStepping(now: number): boolean {
    return this.step.written === this.written && now - this.step.at < MERGED_MS;
  }

  /** Time was stepped to where this map is now. */
  stepped(now: number): void {
    this.step = { at: now, written: this.written };
  }
}
