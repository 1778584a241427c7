// Draws Block Kit, with one table for each kind of element. Anything else is an error that the page shows:
// a blank would hide a fault of the bot, or of this page.

import { act, browse } from "./api.js";
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

const BLOCKS = {
  actions: ["elements", (block, context) => h("div", { class: "actions" }, block.elements.map((one) => element(one, context)))],
  context: ["elements", (block, context) => h("div", { class: "context" }, block.elements.map((one) => h("span", {}, text(one, context))))],
  divider: ["", () => h("hr")],
  header: ["text", (block, context) => h("h3", {}, text(block.text, context))],
  input: ["label element hint optional", input],
  rich_text: ["elements", (block, context) => h("div", { class: "rich" }, block.elements.map((one) => rich(one, context)))],
  section: ["text fields accessory expand", section],
};

const ELEMENTS = {
  button: ["text value style url", button],
  plain_text_input: ["multiline min_length max_length placeholder initial_value focus_on_load", textInput],
  static_select: ["options option_groups initial_option placeholder focus_on_load", select],
};

const TEXTS = {
  mrkdwn: ["text verbatim", (object, context) => mrkdwn(object.text, context)],
  plain_text: ["text emoji", (object) => object.text.split("\n").flatMap((line, at) => (at ? [h("br"), line] : [line]))],
};

const RICH = {
  rich_text_section: ["elements", (part, context) => h("p", {}, runs(part, context))],
  rich_text_quote: ["elements", (part, context) => h("blockquote", {}, runs(part, context))],
  rich_text_preformatted: ["elements", (part, context) => h("pre", {}, runs(part, context))],
  rich_text_list: ["elements style indent", (part, context) =>
    h(part.style === "ordered" ? "ol" : "ul", {}, part.elements.map((item) => h("li", {}, runs(item, context))))],
};

const RUNS = {
  text: ["text style", (run) => styled(run.style, run.text)],
  link: ["url text style", (run, context) =>
    styled(run.style, h("a", { href: browse(context.me, run.url), target: "_blank", rel: "noopener" }, run.text ?? run.url))],
  user: ["user_id style", (run, context) => h("span", { class: "mention" }, "@", context.names[run.user_id] ?? run.user_id)],
};

/** A message's or a form's blocks. The context says who looks, what things are called, and where this stands. */
export const blocks = (list, context) => list.map((block) => shown("block", BLOCKS, block, context));

const element = (json, context) => shown("element", ELEMENTS, json, context);
const text = (json, context) => shown("text", TEXTS, json, context);
const rich = (json, context) => shown("rich text", RICH, json, context);
const runs = (part, context) => part.elements.map((run) => shown("rich text", RUNS, run, context));

/** The thing, if the table knows its type and each of its fields. */
function shown(what, table, json, context) {
  const [fields, make] = table[json.type] ?? [];
  const known = ["type", "block_id", "action_id", ...(fields ?? "").split(" ")];
  const unknown = Object.keys(json).find((field) => !known.includes(field));
  if (make && !unknown) return make(json, context);
  const why = make ? `${json.type} with ${unknown}` : `of type ${json.type}`;
  return h("div", { class: "cannot", role: "alert" }, `This page cannot show a ${what} ${why}: `, h("code", {}, JSON.stringify(json)));
}

function section(block, context) {
  return h("div", { class: "section" },
    h("div", {},
      block.text && h("p", {}, text(block.text, context)),
      block.fields && h("div", { class: "fields" }, block.fields.map((field) => h("p", {}, text(field, context))))),
    block.accessory && element(block.accessory, context));
}

function styled(style = {}, child) {
  const tags = { bold: "strong", italic: "em", strike: "s", code: "code" };
  return Object.entries(tags).reduce((node, [name, tag]) => (style[name] ? h(tag, {}, node) : node), child);
}

function button(json, context) {
  const label = text(json.text, context);
  const press = async ({ currentTarget: pressed }) => {
    pressed.setAttribute("aria-busy", "true");
    const { trouble } = await act("presses", { as: context.me, ...context.at, action: json.action_id });
    pressed.removeAttribute("aria-busy");
    pressed.parentElement.querySelector(".trouble")?.remove();
    if (trouble) pressed.after(h("span", { class: "trouble", role: "alert" }, `⚠ ${trouble}`));
  };
  const attributes = { class: `button ${json.style ?? ""}`, "data-action": json.action_id, click: press };
  if (!json.url) return h("button", { type: "button", ...attributes }, label);
  const leadsOut = { href: browse(context.me, json.url), target: "_blank", rel: "noopener" };
  return h("a", { ...leadsOut, ...attributes }, label, h("span", { class: "away", "aria-hidden": "true" }, " ↗"));
}

function input(block, context) {
  const id = `field-${block.block_id}`;
  const field = element(block.element, { ...context, optional: block.optional });
  field.id = id;
  field.name = block.block_id;
  field.required = !block.optional;
  return h("div", { class: "input", "data-field": block.block_id },
    h("label", { for: id }, text(block.label, context), block.optional && h("span", { class: "soft" }, " (optional)")),
    field,
    block.hint && h("p", { class: "hint" }, text(block.hint, context)),
    h("p", { class: "fault", id: `${id}-fault` }));
}

function textInput(json) {
  const { multiline, initial_value, min_length, max_length, placeholder, focus_on_load } = json;
  const field = h(multiline ? "textarea" : "input", {
    minlength: min_length, maxlength: max_length ?? 3000, placeholder: placeholder?.text, autofocus: focus_on_load, rows: multiline && 4,
  });
  field.value = initial_value ?? "";
  return field;
}

function select(json, context) {
  const option = (one) => {
    const description = one.description ? ` · ${one.description.text}` : "";
    return h("option", { value: one.value, selected: json.initial_option?.value === one.value }, one.text.text, description);
  };
  const offered = json.option_groups?.map((group) => h("optgroup", { label: group.label.text }, group.options.map(option))) ?? json.options.map(option);
  return h("select", { autofocus: json.focus_on_load },
    h("option", { value: "", disabled: !context.optional, selected: !json.initial_option }, json.placeholder?.text ?? "Select an item"),
    offered);
}
