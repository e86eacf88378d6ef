// The form beside the week: one at a time. Escape closes it.

import { byId, el } from "../page.js";
import { textOf } from "./server.js";

let opener = null;
let closed = null;

export function closePanel() {
  const panel = byId("panel");
  if (panel.hidden) return;
  panel.hidden = true;
  panel.replaceChildren();
  closed?.();
  closed = null;
  if (opener?.isConnected) opener.focus();
  opener = null;
}

// Open a form. `submit` is called with the form, and its problem is shown. Return the form.
export function openPanel(title, fields, { submit, button = "Save", onClose } = {}) {
  closePanel();
  opener = document.activeElement;
  closed = onClose;
  const panel = byId("panel");
  const close = el("button", { type: "button", className: "close", textContent: "✕", ariaLabel: "Close" });
  close.addEventListener("click", closePanel);
  const problem = el("p", { className: "errornote", hidden: true });
  problem.setAttribute("role", "alert");
  const save = submit && el("button", { className: "button default", textContent: button });
  const form = el("form", { noValidate: false }, ...fields, problem, ...(save ? [save] : []));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!submit || save.disabled) return;
    save.disabled = true;
    say(form);
    try {
      await submit(form);
    } catch (refusal) {
      if (!refusal.status && refusal.status !== 0) console.error(refusal);
      say(form, textOf(refusal));
    } finally {
      save.disabled = false;
    }
  });
  panel.replaceChildren(el("div", { className: "week-panel-head" }, el("h2", { textContent: title }), close), form);
  panel.hidden = false;
  panel.scrollIntoView({ block: "nearest" });
  form.querySelector("[autofocus], select, input, button")?.focus();
  return form;
}

export function say(form, text = "") {
  const problem = form.querySelector("[role=alert]");
  problem.textContent = text;
  problem.hidden = !text;
}

export function field(label, control, help) {
  const texts = help ? [el("small", { textContent: help })] : [];
  return el("label", { className: "week-field" }, el("span", { textContent: label }), control, ...texts);
}

export const input = (name, properties = {}) => el("input", { name, required: true, ...properties });

export function select(name, options, value) {
  const node = el("select", { name, required: true }, ...options);
  if (value !== undefined) node.value = value;
  return node;
}

byId("panel").addEventListener("keydown", (event) => event.key === "Escape" && closePanel());
