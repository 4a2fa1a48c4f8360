// Numbers, money, times and titles as people read them.

import { language } from "./i18n.js";

const locale = () => (language() === "zh" ? "zh-CN" : "en-GB");

export const amount = (money) => Number(money?.units ?? 0) + Number(money?.nanos ?? 0) / 1e9;

export function money(value) {
  if (!value) return "";
  const number = amount(value);
  try {
    return new Intl.NumberFormat(locale(), {
      style: "currency",
      currency: value.currencyCode || "CNY",
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: Number.isInteger(number) ? 0 : 2,
    }).format(number);
  } catch {
    return `${number} ${value.currencyCode}`;
  }
}

export const toMoney = (number, currencyCode) => ({
  currencyCode,
  units: String(Math.trunc(number)),
  nanos: Math.round((number - Math.trunc(number)) * 1e9),
});

export const count = (number) => new Intl.NumberFormat(locale()).format(number);

const STEPS = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [30, "day"],
  [12, "month"],
  [Infinity, "year"],
];

export function ago(isoTime) {
  let distance = (new Date(isoTime) - Date.now()) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(distance) < size) {
      return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(distance), unit);
    }
    distance /= size;
  }
  return "";
}

/** Old catalogues shout; "RED RETROSPOT BAG" reads better as "Red retrospot bag". */
export function titled(text) {
  if (!/[A-Z]{3}/.test(text) || /[a-z]/.test(text)) return text;
  const lower = text.toLowerCase();
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}

export const leaf = (path) => path.split(" > ").at(-1);
export const root = (path) => path.split(" > ")[0];

/** A day, e.g. 23 Nov 2026. */
export const date = (isoTime) => new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(new Date(isoTime));
