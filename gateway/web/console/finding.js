// Finding a product by its name, brand or id.

import { h, show } from "../dom.js";
import { money, titled } from "../format.js";
import { language, t } from "../i18n.js";
import * as api from "./api.js";
import { failed, quiet } from "./parts.js";

/** A search box with what it finds; `choose(product)` is called with one in the language spoken. */
export function finder(choose) {
  const box = h("input", { type: "search", name: "find", placeholder: t("d.find.hint"), "aria-label": t("d.find"), maxlength: 200 });
  const button = h("button", { type: "submit", class: "button small" }, t("d.search"));
  const found = h("ul", { class: "picks" });
  const form = h("form", { class: "inline", role: "search" }, box, button);
  const search = async () => {
    const query = box.value.trim();
    if (!query) return;
    try {
      const products = await matches(query);
      show(found, products.length ? products.map((each) => h("li", {}, pick(each, choose))) : h("li", {}, quiet(t("d.none"))));
    } catch (error) {
      show(found, h("li", {}, failed(error, search)));
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  return h("div", { class: "stack" }, form, found);
}

/** What looks like an id finds its product first, hidden or not; a search finds what the shop shows. */
async function matches(query) {
  const byId = /^(?=.*\d)[\w.-]{1,128}$/.test(query) ? await api.product(query).catch((error) => (error.status === 404 ? null : Promise.reject(error))) : null;
  const others = (await api.search(query, language())).map((each) => ({ productId: each.productId, ...each.product }));
  return [...(byId ? [byId] : []), ...others.filter((each) => each.productId !== byId?.productId)];
}

function pick(product, choose) {
  return h(
    "button",
    { type: "button", class: "pick", onclick: () => choose(product) },
    h("strong", {}, titled(product.title)),
    h("span", { class: "pick-words" }, [product.productId, product.brand, money(product.price)].filter(Boolean).join(" · ")),
  );
}
