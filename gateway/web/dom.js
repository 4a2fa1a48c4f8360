// Elements without a framework, and without inline styles or handlers, which the page's security policy forbids.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Line icons on a 24 x 24 grid. */
const ICONS = {
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13M15.3 15.3 20 20",
  cart: "M5 8h14l-1.2 10a2 2 0 0 1-2 1.8H8.2a2 2 0 0 1-2-1.8zM8.5 10.5V7.6a3.5 3.5 0 0 1 7 0v2.9",
  person: "M12 4.5a3.7 3.7 0 1 1 0 7.4 3.7 3.7 0 0 1 0-7.4M4.8 20c.7-3.6 3.6-5.6 7.2-5.6s6.5 2 7.2 5.6",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5.5v13M5.5 12h13",
  minus: "M5.5 12h13",
  check: "M5 12.5l4.6 4.6L19 7.5",
  spark: "M12 4c.6 4.6 3.4 7.4 8 8-4.6.6-7.4 3.4-8 8-.6-4.6-3.4-7.4-8-8 4.6-.6 7.4-3.4 8-8",
  again: "M5 12a7 7 0 0 1 12-4.9L19 9M19 4.8V9h-4.2M19 12a7 7 0 0 1-12 4.9L5 15M5 19.2V15h4.2",
  eye: "M2.8 12S6.2 6 12 6s9.2 6 9.2 6-3.4 6-9.2 6-9.2-6-9.2-6M12 9.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2",
  back: "M14.5 5.5 8 12l6.5 6.5",
  forward: "M9.5 5.5 16 12l-6.5 6.5",
  chat: "M4.5 5.500h15a1 1 0 0 1 1 1v9.500a1 1 0 0 1-1 1H11l-4.500 3.500V17h-2a1 1 0 0 1-1-1V6.500a1 1 0 0 1 1-1M8 9.500h8M8 13h5",
  send: "M5 12h13M12.5 6l6 6-6 6",
  up: "M7 11v9H4.500v-9zM7 11l4-7c1.500 0 2.300 1 2.100 2.400L12.600 10H18a1.800 1.800 0 0 1 1.800 2.200l-1.300 6A2.300 2.300 0 0 1 16.200 20H7",
  down: "M17 13V4h2.500v9zM17 13l-4 7c-1.500 0-2.300-1-2.100-2.400l.5-3.600H6a1.800 1.800 0 0 1-1.800-2.200l1.300-6A2.300 2.300 0 0 1 7.800 4H17",
  parcel: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  page: "M7 3.500h7l4 4v13H7zM14 3.500v4h4M10 12h5M10 15.500h5",
  filter: "M4 7h16M7 12h10M10 17h4",
};

export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", {
      d: ICONS[name],
      fill: "none",
      stroke: "currentColor",
      "stroke-width": "1.7",
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
}

export function show(container, ...children) {
  container.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

/** Says something to those who cannot see that it changed. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = text));
}
