// A demo shop's menu of shoppers to sign in as; a real shop has none, and then nothing is shown.

import { demoLogin, demoShoppers } from "./api.js";
import { announce, h } from "./dom.js";
import { t } from "./i18n.js";
import { signIn, signOut, user } from "./session.js";

const OUT = "";
let shoppers = null;

/** A select, hidden until it is known that there is somebody to sign in as. */
export function signInMenu() {
  const select = h("select", { class: "sign-in", "aria-label": t("sign.label"), hidden: true });
  shoppers ??= demoShoppers();
  shoppers.then((known) => fill(select, known));
  select.addEventListener("change", () => choose(select));
  return select;
}

function fill(select, known) {
  const now = user();
  const named = now && !known.includes(now) ? [now, ...known] : known;
  select.replaceChildren(
    h("option", { value: OUT, selected: !now }, now ? t("sign.out") : t("sign.in")),
    ...named.map((each) => h("option", { value: each, selected: each === now }, each)),
  );
  select.hidden = !named.length;
}

async function choose(select) {
  const wanted = select.value;
  if (wanted === OUT) {
    signOut();
    announce(t("sign.left"));
    return;
  }
  try {
    signIn(await demoLogin(wanted));
    announce(t("sign.done", { name: wanted }));
  } catch {
    fill(select, await shoppers);
    announce(t("sign.failed"));
  }
}
