// The shopper's orders, newest first.

import { myOrders } from "./api.js";
import { h, show } from "./dom.js";
import { t } from "./i18n.js";
import { orderCard } from "./ordercards.js";
import { message, toShelves } from "./states.js";

export async function ordersPage(main, { signal, ask }) {
  main.classList.toggle("narrow", true);
  const list = h("div", { class: "orders" });
  const more = h("div", { class: "more" });
  show(main, h("h1", { class: "page-title" }, t("orders.title")), list, more);
  await page("");

  async function page(token) {
    const answer = await myOrders(token).catch((error) => error);
    if (signal.aborted) return;
    if (answer instanceof Error) {
      show(more, h("p", { class: "notice", role: "alert" }, t("orders.away")), again(token, t("state.retry")));
      return;
    }
    list.append(...(answer.orders ?? []).map((each) => orderCard(each, ask)));
    show(more, answer.nextPageToken && again(answer.nextPageToken, t("orders.more")));
    if (!list.childElementCount) show(list, message(t("orders.none"), t("orders.none.hint"), toShelves()));
  }

  function again(token, words) {
    return h("button", { type: "button", class: "button", onclick: () => page(token) }, words);
  }
}
