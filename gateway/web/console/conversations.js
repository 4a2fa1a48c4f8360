// All conversations, newest first, and one of them read whole.

import { h, show } from "../dom.js";
import { ago } from "../format.js";
import { t } from "../i18n.js";
import * as api from "./api.js";
import { failed, quiet, split, tag } from "./parts.js";
import { turns, utterance } from "./transcript.js";

export async function conversationsTab(main, { signal }) {
  const { list, detail, whole } = split();
  show(main, whole);
  show(detail, quiet(t("v.pick")));
  const picks = h("ul", { class: "picks" });
  const more = h("div", { class: "more" });
  show(list, picks, more);

  const page = async (token) => {
    try {
      const { conversations = [], nextPageToken } = await api.conversations(token);
      if (signal.aborted) return;
      picks.append(...conversations.map((each) => h("li", {}, pick(each))));
      show(more, nextPageToken && h("button", { type: "button", class: "button", onclick: () => page(nextPageToken) }, t("v.more")));
      if (!picks.childElementCount) show(more, quiet(t("v.none")));
    } catch (error) {
      show(more, failed(error, () => page(token)));
    }
  };

  const pick = (each) => {
    const button = h(
      "button",
      { type: "button", class: "pick", onclick: () => open(each, button) },
      h("span", { class: "pick-head" }, h("span", {}, turns(each), each.handedOff && tag(t("v.person"), "warn")), h("time", { datetime: each.updateTime }, ago(each.updateTime))),
      h("strong", {}, each.userId || `${each.visitorId.slice(0, 8)}…`),
      h("span", { class: "pick-words" }, each.snippet),
    );
    return button;
  };

  const open = async (each, button) => {
    for (const other of picks.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    try {
      const { conversation: talk, utterances = [] } = await api.conversation(each.conversationId);
      show(
        detail,
        h("div", { class: "desk-head" }, h("h2", {}, talk.userId || talk.visitorId), h("p", { class: "quiet-words" }, [turns(talk), talk.languageCode, talk.flow].filter(Boolean).join(" · "))),
        h("ol", { class: "transcript whole", tabindex: 0, "aria-label": t("c.conversations") }, utterances.map(utterance)),
      );
    } catch (error) {
      show(detail, failed(error, () => open(each, button)));
    }
  };

  await page("");
}
