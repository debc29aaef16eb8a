/** The map: puts a canvas, a list, a panel and a time bar into an element and keeps them in step with one state, which its address holds. No framework inside. */
import { Api } from "./api";
import { Camera, type View } from "./camera";
import { counted, el, number } from "./dom";
import { type Around, around, boxOf, towards } from "./focus";
import { type Frame, NEVER, degreeOf, idOf, nodeOf } from "./frame";
import { Names, drawLabels } from "./labels";
import { List } from "./list";
import { Endings, type Moment, holds, instant, step } from "./moment";
import { type Palette, lookOf, readPalette } from "./palette";
import { Panel, shape } from "./panel";
import { Places, Ties } from "./places";
import { type LinkChoice, type Look, NoWebGl, Renderer } from "./renderer";
import { MAX_SAVED, download, saveGraph, savePicture, saveTable } from "./save";
import { MAX_HOPS, type State, readState, writeState } from "./state";
import { TimeBar } from "./time";

export interface MapOptions {
  /** The controls of the address. */
  query: URLSearchParams;
  /** Puts controls into the address. */
  navigate(query: URLSearchParams, isReplaced: boolean): void;
  /** Shows one thing on a page of its own. */
  open(id: string): void;
  /** Goes back to where the address was before. */
  back?(): void;
  /** Says what was done, with the commit that takes it back if there is one. */
  told?(text: string, commit: string | null): void;
  /** Whether single letters are commands. */
  letters?(): boolean;
  /** Asks the server; the browser's own if left out. */
  fetch?: typeof fetch;
}

/** What the map has done so far, for tests and measurements. */
export interface MapStats {
  nodes: number;
  links: number;
  drawnLinks: number;
  /** Whether everything that stands still is drawn. */
  isAtRest: boolean;
  labels: number;
  hasWebGl: boolean;
}

export interface MapHandle {
  /** The address changed. */
  update(query: URLSearchParams): void;
  /** Looks whether the memory has changed. */
  refresh(): Promise<void>;
  stats(): MapStats;
  destroy(): void;
}

type On = <E extends Event>(target: EventTarget, name: string, run: (event: E) => void, more?: AddEventListenerOptions) => void;

/** Links that are drawn of a map at most, far out. */
const SAMPLE = 30_000;
/** While time is moved. */
const QUICK_SAMPLE = 6_000;
/** Nodes in view, of which all links are drawn. */
const ALL_LINKS_OF = 3_000;
const MAX_LISTED_LINKS = 60_000;
const REST_MS = 140;
const KEPT_MS = 400;
/** How often names are written anew while things move. */
const LABELS_EVERY_MS = 220;
const WEEK_DAYS = 7;
/** How often is looked whether the memory has changed, and whether it is laid out yet. */
const LOOK_EVERY_MS = 20_000;
const LAYOUT_EVERY_MS = 1_500;

export function mountMap(element: HTMLElement, options: MapOptions): MapHandle {
  return new MapView(element, options);
}

class MapView implements MapHandle {
  private readonly api: Api;
  private readonly camera = new Camera();
  private readonly names: Names;
  private readonly panel: Panel;
  private readonly list: List;
  private readonly time: TimeBar;
  private readonly gone = new AbortController();
  private renderer: Renderer | null = null;
  private state: State;
  private frame: Frame | null = null;
  private endings!: Endings;
  private places: Places | null = null;
  private ties: Ties | null = null;
  private around: Around | null = null;
  private palette: Palette;
  private hovered = -1;
  private trail = 0;
  private frameAsked = 0;
  private restAt = 0;
  private wantsLinks = false;
  private drawnLinks = 0;
  private chosen: LinkChoice | null = null;
  private labels = 0;
  private labelled = { at: 0, view: { x: 0, y: 0, zoom: 1 } };
  private sieve = { types: -1 >>> 0, as: 0, known: 0 };
  private isFirst = true;
  private keepLater = 0;
  private countLater = 0;
  private nextLook = 0;
  private written = "";

  private readonly root: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly canvas = el("canvas", { class: "map-dots", "aria-hidden": "true" });
  private readonly words = el("canvas", { class: "map-words", "aria-hidden": "true" });
  private readonly tip = el("div", { class: "map-tip", hidden: true, dir: "auto" });
  private readonly notice = el("p", { class: "map-notice", hidden: true });
  private readonly counts = el("p", { class: "map-counts" });
  private readonly spoken = el("p", { class: "sr-only", role: "status", "aria-live": "polite" });
  private readonly search = el("input", { type: "search", placeholder: "Find on the map", "aria-label": "Find on the map", autocomplete: "off", spellcheck: "false", dir: "auto" });
  private readonly found = el("ul", { class: "map-found", hidden: true });
  private readonly types = el("div", { class: "map-types", role: "group", "aria-label": "Types" });
  private readonly asList: HTMLButtonElement;
  private readonly tidied = el("div", { class: "map-tidied", hidden: true });

  constructor(element: HTMLElement, private readonly options: MapOptions) {
    this.api = new Api(options.fetch ?? fetch.bind(globalThis));
    this.state = readState(options.query);
    this.written = writeState(this.state).toString();
    this.names = new Names((ids) => this.api.names(ids, this.state.spaces), () => this.ask());
    this.panel = new Panel(this.names, {
      choose: (node) => this.choose(node), open: (node) => this.open(node), hops: () => this.toggleHops(),
      more: () => this.change({ more: this.state.more + 1 }), pin: () => void this.pin(), all: () => this.all(),
      back: () => this.options.back?.(),
    });
    this.list = new List(this.names, (node) => this.choose(node));
    this.time = new TimeBar((moment, isDone) => this.move(moment, isDone));
    this.asList = this.button("List", "v", () => this.toggleList());
    const hint = el("p", { class: "sr-only", id: "map-keys" },
      "Arrow keys walk to what is linked. Enter opens, x takes in a second step, 0 shows all, plus and minus zoom, square brackets move in time, v shows a list, p pins.");
    this.stage = el("div", { class: "map-stage", tabindex: 0, role: "application", "aria-label": "Map of your memory", "aria-describedby": "map-keys" },
      this.canvas, this.words, this.tip);
    const saves = (["PNG", "CSV", "GraphML"] as const).map((kind) => el("button", { type: "button", click: () => void this.save(kind) }, kind));
    this.root = el("div", { class: "map" },
      el("div", { class: "map-bar" },
        el("div", { class: "map-find" }, this.search, this.found),
        el("details", { class: "map-menu" }, el("summary", {}, "Types"), this.types),
        this.asList,
        this.button("All", "0", () => this.all()),
        el("span", { class: "map-zoom" }, this.button("−", "", () => this.zoom(1 / 1.5), "Zoom out"), this.button("+", "", () => this.zoom(1.5), "Zoom in")),
        el("details", { class: "map-menu" }, el("summary", {}, "More"),
          el("div", {}, el("h3", {}, "Save"), el("p", { class: "map-saves" }, ...saves),
            el("h3", {}, "Layout"), el("button", { type: "button", click: () => void this.tidy("PREVIEW") }, "Tidy the map…"),
            el("button", { type: "button", click: () => void this.tidy("UNDO") }, "Undo the last tidying")))),
      this.tidied, this.notice,
      el("div", { class: "map-body" }, this.stage, this.list.element, this.panel.element),
      this.time.element, this.counts, this.spoken, hint);
    element.replaceChildren(this.root);
    this.palette = readPalette(this.root, []);
    this.begin();
    this.listen();
    void this.refresh();
  }

  // What the page asks for.

  update(query: URLSearchParams): void {
    const state = readState(query);
    const text = writeState(state).toString();
    if (text === this.written) return;
    this.written = text;
    const before = this.state;
    this.state = state;
    if (state.spaces.join() !== before.spaces.join() || state.isPreview !== before.isPreview) void this.refresh();
    else this.show(before);
    if (state.camera && state.node === before.node) this.camera.fly(state.camera);
  }

  async refresh(): Promise<void> {
    clearTimeout(this.nextLook);
    try {
      const frame = await this.api.load(this.state.spaces, this.state.isPreview, this.gone.signal);
      if (frame !== this.frame) this.take(frame);
      this.say("");
    } catch (error) {
      if (this.gone.signal.aborted) return;
      if (this.state.isPreview) return this.change({ isPreview: false }, true);
      this.say(`${error instanceof Error ? error.message : "the map can't be had"}. This page tries again by itself.`);
    }
    if (this.gone.signal.aborted) return;
    const isWaiting = this.frame?.isChanging ?? false;
    this.nextLook = window.setTimeout(() => void this.refresh(), isWaiting ? LAYOUT_EVERY_MS : LOOK_EVERY_MS);
  }

  stats(): MapStats {
    const isAtRest = this.frame !== null && this.frameAsked === 0 && !this.wantsLinks && !(this.renderer?.isDrawingLinks ?? false);
    return {
      nodes: this.frame?.count ?? 0, links: this.frame?.linkCount ?? 0, drawnLinks: this.drawnLinks, isAtRest,
      labels: this.labels, hasWebGl: this.renderer !== null,
    };
  }

  destroy(): void {
    this.gone.abort();
    [this.nextLook, this.keepLater, this.countLater].forEach((timer) => clearTimeout(timer));
    cancelAnimationFrame(this.frameAsked);
    this.renderer?.destroy();
    this.root.remove();
  }

  // Beginning.

  private begin(): void {
    try {
      this.renderer = new Renderer(this.canvas);
    } catch (error) {
      if (!(error instanceof NoWebGl)) throw error;
      this.root.classList.add("is-flat");
    }
  }

  private listen(): void {
    const { signal } = this.gone;
    const on: On = (target, name, run, more = {}) => target.addEventListener(name, run as (event: Event) => void, { signal, ...more });
    on(this.canvas, "webglcontextlost", (event) => event.preventDefault());
    on(this.canvas, "webglcontextrestored", () => {
      this.renderer?.build();
      if (this.frame) this.renderer?.load(this.frame, this.endings);
      if (this.around) this.renderer?.focus(this.around.flags);
      this.rest(0);
    });
    on<KeyboardEvent>(this.root, "keydown", (event) => this.key(event));
    on<WheelEvent>(this.stage, "wheel", (event) => {
      const { deltaY, deltaMode, offsetX, offsetY } = event;
      event.preventDefault();
      this.camera.zoomAt(Math.exp(-deltaY * (deltaMode === 1 ? 0.05 : 0.0016)), offsetX, offsetY);
      this.moved();
    }, { passive: false });
    this.pointers(on);
    on(this.search, "input", () => this.look());
    on<KeyboardEvent>(this.search, "keydown", (event) => this.searchKey(event));
    on(this.root, "focusin", (event) => {
      if (!this.found.contains(event.target as Node) && event.target !== this.search) this.found.hidden = true;
      for (const menu of this.root.querySelectorAll("details[open]")) if (!menu.contains(event.target as Node)) menu.removeAttribute("open");
    });
    const sized = new ResizeObserver(() => {
      this.resize();
      if (this.frame) this.drawTime();
    });
    sized.observe(this.stage);
    signal.addEventListener("abort", () => sized.disconnect());
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.recolour(), { signal });
    }
    const themed = new MutationObserver(() => this.recolour());
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    signal.addEventListener("abort", () => themed.disconnect());
    on(document, "visibilitychange", () => document.visibilityState === "visible" && void this.refresh());
  }

  private pointers(on: On): void {
    const down = new Map<number, { x: number; y: number }>();
    let travelled = 0;
    let held = -1;
    on<PointerEvent>(this.stage, "pointerdown", (event) => {
      if (event.button !== 0) return;
      this.stage.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      travelled = 0;
      const node = this.at(event.offsetX, event.offsetY, event.pointerType === "touch" ? 22 : 12);
      // Only what is in focus can be pulled, so that nothing is moved by accident.
      held = node >= 0 && node === this.around?.node && down.size === 1 ? node : -1;
    });
    on<PointerEvent>(this.stage, "pointermove", (event) => {
      const last = down.get(event.pointerId);
      if (!last) return this.hover(this.at(event.offsetX, event.offsetY, 10), event.offsetX, event.offsetY);
      const { offsetX: x, offsetY: y } = event;
      travelled += Math.hypot(x - last.x, y - last.y);
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const before = Math.hypot(last.x - other.x, last.y - other.y), now = Math.hypot(x - other.x, y - other.y);
        this.camera.zoomAt(now / Math.max(1, before), (x + other.x) / 2, (y + other.y) / 2);
        this.moved();
      } else if (held >= 0 && travelled > 4) {
        this.pull(held, ...this.camera.place(x, y));
      } else if (travelled > 4) {
        this.camera.pan(x - last.x, y - last.y);
        this.moved();
      }
      down.set(event.pointerId, { x, y });
    });
    const up = (event: PointerEvent) => {
      if (!down.delete(event.pointerId)) return;
      if (held >= 0 && travelled > 4) void this.pin(this.camera.place(event.offsetX, event.offsetY));
      else if (travelled <= 4 && event.type === "pointerup") {
        const node = this.at(event.offsetX, event.offsetY, event.pointerType === "touch" ? 22 : 12);
        if (node >= 0) this.choose(node);
      }
      held = -1;
    };
    on(this.stage, "pointerup", up);
    on(this.stage, "pointercancel", up);
    on(this.stage, "pointerleave", () => this.hover(-1, 0, 0));
    on<MouseEvent>(this.stage, "dblclick", (event) => {
      const node = this.at(event.offsetX, event.offsetY, 12);
      if (node >= 0) this.open(node);
    });
  }

  // What is shown.

  private take(frame: Frame): void {
    const former = this.frame;
    this.frame = frame;
    this.endings = new Endings(frame);
    this.places = this.ties = null;
    this.hovered = -1;
    this.palette = readPalette(this.root, frame.types);
    this.renderer?.load(frame, this.endings);
    this.time.load(frame);
    this.showTypes(frame);
    const isMoved = former !== null && former.epoch !== frame.epoch;
    this.resize();
    if (this.isFirst || (isMoved && !this.state.camera)) {
      const whole = this.camera.fit(frame.bounds);
      this.camera.jump(this.state.camera ?? whole);
    }
    this.root.classList.toggle("is-empty", frame.count === 0);
    this.show(null);
    this.isFirst = false;
    // Before somebody asks for what is around a thing; a browser without idle times works it out then.
    const later = (globalThis as { requestIdleCallback?: (run: () => void) => void }).requestIdleCallback;
    later?.(() => this.frame === frame && this.tied(frame));
  }

  /** Brings everything in step with the state; `before` is what it was, if only the state changed. */
  private show(before: State | null): void {
    const { frame, state } = this;
    if (!frame) return;
    this.sift();
    const isList = state.isList || !this.renderer;
    this.root.classList.toggle("is-list", isList);
    this.asList.setAttribute("aria-pressed", String(isList));
    this.asList.hidden = !this.renderer;
    this.time.show(state);
    if (before === null || before.as !== state.as) this.drawTime();
    const node = state.node === "" ? -1 : nodeOf(frame, state.node);
    const wasThere = this.around?.node ?? -1;
    if (node >= 0) {
      this.around = around(frame, this.tied(frame), node, state.hops, state.more, (one) => this.isShown(one));
      this.renderer?.focus(this.around.flags);
      void this.panel.show(frame, this.around, state.hops, this.trail > 0);
      if (node !== wasThere || before?.hops !== state.hops || before?.more !== state.more) {
        void this.speak(node);
        if (!this.isFirst || !state.camera) this.see(this.around);
      }
    } else {
      if (this.around) this.renderer?.focus(new Uint8Array(frame.count));
      this.around = null;
      this.panel.hide();
      if (state.node !== "") this.say("What the address names is not on the map: it was forgotten, or is of another space.");
    }
    this.camera.covered = this.cover();
    if (isList) this.list.show(frame, this.listed(frame), node);
    this.showTidied();
    this.rest(0);
    this.count();
  }

  private drawTime(): void {
    const accent = `rgb(${this.palette.accent.map((part) => Math.round(part * 255)).join(" ")})`;
    this.time.draw(Math.min(devicePixelRatio, 2), this.palette.soft, accent, this.state);
  }

  private listed(frame: Frame): number[] {
    if (this.around) return [this.around.node, ...this.around.near, ...[...this.around.nodes].filter((node) => !this.around?.near.includes(node) && node !== this.around?.node)];
    const nodes: number[] = [];
    for (let node = 0; node < frame.count && nodes.length < 20_000; node++) if (this.isShown(node)) nodes.push(node);
    return nodes.sort((a, b) => (frame.degree[b] ?? 0) - (frame.degree[a] ?? 0) || a - b);
  }

  private isShown(node: number): boolean {
    const { frame, sieve } = this;
    if (!frame || ((sieve.types >>> (frame.type[node] ?? 0)) & 1) === 0) return false;
    return holds(frame, this.endings, node, sieve.as, sieve.known);
  }

  /** Works out once what every node is asked. */
  private sift(): void {
    const { types, as, known } = this.state;
    const chosen = (this.frame?.types ?? []).reduce((mask, type, at) => (types.includes(type) ? mask | (1 << at) : mask), 0);
    this.sieve = { types: types.length === 0 ? -1 >>> 0 : chosen >>> 0, as: instant(as), known: instant(known) };
  }

  private tied(frame: Frame): Ties {
    return (this.ties ??= new Ties(frame));
  }

  private placed(frame: Frame): Places {
    return (this.places ??= new Places(frame));
  }

  private showTypes(frame: Frame): void {
    const counts = new Array<number>(frame.types.length).fill(0);
    for (let node = 0; node < frame.count; node++) counts[frame.type[node] ?? 0] = (counts[frame.type[node] ?? 0] ?? 0) + 1;
    const rows = frame.types.flatMap((type, at) => {
      const count = counts[at] ?? 0;
      if (count === 0) return [];
      const box = el("input", { type: "checkbox", value: type, change: () => this.filter() });
      box.checked = this.state.types.length === 0 || this.state.types.includes(type);
      return [el("label", {}, box, shape(type), lookOf(type).plural, el("span", { class: "soft" }, number(count)))];
    });
    this.types.replaceChildren(...rows);
  }

  private filter(): void {
    const boxes = [...this.types.querySelectorAll("input")];
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    this.change({ types: chosen.length === boxes.length ? [] : chosen });
  }

  /** Says how much of how much is shown; counted once things are at rest. */
  private count(): void {
    clearTimeout(this.countLater);
    this.countLater = window.setTimeout(() => {
      const { frame } = this;
      if (!frame) return;
      if (frame.count === 0) {
        this.counts.textContent = "Nothing is known yet. Tell Hydra something, or bring in a folder of notes, and it appears here.";
        return;
      }
      let shown = 0;
      const flags = new Uint8Array(frame.count);
      for (let node = 0; node < frame.count; node++) {
        if (!this.isShown(node)) continue;
        flags[node] = 1;
        shown++;
      }
      const parts = [shown === frame.totalNodes ? counted(shown, "thing") : `${number(shown)} of ${counted(frame.totalNodes, "thing")}`];
      if (frame.count < frame.totalNodes) parts.push(`only the ${number(frame.count)} most telling are on the map`);
      if (!this.root.classList.contains("is-list")) parts.push(this.linkCount(frame, flags));
      if (frame.isChanging) parts.push("being laid out");
      this.counts.textContent = `${parts.filter((part) => part !== "").join(" · ")}.`;
    }, 180);
  }

  private say(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = text === "";
  }

  private async speak(node: number): Promise<void> {
    const { frame } = this;
    if (!frame) return;
    const [name] = await this.names.all([idOf(frame, node)]).catch(() => [""]);
    if (this.around?.node !== node) return;
    const shown = this.around.nearAll > this.around.near.length ? `, ${number(this.around.near.length)} shown` : "";
    this.spoken.textContent = `${name || "Without a name"}, ${frame.types[frame.type[node] ?? 0] ?? ""}, ${counted(this.around.nearAll, "link")}${shown}`;
  }

  // What the owner does.

  private change(part: Partial<State>, isReplaced = false): void {
    const before = this.state;
    this.state = { ...before, ...part };
    const query = writeState(this.state);
    this.written = query.toString();
    if (!isReplaced) this.trail++;
    this.options.navigate(query, isReplaced);
    if (part.spaces || part.isPreview !== undefined) void this.refresh();
    else this.show(before);
  }

  private choose(node: number): void {
    const { frame } = this;
    if (!frame || node < 0) return;
    const id = idOf(frame, node);
    if (id !== this.state.node) this.change({ node: id, more: 0, camera: null });
    if (this.root.classList.contains("is-list")) this.list.focus();
  }

  private open(node: number): void {
    if (this.frame && node >= 0) this.options.open(idOf(this.frame, node));
  }

  private all(): void {
    const { frame } = this;
    if (!frame) return;
    if (this.state.node !== "") this.change({ node: "", hops: 1, more: 0, camera: null });
    this.camera.covered = this.cover();
    this.camera.fly(this.camera.fit(frame.bounds));
    this.moved();
    this.spoken.textContent = `All of ${counted(frame.count, "thing")}`;
  }

  private toggleHops(): void {
    if (this.around) this.change({ hops: this.state.hops >= MAX_HOPS ? 1 : this.state.hops + 1 });
  }

  private toggleList(): void {
    this.change({ isList: !this.state.isList });
    if (this.state.isList) this.list.focus();
    else this.stage.focus();
  }

  private move(moment: Moment, isDone: boolean): void {
    const { renderer, frame } = this;
    this.state = { ...this.state, ...moment };
    if (isDone) return this.change(moment, true);
    this.sift();
    this.time.show(moment);
    if (!renderer || !frame) return;
    // Only uniforms change; the few links of a quick sample come with them, the others once it rests.
    renderer.drawLinks(this.around ? { list: this.around.links, count: Math.min(QUICK_SAMPLE, this.around.links.length) } : { first: QUICK_SAMPLE }, this.lookNow());
    renderer.drawPiece();
    this.rest(REST_MS);
    this.labelled.at = performance.now();
  }

  private zoom(factor: number): void {
    const { x, y, zoom } = this.camera.target;
    this.camera.fly({ x, y, zoom: zoom * factor });
    this.moved();
  }

  private walk(dx: number, dy: number): void {
    const { frame } = this;
    if (!frame) return;
    if (this.around) {
      const next = towards(frame, this.around.node, this.around.near, dx, dy);
      if (next >= 0) this.choose(next);
      else this.spoken.textContent = "Nothing is linked in that direction";
      return;
    }
    this.choose(this.middle(frame));
  }

  /** The node with the most ties of those in view. */
  private middle(frame: Frame): number {
    let best = -1;
    const [left, top] = this.camera.place(0, 0), [right, bottom] = this.camera.place(this.camera.width, this.camera.height);
    this.placed(frame).inside(left, top, right, bottom, (node) => {
      if ((best < 0 || (frame.degree[node] ?? 0) > (frame.degree[best] ?? 0)) && this.isShown(node)) best = node;
    });
    return best;
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, summary, .map-menu")) return;
    const isList = this.root.classList.contains("is-list");
    const isHere = target === this.stage || this.list.element.contains(target);
    const letters: Record<string, () => void> = {
      x: () => this.toggleHops(), "0": () => this.all(), "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5),
      "[": () => this.travel("as", -WEEK_DAYS), "]": () => this.travel("as", WEEK_DAYS),
      "{": () => this.travel("known", -WEEK_DAYS), "}": () => this.travel("known", WEEK_DAYS),
      v: () => this.renderer && this.toggleList(), p: () => void this.pin(),
      m: () => this.around && this.around.nearAll > this.around.near.length && this.change({ more: this.state.more + 1 }),
    };
    const inList: Record<string, () => void> = {
      ArrowDown: () => this.list.step(1), ArrowUp: () => this.list.step(-1), j: () => this.list.step(1), k: () => this.list.step(-1),
      ArrowRight: () => this.list.at >= 0 && this.choose(this.list.at), ArrowLeft: () => this.trail > 0 && this.options.back?.(),
      Enter: () => this.open(this.list.at), p: () => void this.pin(undefined, this.list.at),
    };
    const onMap: Record<string, () => void> = {
      ArrowRight: () => this.walk(1, 0), ArrowLeft: () => this.walk(-1, 0), ArrowUp: () => this.walk(0, -1), ArrowDown: () => this.walk(0, 1),
      Enter: () => this.open(this.around?.node ?? -1),
    };
    const isLetter = event.key.length === 1;
    if (isLetter && this.options.letters?.() === false) return;
    const run =
      (isHere ? (isList ? inList : onMap)[event.key] : undefined) ??
      (event.key === "Escape" && this.around ? () => this.all() : undefined) ??
      letters[event.key];
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  }

  private travel(which: "as" | "known", days: number): void {
    const moment = { as: this.state.as, known: this.state.known, [which]: step(this.state[which], days) };
    this.change(moment, true);
    const text = this.state[which] === NEVER ? "now" : new Date(this.state[which] * 1000).toISOString().slice(0, 10);
    this.spoken.textContent = `${which === "as" ? "True on" : "As known on"} ${text}`;
  }

  private pull(node: number, x: number, y: number): void {
    if (!this.frame) return;
    this.frame.positions[2 * node] = x;
    this.frame.positions[2 * node + 1] = y;
    this.renderer?.move(node, x, y);
    this.places = null;
    this.rest(REST_MS);
  }

  /** Pins what is in focus where it is or was put, or lets it go. */
  private async pin(at?: [number, number], which?: number): Promise<void> {
    const { frame } = this;
    const node = which ?? this.around?.node ?? -1;
    if (!frame || node < 0) return;
    const isPinned = ((frame.marks[node] ?? 0) & 1) === 1 && !at;
    const [x, y] = at ?? [frame.positions[2 * node] ?? 0, frame.positions[2 * node + 1] ?? 0];
    try {
      const commit = await this.api.pin(idOf(frame, node), isPinned ? null : { x, y });
      this.spoken.textContent = isPinned ? "Let go" : "Pinned";
      this.options.told?.(this.spoken.textContent, commit);
      await this.refresh();
    } catch (error) {
      this.say(error instanceof Error ? error.message : "it can't be pinned");
    }
  }

  private async tidy(act: "PREVIEW" | "KEEP" | "UNDO"): Promise<void> {
    this.root.querySelectorAll("details[open]").forEach((menu) => menu.removeAttribute("open"));
    try {
      const done = await this.api.tidy(act);
      if (act === "PREVIEW") {
        this.tidied.dataset["moved"] = String(done.moved);
        this.change({ isPreview: true, node: "", camera: null });
      } else {
        this.options.told?.(act === "KEEP" ? `Tidied: ${counted(done.moved, "thing")} moved. “More” takes it back` : "The map is as it was", null);
        if (this.state.isPreview) this.change({ isPreview: false, camera: null }, true);
        else await this.refresh();
      }
    } catch (error) {
      this.say(error instanceof Error ? error.message : "the map can't be tidied");
    }
  }

  private showTidied(): void {
    this.tidied.hidden = !this.state.isPreview;
    if (!this.state.isPreview || this.tidied.childElementCount > 0) {
      if (!this.state.isPreview) this.tidied.replaceChildren();
      return;
    }
    const moved = Number(this.tidied.dataset["moved"] ?? 0);
    this.tidied.append(
      el("p", {}, moved > 0 ? `This is how it would look: ${counted(moved, "thing")} would move.` : "This is how it would look."),
      el("button", { type: "button", class: "primary", click: () => void this.tidy("KEEP") }, "Keep this"),
      el("button", { type: "button", click: () => this.change({ isPreview: false, camera: null }, true) }, "Leave it as it was"));
  }

  private async save(kind: "PNG" | "CSV" | "GraphML"): Promise<void> {
    const { frame } = this;
    if (!frame) return;
    if (kind === "PNG") {
      if (!this.renderer) return this.say("A picture needs WebGL2, which this browser does not have; a table can be saved.");
      return savePicture([this.renderer.picture(this.lookNow()), this.words], (blob) => download(blob, "hydra-map.png"));
    }
    const all = this.around ? [...this.around.nodes] : this.listed(frame);
    const nodes = all.slice(0, MAX_SAVED);
    try {
      const saved = { frame, names: this.names, nodes };
      download(kind === "CSV" ? await saveTable(saved) : await saveGraph(saved), kind === "CSV" ? "hydra-map.csv" : "hydra-map.graphml");
      if (all.length > nodes.length) this.say(`The ${number(nodes.length)} with the most links were saved, of ${number(all.length)}; narrow the map to save the others.`);
    } catch (error) {
      this.say(error instanceof Error ? error.message : "it can't be saved");
    }
  }

  // Finding.

  private lookLater = 0;
  private look(): void {
    clearTimeout(this.lookLater);
    const question = this.search.value.trim();
    if (question === "") {
      this.found.hidden = true;
      return;
    }
    this.lookLater = window.setTimeout(() => void this.find(question), 160);
  }

  private async find(question: string): Promise<void> {
    const found = await this.api.find(question, this.state.spaces).catch(() => []);
    const { frame } = this;
    if (!frame || question !== this.search.value.trim()) return;
    const rows = found.flatMap(({ id, label }) => {
      const node = nodeOf(frame, id);
      if (node < 0) return [];
      const fly = () => {
        this.found.hidden = true;
        this.choose(node);
        (this.root.classList.contains("is-list") ? this.list : this.stage).focus();
      };
      return [el("li", {}, el("button", { type: "button", click: fly }, shape(frame.types[frame.type[node] ?? 0] ?? ""), el("span", { dir: "auto" }, label)))];
    });
    this.found.replaceChildren(...(rows.length > 0 ? rows.slice(0, 10) : [el("li", { class: "soft" }, "Nothing on the map is called so.")]));
    this.found.hidden = false;
  }

  private searchKey(event: KeyboardEvent): void {
    const first = this.found.querySelector("button");
    if (event.key === "Escape") {
      this.found.hidden = true;
      this.stage.focus();
    } else if (event.key === "ArrowDown" && first && !this.found.hidden) {
      event.preventDefault();
      first.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(this.lookLater);
      void this.find(this.search.value.trim()).then(() => this.found.querySelector("button")?.click());
    } else return;
    event.stopPropagation();
  }

  // Drawing.

  private at(sx: number, sy: number, reach: number): number {
    const { frame } = this;
    if (!frame) return -1;
    const [x, y] = this.camera.place(sx, sy);
    const among = this.around;
    return this.placed(frame).nearest(x, y, reach / this.camera.view.zoom, (node) => (!among || among.nodes.has(node)) && this.isShown(node));
  }

  private hover(node: number, x: number, y: number): void {
    const { frame } = this;
    if (frame && node >= 0) {
      const name = this.names.get(idOf(frame, node));
      const type = frame.types[frame.type[node] ?? 0] ?? "";
      this.tip.textContent = `${name ? `${name} · ` : ""}${type}, ${counted(degreeOf(frame, node), "link")}`;
      if (!name) void this.names.fetch();
      this.tip.style.transform = `translate(${Math.min(x + 14, this.camera.width - 220)}px, ${y + 14}px)`;
    }
    this.tip.hidden = node < 0;
    if (node !== this.hovered) {
      this.hovered = node;
      this.stage.classList.toggle("is-over", node >= 0);
      this.ask();
    }
  }

  private see(around: Around): void {
    const { frame } = this;
    if (!frame) return;
    this.camera.covered = this.cover();
    const near = around.nodes.size > 1 ? around.bounds : boxOf(frame, [around.node]);
    const view = this.camera.fit(near);
    this.camera.fly(this.isFirst ? view : this.calm(view, around));
    if (this.isFirst) this.camera.jump(view);
    this.moved(false);
  }

  /** Stays as near as one is, if what is to be seen can be seen from there. */
  private calm(view: View, around: Around): View {
    const { frame } = this;
    const before = this.camera.target;
    if (!frame || before.zoom < view.zoom / 3) return view;
    const x = frame.positions[2 * around.node] ?? 0, y = frame.positions[2 * around.node + 1] ?? 0;
    return before.zoom <= view.zoom * 1.6 ? view : this.camera.beside({ x, y, zoom: view.zoom });
  }

  private cover(): { right: number; bottom: number } {
    if (this.panel.element.hidden && this.state.node === "") return { right: 0, bottom: 0 };
    const isNarrow = this.camera.width < 620;
    return isNarrow ? { right: 0, bottom: this.camera.height * 0.4 } : { right: 300, bottom: 0 };
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (width === 0 || height === 0) return;
    const scale = Math.min(devicePixelRatio, 2);
    [this.camera.width, this.camera.height] = [width, height];
    this.renderer?.resize(width, height, scale);
    [this.words.width, this.words.height] = [Math.round(width * scale), Math.round(height * scale)];
    this.rest(0);
  }

  private recolour(): void {
    if (!this.frame) return;
    this.palette = readPalette(this.root, this.frame.types);
    this.show(null);
  }

  private moved(isKept = true): void {
    this.rest(REST_MS);
    clearTimeout(this.keepLater);
    if (!isKept) return;
    this.keepLater = window.setTimeout(() => {
      this.state = { ...this.state, camera: { ...this.camera.target } };
      const query = writeState(this.state);
      this.written = query.toString();
      this.options.navigate(query, true);
    }, KEPT_MS);
  }

  /** Draws the links anew once nothing has moved for a while. */
  private rest(after: number): void {
    this.root.dataset["state"] = "moving";
    this.restAt = performance.now() + after;
    this.wantsLinks = true;
    this.ask();
  }

  private ask(): void {
    if (this.frameAsked === 0 && !this.gone.signal.aborted) this.frameAsked = requestAnimationFrame((now) => this.draw(now));
  }

  private lookNow(): Look {
    const { sieve, palette } = this;
    return {
      view: this.camera.view, ...sieve,
      isFocused: this.around !== null, current: this.around?.node ?? -1, hovered: this.hovered, palette,
    };
  }

  private draw(now: number): void {
    this.frameAsked = 0;
    const { frame, renderer } = this;
    if (!frame || !renderer || this.root.classList.contains("is-list") || renderer.isLost) {
      this.wantsLinks = false;
      if (frame) this.root.dataset["state"] = "rest";
      return;
    }
    const isMoving = this.camera.tick(now);
    if (isMoving) this.restAt = Math.max(this.restAt, now + REST_MS / 2);
    const look = this.lookNow();
    if (this.wantsLinks && !isMoving && now >= this.restAt) {
      this.wantsLinks = false;
      const choice = this.links(frame);
      this.chosen = choice;
      this.drawnLinks = "first" in choice ? choice.first : choice.count;
      renderer.drawLinks(choice, { ...look, view: { ...look.view } });
      this.count();
    }
    const isMore = renderer.drawPiece();
    renderer.draw(look);
    // Names are the most work of a frame: while things move, what was written is only moved along.
    if (now >= this.restAt || now - this.labelled.at > LABELS_EVERY_MS) this.label(frame, now);
    else this.shift();
    if (isMoving || isMore || renderer.isDrawingLinks || this.wantsLinks) this.ask();
    this.root.dataset["state"] = this.stats().isAtRest ? "rest" : "moving";
  }

  private label(frame: Frame, now: number): void {
    this.labelled = { at: now, view: { ...this.camera.view } };
    this.words.style.transform = "";
    this.labels = drawLabels(this.words, Math.min(devicePixelRatio, 2), {
      frame, places: this.placed(frame), camera: this.camera, palette: this.palette, names: this.names,
      isShown: (node) => this.isShown(node), first: [this.around?.node ?? -1, this.hovered], only: this.around?.nodes ?? null,
    });
  }

  private shift(): void {
    const { view, width, height } = this.camera, was = this.labelled.view;
    const scale = view.zoom / was.zoom;
    const x = (width / 2) * (1 - scale) + (was.x - view.x) * view.zoom, y = (height / 2) * (1 - scale) + (was.y - view.y) * view.zoom;
    this.words.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }

  /** Which links are drawn: those around the focus, all in a near view, else the beginning of the ranking. */
  private links(frame: Frame): LinkChoice {
    if (this.around) return { list: this.around.links, count: this.around.links.length };
    if (frame.linkCount <= SAMPLE) return { first: frame.linkCount };
    const [left, top] = this.camera.place(0, 0), [right, bottom] = this.camera.place(this.camera.width, this.camera.height);
    const inView: number[] = [];
    this.placed(frame).inside(left, top, right, bottom, (node) => inView.push(node) <= ALL_LINKS_OF);
    if (inView.length <= ALL_LINKS_OF) {
      const ties = this.tied(frame);
      const list = new Set<number>();
      for (const node of inView) for (const link of ties.linksOf(node)) if (list.size < MAX_LISTED_LINKS) list.add(link);
      if (list.size < MAX_LISTED_LINKS) return { list: Uint32Array.from(list), count: list.size };
    }
    return { first: SAMPLE };
  }

  /** Says how many links are drawn of how many: of those that were chosen, the ones with both ends there. */
  private linkCount(frame: Frame, flags: Uint8Array): string {
    const { chosen } = this;
    if (!chosen) return "";
    const total = "first" in chosen ? chosen.first : chosen.count;
    let drawn = 0;
    for (let n = 0; n < total; n++) {
      const link = "first" in chosen ? n : (chosen.list[n] ?? 0);
      if (flags[frame.links[2 * link] ?? 0] === 1 && flags[frame.links[2 * link + 1] ?? 0] === 1) drawn++;
    }
    if (this.around) {
      const { near, nearAll } = this.around;
      const neighbours = near.length < nearAll ? `${number(near.length)} of ${counted(nearAll, "neighbour")}` : counted(nearAll, "neighbour");
      return `${neighbours}, ${counted(drawn, "link")} among them`;
    }
    if ("list" in chosen) return `all ${counted(drawn, "link")} in view`;
    return total < frame.totalLinks ? `a sample of ${number(drawn)} of ${counted(frame.totalLinks, "link")}` : counted(drawn, "link");
  }

  private button(label: string, key: string, run: () => void, name?: string): HTMLButtonElement {
    return el("button", { type: "button", click: run, "aria-label": name }, label, key !== "" && el("kbd", { "aria-hidden": "true" }, key));
  }
}
