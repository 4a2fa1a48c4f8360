// A product's words in one language, and the product with them changed. Nothing else of it is touched.

import { amount, toMoney } from "../format.js";
import { t } from "../i18n.js";

const own = (product) => product.languageCode || "en";
const alike = (a, b) => a.split("-")[0] === b.split("-")[0];

/** What stands in the form: the words in that language, or else the product's own. */
export function wordsOf(product, language) {
  const other = (product.localizations ?? []).find((each) => alike(each.languageCode, language));
  const spoken = alike(own(product), language) || !other ? { languageCode: own(product), ...product } : other;
  const price = product.price ? String(amount(product.price)) : "";
  return { language: spoken.languageCode.split("-")[0], title: spoken.title ?? product.title, description: spoken.description ?? "", price };
}

/** The product as the form says, or what is wrong with the form: [field, in words]. */
export function edited(product, language, { title, description, price, stock, tags }) {
  const problems = [
    ...(title.trim() ? [] : [["title", t("p.bad.title")]]),
    ...(isNumber(price) || (price.trim() === "" && !product.price) ? [] : [["price", t("p.bad.price", { value: price })]]),
    ...(stock.trim() === "" || /^\d+$/.test(stock.trim()) ? [] : [["stock", t("p.bad.stock", { value: stock })]]),
  ];
  const next = structuredClone(product);
  const words = alike(own(product), language) ? next : next.localizations.find((each) => alike(each.languageCode, language));
  words.title = title.trim();
  words.description = description.trim();
  if (price.trim() !== "" && !problems.length) {
    next.price = toMoney(Number(price), product.price?.currencyCode ?? "CNY");
    if (next.originalPrice && amount(next.originalPrice) < amount(next.price)) delete next.originalPrice;
  }
  if (stock.trim() === "") delete next.stock;
  else next.stock = stock.trim();
  next.tags = tags.split(/[,，]/).map((each) => each.trim()).filter(Boolean);
  return { product: next, problems };
}

const isNumber = (text) => /^\d+(\.\d+)?$/.test(text.trim());
