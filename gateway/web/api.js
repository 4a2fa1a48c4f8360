// Calls to the gateway. Who asks is told by the cookie, which scripts cannot read.

import { language } from "./i18n.js";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, { query, body, keepalive } = {}) {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  let response;
  try {
    response = await fetch(`/v1${path}${search}`, {
      method,
      keepalive,
      headers: body ? { "content-type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch (error) {
    throw new ApiError(0, String(error));
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer.error?.message ?? response.statusText);
  return answer;
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
