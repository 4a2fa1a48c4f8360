// An order as a card: where it stands, what is in it, and what one can ask about it.

import { productHref } from "./cards.js";
import { h, icon } from "./dom.js";
import { date, money, titled } from "./format.js";
import { t } from "./i18n.js";

const bare = (name, prefix) => (name ?? "").replace(prefix, "");
const ASK = { PLACED: ["track", "cancel"], PAID: ["track", "cancel"], SHIPPED: ["track"], DELIVERED: ["track", "return"], CANCELLED: [] };

/** `ask` is given the text that a button stands for. */
export function orderCard(order, ask) {
  const state = bare(order.state, "ORDER_STATE_") || "PLACED";
  const name = t("order.name", { id: order.orderId });
  return h(
    "article",
    { class: "order", data: { order: order.orderId }, "aria-label": name },
    h("div", { class: "order-head" }, h("div", {}, h("h3", {}, name), order.placeTime && h("time", { class: "count", datetime: order.placeTime }, date(order.placeTime))), h("span", { class: `order-state is-${state.toLowerCase()}` }, t(`order.${state}`))),
    h("ul", { class: "order-lines" }, (order.lines ?? []).map(line)),
    cases(order),
    h("div", { class: "order-foot" }, h("p", { class: "price" }, h("span", { class: "quiet-words" }, t("order.total"), " "), h("strong", {}, money(order.total))), h("div", { class: "actions" }, (ASK[state] ?? []).map((each) => button(each, order, ask)))),
  );
}

function line(each) {
  const wish = [each.size, each.colour].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h("a", { href: productHref(each.productId) }, titled(each.title || each.productId)),
    h("span", { class: "count" }, wish && `${wish} · `, `${each.quantity} × ${money(each.price)}`),
  );
}

function cases(order) {
  const told = (order.cases ?? []).map((each) => {
    const title = order.lines?.find((line) => line.productId === each.productId)?.title || each.productId;
    return h("li", {}, t(`case.${bare(each.kind, "CASE_KIND_")}`, { title: titled(title) }), h("span", { class: "count" }, t(`case.${bare(each.state, "CASE_STATE_")}`)));
  });
  return told.length ? h("ul", { class: "order-lines cases" }, told) : null;
}

function button(what, order, ask) {
  const words = t(`order.${what}`);
  return h("button", { type: "button", class: "chip", "aria-label": `${words}: ${order.orderId}`, onclick: () => ask(t(`order.${what}.text`, { id: order.orderId })) }, what === "track" && icon("parcel"), words);
}
