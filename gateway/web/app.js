// The page's frame: header, router, panel, footer.

import * as cart from "./cart.js";
import { standing } from "./cards.js";
import { cartPage } from "./cartpage.js";
import { Chat } from "./chat.js";
import "./chatwords.js";
import { announce, h, icon, show, svg } from "./dom.js";
import { beginPageView } from "./events.js";
import { home } from "./home.js";
import { applyLanguage, language, setLanguage, t } from "./i18n.js";
import { ordersPage } from "./orderspage.js";
import { productView } from "./product.js";
import { drawProfile } from "./profile.js";
import { searchPage } from "./search.js";
import { signInMenu } from "./signin.js";
import { down, lost } from "./states.js";

const main = document.getElementById("main");
const panel = document.getElementById("panel");
const stage = document.getElementById("stage");
const wide = matchMedia("(min-width: 1100px)");
const PANEL = "shopkeeper.panel";

const ROUTES = [
  [/^\/$/, home],
  [/^\/search$/, searchPage],
  [/^\/product\/(?<id>[^/]+)$/, productView],
  [/^\/cart$/, cartPage],
  [/^\/orders$/, ordersPage],
  [/^\/about-you$/, aboutPage],
];

let leaving = new AbortController();

async function route({ focus = null, scroll = 0, moved = true } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const url = new URL(location.href);
  const [match, view] = matched(url.pathname);
  standing.clear();
  document.title = "Shopkeeper";
  main.classList.toggle("narrow", false);
  syncSearchBox(url);
  markCurrent(url);
  try {
    await view(main, { url, signal, go, focus, ask, params: params(match) });
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Error) || error.status === undefined) console.error(error);
    show(main, down(() => route()));
  }
  if (signal.aborted) return;
  scrollTo({ top: scroll, behavior: "instant" });
  if (moved && !focus) main.focus({ preventScroll: true });
  refreshPanel();
}

function matched(path) {
  for (const [pattern, view] of ROUTES) {
    const match = path.match(pattern);
    if (match) return [match, view];
  }
  return [null, async (place) => show(place, lost())];
}

function params(match) {
  const named = Object.entries(match?.groups ?? {});
  return Object.fromEntries(named.map(([name, value]) => [name, decodeURIComponent(value)]));
}

/** Goes to an address of this page. `focus` is the id of what keeps the focus; then the page does not jump. */
function go(href, focus = null, token = "") {
  history.replaceState({ ...history.state, scroll: scrollY }, "");
  beginPageView(location.href);
  history.pushState({ token: token || undefined }, "", href);
  route({ focus, scroll: focus ? scrollY : 0 });
}

addEventListener("popstate", () => {
  beginPageView(document.referrer);
  route({ scroll: history.state?.scroll ?? 0 });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/']");
  const plain = !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.dataset.external !== undefined) return;
  event.preventDefault();
  go(link.getAttribute("href"), null, link.dataset.token);
});

/* header */

function logo() {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 8, class: "mark-ground" }),
    svg("path", { d: "M7 13h18l-1.6 11.2A2 2 0 0 1 21.4 26H10.6a2 2 0 0 1-2-1.8z", fill: "#f6efe2" }),
    svg("path", { d: "M11 15v-3.5a5 5 0 0 1 10 0V15", fill: "none", stroke: "#e8b04a", "stroke-width": 2.4, "stroke-linecap": "round" }),
  );
}

function header() {
  const box = h("input", { id: "search-box", type: "search", name: "q", placeholder: t("search.placeholder"), "aria-label": t("search.label"), autocomplete: "off", enterkeyhint: "search", maxlength: 1000 });
  const form = h("form", { role: "search", action: "/search" }, box, h("button", { type: "submit", class: "round quiet", "aria-label": t("search.submit") }, icon("search")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(`/search?${new URLSearchParams({ q: box.value.trim() })}`);
  });
  const about = h("a", { href: "/about-you", class: "tool", id: "about" }, icon("person"), h("span", {}, t("nav.about")));
  about.addEventListener("click", (event) => {
    if (!wide.matches || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    setPanel(panel.hidden);
  });
  const other = language() === "zh" ? "en" : "zh";
  const switcher = h("button", { type: "button", class: "tool", id: "language", lang: other === "zh" ? "zh-Hans" : "en", onclick: () => speak(other) }, t("nav.language"));
  show(
    document.getElementById("header"),
    h(
      "div",
      { class: "bar-in" },
      h("a", { class: "brand-mark", href: "/" }, logo(), h("span", {}, h("strong", {}, "Shopkeeper"), h("small", {}, t("shop.tagline")))),
      form,
      h("nav", { class: "tools" }, signInMenu(), switcher, h("a", { href: "/orders", class: "tool wide-only", id: "orders" }, icon("parcel"), h("span", {}, t("nav.orders"))), about, h("a", { href: "/cart", class: "tool", id: "cart" }, icon("cart"), h("span", {}, t("nav.cart")), h("b", { class: "pieces", id: "pieces" }))),
    ),
  );
  show(document.getElementById("footer"), h("p", {}, t("foot.note")), h("p", {}, h("a", { href: "/orders" }, t("nav.orders")), " · ", h("a", { href: "/docs", data: { external: "" } }, t("foot.docs"))), signInMenu());
  document.getElementById("skip").textContent = t("nav.skip");
  countPieces();
}

function countPieces() {
  const badge = document.getElementById("pieces");
  const number = cart.pieces();
  badge.textContent = number > 99 ? "99+" : String(number);
  badge.hidden = number === 0;
}

function syncSearchBox(url) {
  document.getElementById("search-box").value = url.pathname === "/search" ? (url.searchParams.get("q") ?? "") : "";
}

function markCurrent(url) {
  for (const link of document.querySelectorAll(".tools a")) {
    if (link.getAttribute("href") === url.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function speak(next) {
  setLanguage(next);
  header();
  launcher();
  chat.frame();
  route({ focus: "language", scroll: scrollY }).then(() => document.getElementById("language").focus({ preventScroll: true }));
}

/* chat */

const chatPlace = document.getElementById("chat");
const openChat = document.getElementById("chat-open");
const CHAT = "shopkeeper.chat-open";
let unread = 0;
const chat = new Chat(chatPlace, { onClose: () => setChat(false), onNews: news });

function launcher() {
  const words = unread ? `${t("chat.open")} (${t("chat.unread", { count: unread })})` : t("chat.open");
  show(openChat, icon("chat"), h("span", {}, words));
}

function news() {
  unread = chatPlace.hidden ? unread + 1 : 0;
  launcher();
}

function setChat(open, focus = true) {
  sessionStorage.setItem(CHAT, open ? "open" : "");
  if (open && !panel.hidden) setPanel(false);
  chatPlace.hidden = !open;
  openChat.hidden = open;
  openChat.setAttribute("aria-expanded", String(open));
  stage.classList.toggle("with-chat", open);
  unread = 0;
  launcher();
  if (open) chat.restore().then(() => chat.log.scroll());
  if (focus) (open ? chat : openChat).focus();
}

/** Says something to the staff for a button elsewhere on the page. */
function ask(text) {
  setChat(true);
  chat.restore().then(() => chat.say(text));
}

function beginChat() {
  launcher();
  openChat.addEventListener("click", () => setChat(true));
  if (sessionStorage.getItem(CHAT) === "open") setChat(true, false);
  else chat.restore(); // a person's words may have come since
}

/* who is signed in */

document.addEventListener("shop:identity", () => {
  header();
  chat.restart(false); // a conversation is one shopper's
  cart.sync();
  route({ moved: false });
});

/* panel */

async function setPanel(open) {
  if (open && !chatPlace.hidden) setChat(false, false);
  localStorage.setItem(PANEL, open ? "open" : "");
  document.getElementById("about").setAttribute("aria-expanded", String(open));
  panel.hidden = !open;
  stage.classList.toggle("with-panel", open);
  if (open) {
    await refreshPanel();
    panel.querySelector("button")?.focus({ preventScroll: true });
  }
}

async function refreshPanel() {
  if (panel.hidden || !wide.matches) return;
  panel.setAttribute("aria-labelledby", "panel-title");
  const closeAndReturn = () => setPanel(false).then(() => document.getElementById("about").focus());
  await drawProfile(panel, { close: closeAndReturn, onForgotten: forgotten }).catch((error) => {
    if (error.status === undefined) console.error(error);
    show(panel, h("p", { class: "notice" }, t("state.down")));
  });
}

async function aboutPage(place) {
  place.classList.toggle("narrow", true);
  await drawProfile(place, { heading: "h1", onForgotten: forgotten });
}

function forgotten() {
  route({ moved: false });
  setTimeout(() => announce(t("panel.forgotten")), 300);
}

function wideChanged() {
  const open = wide.matches && localStorage.getItem(PANEL) === "open" && chatPlace.hidden;
  panel.hidden = !open;
  stage.classList.toggle("with-panel", open);
  refreshPanel();
}

document.addEventListener("shop:cart", countPieces);
document.addEventListener("shop:learned", () => setTimeout(refreshPanel, 350));
addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(input|textarea|select)$/i.test(document.activeElement?.tagName ?? "")) {
    event.preventDefault();
    document.getElementById("search-box").focus();
  } else if (event.key === "Escape" && panel.contains(document.activeElement)) {
    setPanel(false).then(() => document.getElementById("about").focus());
  } else if (event.key === "Escape" && chatPlace.contains(document.activeElement)) {
    setChat(false);
  }
});
wide.addEventListener("change", wideChanged);

history.scrollRestoration = "manual";
applyLanguage();
header();
beginChat();
wideChanged();
route({ moved: false });
