// What was said, from top to bottom, and which of it is in sight.

import { h } from "./dom.js";
import { t } from "./i18n.js";

export class ChatLog {
  constructor(turns) {
    this.element = h("div", { class: "chat-log", role: "log", "aria-label": t("chat.log"), tabindex: 0 }, turns);
    this.asked = null;
    this.atEnd = true;
    let top = 0;
    this.element.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.element;
      if (scrollTop < top - 2) this.atEnd = false;
      if (scrollHeight - scrollTop - clientHeight < 60) this.atEnd = true;
      top = scrollTop;
    });
    new ResizeObserver(() => this.scroll()).observe(this.element);
  }

  turns() {
    return [...this.element.children].filter((each) => !each.classList.contains("welcome"));
  }

  /** Something is said: what greeted the shopper goes. */
  welcomed() {
    this.element.querySelector(".welcome")?.remove();
  }

  append(element) {
    this.element.append(element);
    this.scroll();
  }

  /** The shopper's own words: they come into sight, and stay there while the answer grows. */
  ask(element) {
    this.asked = element;
    this.atEnd = true;
    this.append(element);
  }

  /** From now on the newest is in sight, whatever was asked. */
  follow() {
    this.asked = null;
  }

  /** Down to what is new, but not past what was asked; not at all while the shopper is reading further up. */
  scroll() {
    if (!this.atEnd) return;
    const { scrollHeight, clientHeight, offsetTop } = this.element;
    const end = scrollHeight - clientHeight;
    this.element.scrollTop = this.asked?.isConnected ? Math.min(end, this.asked.offsetTop - offsetTop - 14) : end;
  }
}
