// openapi.json as a page that reads well.

import { h, show } from "./dom.js";

const TAIL = "#/components/schemas/";

const named = (schema) => schema?.$ref?.slice(TAIL.length);

function typeOf(schema) {
  if (named(schema)) return h("a", { href: `#${named(schema)}` }, named(schema));
  if (schema?.type === "array") return h("span", {}, "list of ", typeOf(schema.items));
  return schema?.enum ? schema.enum.filter((each) => !each.endsWith("_UNSPECIFIED")).join(" | ") : (schema?.format ?? schema?.type ?? "");
}

const table = (rows) =>
  h("table", {}, h("tbody", {}, rows.map(([name, schema, text]) => h("tr", {}, h("td", {}, h("code", {}, name)), h("td", {}, typeOf(schema)), h("td", {}, text ?? "")))));

function operation(path, verb, call) {
  const body = call.requestBody?.content["application/json"].schema;
  const [[mediaType, { schema: answer }]] = Object.entries(call.responses["200"].content);
  const keys = call.security.flatMap((each) => Object.keys(each)).join(", ");
  return h(
    "details",
    { id: call.operationId },
    h("summary", {}, h("code", {}, h("span", { class: "verb" }, verb.toUpperCase()), path), h("span", { class: "does" }, call.description)),
    call.parameters.length > 0 && table(call.parameters.map((each) => [`${each.name} (${each.in})`, each.schema, each.description])),
    table([...(body ? [["body", body]] : []), ["answer", answer, mediaType === "application/json" ? "" : call.responses["200"].description], ["who may ask", { type: keys }]]),
  );
}

const schema = ([name, each]) =>
  h("details", { id: name }, h("summary", {}, h("code", {}, name), h("span", { class: "does" }, each.description ?? "")), each.properties && table(Object.entries(each.properties).map(([field, of]) => [field, of, of.description])));

const spec = await (await fetch("/openapi.json")).json();
const calls = Object.entries(spec.paths).flatMap(([path, verbs]) => Object.entries(verbs).map(([verb, call]) => [path, verb, call]));
show(
  document.getElementById("content"),
  spec.tags.map((tag) => [h("h2", {}, tag.name), h("p", {}, tag.description), calls.filter(([, , call]) => call.tags.includes(tag.name)).map((each) => operation(...each))]),
  h("h2", {}, "Messages"),
  Object.entries(spec.components.schemas).map(schema),
);
const open = () => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.setAttribute("open", "");
addEventListener("hashchange", open);
open();
