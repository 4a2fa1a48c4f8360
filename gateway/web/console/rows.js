// Text -> products with the row that each stands in: JSON (a list, or one a line) or CSV with the columns that
// `shopctl import products` reads.

import { toMoney } from "../format.js";
import { t } from "../i18n.js";

const several = (text) => text.split("|").map((each) => each.trim()).filter(Boolean);
const PLAIN = { product_id: "productId", title: "title", description: "description", language_code: "languageCode", brand: "brand", uri: "uri" };
const LISTS = { categories: "categories", tags: "tags", image_uris: "imageUris" };
const TRANSLATED = /^(title|description|brand|categories)_([a-z]{2,3}(?:-\w+)?)$/;

/** [{row, product, problem: {field, message} or undefined}]; throws if the text as a whole cannot be read. */
export function rowsOf(text) {
  const trimmed = text.trim();
  if (!trimmed) return [];
  if (trimmed.startsWith("[")) return listed(JSON.parse(trimmed));
  if (trimmed.startsWith("{")) return fromLines(trimmed);
  return fromCsv(trimmed);
}

const listed = (products) => products.map((product, at) => ({ row: at + 1, product }));

function fromLines(text) {
  try {
    const whole = JSON.parse(text);
    return listed(whole.products ?? [whole]);
  } catch {
    return listed(text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line)));
  }
}

function fromCsv(text) {
  const [head, ...rows] = cells(text);
  const names = head.map((each) => each.trim());
  if (!names.includes("product_id")) throw new Error("product_id?");
  return rows.filter((row) => row.some((cell) => cell.trim())).map((row, at) => {
    const values = Object.fromEntries(names.map((name, column) => [name, (row[column] ?? "").trim()]));
    return { row: at + 2, ...productOf(values) };
  });
}

/** RFC 4180: cells in quotes may hold commas, line ends and doubled quotes. */
export function cells(text) {
  const rows = [[]];
  const pattern = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (!found) throw new Error(`“${text.slice(at, at + 20)}”`);
    rows.at(-1).push(found[1].startsWith('"') ? found[1].slice(1, -1).replaceAll('""', '"') : found[1]);
    if (found[2] !== "," && found[2] !== "") rows.push([]);
  }
  return rows;
}

function productOf(values) {
  const product = {};
  let problem;
  for (const [name, value] of Object.entries(values)) {
    if (value === "") continue;
    if (PLAIN[name]) product[PLAIN[name]] = value;
    else if (LISTS[name]) product[LISTS[name]] = several(value);
    else if (name.startsWith("attr.")) (product.attributes ??= []).push({ name: name.slice(5), values: several(value) });
    else if (TRANSLATED.test(name)) translate(product, ...name.match(TRANSLATED).slice(1), value);
    else if (name === "price" || name === "original_price") problem ??= priced(product, name, value, values.currency);
    else if (name === "stock") problem ??= stocked(product, value);
  }
  return { product, problem };
}

function translate(product, field, language, value) {
  const all = (product.localizations ??= []);
  let words = all.find((each) => each.languageCode === language);
  if (!words) all.push((words = { languageCode: language }));
  words[field] = field === "categories" ? several(value) : value;
}

function priced(product, name, value, currency) {
  if (!/^\d+(\.\d+)?$/.test(value)) return { field: name, message: t("p.bad.price", { value }) };
  product[name === "price" ? "price" : "originalPrice"] = toMoney(Number(value), currency || "CNY");
  return undefined;
}

function stocked(product, value) {
  if (!/^\d+$/.test(value)) return { field: "stock", message: t("p.bad.stock", { value }) };
  product.stock = value;
  return undefined;
}
