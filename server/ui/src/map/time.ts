/** The time bar: how much begins to hold when, and two marks, for what was true and for what was known. */
import { el } from "./dom";
import type { Frame } from "./frame";
import { type Moment, NEVER, dayOf, instant } from "./moment";

const BARS = 120;
const DAY = 86_400;

export class TimeBar {
  readonly element: HTMLElement;
  private readonly bars = el("canvas", { class: "map-bars", "aria-hidden": "true" });
  private readonly as: HTMLInputElement;
  private readonly known: HTMLInputElement;
  private readonly asText = el("output", { class: "map-when" });
  private readonly knownText = el("output", { class: "map-when" });
  private readonly now = el("button", { type: "button", class: "quiet", click: () => this.changed({ as: NEVER, known: NEVER }, true) }, "Now");
  private first = 0;
  private counts: number[] = [];

  constructor(private readonly changed: (moment: Moment, isDone: boolean) => void) {
    const slider = (label: string) => el("input", { type: "range", min: 0, max: 1, step: 1, "aria-label": label });
    this.as = slider("What was true on");
    this.known = slider("As it was known on");
    for (const input of [this.as, this.known]) {
      input.addEventListener("input", () => this.changed(this.read(), false));
      input.addEventListener("change", () => this.changed(this.read(), true));
    }
    this.element = el("section", { class: "map-time", "aria-label": "Time" },
      el("div", { class: "map-track" }, this.bars, el("div", { class: "map-slider" }, el("span", {}, "True on"), this.as, this.asText),
        el("div", { class: "map-slider" }, el("span", {}, "Known on"), this.known, this.knownText)),
      this.now);
  }

  /** Counts what begins when. */
  load(frame: Frame): void {
    const today = Math.floor(Date.now() / 1000 / DAY);
    this.first = Math.min(today - 1, Math.floor(frame.first / DAY));
    const counts = new Array<number>(BARS).fill(0);
    const width = ((today - this.first + 1) * DAY) / BARS, begins = this.first * DAY;
    for (let node = 0; node < frame.count; node++) {
      const bar = Math.min(BARS - 1, Math.max(0, Math.floor(((frame.from[node] ?? 0) - begins) / width)));
      counts[bar] = (counts[bar] ?? 0) + 1;
    }
    this.counts = counts;
    for (const input of [this.as, this.known]) input.max = String(today - this.first);
  }

  show(moment: Moment): void {
    const put = (input: HTMLInputElement, text: HTMLOutputElement, seconds: number) => {
      const day = seconds === NEVER ? Number(input.max) : Math.floor(seconds / DAY) - this.first;
      input.value = String(Math.max(0, day));
      text.textContent = seconds === NEVER ? "now" : dayOf(seconds);
      input.setAttribute("aria-valuetext", text.textContent);
    };
    put(this.as, this.asText, moment.as);
    put(this.known, this.knownText, moment.known);
    this.now.hidden = moment.as === NEVER && moment.known === NEVER;
    this.element.classList.toggle("is-past", !this.now.hidden);
  }

  draw(scale: number, soft: string, accent: string, moment: Moment): void {
    const { clientWidth: width, clientHeight: height } = this.bars;
    const context = this.bars.getContext("2d");
    if (!context || width === 0) return;
    [this.bars.width, this.bars.height] = [width * scale, height * scale];
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const most = Math.sqrt(Math.max(1, ...this.counts));
    const until = (instant(moment.as) / DAY - this.first) / (Number(this.as.max) + 1);
    this.counts.forEach((count, bar) => {
      const tall = count === 0 ? 0 : Math.max(1.5, (Math.sqrt(count) / most) * (height - 2));
      context.fillStyle = bar / BARS <= until ? accent : soft;
      context.globalAlpha = bar / BARS <= until ? 0.75 : 0.3;
      context.fillRect((bar * width) / BARS, height - tall, Math.max(1, width / BARS - 1), tall);
    });
  }

  private read(): Moment {
    const of = (input: HTMLInputElement) =>
      Number(input.value) >= Number(input.max) ? NEVER : (this.first + Number(input.value) + 1) * DAY - 1;
    return { as: of(this.as), known: of(this.known) };
  }
}
