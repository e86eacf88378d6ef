// Copies of a day and of a week. Overlaps are shown before anything is saved.

import { countOf, el } from "../page.js";
import { addDays, nameOf } from "./clock.js";
import { field, input, openPanel } from "./panel.js";
import { copy, textOf } from "./server.js";

export function copyDay(page, day) {
  const { week } = page;
  const taken = new Set(week.shows.map((show) => week.dayOfShow(show)));
  const boxes = week.days.filter((each) => each !== day).map((each) => {
    const box = input("to", { type: "checkbox", value: each, required: false, checked: !taken.has(each) && each >= week.today });
    return el("label", { className: "week-check" }, box, nameOf(each, "long"));
  });
  const report = reportNode();
  const fields = [
    el("fieldset", {}, el("legend", { textContent: "To" }), ...boxes),
    field("And to another day", input("other", { type: "date", required: false })),
    skipBox(),
    report,
  ];
  const form = openPanel(`Copy ${nameOf(day, "long")}`, fields, { button: "Copy", submit });
  const rehearse = rehearsal(form, report, wanted);
  form.addEventListener("change", rehearse);
  rehearse();

  function wanted() {
    const days = [...form.querySelectorAll("[name=to]:checked")].map(({ value }) => value);
    if (form.other.value && form.other.value !== day) days.push(form.other.value);
    const [to_week, ...also_to] = new Set(days);
    return to_week && { venue: week.venue, from_week: day, to_week, also_to, days: 1 };
  }

  function submit() {
    return run(page, form, wanted());
  }
}

export function copyWeek(page) {
  const { week } = page;
  const report = reportNode();
  const boxes = week.screens.map(({ id, name }) =>
    el("label", { className: "week-check" }, input("screens", { type: "checkbox", value: id, required: false, checked: true }), name));
  const fields = [
    field("To the week that begins on", input("to", { type: "date", value: addDays(week.first, 7) })),
    el("fieldset", {}, el("legend", { textContent: "Halls" }), ...boxes),
    skipBox(),
    report,
  ];
  const form = openPanel(`Copy the week of ${nameOf(week.first)}`, fields, { button: "Copy", submit });
  const rehearse = rehearsal(form, report, wanted);
  form.addEventListener("change", rehearse);
  rehearse();

  function wanted() {
    const screens = [...form.querySelectorAll("[name=screens]:checked")].map(({ value }) => Number(value));
    const to = form.to.value;
    if (!screens.length || !to) return null;
    return { venue: week.venue, from_week: week.first, to_week: to, screens };
  }

  function submit() {
    return run(page, form, wanted(), form.to.value);
  }
}

function reportNode() {
  const node = el("div", { className: "week-said" });
  node.setAttribute("role", "status");
  return node;
}

const skipBox = () =>
  el("label", { className: "week-check" }, input("skip", { type: "checkbox", required: false }), "Leave out shows that overlap others");

const choiceOf = (form) => ({ on_conflict: form.skip.checked ? "skip" : "fail" });

// Say what the copy would do.
function rehearsal(form, report, wanted) {
  let turn = 0;
  return async () => {
    const mine = ++turn;
    const body = wanted();
    let texts = [];
    let isRefused = false;
    try {
      if (body) {
        const { shows, skipped } = await copy({ ...body, ...choiceOf(form), dry_run: true });
        const days = [body.to_week, ...(body.also_to || [])];
        const to = days.length > 1 ? countOf(days.length, "day") : nameOf(days[0]);
        texts = [`${to}: ${countOf(shows.length, "show")}`, ...skipped.map(({ detail }) => `Left out: ${detail}`)];
      }
    } catch (problem) {
      isRefused = true;
      texts = [textOf(problem)];
    }
    if (mine !== turn) return;
    report.classList.toggle("refused", isRefused);
    report.replaceChildren(...texts.map((textContent) => el("p", { textContent })));
    form.querySelector("button.default").disabled = isRefused || !texts.length;
  };
}

async function run(page, form, body, goTo) {
  const { created } = await copy({ ...body, ...choiceOf(form) });
  page.done(`${countOf(created.length, "show")} scheduled.`, null, goTo);
}
