// What the console's tabs are made of.

import { announce, h, show } from "../dom.js";
import { t } from "../i18n.js";
import { told } from "./api.js";

export const notice = (words, ...more) => h("p", { class: "notice", role: "alert" }, words, more);
export const quiet = (words) => h("p", { class: "quiet-words empty" }, words);
export const tag = (words, kind = "") => h("span", { class: `tag ${kind}` }, words);
export const bare = (name, prefix) => (name ?? "").replace(prefix, "");

export function labelled(words, field, hint) {
  return h("label", { class: "field" }, h("span", {}, words), field, hint && h("small", {}, hint));
}

export function choice(name, values, chosen, words) {
  return h("select", { name }, values.map((each) => h("option", { value: each, selected: each === chosen }, words(each))));
}

/** Runs what a button does: no second press meanwhile; what fails is said in `place`, and nothing is thrown away. */
export async function doing(button, place, work) {
  button.disabled = true;
  show(place);
  try {
    await work();
  } catch (error) {
    if (error.status === undefined) console.error(error);
    show(place, notice(told(error)));
  } finally {
    button.disabled = false;
  }
}

export function say(place, words) {
  show(place, h("p", { class: "done-words", role: "status" }, words));
  announce(words);
}

/** A list beside what is chosen of it. */
export function split() {
  const list = h("div", { class: "side" });
  const detail = h("div", { class: "detail" });
  return { list, detail, whole: h("div", { class: "split" }, list, detail) };
}

/** Calls `work` every `ms` until the signal; a failing one is told once and tried again. */
export function every(ms, signal, work) {
  const turn = async () => {
    if (!document.hidden) await work().catch(() => {});
    if (!signal.aborted) timer = setTimeout(turn, ms);
  };
  let timer = setTimeout(turn, ms);
  signal.addEventListener("abort", () => clearTimeout(timer));
}

export const failed = (error, retry) => notice(told(error), " ", h("button", { type: "button", class: "link", onclick: retry }, t("e.retry")));
