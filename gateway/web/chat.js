// The chat beside the shelf: what was said, what comes, what is sent; kept over reloads by the conversation's id.

import { chat, conversation } from "./api.js";
import { Answer } from "./answer.js";
import * as cart from "./cart.js";
import { ChatLog } from "./chatlog.js";
import { h, icon, show } from "./dom.js";
import { uuid } from "./events.js";
import { t } from "./i18n.js";
import { agentTurn, shopperTurn, whyNot } from "./turns.js";

const KEPT = "shopkeeper.chat";
const POLL_MS = 2000;
const MISSED_MS = 1200; // by then the shop has certainly learned from what the answer did

export class Chat {
  /** Draws into `place`. `onClose` and `onNews(count)` are for the frame around it. */
  constructor(place, { onClose, onNews }) {
    this.place = place;
    this.onNews = onNews;
    this.onClose = onClose;
    this.id = sessionStorage.getItem(KEPT) ?? "";
    this.seen = 0;
    this.busy = false;
    this.handedOff = false;
    this.open = null; // the answer that can still be answered
    this.missing = "";
    this.timer = 0;
    this.generation = 0;
    this.frame();
  }

  /** The frame in the language spoken now; what was said stays as it was said. */
  frame() {
    const kept = this.log?.turns() ?? [];
    const draft = this.box?.value ?? "";
    this.log = new ChatLog(kept);
    this.banner = h("div", { class: "chat-banner", role: "status" });
    this.box = h("textarea", { id: "chat-box", rows: 1, maxlength: 1000, placeholder: t("chat.placeholder"), "aria-label": t("chat.write"), enterkeyhint: "send" });
    this.box.value = draft;
    this.send = h("button", { type: "submit", class: "round strong", "aria-label": t("chat.send") }, icon("send"));
    const form = h("form", { class: "composer" }, this.box, this.send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // Enter also ends Chinese input
      event.preventDefault();
      this.submit();
    });
    const tool = (name, label, act) => h("button", { type: "button", class: "round quiet", "aria-label": label, title: label, onclick: act }, icon(name));
    show(
      this.place,
      h("div", { class: "chat-head" }, h("h2", { id: "chat-title" }, t("chat.title")), h("button", { type: "button", class: "chip", id: "person", onclick: () => this.say(t("chat.person.text")) }, icon("person"), t("chat.person")), tool("again", t("chat.new"), () => this.restart()), tool("close", t("chat.close"), this.onClose)),
      this.log.element,
      this.banner,
      form,
    );
    if (!kept.length) this.welcome();
    this.showState();
  }

  welcome() {
    const ask = ["find", "ship", "order"].map((each) => h("button", { type: "button", class: "chip", onclick: () => this.say(t(`chat.suggest.${each}`)) }, t(`chat.suggest.${each}`)));
    show(this.log.element, h("div", { class: "welcome" }, icon("chat"), h("p", {}, t("chat.hint")), ask));
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  restart(focus = true) {
    this.generation += 1;
    clearTimeout(this.timer);
    Object.assign(this, { id: "", seen: 0, busy: false, handedOff: false, open: null });
    sessionStorage.removeItem(KEPT);
    this.welcome();
    this.showState();
    if (focus) this.focus();
  }

  /** What was said before this page was loaded. */
  async restore() {
    if (!this.id || this.restored) return;
    this.restored = true;
    try {
      await this.catchUp();
    } catch (error) {
      if (error.status === 404 || error.status === 403) this.restart(false);
      else this.away(error);
    }
  }

  submit() {
    const text = this.box.value.trim();
    if (!text || this.busy) return;
    this.box.value = "";
    this.say(text);
  }

  say(text) {
    if (!this.busy) this.turn({ text }, text);
  }

  confirm(request, accepted) {
    const confirmation = { confirmationId: request.confirmationId, accepted };
    if (!this.busy) this.turn({ confirmation }, t(accepted ? "chat.said.yes" : "chat.said.no"));
  }

  /** One turn. A failed one can be sent again, with the same words under the same id. */
  async turn(input, words) {
    this.log.welcomed();
    this.open?.close();
    const mine = shopperTurn(words);
    this.log.ask(mine);
    await this.attempt(input, uuid(), mine);
  }

  async attempt(input, requestId, mine) {
    const generation = this.generation;
    this.setBusy(true);
    clearTimeout(this.timer);
    const answer = this.answer();
    this.log.append(answer.element);
    try {
      await this.listen({ ...input, requestId, conversationId: this.id, contextProductId: openProduct() }, answer, generation);
    } catch (error) {
      if (generation !== this.generation) return;
      this.failed(error, answer, mine, () => this.attempt(input, requestId, mine));
      return;
    } finally {
      if (generation === this.generation) this.setBusy(false);
    }
    if (generation !== this.generation) return;
    this.answered(answer);
  }

  async listen(body, answer, generation) {
    for await (const event of chat(body)) {
      if (generation !== this.generation) return;
      if (event.started) this.keep(event.started.conversationId);
      answer.take(event);
      this.log.scroll();
    }
    if (!answer.done) throw new Error("the answer has no end");
  }

  keep(id) {
    this.id = id;
    sessionStorage.setItem(KEPT, id);
    show(this.banner);
  }

  answered(answer) {
    this.open = answer;
    if (answer.handoff) this.handedOff = true;
    this.showState();
    learned();
    this.catchUp(answer).catch(() => this.poll());
    if (!this.place.contains(document.activeElement) && document.activeElement === document.body) this.focus();
  }

  failed(error, answer, mine, again) {
    if (error.status === 404 && this.id) {
      this.id = ""; // the conversation is gone, or another shopper's by now: the words begin a new one
      this.seen = 0;
      sessionStorage.removeItem(KEPT);
    }
    answer.element.remove();
    this.open = null;
    const why = whyNot(error, !answer.words.hidden);
    const retry = () => {
      if (this.busy) return;
      row.remove();
      again();
    };
    const row = h("p", { class: "undelivered", role: "alert" }, h("span", {}, why), " ", h("button", { type: "button", class: "link", onclick: retry }, t("chat.retry")));
    mine.append(row);
    this.log.scroll();
    this.poll();
  }

  away(error) {
    this.place.classList.toggle("is-away", error?.status === 503);
    if (error?.status === 503) show(this.banner, h("p", { class: "notice" }, t("chat.away")));
  }

  answer() {
    return new Answer({ say: (text) => this.say(text), confirm: (...each) => this.confirm(...each), conversation: () => this.id, isNews: (missing) => this.isNews(missing) });
  }

  /** What is missing is told once, and again when it is something else. */
  isNews(missing) {
    const now = [...missing].sort().join();
    const news = now !== "" && now !== this.missing;
    this.missing = now;
    return news;
  }

  /** What was said since; `mine` is the answer that was just drawn and has no number yet. */
  async catchUp(mine = null) {
    const generation = this.generation;
    const { conversation: now = {}, utterances = [] } = await conversation(this.id, this.seen);
    if (generation !== this.generation) return;
    this.log.welcomed();
    for (const each of utterances) this.draw(each, mine);
    const was = this.handedOff;
    this.handedOff = Boolean(now.handedOff);
    if (was && !this.handedOff && !mine) this.log.append(h("p", { class: "between" }, t("chat.back")));
    this.place.classList.remove("is-away");
    this.showState();
    this.poll();
  }

  draw(utterance, mine) {
    if (utterance.index <= this.seen) return;
    this.seen = utterance.index;
    if (!mine) this.log.follow();
    if (utterance.speaker === "SPEAKER_AGENT") this.log.append(agentTurn(utterance));
    else if (mine && utterance.speaker === "SPEAKER_SHOPPER") return;
    else if (mine) mine.index = utterance.index;
    else if (utterance.speaker === "SPEAKER_SHOPPER") this.drawShopper(utterance);
    else this.drawStaff(utterance);
    if (utterance.speaker === "SPEAKER_AGENT") this.onNews();
  }

  drawShopper(utterance) {
    this.open?.close();
    this.log.append(shopperTurn(utterance.text));
  }

  drawStaff(utterance) {
    const answer = this.answer();
    answer.index = utterance.index;
    if (utterance.text) answer.write(utterance.text);
    for (const event of utterance.events ?? []) answer.take(event);
    if (!answer.done) answer.finish({});
    this.open = answer;
    this.log.append(answer.element);
  }

  /** While a person is called, their words are fetched every two seconds. */
  poll() {
    clearTimeout(this.timer);
    if (!this.handedOff || !this.id) return;
    this.timer = setTimeout(() => {
      if (this.busy || document.hidden) this.poll();
      else this.catchUp().catch(() => this.poll());
    }, POLL_MS);
  }

  showState() {
    this.place.classList.toggle("handed-off", this.handedOff);
    if (this.handedOff) show(this.banner, h("p", { class: "notice" }, icon("person"), t("chat.waiting")));
    else if (!this.place.classList.contains("is-away")) show(this.banner);
  }

  setBusy(busy) {
    this.busy = busy;
    this.send.disabled = busy;
  }
}

function openProduct() {
  const [, id] = location.pathname.match(/^\/product\/([^/]+)$/) ?? [];
  return id ? decodeURIComponent(id) : undefined;
}

/** The shelves and the cart follow what was said, at once. */
function learned() {
  const tell = () => {
    document.dispatchEvent(new CustomEvent("shop:learned", { detail: ["chat"] }));
    cart.sync();
  };
  tell();
  setTimeout(tell, MISSED_MS);
}
