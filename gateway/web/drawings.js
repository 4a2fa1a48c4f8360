// The things themselves: each a few shapes on a 200 x 200 ground, standing at y = 165.
// A drawing gets its tones {base, dark, light, pale} and the fill of a printed pattern, or null.

import { svg } from "./dom.js";

const path = (d, fill, more) => svg("path", { d, fill, ...more });
const rect = (x, y, width, height, fill, rx = 4, more) => svg("rect", { x, y, width, height, rx, fill, ...more });
const dot = (cx, cy, r, fill, more) => svg("circle", { cx, cy, r, fill, ...more });
const oval = (cx, cy, rx, ry, fill) => svg("ellipse", { cx, cy, rx, ry, fill });
const line = (d, stroke, width = 4) =>
  svg("path", { d, fill: "none", stroke, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" });
/** A shape in its colour, and again in the pattern where there is one. */
const cloth = (d, tones, print) => [path(d, tones.base), print && path(d, print)];

const INK = "#3a352f";
const PAPER = "#fbf7ee";
const WOOD = "#b98653";
const STEEL = "#c3c8cd";

export const DRAWINGS = {
  top: (c, p) => [
    cloth("M72 52 38 70 48 100 62 94V164H138V94L152 100 162 70 128 52Q100 72 72 52Z", c, p),
    path("M72 52Q100 72 128 52L120 49Q100 62 80 49Z", c.dark),
    line("M62 94 62 82M138 94 138 82", c.dark, 2.5),
  ],
  dress: (c, p) => [
    cloth("M80 44 84 84 56 164H144L116 84 120 44 110 44Q100 62 90 44Z", c, p),
    path("M84 84H116L118 92H82Z", c.dark),
    line("M88 100 78 158M112 100 122 158M100 98V158", c.dark, 1.8),
  ],
  coat: (c, p) => [
    cloth("M76 46 46 62 36 142 54 146 60 104V166H140V104L146 146 164 142 154 62 124 46 100 58Z", c, p),
    path("M76 46 100 100 92 58ZM124 46 100 100 108 58Z", c.light),
    line("M100 100V164", c.dark, 2.5),
    dot(107, 116, 2.8, c.pale), dot(107, 134, 2.8, c.pale), dot(107, 152, 2.8, c.pale),
  ],
  trousers: (c, p) => [
    cloth("M68 42H132L142 166H112L100 84 88 166H58Z", c, p),
    rect(67, 40, 66, 11, c.dark, 3),
    line("M100 54V82M76 58Q78 70 70 74M124 58Q122 70 130 74", c.dark, 2.2),
  ],
  sock: (c, p) => [
    cloth("M82 40H122V112Q122 124 114 132L92 154Q78 168 62 158 50 148 60 136L82 112Z", c, p),
    rect(80, 38, 44, 18, c.light, 4), path("M60 136Q50 148 62 158 70 163 79 161 62 154 66 130Z", c.dark),
  ],
  hat: (c, p) => [
    cloth("M60 122Q58 66 100 64 142 66 140 122Z", c, p),
    path("M52 120H158Q176 132 158 138 100 120 52 138Z", c.dark), dot(100, 64, 5, c.dark),
  ],
  shoe: (c) => [
    path("M36 112Q38 96 52 98 64 112 84 100L104 84Q112 96 124 108 140 118 158 122 172 128 170 146H36Z", c.base),
    path("M36 146H170Q172 162 156 162H48Q36 162 36 146Z", PAPER),
    path("M36 112Q38 96 52 98 58 105 66 106L56 146H36Z", c.dark),
    line("M96 94 106 102M104 88 115 98M88 100 98 110", c.pale, 3.5),
  ],
  boot: (c) => [
    path("M70 46H116V110Q120 118 138 124 160 130 158 150H66Q72 100 70 46Z", c.base),
    path("M64 150H160V158Q160 164 152 164H64Z", c.dark), rect(68, 44, 50, 12, c.dark, 4),
    line("M116 76H104M116 90H104M116 104H106", c.light, 3),
  ],
  heel: (c) => [
    path("M48 84Q64 76 72 96 92 132 140 138 166 142 164 156H126Q90 154 66 116L62 164H54Z", c.base),
    path("M48 84Q64 76 72 96 62 104 54 108Z", c.dark), path("M126 156 90 148 108 148Z", c.dark),
  ],
  bag: (c, p) => [
    line("M76 92V72Q76 46 100 46 124 46 124 72V92", c.dark, 6),
    cloth("M54 82H146L154 156Q154 166 144 166H56Q46 166 46 156Z", c, p),
    path("M54 82H146L147.500 94H52.500Z", c.dark), dot(78, 94, 4, c.pale), dot(122, 94, 4, c.pale),
  ],
  backpack: (c, p) => [
    line("M84 50Q84 36 100 36 116 36 116 50", c.dark, 5),
    cloth("M58 84Q58 46 100 46 142 46 142 84V152Q142 166 128 166H72Q58 166 58 152Z", c, p),
    rect(72, 110, 56, 44, c.dark, 10), rect(72, 110, 56, 14, c.light, 7), line("M80 76H120", c.dark, 3.5),
  ],
  glasses: (c) => [
    line("M42 92Q30 88 24 104M158 92Q170 88 176 104", c.dark, 6), rect(38, 86, 54, 46, c.base, 18), rect(108, 86, 54, 46, c.base, 18), line("M92 100Q100 92 108 100", c.dark, 6),
    rect(46, 94, 38, 30, c.dark, 12), rect(116, 94, 38, 30, c.dark, 12), line("M54 112 66 100M124 112 136 100", c.light, 3.5),
  ],
  watch: (c) => [
    path("M82 36H118L122 76H78ZM78 128H122L118 168H82Z", c.dark), rect(66, 68, 68, 68, c.base, 20),
    rect(74, 76, 52, 52, "#22242a", 14), line("M100 88V103L111 109", PAPER, 4), rect(134, 94, 6, 16, c.dark, 3),
  ],
  headphones: (c) => [
    line("M52 124V104A48 48 0 0 1 148 104V124", c.dark, 9), rect(42, 108, 28, 50, c.base, 13), rect(130, 108, 28, 50, c.base, 13),
    rect(62, 112, 10, 42, c.light, 5), rect(128, 112, 10, 42, c.light, 5),
  ],
  charger: (c) => [
    rect(74, 58, 52, 60, c.base, 14), rect(86, 42, 7, 18, STEEL, 2), rect(107, 42, 7, 18, STEEL, 2), rect(92, 96, 16, 7, c.dark, 3.5),
    line("M100 104V128Q100 150 124 150 150 150 150 130", c.dark, 5), dot(100, 80, 5, c.light),
  ],
  phone: (c) => [
    rect(66, 36, 68, 130, c.dark, 14), rect(71, 42, 58, 118, c.pale, 9), rect(88, 46, 24, 5, c.dark, 2.5),
    dot(88, 78, 12, c.base), rect(80, 102, 40, 7, c.base, 3.5), rect(80, 116, 28, 7, c.light, 3.5), rect(80, 138, 40, 12, c.dark, 6),
  ],
  laptop: (c) => [
    rect(48, 58, 104, 76, c.dark, 8), rect(54, 64, 92, 64, c.pale, 4), path("M32 136H168L160 154Q158 160 150 160H50Q42 160 40 154Z", STEEL),
    rect(86, 138, 28, 6, "#a4aab1", 3), path("M54 128 90 92 112 112 124 100 146 122V128Z", c.base),
  ],
  washer: (c) => [
    rect(54, 40, 92, 126, PAPER, 10), rect(54, 40, 92, 24, c.light, 10), dot(70, 52, 4.5, c.dark), rect(112, 48, 24, 8, c.dark, 4),
    dot(100, 114, 34, STEEL), dot(100, 114, 26, c.base), path("M74 114Q87 102 100 114 113 126 126 114A26 26 0 0 1 74 114Z", c.dark),
  ],
  fan: (c) => [
    rect(94, 118, 12, 40, c.dark, 4), oval(100, 160, 34, 7, c.dark), dot(100, 86, 48, c.pale), dot(100, 86, 43, PAPER),
    ...[0, 120, 240].map((turn) => path("M100 86Q82 58 100 46 120 54 100 86Z", c.base, { transform: `rotate(${turn} 100 86)` })), dot(100, 86, 8, c.dark),
  ],
  vacuum: (c) => [
    oval(100, 148, 62, 17, c.dark), oval(100, 136, 62, 20, c.base), oval(100, 133, 46, 13, c.light), dot(100, 132, 8, c.dark), rect(84, 112, 32, 15, c.dark, 7),
  ],
  kettle: (c) => [
    line("M136 84Q166 84 160 120 156 146 138 148", c.dark, 8), line("M66 118Q44 110 44 78", c.dark, 8),
    path("M74 76H128L144 152Q144 164 132 164H68Q56 164 58 152Z", c.base), path("M74 76H128L130 86H72Z", c.dark), oval(101, 72, 26, 8, c.dark), dot(101, 60, 6, c.dark),
    path("M80 96 72 150H82L88 96Z", c.light),
  ],
  pot: (c) => [
    path("M52 98H148V140Q148 164 124 164H76Q52 164 52 140Z", c.base), rect(46, 90, 108, 12, c.dark, 6), path("M58 90Q62 70 100 70 138 70 142 90Z", c.light),
    dot(100, 64, 8, c.dark), rect(32, 104, 22, 11, c.dark, 5), rect(146, 104, 22, 11, c.dark, 5),
  ],
  cup: (c, p) => [
    line("M134 92Q162 88 158 114 154 136 132 134", c.dark, 8), cloth("M56 72H138V132Q138 164 106 164H88Q56 164 56 132Z", c, p),
    oval(97, 72, 41, 9, c.dark), oval(97, 73, 34, 6, "#7a4b32"), line("M84 56Q78 46 86 38M106 56Q100 46 108 38", c.light, 3.5),
  ],
  flask: (c, p) => [
    rect(82, 34, 36, 22, c.dark, 6), rect(88, 54, 24, 10, STEEL, 0), cloth("M72 78Q72 62 88 62H112Q128 62 128 78V150Q128 166 112 166H88Q72 166 72 150Z", c, p),
    rect(72, 128, 56, 14, c.dark, 0), path("M80 82Q80 72 88 72V120H80Z", c.light),
  ],
  bowl: (c) => [
    path("M40 118H160L148 158Q146 166 136 166H64Q54 166 52 158Z", c.base), oval(100, 118, 60, 14, c.dark), oval(100, 116, 50, 10, "#8a5a3c"),
    dot(80, 112, 7, "#a9744c"), dot(98, 108, 8, "#a9744c"), dot(116, 112, 7, "#a9744c"), oval(100, 146, 11, 8.5, c.pale), dot(86, 136, 4.5, c.pale), dot(95, 131, 4.5, c.pale), dot(105, 131, 4.5, c.pale), dot(114, 136, 4.5, c.pale),
  ],
  plate: (c, p) => [
    dot(100, 106, 58, c.base), p && dot(100, 106, 58, p), dot(100, 106, 42, PAPER), dot(100, 106, 35, c.pale),
    line("M30 66V98M30 98V158M24 66V88M36 66V88", STEEL, 4), line("M170 158V66Q160 84 164 108H170", STEEL, 4),
  ],
  cake: (c) => [
    path("M50 112H150V164H50Z", c.light), path("M50 112Q50 92 100 92 150 92 150 112 150 126 140 126 132 126 130 116 126 134 116 134 108 134 106 118 102 130 94 130 86 130 84 118 80 126 72 126 50 128 50 112Z", c.base),
    rect(96, 62, 8, 32, PAPER, 3), path("M100 44Q110 56 100 62 90 56 100 44Z", "#e8a33a"), rect(44, 160, 112, 7, STEEL, 3.5),
  ],
  tea: (c) => [
    rect(64, 62, 72, 102, c.base, 8), rect(60, 48, 80, 22, c.dark, 7), rect(76, 88, 48, 54, PAPER, 4),
    path("M100 96Q120 108 100 134 80 108 100 96Z", "#5c8f58"), line("M100 104V132", "#3d6a3c", 2),
  ],
  jar: (c) => [
    rect(62, 70, 76, 94, c.light, 16), path("M62 100H138V148Q138 164 122 164H78Q62 164 62 148Z", c.base), rect(66, 48, 68, 24, c.dark, 6), rect(76, 108, 48, 34, PAPER, 4),
    line("M84 120H116M84 130H106", c.dark, 3),
  ],
  fruit: (c) => [
    path("M100 84Q140 66 152 100 156 148 120 164 108 168 100 162 92 168 80 164 44 148 48 100 60 66 100 84Z", c.base), line("M100 84Q98 64 108 50", "#6d4a2c", 5),
    path("M106 66Q126 46 144 58 130 76 106 66Z", "#5c8f58"), path("M62 100Q66 88 78 90 66 98 66 116 60 112 62 100Z", c.light),
  ],
  lipstick: (c) => [
    rect(78, 112, 44, 54, INK, 5), rect(82, 92, 36, 24, "#d0a441", 3), path("M86 94V58L114 42V94Z", c.base), path("M86 58 114 42V52L94 64V94H86Z", c.light),
  ],
  bottle: (c) => [
    rect(90, 38, 20, 24, INK, 4), path("M90 44H70", INK), rect(84, 58, 32, 14, c.dark, 3), path("M70 86Q70 70 86 70H114Q130 70 130 86V152Q130 164 118 164H82Q70 164 70 152Z", c.base),
    rect(80, 98, 40, 44, PAPER, 4), line("M88 112H112M88 122H104", c.dark, 3), line("M90 42H74V50", INK, 6),
  ],
  cream: (c) => [
    rect(50, 102, 100, 60, c.pale, 14), rect(50, 122, 100, 22, c.base, 0), rect(46, 84, 108, 26, c.dark, 8), path("M82 84Q78 66 96 64 92 52 108 50 104 60 116 66 124 74 118 84Z", PAPER),
  ],
  book: (c) => [
    path("M58 44H136Q144 44 144 52V150H66Q56 150 56 158V52Q56 44 58 44Z", c.base), path("M66 150H144V164H66Q56 164 56 157 56 150 66 150Z", PAPER), path("M56 52Q56 44 64 44H70V150Q56 150 56 158Z", c.dark),
    rect(86, 66, 42, 8, c.pale, 3), rect(86, 82, 28, 6, c.pale, 3), dot(107, 118, 15, c.light),
  ],
  cushion: (c, p) => [
    cloth("M44 62Q100 74 156 62 146 112 156 158 100 148 44 158 54 112 44 62Z", c, p), line("M62 78Q100 86 138 78M62 142Q100 136 138 142", c.dark, 2.5), dot(100, 110, 5, c.dark),
  ],
  chair: (c) => [
    line("M66 112V164M134 112V164M76 116V150M124 116V150", WOOD, 6), rect(58, 98, 84, 18, c.dark, 8), path("M66 100Q58 44 76 42H124Q142 44 134 100Z", c.base), line("M84 54V92M100 52V92M116 54V92", c.light, 3.5),
  ],
  lamp: (c) => [
    path("M74 44H126L146 100H54Z", c.base), path("M74 44H90L80 100H54Z", c.light), rect(96, 100, 8, 56, INK, 2), oval(100, 160, 32, 6.500, INK), path("M64 104H136L148 130H52Z", "#f3cf74", { opacity: 0.35 }),
  ],
  candle: (c) => [
    rect(72, 88, 56, 76, c.base, 8), oval(100, 88, 28, 8, c.light), line("M100 88V76", INK, 3), path("M100 42Q118 62 100 78 82 62 100 42Z", "#eda53c"), path("M100 56Q108 66 100 76 92 66 100 56Z", "#fbe08a"), rect(72, 118, 56, 24, PAPER, 0),
  ],
  clock: (c) => [dot(100, 104, 58, c.base), dot(100, 104, 47, PAPER), line("M100 74V104L122 116", INK, 5), dot(100, 104, 5, c.dark), ...[0, 90, 180, 270].map((turn) => rect(98, 62, 4, 9, c.dark, 2, { transform: `rotate(${turn} 100 104)` })), line("M70 160 62 168M130 160 138 168", c.dark, 7)],
  frame: (c) => [rect(50, 42, 100, 122, c.base, 6), rect(62, 54, 76, 98, PAPER, 2), path("M62 138 88 100 106 122 118 108 138 134V152H62Z", c.light), dot(118, 78, 10, "#e8b04a")],
  plant: (c) => [
    path("M100 122Q56 108 62 62 104 74 100 122ZM100 122Q146 112 144 72 104 74 100 122ZM100 118Q82 64 102 40 120 68 100 118Z", "#5f9464"), line("M100 122V66M100 120 74 78M100 120 132 84", "#3f6e46", 2.2),
    path("M66 118H134L126 158Q124 164 118 164H82Q76 164 74 158Z", c.base), rect(62, 112, 76, 13, c.dark, 4),
  ],
  umbrella: (c, p) => [cloth("M34 108A66 64 0 0 1 166 108Q150 98 133 108 117 98 100 108 83 98 67 108 50 98 34 108Z", c, p), line("M100 44V36M100 106V150Q100 164 114 164 126 164 126 152", INK, 5), line("M100 46Q72 66 67 106M100 46Q128 66 133 106", c.dark, 2)],
  mat: (c) => [path("M60 120 156 96V118L64 164Z", c.light), dot(62, 142, 23, c.base), dot(62, 142, 14, c.dark), dot(62, 142, 6, c.light), path("M62 119 154 92Q162 94 160 104L76 160Q84 140 62 119Z", c.base), line("M96 109 106 138M128 100 134 120", c.dark, 5)],
  dumbbell: (c) => [rect(66, 108, 68, 12, STEEL, 4), rect(48, 84, 20, 60, c.base, 7), rect(132, 84, 20, 60, c.base, 7), rect(36, 94, 14, 40, c.dark, 6), rect(150, 94, 14, 40, c.dark, 6)],
  ball: (c) => [dot(100, 108, 56, c.base), line("M44 108H156M100 52V164", c.dark, 3.5), line("M62 66Q92 108 62 150M138 66Q108 108 138 150", c.dark, 3.5), path("M62 92Q70 68 92 64 76 78 72 96Z", c.light)],
  tent: (c) => [path("M100 52 168 164H32Z", c.base), path("M100 52 124 164H76Z", c.dark), path("M100 52 84 164H76Z", c.light), line("M100 52V42M24 164H176", INK, 4)],
  bike: (c) => [...[62, 138].map((x) => svg("circle", { cx: x, cy: 136, r: 27, fill: "none", stroke: INK, "stroke-width": 5 })), line("M62 136 84 94H122L138 136M84 94 104 136H62M104 136 122 94M78 84H94M122 94 118 78H132", c.base, 6), dot(104, 136, 6, c.dark)],
  blocks: (c) => [rect(44, 112, 52, 52, c.base, 5), rect(104, 112, 52, 52, "#d9a441", 5), path("M70 108 100 58 130 108Z", "#c1613f"), dot(70, 138, 13, c.pale), path("M118 152 130 124 142 152Z", "#f7e3ad")],
  bear: (c) => [dot(72, 62, 15, c.base), dot(128, 62, 15, c.base), dot(72, 62, 7, c.light), dot(128, 62, 7, c.light), oval(100, 138, 42, 32, c.base), oval(100, 142, 24, 20, c.light), dot(100, 84, 38, c.base), oval(100, 96, 17, 13, c.pale), dot(86, 78, 4.500, INK), dot(114, 78, 4.500, INK), oval(100, 91, 6, 4.500, INK)],
  car: (c) => [path("M40 124Q40 108 58 106L74 82Q78 76 88 76H120Q128 76 134 82L150 106Q166 108 166 126V142H40Z", c.base), path("M80 86 68 106H98V84H88Q82 84 80 86ZM104 84V106H138L126 88Q124 84 118 84Z", c.pale), rect(36, 136, 132, 10, c.dark, 5), dot(70, 146, 18, INK), dot(136, 146, 18, INK), dot(70, 146, 8, STEEL), dot(136, 146, 8, STEEL)],
  bunting: (c, p) => [line("M24 62Q100 98 176 62", INK, 3), ...[[34, 66, c.base], [68, 76, "#e4bf44"], [102, 77, c.dark], [136, 70, "#d77a8c"]].map(([x, y, fill], at) => [path(`M${x} ${y}H${x + 28}L${x + 14} ${y + 54}Z`, fill), at === 0 && p && path(`M${x} ${y}H${x + 28}L${x + 14} ${y + 54}Z`, p)])],
  star: (c, p) => [line("M100 30V54", INK, 3), cloth("M100 48 117 88 160 92 127 120 138 162 100 139 62 162 73 120 40 92 83 88Z", c, p), path("M100 48 100 139 62 162 73 120Z", c.light, { opacity: 0.5 })],
  heart: (c, p) => [line("M100 34Q86 52 100 68", INK, 3), cloth("M100 162Q40 122 44 88 48 58 76 60 94 62 100 80 106 62 124 60 152 58 156 88 160 122 100 162Z", c, p), path("M58 88Q60 74 74 74 64 82 66 100 58 98 58 88Z", c.light)],
  gift: (c, p) => [cloth("M52 92H148V164H52Z", c, p), rect(44, 74, 112, 24, c.dark, 5), rect(91, 74, 18, 90, c.pale, 0), path("M100 74Q64 70 72 50 90 42 100 74ZM100 74Q136 70 128 50 110 42 100 74Z", c.pale)],
  card: (c, p) => [rect(42, 74, 116, 86, c.base, 6), p && rect(42, 74, 116, 86, p, 6), path("M42 80 100 124 158 80Q158 74 152 74H48Q42 74 42 80Z", c.light), path("M42 154 84 112M158 154 116 112", c.dark), dot(100, 116, 11, "#c7402f")],
  ring: (c) => [svg("circle", { cx: 100, cy: 122, r: 38, fill: "none", stroke: "#d0a441", "stroke-width": 9 }), path("M78 58H122L134 74 100 104 66 74Z", c.base), path("M78 58 90 74 100 104 66 74Z", c.light), path("M90 74H110L100 104Z", c.pale)],
};
