// Products taken in from a file or from what is pasted; every row that is refused is shown with its reason.

import { h, show } from "../dom.js";
import { uuid } from "../events.js";
import { t } from "../i18n.js";
import * as api from "./api.js";
import { doing, labelled, notice, say } from "./parts.js";
import { rowsOf } from "./rows.js";

const BATCH = 500;
const BATCH_BYTES = 2_000_000; // the gateway takes 4 MiB
const SHOWN = 200;

export function importing() {
  const box = h("textarea", { id: "import-text", rows: 10, spellcheck: "false" });
  const file = h("input", { type: "file", accept: ".json,.jsonl,.csv,.txt,application/json,text/csv" });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) box.value = await chosen.text();
  });
  const go = h("button", { type: "submit", class: "button strong" }, t("p.go"));
  const said = h("div", {});
  const errors = h("div", {});
  const form = h("form", { class: "stack" }, h("h2", {}, t("p.import")), h("p", { class: "quiet-words" }, t("p.format")), labelled(t("p.paste"), box), labelled(t("p.file"), file), go, said, errors);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(errors);
    doing(go, said, () => take(box.value, said, errors));
  });
  return form;
}

async function take(text, said, errors) {
  let rows;
  try {
    rows = rowsOf(text);
  } catch (error) {
    show(said, notice(t("p.unreadable", { message: error.message })));
    return;
  }
  if (!rows.length) {
    show(said, notice(t("p.nothing")));
    return;
  }
  const wrong = rows.filter((each) => each.problem).map(({ row, product, problem }) => ({ row, productId: product.productId, ...problem }));
  const good = rows.filter((each) => !each.problem);
  let imported = 0;
  let done = 0;
  for (const batch of batches(good)) {
    show(said, h("p", { class: "quiet-words", role: "status" }, t("p.going", { done, all: good.length })));
    done += batch.length;
    const answer = await api.importProducts(batch.map((each) => each.product), uuid());
    imported += Number(answer.importedCount ?? 0);
    wrong.push(...(answer.errors ?? []).map((each) => ({ ...each, row: batch[Number(each.index ?? 0)]?.row })));
  }
  wrong.sort((a, b) => a.row - b.row);
  say(said, t("p.done", { imported, rejected: wrong.length }));
  if (wrong.length) show(errors, table(wrong.slice(0, SHOWN)));
}

/** As many rows as one request may carry, by number and by size. */
function batches(rows) {
  const all = [[]];
  let bytes = 0;
  for (const each of rows) {
    const size = new Blob([JSON.stringify(each.product)]).size;
    if (all.at(-1).length === BATCH || (bytes + size > BATCH_BYTES && all.at(-1).length)) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1).push(each);
    bytes += size;
  }
  return all.filter((each) => each.length);
}

function table(wrong) {
  const head = ["p.row", "p.product", "p.field", "p.problem"].map((each) => h("th", { scope: "col" }, t(each)));
  const rows = wrong.map((each) => h("tr", {}, h("td", {}, each.row), h("td", {}, each.productId ?? ""), h("td", {}, h("code", {}, each.field ?? "")), h("td", {}, each.message)));
  return h("div", { class: "scrolls", tabindex: 0 }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}
