// A conversation as the shop's people read it: words, what was understood, what was shown, what was missing.

import { h } from "../dom.js";
import { ago, titled } from "../format.js";
import { t } from "../i18n.js";
import { bare, tag } from "./parts.js";

const WHO = { SPEAKER_SHOPPER: "shopper", SPEAKER_STAFF: "staff", SPEAKER_AGENT: "agent" };

export function utterance(each) {
  const who = WHO[each.speaker] ?? "staff";
  const name = who === "agent" ? each.agent : t(`v.${who}`);
  const shown = (each.events ?? []).flatMap(told);
  return h(
    "li",
    { class: `said ${who}` },
    h("p", { class: "said-by" }, h("strong", {}, name), " ", each.sayTime && h("time", { datetime: each.sayTime }, ago(each.sayTime))),
    each.text && h("p", { class: "said-words" }, each.text),
    shown.length > 0 && h("p", { class: "said-events" }, shown),
  );
}

/** What came with an answer, in a word each. */
function told(event) {
  const list = (key, names) => (names.length ? [tag(t(key, { names: names.join(", ") }))] : []);
  if (event.products) return list("v.products", (event.products.results ?? []).map((each) => titled(each.product?.title ?? each.productId)));
  if (event.orders) return list("v.orders", (event.orders.orders ?? []).map((each) => each.orderId));
  if (event.citation) return list("v.source", [event.citation.title]);
  if (event.confirmation) return list("v.confirm", [event.confirmation.text]);
  if (event.handoff) return [tag(t("v.handoff", { names: t(`h.${event.handoff.reason}`) }), "warn")];
  return event.done ? understood(event.done) : [];
}

function understood({ intents = [], flow, requestedSlot, degradations = [], unknown }) {
  const pair = (key, value) => (value ? [h("span", { class: "pair" }, h("span", {}, t(key)), " ", h("code", {}, value))] : []);
  return [
    ...pair("v.intents", intents.join(", ")),
    ...pair("v.flow", flow),
    ...pair("v.asked", requestedSlot),
    ...degradations.map((each) => tag(`${t("v.degraded")}: ${each}`, "warn")),
    ...(unknown ? [tag(t("v.unknown"), "warn")] : []),
  ];
}

export const turns = ({ turnCount = 0 }) => t(turnCount === 1 ? "v.turn" : "v.turns", { count: turnCount });
export const stateOf = (handoff) => bare(handoff.state, "HANDOFF_STATE_");
