// What a page says when there is nothing to show: empty, degraded, down, lost.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

export function message(title, hint, ...actions) {
  return h("section", { class: "message" }, icon("spark"), h("h1", {}, title), hint && h("p", {}, hint), actions.length > 0 && h("div", { class: "actions" }, actions));
}

export const toShelves = () => h("a", { class: "button", href: "/" }, t("state.home"));

export function down(retry) {
  return message(t("state.down"), t("state.down.hint"), h("button", { type: "button", class: "button", onclick: retry }, t("state.retry")));
}

export const lost = (title = t("state.lost")) => message(title, null, toShelves());

export function degraded(degradations) {
  return degradations?.includes("recommender-unavailable") ? h("p", { class: "notice", role: "status" }, t("state.degraded")) : null;
}
