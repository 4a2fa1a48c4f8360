// A picture for every product, drawn from what is known of it: its kind by its categories and title, its colour by its
// attributes or title. The same product always gets the same picture.

import { DRAWINGS } from "./drawings.js";
import { svg } from "./dom.js";

/** Words of either language to the drawing they call for; the title is asked first, and the earlier line wins. */
const KINDS = [
  ["candle", /\b(candle|t-?light|tealight|incense)|蜡烛|烛台|香薰/],
  ["bowl", /\b(dog|cat|puppy|kitten|pets?|litter)\b|猫|狗|犬|宠物/],
  ["lamp", /\b(lamp|lantern|chandelier|night light|lights?)\b|灯(?!塔)/],
  ["dress", /\b(dress|skirt|gown)\b|裙/],
  ["coat", /\b(coat|jacket|parka|hoodie|cardigan|sweater|jumper|fleece|blazer)\b|外套|大衣|夹克|羽绒(?!被|枕)|卫衣|毛衣|风衣|开衫|西装/],
  ["trousers", /\b(trousers|jeans|pants|shorts|leggings|chinos)\b|裤/],
  ["top", /\b(tee|t-?shirts?|shirt|top|blouse|polo|vest|clothing|apparel|tops)\b|T恤|衬衫|上衣|背心|服装|男装|女装|童装/i],
  ["sock", /\b(socks?|slippers?|warmers?)\b|袜/],
  ["hat", /\b(hat|cap|beanie)\b|帽/],
  ["boot", /\b(boots?|wellington)\b|靴/],
  ["heel", /\b(heels?|pumps|sandals?|loafers?|flats|ballerinas?)\b|高跟|凉鞋|乐福|单鞋|皮鞋/],
  ["shoe", /\b(shoes?|sneakers?|trainers?|running)\b|鞋/],
  ["backpack", /\b(backpack|rucksack)\b|背包|书包/],
  ["bag", /\b(bags?|tote|purse|handbag|shopper|luggage|suitcase|satchel)\b|(?<!面)包(?!装)|袋(?!装)/],
  ["glasses", /\b(sunglasses|glasses|eyewear|goggles)\b|墨镜|眼镜|太阳镜/],
  ["watch", /\b(watch|smartwatch)\b|手表|手环/],
  ["headphones", /\b(headphones?|earbuds?|earphones?|headset|speaker)\b|耳机|音箱/],
  ["charger", /\b(charger|cable|adapter|power ?bank|plug)\b|充电|数据线|移动电源/],
  ["phone", /\b(phones?|smartphone|handset|phone case|screen protector)\b|手机|保护膜/],
  ["laptop", /\b(laptop|notebook computer|tablet|monitor|computer|keyboard)\b|电脑|平板|笔记本电脑/],
  ["fan", /\b(fan|hair dryer|purifier|heater|humidifier)\b|风扇|净化器|加湿器|取暖|吹风机/],
  ["washer", /\b(washer|washing|dryer|dishwasher|fridge|refrigerator|oven|microwave)\b|洗衣机|冰箱|烤箱|微波炉|洗碗机/],
  ["vacuum", /\b(vacuum|robot|mop|iron)\b|吸尘|扫地|熨/],
  ["kettle", /\b(kettle|teapot|coffee maker|coffee machine|jug)\b|水壶|茶壶|手冲壶|咖啡机/],
  ["pot", /\b(pot|pan|saucepan|wok|cooker|blender|toaster|fryer)\b|锅|电饭煲|破壁机|料理机/],
  ["flask", /\b(water bottle|flask|tumbler|thermos|vacuum bottle)\b|保温杯|保温壶|水瓶|运动水杯/],
  ["cup", /\b(mug|cup|cups|saucer|bottle|glass|egg cup)\b|杯/],
  ["plate", /\b(plate|bowl|dish|tray|cutlery|cakestand|cake stand|napkins?|knife|knives)\b|刀|盘|碗|餐具/],
  ["cake", /\b(cake|baking|cookies?|biscuits?|jam|chocolate|snack|bread|candy)\b|蛋糕|饼干|巧克力|零食|糖果|糕/],
  ["fruit", /\b(fruit|apple|orange|lemon|berry|strawberry)\b|水果|苹果|橙|柠檬|莓/],
  ["lipstick", /\b(lipstick|lip|makeup|mascara|blush)\b|口红|唇|彩妆|腮红|睫毛/],
  ["bottle", /\b(serum|shampoo|perfume|lotion|toner|cleanser|soap|sunscreen|sun care|remover|fragrance)\b|精华|洗发|香水|乳液|洁面|爽肤|防晒|沐浴/],
  ["cream", /\b(cream|mask|skin|skincare|beauty|balm)\b|霜|面膜|护肤|美妆/],
  ["tea", /\b(tea|coffee|beans|oolong)\b|茶|咖啡/],
  ["jar", /\b(jar|honey|sauce|oil|spice|food|rice|noodles?|nuts?|pantry|tin)\b|蜂蜜|酱|橄榄油|食用油|大米|面条|挂面|意面|坚果|食品|罐/],
  ["book", /\b(books?|novel|guide|stories|cookbook|notebook|diary|journal|fiction)\b|书|小说|指南|笔记本|绘本/],
  ["cushion", /\b(cushion|pillow|blanket|throw|duvet|quilt|towel|bedding|rug|linen set)\b|枕|毯|被子|棉被|绒被|被套|毛巾|床品|靠垫|地毯/],
  ["chair", /\b(chair|stool|sofa|desk|table|shelf|cabinet|drawer|furniture|home)\b|椅|凳|沙发|桌|架|柜|家具|家居/],
  ["clock", /\b(clock|alarm)\b|钟/],
  ["frame", /\b(frame|picture|mirror|sign|poster|wall art|chalkboard|doormat|magnets?)\b|相框|画|镜/],
  ["plant", /\b(plant|vase|flowers?|garden|planter|watering|herb|rose|bouquet)\b|植物|花(?!茶)|园艺/],
  ["umbrella", /\b(umbrella|parasol)\b|伞/],
  ["mat", /\b(yoga|mat|pilates)\b|瑜伽|垫/],
  ["dumbbell", /\b(dumbbells?|kettlebell|weights?|fitness|gym|resistance)\b|哑铃|健身|弹力带/],
  ["ball", /\b(ball|football|basketball|tennis|badminton|racket|sport|sports|volleyball)\b|球|运动/],
  ["tent", /\b(tent|camping|sleeping bag|hiking|outdoor|trekking)\b|帐篷|露营|户外|徒步/],
  ["bike", /\b(bike|bicycle|cycling|scooter|helmet)\b|自行车|骑行|滑板车|头盔/],
  ["blocks", /\b(blocks?|bricks?|puzzle|wooden|toys?|game|jigsaw|dominoes)\b|积木|拼图|玩具|桌游/],
  ["bear", /\b(teddy|bear|plush|doll|soft toy|rabbit|bunny)\b|毛绒|娃娃|玩偶|熊|兔/],
  ["car", /\b(car|train|truck|plane|vehicle|rocket|drone)\b|车|火车|飞机|火箭|无人机/],
  ["bunting", /\b(bunting|garland|party|balloons?|banner)\b|彩旗|派对|气球/],
  ["star", /\b(christmas|star|bauble|angel|snowflake|advent|reindeer|decoration)\b|圣诞|星星|装饰/],
  ["heart", /\b(hearts?|love|valentine|wedding)\b|爱心|心形/],
  ["gift", /\b(gift|wrap|ribbon|box|set)\b|礼盒|礼物|套装/],
  ["card", /\b(cards?|postcards?|envelopes?|paper|stickers?|stationery|pencils?|pens?)\b|卡片|贺卡|纸|文具|笔/],
  ["ring", /\b(ring|necklace|bracelet|earrings?|jewellery|jewelry|pendant)\b|戒指|项链|手链|耳环|首饰/],
];

const COLOURS = {
  black: "#3a3a3d", charcoal: "#4b4d52", graphite: "#54575c", grey: "#8d9096", gray: "#8d9096", silver: "#b3b8be",
  white: "#e9e6df", ivory: "#eee6d2", cream: "#eddfbe", beige: "#d8c4a0", sand: "#d9c29a", natural: "#cfb48a",
  oatmeal: "#d9cbb0", khaki: "#a79a6b", brown: "#8a5a3c", tan: "#bf8d5c", camel: "#bd8f58", chocolate: "#6d4530",
  wood: "#b98653", red: "#c7402f", burgundy: "#7f2436", wine: "#82273b", coral: "#ec7a62", orange: "#e0803a",
  terracotta: "#c1613f", amber: "#dca03b", gold: "#d0a441", yellow: "#e4bf44", mustard: "#c99a2e", olive: "#7d7f45",
  sage: "#9bab88", green: "#4c8a5b", mint: "#93c9ae", teal: "#2f7f80", turquoise: "#3fa9a5", sky: "#7fb3d8",
  navy: "#2f4368", denim: "#4c6c93", indigo: "#414b8c", blue: "#3f74b8", lavender: "#a99bcf", lilac: "#b39ccb",
  purple: "#7a569c", violet: "#7b5bb0", pink: "#e08fa5", rose: "#d77a8c", peach: "#f0b090",
  黑: "#3a3a3d", 灰: "#8d9096", 银: "#b3b8be", 白: "#e9e6df", 米: "#ddcba8", 卡其: "#a79a6b", 棕: "#8a5a3c",
  咖: "#7a5138", 驼: "#bd8f58", 酒红: "#82273b", 红: "#c7402f", 橙: "#e0803a", 金: "#d0a441", 黄: "#e4bf44",
  橄榄: "#7d7f45", 薄荷: "#93c9ae", 绿: "#4c8a5b", 青: "#2f7f80", 藏: "#2f4368", 蓝: "#3f74b8", 紫: "#7a569c",
  粉: "#e08fa5",
};
const PALETTE = ["#3f74b8", "#c1613f", "#4c8a5b", "#7a569c", "#d0a441", "#2f7f80", "#d77a8c", "#8a5a3c", "#4c6c93"];
/** What would look wrong in any colour, where none is named. */
const OWN_COLOURS = {
  lipstick: ["#c7402f", "#d77a8c", "#a8434a", "#82273b"],
  fruit: ["#c7402f", "#e0803a", "#e4bf44", "#7fa24a"],
  cake: ["#6d4530", "#d77a8c", "#e9c46a"],
  bear: ["#b98653", "#8a5a3c", "#cfb48a"],
  chair: ["#b98653", "#4c8a5b", "#c1613f", "#4c6c93"],
};
const PATTERNS = [
  ["dots", /polka ?dot|retro ?spot|spotty|dotcom|波点|圆点/i],
  ["stripes", /strip(e|ed|es|y)|条纹/i],
  ["checks", /gingham|check(ed)?\b|tartan|plaid|格纹|格子/i],
];

/** FNV-1a: spreads ids evenly and is the same everywhere. */
function hash(text) {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return value;
}

const singular = (text) => text.replace(/(ch|sh|x|ss)es\b/g, "$1").replace(/(\w{2}[^s\W])s\b/g, "$1");

function kindIn(text) {
  const lower = text.toLowerCase();
  return KINDS.find(([, words]) => words.test(lower) || words.test(singular(lower)) || words.test(text))?.[0];
}

/** What to draw: the narrowest category decides, then the title, then the wider categories, then the id. */
export function kindOf(product) {
  const path = (product.categories?.[0] ?? "").split(" > ").reverse();
  if (/^(books?|图书)/i.test(path.at(-1))) return "book"; // whatever the title tells of
  // What stands after a comma says the colour or the size: "Velvet lipstick, milk tea" is no tea.
  const head = (product.title ?? "").split(/[,，(（]/)[0];
  for (const text of [path[0], head, ...path.slice(1)]) {
    const found = kindIn(text ?? "");
    if (found) return found;
  }
  return ["gift", "jar", "star", "frame", "heart"][hash(product.productId ?? "") % 5];
}

export function colourOf(product) {
  const named = (product.attributes ?? []).filter((each) => /^(colou?r|shade)$/.test(each.name)).flatMap((each) => each.values ?? []);
  for (const text of [...named, product.title ?? ""]) {
    const lower = text.toLowerCase();
    const found = Object.keys(COLOURS).find((name) =>
      /[a-z]/.test(name) ? new RegExp(`\\b${name}\\b`).test(lower) : named.includes(text) && lower.includes(name),
    );
    if (found) return COLOURS[found];
  }
  const palette = OWN_COLOURS[kindOf(product)] ?? PALETTE;
  return palette[hash(product.productId ?? "") % palette.length];
}

/** Mixes two #rrggbb colours; share is that of the second. */
export function mix(first, second, share) {
  const parts = [1, 3, 5].map((at) => {
    const [a, b] = [first, second].map((colour) => parseInt(colour.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * share).toString(16).padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

let patterns = 0;

function pattern(name, colour) {
  const id = `pattern-${++patterns}`;
  const marks = {
    dots: [svg("circle", { cx: 4, cy: 4, r: 2.2, fill: colour }), svg("circle", { cx: 11, cy: 11, r: 2.2, fill: colour })],
    stripes: [svg("rect", { width: 5, height: 14, fill: colour })],
    checks: [svg("rect", { width: 7, height: 14, fill: colour, opacity: 0.5 }), svg("rect", { width: 14, height: 7, fill: colour, opacity: 0.5 })],
  }[name];
  return [id, svg("pattern", { id, width: 14, height: 14, patternUnits: "userSpaceOnUse" }, marks)];
}

/** What stands behind the thing: one of five simple scenes. */
function scene(turn, fill) {
  const shift = ((turn >>> 6) % 31) - 15;
  return [
    () => svg("circle", { cx: 100 + shift, cy: 94, r: 72, fill }),
    () => svg("path", { d: `M${38 + shift / 3} 200V104a62 62 0 0 1 124 0V200Z`, fill }),
    () => svg("path", { d: `M0 ${132 + shift / 2}Q60 ${104 + shift} 120 128T200 ${116 - shift / 2}V200H0Z`, fill }),
    () => [svg("circle", { cx: 58 + shift, cy: 66, r: 40, fill }), svg("circle", { cx: 142 + shift, cy: 122, r: 54, fill })],
    () => svg("rect", { x: 30 + shift / 2, y: 34, width: 140, height: 132, rx: 30, fill, transform: `rotate(${shift / 2} 100 100)` }),
  ][turn % 5]();
}

/** White and cream things need a ground of another colour to stand out from. */
function groundOf(base, turn) {
  const bright = [1, 3, 5].every((at) => parseInt(base.slice(at, at + 2), 16) > 165);
  return bright ? mix(PALETTE[turn % PALETTE.length], "#efe6d8", 0.66) : mix(base, "#f6f0e6", 0.82);
}

/** An SVG of the product, 200 x 200, for the eye only: the title stands beside it. */
export function illustrate(product) {
  const base = colourOf(product);
  const tones = { base, dark: mix(base, "#1d1b2a", 0.32), light: mix(base, "#ffffff", 0.45), pale: mix(base, "#fffaf0", 0.72) };
  const turn = hash(product.productId ?? "");
  const ground = groundOf(base, turn >>> 9);
  const printed = PATTERNS.find(([, words]) => words.test(product.title ?? ""));
  const [id, marks] = printed ? pattern(printed[0], tones.pale) : [];
  const drawn = DRAWINGS[kindOf(product)](tones, printed ? `url(#${id})` : null);
  const mirrored = (turn >>> 12) % 2 ? "translate(200 0) scale(-1 1)" : null;
  return svg(
    "svg",
    { class: "drawing", viewBox: "0 0 200 200", "aria-hidden": "true", focusable: "false" },
    marks ? svg("defs", {}, marks) : null,
    svg("rect", { width: 200, height: 200, fill: ground }),
    scene(turn, mix(ground, "#ffffff", 0.4)),
    svg("ellipse", { cx: 100, cy: 167, rx: 56, ry: 6.5, fill: mix(ground, "#40382c", 0.2) }),
    svg("g", { transform: mirrored }, drawn),
  );
}
