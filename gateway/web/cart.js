// What lies in the cart, kept in this browser; every change is told to the shop, and what the chat changed is read back.

import { product as productOf, profile } from "./api.js";
import { detail, settled, track } from "./events.js";

const KEPT = "shopkeeper.cart";

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((line) => line?.product?.productId && line.quantity > 0) : [];
  } catch {
    return [];
  }
}

function write(lines) {
  localStorage.setItem(KEPT, JSON.stringify(lines));
  document.dispatchEvent(new CustomEvent("shop:cart"));
}

export const lines = read;
export const pieces = () => read().reduce((sum, line) => sum + line.quantity, 0);

const short = ({ productId, title, price, categories, attributes, brand }) => ({ productId, title, price, categories, attributes, brand });

export function add(product, quantity = 1, attributionToken = undefined) {
  const kept = read();
  const line = kept.find((each) => each.product.productId === product.productId);
  if (line) line.quantity += quantity;
  else kept.push({ product: short(product), quantity });
  write(kept);
  return track("add-to-cart", { productDetails: [detail(product, quantity)], attributionToken });
}

export function remove(productId, quantity) {
  const kept = read();
  const line = kept.find((each) => each.product.productId === productId);
  if (!line) return Promise.resolve();
  const taken = Math.min(quantity, line.quantity);
  line.quantity -= taken;
  write(kept.filter((each) => each.quantity > 0));
  return track("remove-from-cart", { productDetails: [detail(line.product, taken)] });
}

export function empty() {
  write([]);
}

/** The cart as the shop knows it, once it knows what was done here; nothing changes if it cannot be read. */
export async function sync() {
  await settled();
  const before = JSON.stringify(read());
  const shop = await profile().catch(() => null);
  if (!shop) return;
  const known = await named(shop.cartItems ?? [], read());
  if (before === JSON.stringify(read()) && before !== JSON.stringify(known)) write(known);
}

/** The shop's lines with their products, those that stood here before in their old places. */
async function named(items, kept) {
  const ids = kept.map((each) => each.product.productId);
  const place = ({ product }) => (ids.includes(product.productId) ? ids.indexOf(product.productId) : ids.length);
  const lines = items.map(async ({ productId, quantity }) => {
    const known = kept.find((each) => each.product.productId === productId)?.product;
    return { product: short(known ?? (await productOf(productId)) ?? { productId, title: productId }), quantity: Number(quantity) };
  });
  return (await Promise.all(lines)).sort((a, b) => place(a) - place(b));
}
