// Calls to the gateway. Who asks is told by the cookie, which scripts cannot read, and by the token of who signed in.

import { language } from "./i18n.js";
import { bearer, signOut, user } from "./session.js";
import { serverEvents } from "./sse.js";

export class ApiError extends Error {
  /** `error` is the answer's: code, status, message, details (google.rpc.ErrorInfo first). */
  constructor(status, message, error = {}) {
    super(message);
    this.status = status;
    this.reason = error.details?.[0]?.reason ?? "";
    this.metadata = error.details?.[0]?.metadata ?? {};
    this.violations = (error.details ?? []).flatMap((each) => each.fieldViolations ?? []);
  }
}

/** The answer to a request, or an ApiError; a token that is no longer good is dropped. */
async function ask(method, path, { query, body, keepalive, signal } = {}) {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  let response;
  try {
    response = await fetch(`/v1${path}${search}`, {
      method,
      keepalive,
      signal,
      headers: { ...bearer(), ...(body ? { "content-type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch (error) {
    throw new ApiError(0, String(error));
  }
  if (response.ok) return response;
  const { error = {} } = await response.json().catch(() => ({}));
  const told = new ApiError(response.status, error.message ?? response.statusText, error);
  if (told.reason.startsWith("TOKEN") && user()) signOut();
  throw told;
}

async function call(method, path, options) {
  const response = await ask(method, path, options);
  return response.json().catch(() => ({}));
}

export const homePage = () => call("GET", "/pages/home", { query: { languageCode: language(), pageSize: 12 } });

export const productPage = (id) =>
  call("GET", `/pages/product/${encodeURIComponent(id)}`, { query: { languageCode: language(), pageSize: 12 } });

export const search = (wanted) => call("POST", "/search", { body: { languageCode: language(), ...wanted } });

export const recommend = (wanted) => call("POST", "/recommend", { body: { languageCode: language(), ...wanted } });

export const publish = (events, keepalive = false) =>
  call("POST", "/events:publish", { body: { events }, keepalive });

export const profile = async () =>
  (await call("GET", "/profile", { query: { languageCode: language() } })).profile ?? {};

export const forget = () => call("DELETE", "/profile");

const products = new Map();

/** A product in the language spoken; null if the shop has none of that id. */
export async function product(id) {
  const key = `${language()} ${id}`;
  if (!products.has(key)) {
    const asked = call("GET", `/products/${encodeURIComponent(id)}`, { query: { languageCode: language() } });
    products.set(
      key,
      asked.then(
        (answer) => answer.product,
        (error) => {
          if (error.status !== 404) products.delete(key);
          return null;
        },
      ),
    );
  }
  return products.get(key);
}

/** Products that came with an answer need not be asked for again. */
export function remember(results) {
  for (const { product: each } of results) {
    if (each) products.set(`${language()} ${each.productId}`, Promise.resolve(each));
  }
}

/** One turn of the chat: its events as they come. Ends with an ApiError if it broke off. */
export async function* chat(body, signal) {
  const response = await ask("POST", "/chat", { body: { languageCode: language(), ...body }, signal });
  for await (const { name, data } of serverEvents(response)) {
    const said = JSON.parse(data);
    if (name === "error") throw new ApiError(said.error.code, said.error.message, said.error);
    yield said.event ?? {};
  }
}

export const conversation = (id, afterIndex = 0) =>
  call("GET", `/chat/${encodeURIComponent(id)}`, { query: afterIndex ? { afterIndex } : undefined });

export const rate = (id, index, rating) =>
  call("POST", `/chat/${encodeURIComponent(id)}:feedback`, { body: { index, rating } });

export const buy = async (requestId, lines) =>
  (await call("POST", "/buy", { body: { requestId, lines, languageCode: language() } })).order;

export const myOrders = (pageToken = "") =>
  call("GET", "/my/orders", { query: { pageSize: 20, ...(pageToken ? { pageToken } : {}) } });

/** As whom one may sign in here without a password; none in a real shop. */
export const demoShoppers = async () => {
  const answer = await call("GET", "/demo/shoppers").catch(() => ({}));
  return (answer.shoppers ?? []).map((each) => each.userId);
};

export const demoLogin = (userId) => call("POST", "/demo/login", { body: { userId } });
