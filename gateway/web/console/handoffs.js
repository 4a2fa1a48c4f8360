// The queue of shoppers who want a person: take one, read, answer, end.

import { announce, h, show } from "../dom.js";
import { uuid } from "../events.js";
import { ago } from "../format.js";
import { t } from "../i18n.js";
import * as api from "./api.js";
import { doing, every, failed, labelled, quiet, say, split, tag } from "./parts.js";
import { stateOf, utterance } from "./transcript.js";

const POLL_MS = 2000;

export async function handoffsTab(main, { signal }) {
  const { list, detail, whole } = split();
  show(main, whole);
  show(detail, quiet(t("h.pick")));
  let desk = null;
  const refresh = async () => {
    const { handoffs = [] } = await api.handoffs();
    if (signal.aborted) return;
    drawQueue(list, handoffs, desk?.id, choose);
    await desk?.refresh(handoffs.find((each) => each.handoffId === desk.id));
  };
  const choose = (handoff) => {
    desk = new Desk(handoff, detail, refresh);
    refresh().catch(() => {});
  };
  const begin = () => refresh().catch((error) => show(list, failed(error, begin)));
  await begin();
  every(POLL_MS, signal, refresh);
}

function drawQueue(place, handoffs, chosen, choose) {
  if (!handoffs.length) {
    show(place, quiet(t("h.none")));
    return;
  }
  const focused = document.activeElement?.id;
  show(place, h("ul", { class: "picks" }, handoffs.map((each) => h("li", {}, pick(each, each.handoffId === chosen, choose)))));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function pick(each, chosen, choose) {
  const claimed = stateOf(each) === "CLAIMED";
  return h(
    "button",
    { type: "button", id: `handoff-${each.handoffId}`, class: "pick", "aria-current": chosen ? "true" : null, onclick: () => choose(each) },
    h("span", { class: "pick-head" }, tag(claimed ? t("h.claimed", { agent: each.agent }) : t("h.waiting"), claimed ? "" : "warn"), h("time", { datetime: each.createTime }, ago(each.createTime))),
    h("strong", {}, t(`h.${each.reason}`)),
    h("span", { class: "pick-words" }, each.summary),
  );
}

/** One handoff on the desk; what is being written stays while the rest is fetched anew. */
class Desk {
  constructor(handoff, place, refreshAll) {
    this.id = handoff.handoffId;
    this.handoff = handoff;
    this.seen = 0;
    this.refreshAll = refreshAll;
    this.log = h("ol", { class: "transcript", role: "log", "aria-label": t("c.conversations"), tabindex: 0 });
    this.said = h("div", {});
    this.foot = h("div", { class: "desk-foot" });
    show(place, h("div", { class: "desk-head" }, h("h2", {}, t(`h.${handoff.reason}`)), h("p", { class: "quiet-words" }, handoff.summary)), this.log, this.said, this.foot);
    this.drawFoot();
  }

  get mine() {
    return stateOf(this.handoff) === "CLAIMED" && this.handoff.agent === api.me();
  }

  async refresh(handoff) {
    const was = this.mine;
    if (handoff) this.handoff = handoff;
    if (was !== this.mine) this.drawFoot();
    const { utterances = [] } = await api.conversation(this.handoff.conversationId, this.seen);
    for (const each of utterances.filter((one) => one.index > this.seen)) {
      this.seen = each.index;
      this.log.append(utterance(each));
      this.log.scrollTop = this.log.scrollHeight;
    }
  }

  drawFoot() {
    if (!this.mine) {
      const take = h("button", { type: "button", class: "button strong", onclick: () => doing(take, this.said, () => this.claim()) }, t("h.claim"));
      show(this.foot, h("p", { class: "quiet-words" }, t("h.claim.first")), take);
      return;
    }
    show(this.foot, this.writing(), this.ending());
  }

  writing() {
    const box = h("textarea", { id: "reply", rows: 2, maxlength: 2000 });
    const send = h("button", { type: "submit", class: "button strong" }, t("h.send"));
    const form = h("form", { class: "stack" }, labelled(t("h.reply"), box), send);
    let requestId = uuid();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!box.value.trim()) return;
      doing(send, this.said, async () => {
        await api.reply(this.id, box.value.trim(), requestId);
        requestId = uuid();
        box.value = "";
        box.focus();
        await this.refresh();
      });
    });
    return form;
  }

  ending() {
    const note = h("input", { maxlength: 1000 });
    const end = h("button", { type: "button", class: "button" }, t("h.resolve"));
    end.addEventListener("click", () =>
      doing(end, this.said, async () => {
        await api.resolve(this.id, note.value.trim());
        show(this.foot);
        say(this.said, t("h.resolved"));
        await this.refreshAll();
      }),
    );
    return h("div", { class: "inline" }, labelled(t("h.note"), note), end);
  }

  async claim() {
    this.handoff = (await api.claim(this.id)).handoff;
    this.drawFoot();
    announce(t("h.claimed", { agent: api.me() }));
    document.getElementById("reply")?.focus();
    await this.refreshAll();
  }
}
