/** The programs that draw the map. What a node is comes from textures, so that filter, time, focus and theme are uniforms. */

export const WIDTH = 1024;

const COMMON = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform sampler2D places;
uniform usampler2D times;
uniform usampler2D kinds;
uniform usampler2D focus;
uniform vec3 camera;
uniform vec2 size;
uniform uint as;
uniform uint known;
uniform uint types;
uniform float focused;

ivec2 cell(uint node) { return ivec2(int(node) % ${WIDTH}, int(node) / ${WIDTH}); }

vec2 screen(vec2 place) { return (place - camera.xy) * camera.z * 2.0 / size * vec2(1.0, -1.0); }

bool there(uint node) {
  uvec4 time = texelFetch(times, cell(node), 0);
  uvec4 kind = texelFetch(kinds, cell(node), 0);
  uint end = kind.y > known ? 0xffffffffu : time.y;
  return time.x <= as && end > as && kind.z > known && time.z <= known && ((types >> (kind.x & 255u)) & 1u) == 1u;
}
`;

export const NODE_VERTEX = `${COMMON}
uniform int count;
uniform float scale;
uniform vec3 colours[32];
uniform int shapes[32];
uniform uint current;
uniform uint hovered;
out vec4 colour;
flat out int shape;
flat out float points;
flat out int ring;

void main() {
  // The most telling come first and are drawn last.
  uint node = uint(count - 1 - gl_VertexID);
  uvec4 kind = texelFetch(kinds, cell(node), 0);
  uint type = kind.x & 255u;
  float degree = float((kind.x >> 8) & 255u) / 16.0;
  uint marks = (kind.x >> 16) & 255u;
  bool isFocused = texelFetch(focus, cell(node), 0).r > 0u;
  vec2 at = screen(texelFetch(places, cell(node), 0).xy);
  float wide = clamp(sqrt(camera.z), 0.35, 2.2) * (1.5 + 1.15 * degree) * (shapes[type] == 6 ? 0.8 : 1.0);
  ring = node == current ? 2 : node == hovered ? 1 : (marks & 1u) == 1u ? 3 : 0;
  points = clamp(wide, shapes[type] == 6 ? 1.6 : 2.0, 26.0) * scale;
  if (ring == 2) points = max(points, 12.0 * scale);
  float margin = 2.0 * points / min(size.x, size.y);
  if (!there(node) || any(greaterThan(abs(at), vec2(1.0 + margin)))) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    gl_PointSize = 0.0;
    return;
  }
  bool isDim = focused > 0.5 && !isFocused && ring == 0;
  float alpha = isDim ? 0.16 : (marks & 6u) != 0u ? 0.55 : 0.92;
  shape = shapes[type];
  colour = vec4(colours[type], alpha);
  // Room for a ring around it.
  points += 10.0 * scale;
  gl_Position = vec4(at, 0.0, 1.0);
  gl_PointSize = points;
}`;

export const NODE_FRAGMENT = `#version 300 es
precision highp float;
uniform float scale;
uniform vec3 ground;
uniform vec3 accent;
in vec4 colour;
flat in int shape;
flat in float points;
flat in int ring;
out vec4 drawn;

float hexagon(vec2 p) { p = abs(p); return max(p.x * 0.866 + p.y * 0.5, p.y); }

float away(vec2 p) {
  if (shape == 1) return max(abs(p.x), abs(p.y)) * 1.12;
  if (shape == 2) return (abs(p.x) + abs(p.y)) * 0.85;
  if (shape == 3) return max(abs(p.x) * 0.866 + p.y * 0.5, -p.y) * 1.25 + 0.06;
  if (shape == 4) return hexagon(p);
  return length(p);
}

void main() {
  float radius = (points - 10.0 * scale) * 0.5;
  vec2 p = (gl_PointCoord - 0.5) * points * vec2(1.0, -1.0);
  float d = away(p / radius) * radius - radius;
  float inside = clamp(0.5 - d, 0.0, 1.0);
  if (shape == 5) inside *= clamp(d + max(1.5, radius * 0.45), 0.0, 1.0);
  // A rim of the ground keeps dots apart that lie close together.
  float rim = radius > 3.0 * scale ? clamp(1.4 * scale - d + 0.5, 0.0, 1.0) * colour.a : 0.0;
  vec4 dot = vec4(colour.rgb, colour.a) * inside;
  dot.rgb = mix(ground, colour.rgb, inside);
  dot.a = max(inside * colour.a, rim * 0.85);
  if (ring > 0) {
    float wide = ring == 2 ? 1.6 : 0.9;
    float circle = clamp(wide * scale - abs(d - 3.0 * scale) + 0.5, 0.0, 1.0) * (ring == 3 ? 0.55 : 1.0);
    dot.rgb = mix(dot.rgb, accent, circle);
    dot.a = max(dot.a, circle);
  }
  if (dot.a < 0.004) discard;
  drawn = vec4(dot.rgb * dot.a, dot.a);
}`;

export const LINK_VERTEX = `${COMMON}
uniform usampler2D links;
uniform float inFocus;
in uint link;
uniform float listed;
out float strength;

void main() {
  uint number = listed > 0.5 ? link : uint(gl_VertexID >> 1);
  uvec2 ends = texelFetch(links, cell(number), 0).xy;
  strength = 1.0;
  bool isShown = there(ends.x) && there(ends.y);
  if (inFocus > 0.5) isShown = isShown && texelFetch(focus, cell(ends.x), 0).r > 0u && texelFetch(focus, cell(ends.y), 0).r > 0u;
  if (!isShown) {
    // Both ends on one spot outside: with only the hidden one there, a streak would be drawn to it.
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  vec2 one = screen(texelFetch(places, cell(ends.x), 0).xy), other = screen(texelFetch(places, cell(ends.y), 0).xy);
  // A long link says little and covers much.
  strength = clamp(140.0 / (40.0 + length((one - other) * size * 0.5)), 0.1, 1.0);
  gl_Position = vec4((gl_VertexID & 1) == 0 ? one : other, 0.0, 1.0);
}`;

export const LINK_FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 colour;
in float strength;
out vec4 drawn;
void main() { float a = colour.a * strength; drawn = vec4(colour.rgb * a, a); }`;

/** Lays the picture of the links where the camera has moved to since it was drawn. */
export const LAYER_VERTEX = `#version 300 es
precision highp float;
uniform vec3 was;
uniform vec3 camera;
uniform vec2 size;
out vec2 at;
void main() {
  vec2 corner = vec2((gl_VertexID & 1) * 2 - 1, (gl_VertexID >> 1) * 2 - 1);
  at = corner * 0.5 + 0.5;
  vec2 place = was.xy + corner * size * 0.5 / was.z * vec2(1.0, -1.0);
  gl_Position = vec4((place - camera.xy) * camera.z * 2.0 / size * vec2(1.0, -1.0), 0.0, 1.0);
}`;

export const LAYER_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D layer;
in vec2 at;
out vec4 drawn;
void main() { drawn = texture(layer, at); }`;
