// The catalogue: products taken in from a file, one product edited, products pinned and hidden.

import { h, show } from "../dom.js";
import { uuid } from "../events.js";
import { titled } from "../format.js";
import { language, t } from "../i18n.js";
import * as api from "./api.js";
import { finder } from "./finding.js";
import { importing } from "./importing.js";
import { doing, failed, labelled, notice, quiet, say, split, tag } from "./parts.js";
import { edited, wordsOf } from "./product.js";

export async function catalogueTab(main, { signal }) {
  const { list, detail, whole } = split();
  const curated = h("div", {});
  show(main, whole);
  const refresh = async () => {
    try {
      const curations = await api.curations();
      if (!signal.aborted) show(curated, drawCurated(curations, open));
      return curations;
    } catch (error) {
      show(curated, failed(error, refresh));
      return [];
    }
  };
  const open = async (productId) => {
    try {
      const [product, curations] = await Promise.all([api.product(productId), refresh()]);
      show(detail, editing(product, curations.find((each) => each.productId === productId) ?? {}, refresh));
    } catch (error) {
      show(detail, failed(error, () => open(productId)));
    }
  };
  show(list, h("h2", {}, t("p.edit")), finder((each) => open(each.productId)), h("h2", {}, t("p.curated")), curated);
  show(detail, importing());
  list.prepend(h("button", { type: "button", class: "button small", onclick: () => show(detail, importing()) }, t("p.import")));
  await refresh();
}

function drawCurated(curations, open) {
  if (!curations.length) return quiet(t("p.curated.none"));
  const pick = (each) =>
    h("button", { type: "button", class: "pick", onclick: () => open(each.productId) }, h("span", { class: "pick-head" }, tag(t(each.pinned ? "p.pinned" : "p.hidden"), each.pinned ? "" : "warn"), each.actor && h("span", {}, each.actor)), h("strong", {}, each.productId));
  return h("ul", { class: "picks" }, curations.map((each) => h("li", {}, pick(each))));
}

function editing(product, curation, refresh) {
  const words = wordsOf(product, language());
  const said = h("div", {});
  const field = (name, value, more = {}) => h("input", { name, value: value ?? "", ...more });
  const description = h("textarea", { name: "description", rows: 6, maxlength: 10000 });
  description.value = words.description ?? "";
  const spoken = t("p.in", { language: t(`d.${words.language}`) });
  const labels = { title: t("p.title"), price: t("p.price", { currency: product.price?.currencyCode ?? "CNY" }), stock: t("p.stock") };
  const save = h("button", { type: "submit", class: "button strong" }, t("p.save"));
  const form = h(
    "form",
    { class: "stack", novalidate: true },
    h("div", { class: "desk-head" }, h("h2", {}, titled(words.title)), h("p", { class: "quiet-words" }, product.productId)),
    labelled(`${t("p.title")} ${spoken}`, field("title", words.title, { maxlength: 1000 })),
    labelled(`${t("p.description")} ${spoken}`, description),
    h("div", { class: "controls" }, labelled(labels.price, field("price", words.price, { inputmode: "decimal" })), labelled(labels.stock, field("stock", product.stock, { inputmode: "numeric" }))),
    labelled(t("p.tags"), field("tags", (product.tags ?? []).join(", "))),
    save,
    said,
  );
  let now = product;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(save, said, async () => {
      const { product: next, problems } = edited(now, words.language, Object.fromEntries(new FormData(form)));
      for (const input of form.elements) input.removeAttribute("aria-invalid");
      if (problems.length) {
        show(said, problems.map(([name, why]) => notice(`${labels[name]}: ${why}`)));
        for (const [name] of problems) form.elements[name].setAttribute("aria-invalid", "true");
        return;
      }
      const answer = await api.importProducts([next], uuid());
      const [wrong] = answer.errors ?? [];
      if (wrong) {
        show(said, notice(`${wrong.field}: ${wrong.message}`));
        return;
      }
      now = next;
      say(said, t("p.saved"));
    });
  });
  return h("div", {}, form, curating(product.productId, curation, refresh));
}

function curating(productId, { pinned = false, hidden = false }, refresh) {
  const said = h("div", {});
  const place = h("div", { class: "inline curate" });
  const draw = () => show(place, button(pinned ? "unpin" : "pin", !pinned, false), button(hidden ? "unhide" : "hide", false, !hidden), said);
  const button = (words, pin, hide) => {
    const each = h("button", { type: "button", class: "button small" }, t(`p.${words}`));
    each.addEventListener("click", () =>
      doing(each, said, async () => {
        await api.curate(productId, pin, hide);
        [pinned, hidden] = [pin, hide];
        draw();
        await refresh();
      }),
    );
    return each;
  };
  draw();
  return place;
}
