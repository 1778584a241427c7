// Behind the scenes: the calls, as they happen, and the stored records.

import * as api from "./api.js";
import { clockTimeWithSeconds } from "./date.js";
import { fill, fillKept, h } from "./dom.js";

const drawer = document.getElementById("drawer");
const button = document.getElementById("behind");

const PARTIES = { browser: "Browser", slack: "Slack", bot: "elevate", idp: "Identity", dynamo: "DynamoDB", aws: "AWS" };
const LANES = Object.keys(PARTIES);
const READS = ["GetItem", "Query", "BatchGetItem"];

const calls = h("ol", { class: "calls" });
const written = h("div", { class: "records" });
const panels = {
  calls: ["Calls", h("div", { class: "scroll", tabindex: "0" },
    h("p", { class: "soft" }, "Every request is real HTTP, or DynamoDB's protocol in process. What could be a secret is masked."),
    h("div", { class: "lanes heads" }, LANES.map((lane) => h("span", {}, PARTIES[lane]))), calls)],
  records: ["Written down", h("div", { class: "scroll", tabindex: "0" },
    h("p", { class: "soft" }, "Each change is one transaction with its event, so the history can be replayed."), written)],
};
const tabs = Object.entries(panels).map(([id, [title, panel]], at) => {
  panel.id = `panel-${id}`;
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", `tab-${id}`);
  return h("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, click: () => select(at) }, title);
});

drawer.append(
  h("header", {}, h("h2", {}, "Behind the scenes"), h("button", { type: "button", class: "plain", "aria-label": "Close", click: () => open(false) }, "✕")),
  h("div", { role: "tablist", "aria-label": "Behind the scenes", keydown: turn }, tabs),
  ...Object.values(panels).map(([, panel]) => panel));
button.addEventListener("click", () => open(drawer.hidden));
select(0);

function open(isOpen) {
  drawer.hidden = !isOpen;
  document.body.classList.toggle("behind", isOpen);
  button.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) drawCalls();
  else button.focus();
}

function select(chosen) {
  tabs.forEach((tab, at) => {
    tab.setAttribute("aria-selected", String(at === chosen));
    tab.tabIndex = at === chosen ? 0 : -1;
  });
  Object.values(panels).forEach(([, panel], at) => (panel.hidden = at !== chosen));
}

function turn(event) {
  const step = { ArrowRight: 1, ArrowLeft: tabs.length - 1 }[event.key];
  if (!step) return;
  const next = (tabs.indexOf(document.activeElement) + step) % tabs.length;
  select(next);
  tabs[next].focus();
}

/** Draws the calls so far, if the drawer is open. */
export async function drawCalls() {
  if (drawer.hidden) return;
  const panel = panels.calls[1];
  const isAtEnd = panel.scrollHeight - panel.scrollTop - panel.clientHeight < 60;
  fillKept(calls, gathered(await api.calls()), (item) => (item.reads ? readings(item) : call(item)));
  if (isAtEnd) panel.scrollTop = panel.scrollHeight;
}

/** The calls, with reads of the database that follow each other taken together. */
function gathered(exchanges) {
  const items = [];
  for (const exchange of exchanges) {
    if (exchange.to !== "dynamo" || !READS.includes(exchange.call)) items.push(exchange);
    else if (items.at(-1)?.reads) items.at(-1).reads.push(exchange);
    else items.push({ reads: [exchange] });
  }
  return items;
}

function readings({ reads }) {
  const millis = reads.reduce((sum, read) => sum + read.millis, 0);
  return h("li", {}, h("details", {},
    h("summary", {}, h("time", {}, clockTimeWithSeconds(new Date(reads[0].at))), arrow("bot", "dynamo"),
      h("span", { class: "what" }, reads.length === 1 ? "1 read" : `${reads.length} reads`), took(millis)),
    h("ul", {}, reads.map((read) => h("li", {}, h("code", {}, `${read.call} ${read.note}`), took(read.millis))))));
}

function call({ at, from, to, call: name, note, status, millis }) {
  const isWell = status && status < 400;
  return h("li", { class: "call" },
    h("time", {}, clockTimeWithSeconds(new Date(at))), arrow(from, to),
    h("span", { class: "what" }, h("span", { class: "hidden" }, `${PARTIES[from]} to ${PARTIES[to]}: `), name,
      h("span", { class: `status ${isWell ? "well" : "ill"}` }, status ?? "no answer")),
    took(millis), note && h("code", { class: "note" }, note));
}

const took = (millis) => h("span", { class: "took" }, `${millis} ms`);

function arrow(from, to) {
  const [start, end] = [LANES.indexOf(from), LANES.indexOf(to)];
  const direction = start < end ? "right" : "left";
  return h("span", { class: "lanes", "aria-hidden": "true" },
    h("span", { class: `arrow ${direction} from-${Math.min(start, end) + 1} to-${Math.max(start, end) + 1}` }));
}

/** Draws what is written down, the newest request first. */
export function drawRecords({ requests, others }) {
  const groups = requests.toReversed().map(({ id, title, status, events }) => ({ id, title, status, events }));
  if (others.length) groups.push({ id: "", title: "Of no request", status: "", events: others });
  fillKept(written, groups, (group) => h("section", {},
    h("h3", {}, group.title, group.status && h("span", { class: "badge" }, group.status)),
    group.id && h("code", { class: "note" }, group.id),
    h("ol", {}, group.events.map((event) => h("li", {}, h("details", {},
      h("summary", {}, h("time", {}, clockTimeWithSeconds(new Date(event.at))), h("span", {}, event.event.replaceAll("_", " "))),
      h("pre", { tabindex: "0" }, JSON.stringify(event.body, null, 2))))))));
  if (!groups.length) fill(written, h("p", {}, "Nothing yet. Ask for something."));
}
