// Forms that send a request: one at a time, with its problem shown.

import { complain } from "./page.js";

export async function attempt(action) {
  complain();
  try {
    return await action();
  } catch (problem) {
    complain(problem);
    return null;
  }
}

// A form that is seen before its script listens is inert until then.
export function onSubmit(form, action) {
  form.inert = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = [...form.querySelectorAll("button")].filter(({ disabled }) => !disabled);
    buttons.forEach((button) => (button.disabled = true));
    await attempt(() => action(form.elements));
    buttons.forEach((button) => (button.disabled = false));
  });
}
