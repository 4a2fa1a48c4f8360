// Filters of a search: what is chosen stands in the address, so that it can be shared and gone back from.

import { h, icon } from "./dom.js";
import { count, leaf, money } from "./format.js";
import { t } from "./i18n.js";

const OWN = new Set(["q", "sort"]);

/** The chosen filters of an address: [[facet, value], ...]. */
export const chosen = (params) => [...params].filter(([name]) => !OWN.has(name));

/** The same as the shop's ProductFilter; undefined if nothing is chosen. */
export function filterOf(params) {
  const picked = chosen(params);
  if (!picked.length) return undefined;
  const filter = { categories: params.getAll("category"), brands: params.getAll("brand"), attributes: [] };
  for (const name of new Set(picked.map(([each]) => each))) {
    if (!["category", "brand", "price"].includes(name)) filter.attributes.push({ name, values: params.getAll(name) });
  }
  const [low, high, currencyCode] = (params.get("price") ?? "").split("~");
  if (low) filter.minPrice = { currencyCode, ...split(low) };
  if (high) filter.maxPrice = { currencyCode, ...split(high) };
  return filter;
}

function split(text) {
  const number = Number(text) || 0;
  return { units: String(Math.trunc(number)), nanos: Math.round((number % 1) * 1e9) };
}

const number = (value) => (value ? Number(value.units ?? 0) + Number(value.nanos ?? 0) / 1e9 : "");

function paramOf(facet, value) {
  if (facet.name !== "price") return value.value;
  return [number(value.minPrice), number(value.maxPrice), (value.minPrice ?? value.maxPrice)?.currencyCode ?? ""].join("~");
}

function words(name, param) {
  if (name === "category") return leaf(param);
  if (name !== "price") return param;
  const [low, high, currencyCode] = param.split("~");
  const shown = (text) => money({ currencyCode, ...split(text) });
  return low && high ? `${shown(low)} – ${shown(high)}` : low ? `≥ ${shown(low)}` : `≤ ${shown(high)}`;
}

/** The address with a value chosen or not; a price range and a category replace the one before. */
function toggled(params, name, param, on) {
  const next = new URLSearchParams([...params].filter(([key, value]) => key !== name || value !== param));
  if (on) {
    if (name === "price" || name === "category") next.delete(name);
    next.append(name, param);
  }
  return `/search?${next}`;
}

export function sidebar(facets, params, go) {
  const groups = facets.filter((facet) => facet.values?.length > 1 || params.has(facet.name));
  if (!groups.length) return null;
  return h("div", { class: "facets" }, groups.map((facet) => group(facet, params, go)));
}

function group(facet, params, go) {
  const options = facet.values.slice(0, 12).map((value, at) => {
    const param = paramOf(facet, value);
    const id = `facet-${facet.name}-${at}`;
    const box = h("input", { type: "checkbox", id, checked: params.getAll(facet.name).includes(param) });
    box.addEventListener("change", () => go(toggled(params, facet.name, param, box.checked), id));
    return h("li", {}, box, h("label", { for: id }, h("span", {}, words(facet.name, param)), h("span", { class: "count" }, count(Number(value.count)))));
  });
  return h("fieldset", {}, h("legend", {}, t(`facet.${facet.name}`)), h("ul", {}, options));
}

/** What is chosen, as chips that take it away again. */
export function chips(params) {
  const picked = chosen(params);
  if (!picked.length) return null;
  const cleared = new URLSearchParams([...params].filter(([name]) => OWN.has(name)));
  return h(
    "ul",
    { class: "chips" },
    picked.map(([name, param]) =>
      h("li", {}, h("a", { class: "chip on", href: toggled(params, name, param, false), "aria-label": t("search.remove", { value: words(name, param) }) }, words(name, param), icon("close"))),
    ),
    picked.length > 1 && h("li", {}, h("a", { class: "chip", href: `/search?${cleared}` }, t("search.clear"))),
  );
}
