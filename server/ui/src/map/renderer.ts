/** Draws dots and links with WebGL2's core alone. Links are drawn into a picture of their own, in pieces, while nothing moves; a camera that moves lays that picture where it belongs. */
import type { View } from "./camera";
import type { Frame } from "./frame";
import type { Endings } from "./moment";
import { type Palette, SHAPES, lookOf } from "./palette";
import { LAYER_FRAGMENT, LAYER_VERTEX, LINK_FRAGMENT, LINK_VERTEX, NODE_FRAGMENT, NODE_VERTEX, WIDTH } from "./shader";

/** Links that are drawn in one frame. */
const PIECE = 20_000;

/** What is drawn, besides the frame: all of it uniforms. */
export interface Look {
  view: View;
  as: number;
  known: number;
  types: number;
  isFocused: boolean;
  current: number;
  hovered: number;
  palette: Palette;
}

/** Which links: the first of the ranking, or some by number. */
export type LinkChoice = { first: number } | { list: Uint32Array; count: number };

type Uniforms = Record<string, WebGLUniformLocation | null>;
interface Program {
  program: WebGLProgram;
  at: Uniforms;
}

interface Layer {
  texture: WebGLTexture;
  buffer: WebGLFramebuffer;
  view: View;
}

export class NoWebGl extends Error {}

export class Renderer {
  private gl: WebGL2RenderingContext;
  private nodes!: Program;
  private links!: Program;
  private layers!: Program;
  private textures: Record<string, WebGLTexture> = {};
  private list!: WebGLBuffer;
  private front: Layer | null = null;
  private back: Layer | null = null;
  private count = 0;
  private linkCount = 0;
  private types: string[] = [];
  /** Links of the picture that is being drawn, and how many are done. */
  private piece: { choice: LinkChoice; look: Look; done: number; total: number } | null = null;
  private width = 1;
  private height = 1;
  private scale = 1;

  constructor(readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "low-power", preserveDrawingBuffer: false });
    if (!gl) throw new NoWebGl("this browser has no WebGL2");
    this.gl = gl;
    this.build();
  }

  /** Makes everything that a context holds; called again after one was lost. */
  build(): void {
    const gl = this.gl;
    this.nodes = program(gl, NODE_VERTEX, NODE_FRAGMENT);
    this.links = program(gl, LINK_VERTEX, LINK_FRAGMENT);
    this.layers = program(gl, LAYER_VERTEX, LAYER_FRAGMENT);
    this.textures = {};
    this.front = this.back = null;
    this.list = gl.createBuffer();
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    // Of what type a link's number is when no list gives it.
    gl.vertexAttribI4ui(0, 0, 0, 0, 0);
  }

  /** Gives the frame to the graphics memory, once. */
  load(frame: Frame, endings: Endings): void {
    this.count = frame.count;
    this.linkCount = frame.linkCount;
    this.types = frame.types;
    const gl = this.gl;
    const rows = Math.max(1, Math.ceil(frame.count / WIDTH));
    const times = new Uint32Array(rows * WIDTH * 4), kinds = new Uint32Array(rows * WIDTH * 4);
    for (let node = 0, at = 0; node < frame.count; node++, at += 4) {
      times[at] = frame.from[node] ?? 0;
      times[at + 1] = frame.to[node] ?? 0;
      times[at + 2] = endings.since[node] ?? 0;
      kinds[at] = (frame.type[node] ?? 0) | ((frame.degree[node] ?? 0) << 8) | ((frame.marks[node] ?? 0) << 16);
      kinds[at + 1] = endings.endKnown[node] ?? 0;
      kinds[at + 2] = endings.retracted[node] ?? 0;
    }
    this.texture("times", gl.RGBA32UI, gl.RGBA_INTEGER, gl.UNSIGNED_INT, rows, times);
    this.texture("kinds", gl.RGBA32UI, gl.RGBA_INTEGER, gl.UNSIGNED_INT, rows, kinds);
    const places = new Float32Array(rows * WIDTH * 2);
    places.set(frame.positions);
    this.texture("places", gl.RG32F, gl.RG, gl.FLOAT, rows, places);
    this.texture("focus", gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE, rows, new Uint8Array(rows * WIDTH));
    const linkRows = Math.max(1, Math.ceil(frame.linkCount / WIDTH));
    this.texture("links", gl.RG32UI, gl.RG_INTEGER, gl.UNSIGNED_INT, linkRows, null);
    gl.bindTexture(gl.TEXTURE_2D, this.textures["links"] ?? null);
    // The bytes as they came, without a copy that is a little longer.
    const full = Math.floor(frame.linkCount / WIDTH), rest = frame.linkCount - full * WIDTH;
    if (full > 0) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, WIDTH, full, gl.RG_INTEGER, gl.UNSIGNED_INT, frame.links);
    if (rest > 0) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, full, rest, 1, gl.RG_INTEGER, gl.UNSIGNED_INT, frame.links, full * WIDTH * 2);
    this.piece = null;
  }

  /** Says which nodes are in focus: a byte each. */
  focus(flags: Uint8Array): void {
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.textures["focus"] ?? null);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const full = Math.floor(this.count / WIDTH), rest = this.count - full * WIDTH;
    if (full > 0) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, WIDTH, full, gl.RED_INTEGER, gl.UNSIGNED_BYTE, flags);
    if (rest > 0) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, full, rest, 1, gl.RED_INTEGER, gl.UNSIGNED_BYTE, flags, full * WIDTH);
  }

  /** Moves one node. */
  move(node: number, x: number, y: number): void {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, this.textures["places"] ?? null);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, node % WIDTH, Math.floor(node / WIDTH), 1, 1, gl.RG, gl.FLOAT, new Float32Array([x, y]));
  }

  resize(width: number, height: number, scale: number): void {
    if (width === this.width && height === this.height && scale === this.scale) return;
    [this.width, this.height, this.scale] = [width, height, scale];
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    this.dropLayers();
  }

  /** Begins a new picture of the links. The old one is shown until it is done. */
  drawLinks(choice: LinkChoice, look: Look): void {
    const total = Math.min("first" in choice ? choice.first : choice.count, this.linkCount);
    if ("list" in choice) {
      const gl = this.gl;
      // Each twice, once for either end.
      const twice = new Uint32Array(2 * total);
      for (let n = 0; n < total; n++) twice[2 * n] = twice[2 * n + 1] = choice.list[n] ?? 0;
      gl.bindBuffer(gl.ARRAY_BUFFER, this.list);
      gl.bufferData(gl.ARRAY_BUFFER, twice, gl.DYNAMIC_DRAW);
    }
    this.back ??= this.layer();
    this.back.view = { ...look.view };
    this.clear(this.back);
    this.piece = { choice, look, done: 0, total };
  }

  /** Draws the next piece of the links; tells whether there is more. */
  drawPiece(): boolean {
    const { piece, back } = this;
    if (!piece || !back) return false;
    const gl = this.gl;
    const { at } = this.use(this.links, piece.look);
    const isListed = "list" in piece.choice;
    gl.bindFramebuffer(gl.FRAMEBUFFER, back.buffer);
    gl.uniform1f(at["listed"] ?? null, isListed ? 1 : 0);
    gl.uniform1f(at["inFocus"] ?? null, piece.look.isFocused ? 1 : 0);
    const { palette } = piece.look;
    const [r, g, b] = piece.look.isFocused ? palette.accent : palette.link;
    const crowd = Math.max(1, piece.total / 2_500);
    const alpha = piece.look.isFocused ? 0.65 : Math.max(0.1, 0.75 / Math.sqrt(crowd));
    gl.uniform4f(at["colour"] ?? null, r, g, b, alpha);
    const count = Math.min(PIECE, piece.total - piece.done);
    if (isListed) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.list);
      gl.enableVertexAttribArray(0);
      gl.vertexAttribIPointer(0, 1, gl.UNSIGNED_INT, 0, 0);
    } else {
      gl.disableVertexAttribArray(0);
    }
    gl.drawArrays(gl.LINES, 2 * piece.done, 2 * count);
    gl.disableVertexAttribArray(0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    piece.done += count;
    if (piece.done < piece.total) return true;
    this.piece = null;
    [this.front, this.back] = [this.back, this.front];
    return false;
  }

  get isDrawingLinks(): boolean {
    return this.piece !== null;
  }

  /** Forgets the picture of the links, because what it shows is no longer so. */
  dropLinks(): void {
    this.piece = null;
    if (this.front) this.clear(this.front);
  }

  /** Draws one frame. */
  draw(look: Look): void {
    const gl = this.gl;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    const [r, g, b] = look.palette.ground;
    gl.clearColor(r, g, b, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.front) {
      const { at } = this.use(this.layers, look);
      gl.activeTexture(gl.TEXTURE0 + 7);
      gl.bindTexture(gl.TEXTURE_2D, this.front.texture);
      gl.uniform1i(at["layer"] ?? null, 7);
      const { x, y, zoom } = this.front.view;
      gl.uniform3f(at["was"] ?? null, x, y, zoom);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
    const { at } = this.use(this.nodes, look);
    gl.uniform1i(at["count"] ?? null, this.count);
    gl.uniform1f(at["scale"] ?? null, this.scale);
    gl.uniform3fv(at["colours"] ?? null, look.palette.types.flat());
    gl.uniform1iv(at["shapes"] ?? null, this.types.map((type) => SHAPES.indexOf(lookOf(type).shape)));
    gl.uniform1ui(at["current"] ?? null, look.current < 0 ? 0xffff_ffff : look.current);
    gl.uniform1ui(at["hovered"] ?? null, look.hovered < 0 ? 0xffff_ffff : look.hovered);
    gl.uniform3f(at["ground"] ?? null, r, g, b);
    gl.uniform3f(at["accent"] ?? null, ...look.palette.accent);
    gl.drawArrays(gl.POINTS, 0, this.count);
  }

  /** What was drawn last, for a picture of it: drawn again, because a canvas is not kept. */
  picture(look: Look): HTMLCanvasElement {
    this.draw(look);
    return this.canvas;
  }

  get isLost(): boolean {
    return this.gl.isContextLost();
  }

  destroy(): void {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private use(program: Program, look: Look): Program {
    const gl = this.gl;
    gl.useProgram(program.program);
    ["places", "times", "kinds", "focus", "links"].forEach((name, unit) => {
      const place = program.at[name];
      if (!place) return;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, this.textures[name] ?? null);
      gl.uniform1i(place, unit);
    });
    const { x, y, zoom } = look.view;
    gl.uniform3f(program.at["camera"] ?? null, x, y, zoom);
    gl.uniform2f(program.at["size"] ?? null, this.width, this.height);
    gl.uniform1ui(program.at["as"] ?? null, look.as);
    gl.uniform1ui(program.at["known"] ?? null, look.known);
    gl.uniform1ui(program.at["types"] ?? null, look.types);
    gl.uniform1f(program.at["focused"] ?? null, look.isFocused ? 1 : 0);
    return program;
  }

  private texture(name: string, inner: number, format: number, type: number, rows: number, data: ArrayBufferView | null): void {
    const gl = this.gl;
    const old = this.textures[name];
    if (old) gl.deleteTexture(old);
    const texture = gl.createTexture();
    this.textures[name] = texture;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, inner, WIDTH, rows, 0, format, type, data);
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
  }

  private layer(): Layer {
    const gl = this.gl;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0 + 7);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, this.canvas.width, this.canvas.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.LINEAR);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    const buffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, buffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    return { texture, buffer, view: { x: 0, y: 0, zoom: 1 } };
  }

  private clear(layer: Layer): void {
    const gl = this.gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.buffer);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  private dropLayers(): void {
    const gl = this.gl;
    for (const layer of [this.front, this.back]) {
      if (!layer) continue;
      gl.deleteFramebuffer(layer.buffer);
      gl.deleteTexture(layer.texture);
    }
    this.front = this.back = this.piece = null;
  }
}

function program(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new NoWebGl("no shader can be made");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.bindAttribLocation(program, 0, "link");
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new NoWebGl(gl.getProgramInfoLog(program) ?? "a shader does not link");
  }
  const at: Uniforms = {};
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) as number | null;
  for (let n = 0; n < (count ?? 0); n++) {
    const name = gl.getActiveUniform(program, n)?.name.replace("[0]", "");
    if (name) at[name] = gl.getUniformLocation(program, name);
  }
  return { program, at };
}
