// Tells the shop what happens: batched, tied to session, page view and answer; sent again if the shop was not there.

import { ApiError, publish } from "./api.js";

const SESSION = "shopkeeper.session";
const IDLE_MS = 30 * 60 * 1000;
const LEARNED_FROM = new Set(["detail-page-view", "add-to-cart", "remove-from-cart", "purchase-complete", "search"]);
const MAX_WAITING = 300;

const unanswered = new Set();
let waiting = [];
let timer = 0;
let failures = 0;
let pageViewId = uuid();
let referrer = document.referrer;

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a name other than localhost
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A visit; a new one after thirty idle minutes. */
function sessionId() {
  const [id, last] = (localStorage.getItem(SESSION) ?? " 0").split(" ");
  const current = id && Date.now() - Number(last) < IDLE_MS ? id : uuid();
  localStorage.setItem(SESSION, `${current} ${Date.now()}`);
  return current;
}

export function beginPageView(from) {
  pageViewId = uuid();
  referrer = from;
}

/** Queues one event. Resolves once the shop has it; rejects if it refused it or was not there. */
export function track(eventType, details = {}) {
  const event = {
    eventId: uuid(),
    eventType,
    sessionId: sessionId(),
    pageViewId,
    uri: location.href.slice(0, 5000),
    referrerUri: referrer.slice(0, 5000) || undefined,
    ...details,
  };
  const sent = new Promise((resolve, reject) => waiting.push({ event, resolve, reject }));
  unanswered.add(sent);
  sent.catch(() => {}).finally(() => unanswered.delete(sent));
  if (waiting.length > MAX_WAITING) waiting.splice(0, waiting.length - MAX_WAITING);
  schedule(eventType === "impression" ? 400 : 20);
  return sent;
}

export const detail = (product, quantity = 1) => ({ productId: product.productId, quantity, price: product.price });

/** Resolves once everything that was told until now is in the log, and readable a third of a second later. */
export async function settled() {
  await Promise.allSettled([...unanswered]);
  await new Promise((resolve) => setTimeout(resolve, 350));
}

function schedule(delay) {
  clearTimeout(timer);
  timer = setTimeout(flush, delay);
}

async function flush() {
  const batch = waiting.splice(0, 100);
  if (!batch.length) return;
  try {
    const { results = [] } = await publish(batch.map((each) => each.event));
    failures = 0;
    batch.forEach((each, index) => settle(each, results[index]));
  } catch (error) {
    again(batch, error);
    return;
  }
  if (batch.some((each) => LEARNED_FROM.has(each.event.eventType))) {
    document.dispatchEvent(new CustomEvent("shop:learned", { detail: batch.map((each) => each.event.eventType) }));
  }
  if (waiting.length) schedule(20);
}

function settle(each, result) {
  if (result?.accepted) each.resolve(result);
  else each.reject(new ApiError(400, result?.message ?? "no answer"));
}

/** What the shop did not take is kept and sent later, under the same id; what it refused is dropped. */
function again(batch, error) {
  const worth = error.status === 0 || error.status === 429 || error.status >= 500;
  failures += 1;
  if (!worth || failures > 5) {
    batch.forEach((each) => each.reject(error));
    failures = worth ? failures : 0;
    return;
  }
  waiting = [...batch, ...waiting];
  schedule(Math.min(500 * 2 ** failures, 15000));
}

addEventListener("pagehide", () => {
  const batch = waiting.splice(0, 100);
  if (batch.length) publish(batch.map((each) => each.event), true).catch(() => {});
});
