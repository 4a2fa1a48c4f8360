// The cart and the order.

import { buy, product as productOf, recommend } from "./api.js";
import * as cart from "./cart.js";
import { picture, productHref, shelf } from "./cards.js";
import { announce, h, icon, show } from "./dom.js";
import { detail, track, uuid } from "./events.js";
import { amount, money, titled, toMoney } from "./format.js";
import { t } from "./i18n.js";
import { orderCard } from "./ordercards.js";
import { message, toShelves } from "./states.js";

export async function cartPage(main, { signal, ask }) {
  track("shopping-cart-page-view", { productDetails: cart.lines().map((line) => detail(line.product, line.quantity)) });
  const goes = h("div", {});
  const list = h("div", {});
  show(main, h("h1", { class: "page-title" }, t("nav.cart")), list, goes);
  await draw(list, ask);
  if (signal.aborted) return;
  await goesWith(goes, signal);
  document.addEventListener("shop:cart", () => !signal.aborted && draw(list, ask), { signal });
}

async function draw(place, ask) {
  const lines = cart.lines();
  if (!lines.length) {
    show(place, message(t("cart.empty"), t("cart.empty.hint"), toShelves()));
    return;
  }
  // The words in the language spoken now; what was kept stands in for what is gone.
  const named = await Promise.all(lines.map(async (line) => ({ ...line, product: (await productOf(line.product.productId)) ?? line.product })));
  const total = named.reduce((sum, line) => sum + amount(line.product.price) * line.quantity, 0);
  const currency = named[0].product.price?.currencyCode;
  const order = h("button", { type: "button", class: "button strong", id: "order" }, t("cart.order"));
  order.addEventListener("click", () => placeOrder(place, named, order, ask));
  const focused = document.activeElement?.id;
  show(
    place,
    h("ul", { class: "cart" }, named.map(row)),
    h("div", { class: "cart-foot" }, h("p", { class: "total" }, h("span", {}, t("cart.total")), h("strong", {}, money(toMoney(total, currency)))), order, h("p", { class: "quiet-words" }, t("cart.note"))),
  );
  if (focused) document.getElementById(focused)?.focus();
}

function row({ product, quantity }) {
  const title = titled(product.title);
  const id = product.productId;
  const button = (name, label, act) => h("button", { type: "button", class: "round quiet", id: `${name}-${id}`, "aria-label": t(label, { title }), onclick: act }, icon(name));
  return h(
    "li",
    {},
    h("a", { class: "cart-picture", href: productHref(id), tabindex: -1, "aria-hidden": "true" }, picture(product)),
    h("div", {}, h("h2", {}, h("a", { href: productHref(id) }, title)), product.brand && h("p", { class: "brand" }, product.brand)),
    h("div", { class: "stepper" }, button("minus", "cart.less", () => cart.remove(id, 1)), h("span", { "aria-live": "polite" }, quantity), button("plus", "cart.more", () => cart.add(product, 1))),
    h("p", { class: "price" }, money(toMoney(amount(product.price) * quantity, product.price?.currencyCode))),
    button("close", "cart.remove", () => cart.remove(id, quantity)),
  );
}

let asked = { lines: "", requestId: "" };

/** The same cart is ordered under the same id, however often the button is pressed: one order comes of it. */
function requestFor(lines) {
  const key = JSON.stringify(lines);
  if (asked.lines !== key) asked = { lines: key, requestId: uuid() };
  return asked.requestId;
}

async function placeOrder(place, lines, button, ask) {
  button.disabled = true;
  place.querySelector(".notice")?.remove();
  const wanted = lines.map((line) => ({ productId: line.product.productId, quantity: String(line.quantity) }));
  try {
    ordered(place, await buy(requestFor(wanted), wanted), ask);
  } catch (error) {
    button.disabled = false;
    button.before(h("p", { class: "notice", role: "alert" }, whyNot(error, lines)));
  }
}

function ordered(place, order, ask) {
  asked = { lines: "", requestId: "" };
  cart.empty();
  const thanks = t("cart.thanks", { number: order.orderId });
  show(place, message(thanks, t("cart.thanks.hint"), toShelves(), h("a", { class: "button", href: "/orders" }, t("nav.orders"))), h("div", { class: "order-placed" }, orderCard(order, ask)));
  announce(thanks);
  setTimeout(() => document.dispatchEvent(new CustomEvent("shop:learned", { detail: ["purchase-complete"] })), 200);
}

function whyNot(error, lines) {
  const at = error.metadata.line ?? error.violations[0]?.field.match(/^lines\[(\d+)\]/)?.[1];
  const title = titled(lines[Number(at)]?.product.title ?? "");
  if (error.reason === "OUT_OF_STOCK") return t("cart.stock", { title, left: error.metadata.left });
  if (at !== undefined) return t("cart.unsellable", { title });
  return t(error.status === 503 ? "cart.away" : "cart.failed");
}

async function goesWith(place, signal) {
  const contextProductIds = cart.lines().map((line) => line.product.productId).slice(0, 50);
  if (!contextProductIds.length) return;
  const { results = [], attributionToken } = (await recommend({ placement: "PLACEMENT_GOES_WITH", contextProductIds, pageSize: 12 }).catch(() => null)) ?? {};
  if (!signal.aborted && results.length) place.replaceChildren(shelf({ shelfId: "goes-with", title: t("cart.goes"), results, attributionToken }));
}
