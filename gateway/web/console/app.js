// The console's frame: the key at the door, the tabs, the language.

import { announce, h, show } from "../dom.js";
import { applyLanguage, language, setLanguage, t } from "../i18n.js";
import * as api from "./api.js";
import { catalogueTab } from "./catalogue.js";
import { conversationsTab } from "./conversations.js";
import { copyTab } from "./copytab.js";
import { handoffsTab } from "./handoffs.js";
import { failed, labelled, notice } from "./parts.js";
import "./words.js";

const TABS = { handoffs: handoffsTab, conversations: conversationsTab, copy: copyTab, catalogue: catalogueTab };

const head = document.getElementById("header");
const main = document.getElementById("main");
let leaving = new AbortController();

const chosen = () => (TABS[location.hash.slice(1)] ? location.hash.slice(1) : "handoffs");

function header() {
  const other = language() === "zh" ? "en" : "zh";
  const tab = (name) => h("a", { href: `#${name}`, id: `tab-${name}`, "aria-current": api.key() && name === chosen() ? "page" : null }, t(`c.${name}`));
  show(
    head,
    h("a", { class: "console-brand", href: "/console" }, h("strong", {}, "Shopkeeper"), " ", h("span", {}, t("c.title"))),
    h("nav", { "aria-label": t("c.tabs") }, api.key() && Object.keys(TABS).map(tab)),
    h(
      "div",
      { class: "console-tools" },
      api.key() && h("span", { class: "me" }, api.me()),
      h("button", { type: "button", class: "tool", id: "language", lang: other === "zh" ? "zh-Hans" : "en", onclick: () => speak(other) }, t("nav.language")),
      h("a", { class: "tool", href: "/" }, t("c.shop")),
      api.key() && h("button", { type: "button", class: "tool", onclick: leave }, t("c.leave")),
    ),
  );
  document.title = `Shopkeeper · ${t("c.title")}`;
}

function speak(next) {
  setLanguage(next);
  draw();
  document.getElementById("language").focus();
}

function leave() {
  api.leave();
  draw();
}

async function draw() {
  leaving.abort();
  leaving = new AbortController();
  header();
  if (!api.key()) {
    gate();
    return;
  }
  show(main);
  try {
    await TABS[chosen()](main, { signal: leaving.signal });
  } catch (error) {
    if (error.status === undefined) console.error(error);
    if (api.key()) show(main, failed(error, draw));
  }
}

function gate(words = "") {
  const key = h("input", { id: "key", type: "password", autocomplete: "off", spellcheck: "false" });
  const name = h("input", { id: "name", value: api.me(), maxlength: 128, autocomplete: "name" });
  const said = h("div", {}, words && notice(words));
  const open = h("button", { type: "submit", class: "button strong" }, t("gate.open"));
  const form = h("form", { class: "gate stack" }, h("h1", {}, t("gate.title")), labelled(t("gate.key"), key, t("gate.hint")), labelled(t("gate.name"), name), said, open);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    open.disabled = true;
    const problem = await refusal(key.value.trim(), name.value.trim());
    open.disabled = false;
    if (problem) show(said, notice(problem));
    else enter(key.value.trim(), name.value.trim());
  });
  show(main, form);
  key.focus();
}

async function refusal(key, name) {
  if (!key || !name) return t("gate.empty");
  try {
    return (await api.known(key)) ? "" : t("gate.wrong");
  } catch (error) {
    return api.told(error);
  }
}

function enter(key, name) {
  api.enter(key, name);
  draw();
  announce(t(`c.${chosen()}`));
  main.focus();
}

addEventListener("hashchange", draw);
document.addEventListener("console:refused", () => {
  if (!api.key()) return;
  api.leave();
  leaving.abort();
  header();
  gate(t("gate.wrong"));
});

applyLanguage();
draw();
