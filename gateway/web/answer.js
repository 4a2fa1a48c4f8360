// One answer of the staff as it comes: words, cards, a question with two buttons, quick replies, a source, thumbs.

import { rate, remember } from "./api.js";
import { addButton, picture, price, productHref, reasonIcon } from "./cards.js";
import { announce, h, icon } from "./dom.js";
import { detail, track } from "./events.js";
import { titled } from "./format.js";
import { t } from "./i18n.js";
import { orderCard } from "./ordercards.js";

/**
 * `say(text)` and `confirm(request, accepted)` are what the buttons do; `conversation()` is the id to rate within;
 * `isNews(degradations)` says whether the shopper does not know yet that something is missing.
 * What can be answered only once (`open`) is closed by the next thing that is said.
 */
export class Answer {
  constructor({ say, confirm, conversation, isNews }) {
    this.actions = { say, confirm, conversation, isNews };
    this.words = h("p", { class: "said-words" });
    this.typing = h("p", { class: "typing" }, h("span", { class: "visually-hidden" }, t("chat.typing")), [1, 2, 3].map(() => h("i", {})));
    this.more = h("div", { class: "said-more" });
    this.element = h("div", { class: "turn staff", "aria-busy": "true" }, h("span", { class: "visually-hidden" }, `${t("chat.staff")}: `), this.typing, this.words, this.more);
    this.words.hidden = true;
    this.done = null;
    this.handoff = null;
    this.index = 0;
  }

  take(event) {
    if (event.textDelta) this.write(event.textDelta);
    else if (event.started) this.element.lang = event.started.languageCode === "zh" ? "zh-Hans" : "en";
    else if (event.products) this.put(productCards(event.products));
    else if (event.orders) this.put((event.orders.orders ?? []).map((each) => orderCard(each, this.actions.say)));
    else if (event.citation) this.put(citation(event.citation, () => this.words.textContent));
    else if (event.confirmation) this.put(this.question(event.confirmation));
    else if (event.quickReplies) this.put(this.replies(event.quickReplies.replies ?? []));
    else if (event.handoff) this.handoff = event.handoff;
    else if (event.done) this.finish(event.done);
  }

  write(text) {
    this.words.hidden = false;
    this.words.append(text);
  }

  put(children) {
    this.more.append(...[children].flat());
  }

  finish(done) {
    this.done = done;
    this.rest();
    if (this.actions.isNews(done.degradations ?? [])) this.put(h("p", { class: "simpler" }, t("chat.simpler")));
    if (!this.words.hidden) this.put(this.thumbs());
    this.element.hidden = this.words.hidden && !this.more.childElementCount; // a person answers instead
  }

  /** Nothing more comes. */
  rest() {
    this.typing.remove();
    this.element.removeAttribute("aria-busy");
  }

  /** Something was said since: what was open is answered. */
  close() {
    for (const each of this.element.querySelectorAll(".open-question button, .replies button")) each.disabled = true;
    for (const each of this.element.querySelectorAll(".replies")) each.remove();
  }

  question(request) {
    const answer = (accepted) => {
      for (const each of box.querySelectorAll("button")) each.disabled = true;
      this.actions.confirm(request, accepted);
    };
    const box = h(
      "div",
      { class: "open-question", role: "group", "aria-label": t("chat.confirm") },
      !this.words.textContent.includes(request.text) && h("p", {}, request.text),
      h("div", { class: "actions" }, h("button", { type: "button", class: "button strong small", onclick: () => answer(true) }, t("chat.yes")), h("button", { type: "button", class: "button small", onclick: () => answer(false) }, t("chat.no"))),
    );
    return box;
  }

  replies(replies) {
    const buttons = replies.map((each) => h("li", {}, h("button", { type: "button", class: "chip", onclick: () => this.actions.say(each.text || each.label) }, each.label)));
    return h("ul", { class: "replies", "aria-label": t("chat.replies") }, buttons);
  }

  thumbs() {
    const buttons = [
      [1, "up"],
      [-1, "down"],
    ].map(([rating, name]) => {
      const button = h("button", { type: "button", class: "round quiet tiny", "aria-label": t(`chat.${name}`), "aria-pressed": "false", onclick: () => this.rate(rating, button, buttons) }, icon(name));
      return button;
    });
    return h("div", { class: "thumbs" }, buttons);
  }

  async rate(rating, button, buttons) {
    try {
      if (!this.index) throw new Error("the answer has no number yet");
      await rate(this.actions.conversation(), this.index, rating);
    } catch {
      announce(t("chat.failed"));
      return;
    }
    for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
    announce(t("chat.thanks"));
  }
}

function productCards({ results = [], attributionToken: token }) {
  remember(results);
  return h("ul", { class: "minis", "aria-label": t("chat.products") }, results.map((each) => mini(each, token)));
}

function mini(result, token) {
  const product = { productId: result.productId, ...result.product };
  const title = titled(product.title ?? product.productId);
  const tell = () => track("product-click", { productDetails: [detail(product)], attributionToken: token });
  return h(
    "li",
    { class: "mini", data: { product: product.productId } },
    h("div", { class: "mini-picture" }, picture(product)),
    h(
      "div",
      { class: "mini-words" },
      h("a", { href: productHref(product.productId), data: { token: token ?? "" }, onclick: tell }, title),
      result.reason?.text && h("p", { class: "reason" }, icon(reasonIcon(result.reason.code)), h("span", {}, result.reason.text)),
      price(product),
    ),
    addButton(product, title, token),
  );
}

/** Opens to the passage that was quoted; the whole article where the shop has it on the web. */
function citation({ title, uri = "" }, passage) {
  const whole = /^https?:\/\//.test(uri) && h("p", {}, h("a", { href: uri, target: "_blank", rel: "noopener" }, t("chat.article")));
  const quoted = h("blockquote", {});
  const box = h("details", { class: "citation" }, h("summary", {}, icon("page"), h("span", {}, t("chat.source", { title }))), h("h4", {}, title), quoted, whole);
  box.addEventListener("toggle", () => (quoted.textContent = passage()));
  return box;
}
