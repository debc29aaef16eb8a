/** Draws the scene: dots with every frame, links once things are at rest, names as often as there is time for them. */
import type { Frame } from "./frame";
import { type Names, drawLabels } from "./labels";
import { type LinkChoice, NoWebGl, Renderer } from "./renderer";
import type { Scene } from "./scene";

/** Links that are drawn of a map at most, far out. */
const SAMPLE = 30_000;
/** While time is moved. */
const QUICK_SAMPLE = 6_000;
/** Nodes in view, of which all links are drawn. */
const ALL_LINKS_OF = 3_000;
const MAX_LISTED_LINKS = 60_000;
export const REST_MS = 140;
/** How often names are written anew while things move. */
const LABELS_EVERY_MS = 220;
/** Finer than this nobody sees. */
const MAX_SCALE = 2;

export const scaleNow = (): number => Math.min(devicePixelRatio, MAX_SCALE);

export class Picture {
  /** None where the browser has no WebGL2. */
  readonly renderer: Renderer | null;
  /** Links that were chosen to be drawn last. */
  chosen: LinkChoice | null = null;
  drawnLinks = 0;
  labels = 0;
  private frameAsked = 0;
  private restAt = 0;
  private wantsLinks = false;
  private labelled = { at: 0, view: { x: 0, y: 0, zoom: 1 } };
  private isGone = false;

  constructor(
    private readonly scene: Scene,
    private readonly names: Names,
    dots: HTMLCanvasElement,
    private readonly words: HTMLCanvasElement,
    /** Hears whether it rests, and that other links were chosen. */
    private readonly told: { state: (isAtRest: boolean) => void; chosen: () => void },
  ) {
    this.renderer = begin(dots);
  }

  /** Whether there was a picture, and its memory was taken away. */
  get isLost(): boolean {
    return this.renderer?.isLost ?? false;
  }

  get canDraw(): boolean {
    return this.renderer !== null && !this.isLost;
  }

  get isAtRest(): boolean {
    return this.scene.frame !== null && this.frameAsked === 0 && !this.wantsLinks && !(this.renderer?.isDrawingLinks ?? false);
  }

  resize(width: number, height: number): void {
    const scale = scaleNow();
    [this.scene.camera.width, this.scene.camera.height] = [width, height];
    this.renderer?.resize(width, height, scale);
    [this.words.width, this.words.height] = [Math.round(width * scale), Math.round(height * scale)];
    this.rest(0);
  }

  /** Makes everything anew after a context was lost. */
  rebuild(): void {
    const { frame, endings, around } = this.scene;
    this.renderer?.build();
    if (frame) this.renderer?.load(frame, endings);
    if (around) this.renderer?.focus(around.flags);
    this.rest(0);
  }

  /** Draws the links anew once nothing has moved for a while. */
  rest(after: number): void {
    this.told.state(false);
    this.restAt = performance.now() + after;
    this.wantsLinks = true;
    this.ask();
  }

  ask(): void {
    if (this.frameAsked === 0 && !this.isGone) this.frameAsked = requestAnimationFrame((now) => this.draw(now));
  }

  /** Another moment: only uniforms change; the few links of a quick sample come with them, the others once it rests. */
  quick(): void {
    const { renderer, scene } = this;
    if (!renderer || renderer.isLost || !scene.frame) return;
    const { around } = scene;
    renderer.drawLinks(around ? { list: around.links, count: Math.min(QUICK_SAMPLE, around.links.length) } : { first: QUICK_SAMPLE }, scene.look());
    renderer.drawPiece();
    this.rest(REST_MS);
    this.labelled.at = performance.now();
  }

  /** What is seen, as layers. */
  layers(): HTMLCanvasElement[] {
    return this.renderer && this.canDraw ? [this.renderer.picture(this.scene.look()), this.words] : [];
  }

  destroy(): void {
    this.isGone = true;
    cancelAnimationFrame(this.frameAsked);
    this.renderer?.destroy();
  }

  private draw(now: number): void {
    this.frameAsked = 0;
    const { renderer, scene } = this;
    const { frame, camera } = scene;
    // With no picture the list is shown, which is there at once.
    if (!frame || !renderer || scene.isList || renderer.isLost) {
      this.wantsLinks = false;
      if (frame) this.told.state(true);
      return;
    }
    const isMoving = camera.tick(now);
    if (isMoving) this.restAt = Math.max(this.restAt, now + REST_MS / 2);
    const look = scene.look();
    if (this.wantsLinks && !isMoving && now >= this.restAt) {
      this.wantsLinks = false;
      const choice = this.links(frame);
      this.chosen = choice;
      this.drawnLinks = "first" in choice ? choice.first : choice.count;
      renderer.drawLinks(choice, { ...look, view: { ...look.view } });
      this.told.chosen();
    }
    const isMore = renderer.drawPiece();
    renderer.draw(look);
    // Names are the most work of a frame: while things move, what was written is only moved along.
    if (now >= this.restAt || now - this.labelled.at > LABELS_EVERY_MS) this.label(frame, now);
    else this.shift();
    if (isMoving || isMore || renderer.isDrawingLinks || this.wantsLinks) this.ask();
    this.told.state(this.isAtRest);
  }

  private label(frame: Frame, now: number): void {
    const { scene } = this;
    const { camera, palette, around } = scene;
    this.labelled = { at: now, view: { ...camera.view } };
    this.words.style.transform = "";
    this.labels = drawLabels(this.words, scaleNow(), {
      frame, places: scene.places(frame), camera, palette, names: this.names,
      isShown: scene.isShown, first: [around?.node ?? -1, scene.hovered], only: around?.nodes ?? null,
    });
  }

  private shift(): void {
    const { view, width, height } = this.scene.camera, was = this.labelled.view;
    const scale = view.zoom / was.zoom;
    const x = (width / 2) * (1 - scale) + (was.x - view.x) * view.zoom, y = (height / 2) * (1 - scale) + (was.y - view.y) * view.zoom;
    this.words.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }

  /** Which links are drawn: those around the focus, all in a near view, else the beginning of the ranking. */
  private links(frame: Frame): LinkChoice {
    const { scene } = this;
    if (scene.around) return { list: scene.around.links, count: scene.around.links.length };
    if (frame.linkCount <= SAMPLE) return { first: frame.linkCount };
    const inView: number[] = [];
    scene.inView(frame, (node) => inView.push(node) <= ALL_LINKS_OF);
    if (inView.length <= ALL_LINKS_OF) {
      const ties = scene.ties(frame);
      const list = new Set<number>();
      for (const node of inView) for (const link of ties.linksOf(node)) if (list.size < MAX_LISTED_LINKS) list.add(link);
      if (list.size < MAX_LISTED_LINKS) return { list: Uint32Array.from(list), count: list.size };
    }
    return { first: SAMPLE };
  }
}

function begin(canvas: HTMLCanvasElement): Renderer | null {
  try {
    return new Renderer(canvas);
  } catch (error) {
    if (!(error instanceof NoWebGl)) throw error;
    return null;
  }
}
