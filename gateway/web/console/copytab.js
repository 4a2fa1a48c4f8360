// Copy: find a product, have a draft written, choose one to work on.

import { h, show } from "../dom.js";
import { uuid } from "../events.js";
import { ago, titled } from "../format.js";
import { language, t } from "../i18n.js";
import * as api from "./api.js";
import { DraftDesk } from "./draft.js";
import { finder } from "./finding.js";
import { bare, choice, doing, failed, labelled, quiet, split, tag } from "./parts.js";

const CHANNELS = ["product-page", "title", "social", "email", "live"];
const STYLES = ["plain", "warm", "lively", "premium"];
const LENGTHS = ["short", "medium", "long"];

export async function copyTab(main, { signal }) {
  const { list, detail, whole } = split();
  const asking = h("div", {});
  const drafts = h("div", {});
  show(main, whole);
  show(list, h("h2", {}, t("d.find")), finder((product) => show(asking, request(product))), asking, h("h2", {}, t("d.drafts")), drafts);
  show(detail, quiet(t("d.pick")));

  const open = (draft) => new DraftDesk(draft, detail, refresh);
  const pickDraft = async (each) => {
    try {
      open(await api.draft(each.draftId));
    } catch (error) {
      show(detail, failed(error, () => pickDraft(each)));
    }
  };
  const refresh = async () => {
    try {
      const all = await api.drafts();
      if (signal.aborted) return;
      show(drafts, all.length ? h("ul", { class: "picks" }, all.map((each) => h("li", {}, pick(each, pickDraft)))) : quiet(t("d.drafts.none")));
    } catch (error) {
      show(drafts, failed(error, refresh));
    }
  };

  const request = (product) => {
    const said = h("div", {});
    const go = h("button", { type: "submit", class: "button strong" }, t("d.generate"));
    const form = h("form", { class: "stack boxed" }, h("h3", {}, titled(product.title)), controls(), go, said);
    let requestId = uuid();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      doing(go, said, async () => {
        show(said, h("p", { class: "quiet-words", role: "status" }, t("d.writing")));
        open(await api.createDraft(product.productId, Object.fromEntries(new FormData(form)), requestId));
        requestId = uuid();
        show(said);
        await refresh();
      });
    });
    return form;
  };

  await refresh();
}

function controls() {
  const words = (each) => t(`d.${each}`);
  return h(
    "div",
    { class: "controls" },
    labelled(t("d.channel"), choice("channel", CHANNELS, "product-page", words)),
    labelled(t("d.style"), choice("style", STYLES, "plain", words)),
    labelled(t("d.length"), choice("length", LENGTHS, "medium", words)),
    labelled(t("d.language"), choice("languageCode", ["en", "zh"], language(), words)),
  );
}

function pick(each, open) {
  const state = bare(each.state, "DRAFT_STATE_");
  return h(
    "button",
    { type: "button", class: "pick", onclick: () => open(each) },
    h("span", { class: "pick-head" }, tag(t(`d.state.${state}`), state === "IN_REVIEW" ? "warn" : ""), h("time", { datetime: each.updateTime }, ago(each.updateTime ?? each.createTime))),
    h("strong", {}, each.productId),
    h("span", { class: "pick-words" }, each.copy?.text),
  );
}
