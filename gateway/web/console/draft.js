// One draft: its text with what the checks say, edited, rewritten, approved or refused, and what happened to it.

import { h, show } from "../dom.js";
import { ago } from "../format.js";
import { t } from "../i18n.js";
import * as api from "./api.js";
import { bare, doing, labelled, quiet, say, tag } from "./parts.js";

/** What a person has typed stays until it is saved, whatever fails meanwhile. */
export class DraftDesk {
  constructor(draft, place, onChange) {
    this.place = place;
    this.onChange = onChange;
    this.said = h("div", {});
    this.instruction = h("input", { id: "instruction", maxlength: 500, placeholder: t("d.revise.hint") });
    this.note = h("input", { id: "note", maxlength: 1000 });
    this.take(draft);
  }

  take(draft) {
    this.draft = draft;
    this.copy = draft.copy ?? {};
    this.state = bare(draft.state, "DRAFT_STATE_");
    this.draw();
  }

  draw() {
    const { draft, copy } = this;
    this.marked = h("div", {});
    this.box = h("textarea", { id: "draft-text", rows: 7, maxlength: 10000, lang: copy.controls?.languageCode });
    this.box.value = copy.text ?? "";
    this.drawChecks(copy.text ?? "", copy.checks ?? {});
    show(
      this.place,
      h("div", { class: "desk-head" }, h("h2", {}, named(draft)), h("p", { class: "quiet-words" }, draft.productId), h("p", { class: "tags" }, tag(t(`d.state.${this.state}`), this.state === "IN_REVIEW" ? "warn" : ""), tag(t("d.revision", { number: draft.revision })), copy.origin && tag(t(`d.origin.${copy.origin}`)), controlTags(copy.controls), (copy.degradations ?? []).map((each) => tag(each, "warn")))),
      this.marked,
      this.said,
      this.state === "IN_REVIEW" && [this.editing(), this.revising(), this.deciding()],
      diff(draft),
      facts(copy.facts ?? []),
      audit(draft.audit ?? []),
    );
  }

  drawChecks(text, checks) {
    const findings = checks.findings ?? [];
    const blocking = findings.filter((each) => each.blocking).length;
    const share = `${Math.round((checks.coverage ?? 0) * 100)}%`;
    show(
      this.marked,
      h("p", { class: "draft-text", lang: this.copy.controls?.languageCode }, highlighted(text, findings)),
      h("p", { class: "tags" }, checks.passed ? tag(t("d.passed"), "good") : tag(t("d.failing", { count: blocking || findings.length }), "bad"), tag(t("d.coverage", { share }))),
      findings.length > 0 && h("ul", { class: "findings" }, findings.map((each) => h("li", { class: each.blocking ? "blocking" : "" }, each.text && h("mark", { class: each.blocking ? "blocking" : "" }, each.text), " ", each.message))),
    );
  }

  act(button, work) {
    doing(button, this.said, async () => {
      await work();
      this.onChange();
    }).then(() => this.offerNewest());
  }

  /** After a refusal because somebody else changed it: the newest can be loaded, what was typed stays in the box. */
  offerNewest() {
    const refused = this.said.querySelector("[role=alert]");
    if (!refused || refused.textContent !== t("e.REVISION_CHANGED")) return;
    const typed = this.box.value;
    const load = h("button", { type: "button", class: "link" }, t("d.newest"));
    load.addEventListener("click", () =>
      this.act(load, async () => {
        this.take(await api.draft(this.draft.draftId));
        this.box.value = typed;
        this.box.dispatchEvent(new Event("input"));
      }),
    );
    refused.append(" ", load);
  }

  /** The revision that has the words in the box: saved first where they are not yet. */
  async revisionOfBox() {
    if (this.box.value !== (this.copy.text ?? "")) {
      const { draft } = await api.edit(this.draft.draftId, { text: this.box.value, revision: this.draft.revision });
      this.take(draft);
    }
    return this.draft.revision;
  }

  editing() {
    const unsaved = h("span", { class: "quiet-words", hidden: true }, t("d.unsaved"));
    this.box.addEventListener("input", () => (unsaved.hidden = this.box.value === this.copy.text));
    const check = h("button", { type: "button", class: "button small" }, t("d.check"));
    check.addEventListener("click", () =>
      doing(check, this.said, async () => this.drawChecks(this.box.value, await api.evaluate(this.box.value, this.draft.productId, this.copy.controls))),
    );
    const save = h("button", { type: "button", class: "button small" }, t("d.save"));
    save.addEventListener("click", () =>
      this.act(save, async () => {
        await this.revisionOfBox();
        say(this.said, t("d.saved"));
      }),
    );
    return h("div", { class: "stack" }, labelled(t("d.text"), this.box), h("div", { class: "inline" }, save, check, unsaved));
  }

  revising() {
    const box = this.instruction;
    const go = h("button", { type: "submit", class: "button small" }, t("d.revise.go"));
    const form = h("form", { class: "inline" }, labelled(t("d.revise"), box), go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!box.value.trim()) return;
      this.act(go, async () => {
        const revision = await this.revisionOfBox();
        const { draft, controls = {} } = await api.revise(this.draft.draftId, { instruction: box.value.trim(), revision });
        box.value = "";
        this.take(draft);
        say(this.said, t("d.understood", { what: controlWords(controls).join(", ") }));
      });
    });
    return form;
  }

  deciding() {
    const decide = (what, words, css) => {
      const button = h("button", { type: "button", class: `button ${css}` }, t(`d.${what}`));
      button.addEventListener("click", () =>
        this.act(button, async () => {
          const revision = await this.revisionOfBox();
          const { draft } = await api[what](this.draft.draftId, { revision, note: this.note.value.trim() });
          this.take(draft);
          say(this.said, t(words));
        }),
      );
      return button;
    };
    return h("div", { class: "inline decide" }, labelled(t("d.note"), this.note), decide("approve", "d.approved", "strong"), decide("reject", "d.rejected", "danger"));
  }
}

/** The product's title as the copywriter was told it, else its id. */
const named = ({ productId, copy }) => copy?.facts?.find((each) => each.name === "title")?.value ?? productId;

const controlWords = (controls = {}) => [controls.channel, controls.style, controls.length, controls.languageCode].filter(Boolean).map((each) => t(`d.${each}`));
const controlTags = (controls) => controlWords(controls).map((each) => tag(each));

/** The text with what was found in it marked; offsets count code points, as the checks do. */
export function highlighted(text, findings) {
  const points = [...text];
  const spans = findings.filter((each) => (each.end ?? 0) > (each.start ?? 0)).sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
  const parts = [];
  let at = 0;
  for (const { start = 0, end, message, blocking } of spans) {
    if (start < at) continue;
    parts.push(points.slice(at, start).join(""), h("mark", { class: blocking ? "blocking" : "", title: message }, points.slice(start, end).join("")));
    at = end;
  }
  return [...parts, points.slice(at).join("")];
}

function section(key, ...content) {
  return h("section", {}, h("h3", {}, t(key)), content);
}

function diff({ publishedText, diff: parts = [] }) {
  if (!publishedText) return section("d.diff", quiet(t("d.diff.none")));
  const drawn = parts.map(({ operation, text }) => (operation === "insert" ? h("ins", {}, text) : operation === "delete" ? h("del", {}, text) : text));
  return section("d.diff", h("p", { class: "diff" }, drawn));
}

function facts(known) {
  if (!known.length) return null;
  return h("details", {}, h("summary", {}, t("d.facts")), h("dl", { class: "facts-list" }, known.map((each) => h("div", {}, h("dt", {}, each.name), h("dd", {}, each.value)))));
}

function audit(entries) {
  const lines = entries.map((each) => h("li", {}, h("time", { datetime: each.entryTime }, ago(each.entryTime)), h("span", {}, h("strong", {}, each.actor), " ", t(`a.${each.action}`), ` · ${t("d.revision", { number: each.revision ?? 0 })}`, each.note && ` · ${each.note}`)));
  return section("d.audit", h("ol", { class: "audit" }, lines));
}
