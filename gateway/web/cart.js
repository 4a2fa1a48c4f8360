// What lies in the cart, kept in this browser; every change is told to the shop.

import { detail, track } from "./events.js";

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

export function add(product, quantity = 1, attributionToken = undefined) {
  const { productId, title, price, categories, attributes, brand } = product;
  const kept = read();
  const line = kept.find((each) => each.product.productId === productId);
  if (line) line.quantity += quantity;
  else kept.push({ product: { productId, title, price, categories, attributes, brand }, quantity });
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
