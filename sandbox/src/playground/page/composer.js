// The composer: a line of text, with command suggestions while it begins with a slash.

import { act } from "./api.js";
import { fill, h } from "./dom.js";

const form = document.getElementById("composer");
const options = h("ul", { class: "options", id: "commands", role: "listbox", "aria-label": "Commands", hidden: true });
const field = h("input", {
  type: "text", id: "line", role: "combobox", "aria-autocomplete": "list", "aria-controls": "commands", "aria-expanded": "false",
  "aria-label": "Message",
});
const hint = h("p", { class: "hint soft", id: "line-hint" });
form.append(options, h("div", { class: "line" }, field, h("button", { class: "button primary", "aria-label": "Send" }, "Send")), hint);

let state;
let say;
let drawn = "";
let chosen = -1;

/** Draws the composer for the open conversation; `sayOnly` shows the person what the bot could not. */
export function drawComposer(next, suggested, sayOnly) {
  [state, say] = [next, sayOnly];
  field.placeholder = `Message ${state.at.is_direct ? "elevate" : `#${state.at.name}`}`;
  hint.textContent = suggested ? "Enter sends it, as in Slack." : "";
  const stamp = [state.me, state.at.id, suggested].join(" ");
  if (stamp === drawn) return;
  drawn = stamp;
  field.value = suggested ?? "";
  offer();
}

field.addEventListener("input", offer);
field.addEventListener("focus", offer);
field.addEventListener("blur", () => show([]));
field.addEventListener("keydown", (event) => {
  const count = options.children.length;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && count) choose((chosen + step + count) % count);
  else if (event.key === "Tab" && chosen >= 0) take(chosen);
  else if (event.key === "Enter" && chosen >= 0 && options.children[chosen].dataset.line !== field.value) take(chosen);
  else if (event.key === "Escape") show([]);
  else return;
  event.preventDefault();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [line, { me, at }] = [field.value.trim(), state];
  if (!line) return;
  field.value = "";
  show([]);
  const { trouble } = await act("types", { as: me, channel: at.id, line });
  if (trouble) say(at.id, trouble);
});

function offer() {
  const typed = field.value;
  const isTyping = document.activeElement === field && typed.startsWith("/");
  show(isTyping ? state.commands.filter(([line]) => line.startsWith(typed) && line !== typed) : []);
}

function show(commands) {
  fill(options, commands.map(([line, what], at) =>
    h("li", { role: "option", id: `command-${at}`, "data-line": line, mousedown: (event) => (event.preventDefault(), take(at)) },
      h("code", {}, line), h("span", { class: "soft" }, what))));
  options.hidden = !commands.length;
  field.setAttribute("aria-expanded", String(commands.length > 0));
  choose(-1);
}

function choose(at) {
  chosen = at;
  [...options.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
  if (at < 0) field.removeAttribute("aria-activedescendant");
  else field.setAttribute("aria-activedescendant", `command-${at}`);
}

function take(at) {
  field.value = options.children[at].dataset.line;
  field.focus();
  offer();
}
