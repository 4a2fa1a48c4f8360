// Calls of a team: the operator's key goes along with each. It is kept for as long as this tab is open.

import { ApiError } from "../api.js";
import { t } from "../i18n.js";

const KEY = "shopkeeper.key";
const NAME = "shopkeeper.agent";

export const key = () => sessionStorage.getItem(KEY) ?? "";
export const me = () => localStorage.getItem(NAME) ?? "";

export function enter(newKey, name) {
  sessionStorage.setItem(KEY, newKey);
  localStorage.setItem(NAME, name);
}

export function leave() {
  sessionStorage.removeItem(KEY);
}

export async function call(method, path, { query, body, withKey = key() } = {}) {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  let response;
  try {
    response = await fetch(`/v1${path}${search}`, {
      method,
      headers: { "x-api-key": withKey, ...(body ? { "content-type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch (error) {
    throw new ApiError(0, String(error));
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const error = new ApiError(response.status, answer.error?.message ?? response.statusText, answer.error ?? {});
  if (response.status === 401) document.dispatchEvent(new CustomEvent("console:refused"));
  throw error;
}

/** Whether the gateway knows this key. Any answer but a refusal says so, whoever is away behind it. */
export async function known(candidate) {
  try {
    await call("GET", "/products", { query: { pageSize: 1 }, withKey: candidate });
  } catch (error) {
    if (error.status === 401) return false;
    if (error.status === 0) throw error;
  }
  return true;
}

const id = encodeURIComponent;

export const handoffs = () => call("GET", "/handoffs");
export const claim = (each) => call("POST", `/handoffs/${id(each)}:claim`, { body: { agent: me() } });
export const reply = (each, text, requestId) => call("POST", `/handoffs/${id(each)}:reply`, { body: { agent: me(), text, requestId } });
export const resolve = (each, note) => call("POST", `/handoffs/${id(each)}:resolve`, { body: { agent: me(), note } });

export const conversations = (pageToken) => call("GET", "/conversations", { query: { pageSize: 30, ...(pageToken ? { pageToken } : {}) } });
export const conversation = (each, afterIndex = 0) => call("GET", `/conversations/${id(each)}`, { query: afterIndex ? { afterIndex } : undefined });

export const search = async (query, languageCode) =>
  (await call("POST", "/recommender:search", { body: { query, languageCode, pageSize: 8 } })).results ?? [];
export const product = async (each) => (await call("GET", `/products/${id(each)}`)).product;
export const importProducts = (products, requestId) => call("POST", "/products:import", { body: { products, requestId } });
export const curations = async () => (await call("GET", "/curations")).curations ?? [];
export const curate = (each, pinned, hidden) => call("POST", `/curations/${id(each)}`, { body: { pinned, hidden, actor: me() } });

export const drafts = async () => (await call("GET", "/drafts", { query: { pageSize: 50 } })).drafts ?? [];
export const draft = async (each) => (await call("GET", `/drafts/${id(each)}`)).draft;
export const createDraft = async (productId, controls, requestId) =>
  (await call("POST", "/drafts", { body: { productId, controls, requestId, author: me() } })).draft;
export const evaluate = async (text, productId, controls) =>
  (await call("POST", "/copy:evaluate", { body: { text, productId, controls } })).checks;
const act = (what) => (each, body) => call("POST", `/drafts/${id(each)}:${what}`, { body: { ...body, actor: me() } });
export const edit = act("edit");
export const revise = act("revise");
export const approve = act("approve");
export const reject = act("reject");

/** An error in the page's words. */
export function told(error) {
  if (error.status === 0) return t("e.network");
  if (error.reason === "PEER_NOT_CONFIGURED") return t("e.absent");
  if (["CLAIMED", "REVISION_CHANGED", "CHECKS_FAILED"].includes(error.reason)) return t(`e.${error.reason}`);
  if (error.status === 503) return t("e.away");
  if (error.status === 504) return t("e.slow");
  if (error.status === 429) return t("e.busy");
  return t("e.other", { message: error.message });
}
