/** The map: puts a canvas, a list, a panel and a time bar into an element and keeps them in step with one state, which its address holds. No framework inside. */
import { Api } from "./api";
import { counted, number } from "./dom";
import { Finder } from "./finder";
import { type Around, boxOf, towards } from "./focus";
import { type Frame, NEVER, degreeOf, idOf, nodeOf } from "./frame";
import { hearGestures } from "./gesture";
import { type Deeds, hearKeys } from "./key";
import { Names } from "./labels";
import { List } from "./list";
import { type Moment, step } from "./moment";
import { readPalette } from "./palette";
import { Panel } from "./panel";
import type { MapHandle, MapOptions, MapStats } from "./options";
import { Picture, REST_MS, scaleNow } from "./picture";
import { type Saving, saveAs } from "./save";
import { Scene } from "./scene";
import { Shell, ZOOM_STEP } from "./shell";
import { MAX_HOPS, type State, readState, writeState } from "./state";
import { tally } from "./tally";
import { Tidying } from "./tidying";
import { TimeBar } from "./time";
import { Trail } from "./trail";
import { Types } from "./types";

const KEPT_MS = 400;
const COUNT_MS = 180;
const WEEK_DAYS = 7;
/** How often is looked whether the memory has changed, and whether it is laid out yet. */
const LOOK_EVERY_MS = 20_000;
const LAYOUT_EVERY_MS = 1_500;
const PINNED = 1;
const LOST = "The picture was lost, because this browser or its graphics card took the memory for it away. The list shows the same things; the picture comes back by itself when it can.";

export function mountMap(element: HTMLElement, options: MapOptions): MapHandle {
  return new MapView(element, options);
}

class MapView implements MapHandle {
  private readonly api: Api;
  private readonly scene: Scene;
  private readonly picture: Picture;
  private readonly names: Names;
  private readonly panel: Panel;
  private readonly list: List;
  private readonly time: TimeBar;
  private readonly finder: Finder;
  private readonly types: Types;
  private readonly tidying: Tidying;
  private readonly gone = new AbortController();
  private state: State;
  /** The state before time is moved, until it is let go. */
  private held: State | null = null;
  private isFirst = true;
  private keepLater = 0;
  private countLater = 0;
  private nextLook = 0;
  private readonly trail: Trail;

  private readonly shell: Shell;

  constructor(element: HTMLElement, private readonly options: MapOptions) {
    this.api = new Api(options.fetch ?? fetch.bind(globalThis));
    this.state = readState(options.query);
    this.trail = new Trail(writeState(this.state).toString());
    this.shell = new Shell({
      list: () => this.toggleList(), all: () => this.all(), zoom: (factor) => this.zoom(factor),
      save: (kind) => void this.save(kind), tidy: (act) => void this.tidying.run(act),
    });
    element.replaceChildren(this.shell.root);
    this.scene = new Scene(readPalette(this.shell.root, []));
    this.names = new Names((ids) => this.api.names(ids, this.state.spaces), () => this.picture.ask());
    this.picture = new Picture(this.scene, this.names, this.shell.dots, this.shell.words, {
      state: (isAtRest) => (this.shell.root.dataset["state"] = isAtRest ? "rest" : "moving"), chosen: () => this.count(),
    });
    this.shell.root.classList.toggle("is-flat", this.picture.renderer === null);
    this.panel = new Panel(this.names, {
      choose: (node) => this.choose(node), open: (node) => this.open(node), hops: () => this.toggleHops(),
      more: () => this.change({ more: this.state.more + 1 }), pin: () => void this.pin(), all: () => this.all(),
      back: () => this.options.back?.(),
    });
    this.list = new List(this.names, (node) => this.choose(node));
    this.time = new TimeBar((moment, isDone) => this.move(moment, isDone));
    this.types = new Types((types) => this.change({ types }));
    this.finder = new Finder(this.api, this.scene, {
      spaces: () => this.state.spaces, leave: () => this.shell.stage.focus(),
      fly: (node) => {
        this.choose(node);
        (this.scene.isList ? this.list : this.shell.stage).focus();
      },
    });
    this.tidying = new Tidying(this.api, {
      isPreview: () => this.state.isPreview, preview: () => this.change({ isPreview: true, node: "", camera: null }),
      leave: () => this.change({ isPreview: false, camera: null }, true), refresh: () => this.refresh(),
      told: (text) => this.options.told?.(text, null), failed: (text) => this.shell.say(text),
    });
    this.shell.fill({ finder: this.finder.element, types: this.types.element, tidied: this.tidying.element, list: this.list.element, panel: this.panel.element, time: this.time.element });
    this.listen();
    void this.refresh();
  }

  // What the page asks for.

  update(query: URLSearchParams): void {
    const state = readState(query);
    if (!this.trail.arrive(writeState(state).toString())) return;
    const before = this.held ?? this.state;
    this.held = null;
    this.state = state;
    if (state.spaces.join() !== before.spaces.join() || state.isPreview !== before.isPreview) void this.refresh();
    else this.show(before);
    if (state.camera && state.node === before.node) this.scene.camera.fly(state.camera);
  }

  async refresh(): Promise<void> {
    clearTimeout(this.nextLook);
    try {
      const frame = await this.api.load(this.state.spaces, this.state.isPreview, this.gone.signal);
      this.shell.say(this.picture.isLost ? LOST : "");
      if (frame !== this.scene.frame) this.take(frame);
    } catch (error) {
      if (this.gone.signal.aborted) return;
      if (this.state.isPreview) return void this.change({ isPreview: false }, true);
      this.shell.say(`${error instanceof Error ? error.message : "the map can't be had"}. This page tries again by itself.`);
    }
    if (this.gone.signal.aborted) return;
    const isWaiting = this.scene.frame?.isChanging ?? false;
    this.nextLook = window.setTimeout(() => void this.refresh(), isWaiting ? LAYOUT_EVERY_MS : LOOK_EVERY_MS);
  }

  stats(): MapStats {
    const { frame } = this.scene, { drawnLinks, isAtRest, labels, renderer } = this.picture;
    return { nodes: frame?.count ?? 0, links: frame?.linkCount ?? 0, drawnLinks, isAtRest, labels, hasWebGl: renderer !== null };
  }

  destroy(): void {
    this.gone.abort();
    [this.nextLook, this.keepLater, this.countLater].forEach((timer) => clearTimeout(timer));
    this.picture.destroy();
    this.shell.root.remove();
  }

  private listen(): void {
    const { signal } = this.gone, { root, stage, dots } = this.shell;
    dots.addEventListener("webglcontextlost", (event) => {
      // Without this it would never come back.
      event.preventDefault();
      this.lose();
    }, { signal });
    dots.addEventListener("webglcontextrestored", () => this.restore(), { signal });
    hearGestures(stage, this.scene, {
      hover: (node, x, y) => this.hover(node, x, y), moved: () => this.moved(), pull: (node, x, y) => this.pull(node, x, y),
      put: (at) => void this.pin(at), choose: (node) => this.choose(node), open: (node) => this.open(node),
    }, signal);
    hearKeys(root, {
      everywhere: () => this.everywhere(), onStage: () => this.onStage(), inList: () => this.inList(),
      place: (target) => (target === stage ? "stage" : this.list.element.contains(target) ? "list" : null),
      letters: () => this.options.letters?.() ?? true,
    }, signal);
    root.addEventListener("focusin", ({ target }) => {
      if (!this.finder.element.contains(target as Node)) this.finder.close();
      this.shell.closeMenus(target as Node);
    }, { signal });
    const sized = new ResizeObserver(() => {
      this.resize();
      if (this.scene.frame) this.drawTime();
    });
    sized.observe(stage);
    matchMedia("(forced-colors: active)").addEventListener("change", () => this.recolour(), { signal });
    const themed = new MutationObserver(() => this.recolour());
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    signal.addEventListener("abort", () => [sized, themed].forEach((observer) => observer.disconnect()));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.refresh(), { signal });
  }

  private everywhere(): Deeds {
    const { around } = this.scene;
    return {
      x: () => this.toggleHops(), "0": () => this.all(), "+": () => this.zoom(ZOOM_STEP), "=": () => this.zoom(ZOOM_STEP), "-": () => this.zoom(1 / ZOOM_STEP),
      "[": () => this.travel("as", -WEEK_DAYS), "]": () => this.travel("as", WEEK_DAYS),
      "{": () => this.travel("known", -WEEK_DAYS), "}": () => this.travel("known", WEEK_DAYS),
      v: () => this.picture.canDraw && this.toggleList(), p: () => void this.pin(),
      m: () => around && around.nearAll > around.near.length && this.change({ more: this.state.more + 1 }),
      ...(around && { Escape: () => this.all() }),
    };
  }

  private onStage(): Deeds {
    return {
      ArrowRight: () => this.walk(1, 0), ArrowLeft: () => this.walk(-1, 0), ArrowUp: () => this.walk(0, -1), ArrowDown: () => this.walk(0, 1),
      Enter: () => this.open(this.scene.around?.node ?? -1),
    };
  }

  private inList(): Deeds {
    const { list } = this;
    return {
      ArrowDown: () => list.step(1), ArrowUp: () => list.step(-1), j: () => list.step(1), k: () => list.step(-1),
      ArrowRight: () => list.at >= 0 && this.choose(list.at), ArrowLeft: () => this.trail.canGoBack && this.options.back?.(),
      Enter: () => this.open(list.at), p: () => void this.pin(undefined, list.at),
    };
  }

  // What is shown.

  /** The canvas is blank from now on: until it can be drawn again, the list shows the same. */
  private lose(): void {
    const hadKeyboard = document.activeElement === this.shell.stage;
    this.shell.say(LOST);
    this.show(null);
    if (hadKeyboard) this.list.focus();
  }

  private restore(): void {
    const hadKeyboard = this.list.element.contains(document.activeElement);
    this.picture.rebuild();
    this.shell.say("");
    this.show(null);
    if (hadKeyboard && !this.scene.isList) this.shell.stage.focus();
  }

  private take(frame: Frame): void {
    const { scene } = this;
    const former = scene.frame;
    scene.take(frame);
    scene.palette = readPalette(this.shell.root, frame.types);
    this.picture.renderer?.load(frame, scene.endings);
    this.time.load(frame);
    this.types.show(frame);
    const isMoved = former !== null && former.epoch !== frame.epoch;
    this.resize();
    const wasEmpty = former?.count === 0 && frame.count > 0;
    if (this.isFirst || ((isMoved || wasEmpty) && !this.state.camera)) {
      const whole = scene.camera.fit(frame.bounds);
      scene.camera.jump(this.state.camera ?? whole);
    }
    this.shell.showFew(frame.count, this.state.spaces);
    this.show(null);
    this.isFirst = false;
    // Before somebody asks for what is around a thing; a browser without idle times works it out then.
    const later = (globalThis as { requestIdleCallback?: (run: () => void) => void }).requestIdleCallback;
    later?.(() => scene.frame === frame && scene.ties(frame));
  }

  /** Brings everything in step with the state; `before` is what it was, if only the state changed. */
  private show(before: State | null): void {
    const { state, scene } = this;
    const { frame } = scene, { renderer } = this.picture;
    if (!frame) return;
    scene.sift(state);
    scene.isList = state.isList || !this.picture.canDraw;
    this.shell.showMode(scene.isList, this.picture.canDraw);
    this.time.show(state);
    this.types.mark(state.types);
    if (before === null || before.as !== state.as) this.drawTime();
    const node = state.node === "" ? -1 : nodeOf(frame, state.node);
    const wasThere = scene.around?.node ?? -1;
    if (node >= 0) {
      const around = scene.focus(frame, node, state);
      renderer?.focus(around.flags);
      void this.panel.show(frame, around, state.hops, this.trail.canGoBack);
      if (node !== wasThere || before?.hops !== state.hops || before?.more !== state.more) {
        void this.speak(node);
        if (!this.isFirst || !state.camera) this.see(frame, around);
      }
    } else {
      if (scene.around) renderer?.focus(new Uint8Array(frame.count));
      scene.around = null;
      this.panel.hide();
      if (state.node !== "") this.shell.say("What the address names is not on the map: it was forgotten, or is of another space.");
    }
    this.cover();
    if (scene.isList) this.list.show(frame, scene.listed(frame), node);
    this.tidying.show();
    this.picture.rest(0);
    this.count();
  }

  private drawTime(): void {
    const { accent, soft } = this.scene.palette;
    this.time.draw(scaleNow(), soft, `rgb(${accent.map((part) => Math.round(part * 255)).join(" ")})`, this.state);
  }

  /** Says how much of how much is shown; counted once things are at rest. */
  private count(): void {
    clearTimeout(this.countLater);
    this.countLater = window.setTimeout(() => {
      const { frame } = this.scene;
      if (frame) this.shell.counts.textContent = tally(this.scene, frame, this.picture.chosen);
    }, COUNT_MS);
  }

  private async speak(node: number): Promise<void> {
    const { frame } = this.scene;
    if (!frame) return;
    const [name] = await this.names.all([idOf(frame, node)]).catch(() => [""]);
    const { around } = this.scene;
    if (around?.node !== node) return;
    const shown = around.nearAll > around.near.length ? `, ${number(around.near.length)} shown` : "";
    this.shell.spoken.textContent = `${name || "Without a name"}, ${frame.types[frame.type[node] ?? 0] ?? ""}, ${counted(around.nearAll, "link")}${shown}`;
  }

  private hover(node: number, x: number, y: number): void {
    const { frame, camera } = this.scene;
    if (frame && node >= 0) {
      const name = this.names.get(idOf(frame, node));
      const type = frame.types[frame.type[node] ?? 0] ?? "";
      this.shell.showTip(`${name ? `${name} · ` : ""}${type}, ${counted(degreeOf(frame, node), "link")}`, Math.min(x, camera.width - 234), y);
      if (!name) void this.names.fetch();
    } else this.shell.hideTip();
    if (node === this.scene.hovered) return;
    this.scene.hovered = node;
    this.shell.stage.classList.toggle("is-over", node >= 0);
    this.picture.ask();
  }

  private see(frame: Frame, around: Around): void {
    const { camera } = this.scene;
    this.cover();
    const view = camera.fit(around.nodes.size > 1 ? around.bounds : boxOf(frame, [around.node]));
    camera.fly(this.isFirst ? view : this.scene.calm(frame, view, around.node));
    if (this.isFirst) camera.jump(view);
    this.moved(false);
  }

  private cover(): void {
    this.scene.cover(!this.panel.element.hidden || this.state.node !== "");
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.shell.stage;
    if (width > 0 && height > 0) this.picture.resize(width, height);
  }

  private recolour(): void {
    const { frame } = this.scene;
    if (!frame) return;
    this.scene.palette = readPalette(this.shell.root, frame.types);
    this.show(null);
  }

  // What its owner does.

  /** Tells whether the address is another. */
  private change(part: Partial<State>, isReplaced = false): boolean {
    const before = this.held ?? this.state;
    this.held = null;
    this.state = { ...this.state, ...part };
    const isOther = this.navigate(isReplaced);
    if (part.spaces || part.isPreview !== undefined) void this.refresh();
    else this.show(before);
    return isOther;
  }

  private navigate(isReplaced: boolean): boolean {
    const query = writeState(this.state);
    const isOther = this.trail.go(query.toString(), isReplaced);
    if (isOther) this.options.navigate(query, isReplaced);
    return isOther;
  }

  private choose(node: number): void {
    const { frame, isList } = this.scene;
    if (!frame || node < 0) return;
    const id = idOf(frame, node);
    if (id !== this.state.node) this.change({ node: id, more: 0, camera: null });
    if (isList) this.list.focus();
  }

  private open(node: number): void {
    const { frame } = this.scene;
    if (frame && node >= 0) this.options.open(idOf(frame, node));
  }

  private all(): void {
    const { frame, camera } = this.scene;
    if (!frame) return;
    if (this.state.node !== "") this.change({ node: "", hops: 1, more: 0, camera: null });
    this.cover();
    camera.fly(camera.fit(frame.bounds));
    this.moved();
    this.shell.spoken.textContent = `All of ${counted(frame.count, "thing")}`;
  }

  private toggleHops(): void {
    if (this.scene.around) this.change({ hops: this.state.hops >= MAX_HOPS ? 1 : this.state.hops + 1 });
  }

  private toggleList(): void {
    this.change({ isList: !this.state.isList });
    if (this.state.isList) this.list.focus();
    else this.shell.stage.focus();
  }

  private move(moment: Moment, isDone: boolean): void {
    if (isDone) return this.travelTo(moment);
    this.held ??= this.state;
    this.state = { ...this.state, ...moment };
    this.scene.sift(this.state);
    this.time.show(moment);
    this.picture.quick();
  }

  /** Another moment, which Back takes back; quick steps together. */
  private travelTo(moment: Moment): void {
    const now = performance.now();
    if (this.change(moment, this.trail.isStepping(now))) this.trail.stepped(now);
  }

  private zoom(factor: number): void {
    const { camera } = this.scene;
    const { x, y, zoom } = camera.target;
    camera.fly({ x, y, zoom: zoom * factor });
    this.moved();
  }

  private moved(isKept = true): void {
    this.picture.rest(REST_MS);
    clearTimeout(this.keepLater);
    if (!isKept) return;
    this.keepLater = window.setTimeout(() => {
      this.state = { ...this.state, camera: { ...this.scene.camera.target } };
      this.navigate(true);
    }, KEPT_MS);
  }

  private walk(dx: number, dy: number): void {
    const { frame, around } = this.scene;
    if (!frame) return;
    if (!around) {
      const middle = this.scene.middle(frame);
      if (middle < 0) this.shell.spoken.textContent = "There is nothing here to walk to";
      return this.choose(middle);
    }
    const next = towards(frame, around.node, around.near, dx, dy);
    if (next >= 0) this.choose(next);
    else this.shell.spoken.textContent = "Nothing is linked in that direction";
  }

  private travel(which: "as" | "known", days: number): void {
    const moment = { as: this.state.as, known: this.state.known, [which]: step(this.state[which], days) };
    this.travelTo(moment);
    const text = this.state[which] === NEVER ? "now" : new Date(this.state[which] * 1000).toISOString().slice(0, 10);
    this.shell.spoken.textContent = `${which === "as" ? "True on" : "As known on"} ${text}`;
  }

  private pull(node: number, x: number, y: number): void {
    const { frame } = this.scene;
    if (!frame) return;
    this.scene.move(frame, node, x, y);
    this.picture.renderer?.move(node, x, y);
    this.picture.rest(REST_MS);
  }

  /** Pins what is in focus where it is or was put, or lets it go. */
  private async pin(at?: [number, number], which?: number): Promise<void> {
    const { frame, around } = this.scene;
    const node = which ?? around?.node ?? -1;
    if (!frame || node < 0) return;
    const isPinned = ((frame.marks[node] ?? 0) & PINNED) !== 0 && !at;
    const [x, y] = at ?? [frame.positions[2 * node] ?? 0, frame.positions[2 * node + 1] ?? 0];
    try {
      const commit = await this.api.pin(idOf(frame, node), isPinned ? null : { x, y });
      this.shell.spoken.textContent = isPinned ? "Let go" : "Pinned";
      this.options.told?.(this.shell.spoken.textContent, commit);
      await this.refresh();
    } catch (error) {
      this.shell.say(error instanceof Error ? error.message : "it can't be pinned");
    }
  }

  private async save(kind: Saving): Promise<void> {
    const { frame, around } = this.scene;
    if (!frame) return;
    const nodes = around ? [...around.nodes] : this.scene.listed(frame);
    try {
      const note = await saveAs(kind, { frame, names: this.names, nodes }, this.picture.layers());
      if (note) this.shell.say(note);
    } catch (error) {
      this.shell.say(error instanceof Error ? error.message : "it can't be saved");
    }
  }
}
