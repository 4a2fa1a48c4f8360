// What the shopper and people of the shop said, and why something was not delivered.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

/** Why a turn did not get through, in the shopper's words. `begun`: some of the answer was there. */
export function whyNot(error, begun) {
  if (error.status === 503) return t("chat.away");
  const refused = error.status >= 400 && error.status < 429 && error.status !== 404;
  return refused ? t("chat.refused", { message: error.message }) : t(begun ? "chat.broken" : "chat.failed");
}

export function shopperTurn(words) {
  return h("div", { class: "turn shopper" }, h("span", { class: "visually-hidden" }, `${t("chat.you")}: `), h("p", { class: "said-words" }, words));
}

export function agentTurn({ text, agent }) {
  return h("div", { class: "turn agent" }, h("p", { class: "who" }, icon("person"), t("chat.agent", { name: agent ?? "" })), h("p", { class: "said-words" }, text));
}
