// Draws the topmost form, with errors under its fields.

import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { fill, h } from "./dom.js";

const dialog = document.getElementById("modal");
let drawn = "";

/** Shows the form that lies on top, or none; one that has not changed keeps what is filled in. */
export function drawModal({ me, names, modals }) {
  const topmost = modals.at(-1);
  const stamp = topmost ? JSON.stringify([me, topmost]) : "";
  if (stamp === drawn) return;
  drawn = stamp;
  if (dialog.open) dialog.close();
  if (!topmost) return;
  const { id, view } = topmost;
  const trouble = h("p", { class: "trouble", role: "alert" });
  const close = () => act("closes", { as: me, view: id });
  const form = h("form", { novalidate: true, submit: (event) => (event.preventDefault(), send(form, me, id, trouble)) },
    h("header", {}, h("h2", { id: "modal-title" }, view.title.text), h("button", { type: "button", class: "plain", "aria-label": "Close", click: close }, "✕")),
    h("div", { class: "body" }, blocks(view.blocks, { me, names }), trouble),
    h("footer", {},
      h("button", { type: "button", class: "button", click: close }, view.close?.text ?? "Cancel"),
      view.submit && h("button", { class: "button primary" }, view.submit.text)));
  fill(dialog, form);
  dialog.oncancel = (event) => (event.preventDefault(), close());
  dialog.showModal();
  form.querySelector("select, input, textarea")?.focus();
}

async function send(form, me, view, trouble) {
  const fields = [...form.querySelectorAll("[data-field]")].map((field) => field.querySelector("select, input, textarea"));
  const missing = fields.filter((field) => field.required && !field.value.trim());
  mark(fields, Object.fromEntries(missing.map((field) => [field.name, "Please complete this required field."])));
  trouble.textContent = "";
  if (missing.length) return;
  const given = Object.fromEntries(fields.filter((field) => field.value).map((field) => [field.name, field.value]));
  const submit = form.querySelector(".primary");
  submit.disabled = true;
  const { errors = {}, trouble: why = "" } = await act("submits", { as: me, view, fields: given });
  submit.disabled = false;
  mark(fields, errors);
  trouble.textContent = why;
}

/** Says under each field what is wrong with it, and goes to the first. */
function mark(fields, errors) {
  for (const field of fields) {
    const fault = document.getElementById(`${field.id}-fault`);
    fault.textContent = errors[field.name] ?? "";
    field.setAttribute("aria-invalid", field.name in errors);
    if (field.name in errors) field.setAttribute("aria-describedby", fault.id);
    else field.removeAttribute("aria-describedby");
  }
  fields.find((field) => field.name in errors)?.focus();
}
