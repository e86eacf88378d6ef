// The form that schedules a show. It says what is in the way before anything is saved.

import { el, option } from "../page.js";
import { addDays, dayOf, nameOf, onDay, timeOf, wallOf } from "./clock.js";
import { field, input, openPanel, select } from "./panel.js";
import { eventsLike, schedule, termsFor, textOf } from "./server.js";

const CHECK_AFTER_MS = 250;
const FIND_FROM = 20; // Films from which on a search field is offered.

let films = null; // The films to choose from, by title.
let lastFilm = null;

export const filmAdded = (film) => {
  films = null;
  lastFilm = film.id;
};

// Ask for a show on a screen at a time. `page` has week, grid, and done(text, id).
export async function addShow(page, screen, start) {
  const { week, grid } = page;
  films ??= await eventsLike("");
  const film = el("select", { name: "event", required: true });
  const find = input("find", { type: "search", required: false, placeholder: "Title", autocomplete: "off" });
  const choices = el("div", { className: "week-prices" });
  const day = dayOf(start, week.startsAt);
  const days = [...week.days, addDays(week.first, 7)].map((each) => option(each, nameOf(each)));
  const said = el("p", { className: "week-said", textContent: " " });
  said.setAttribute("role", "status");
  const fields = [
    ...(films.length > FIND_FROM ? [field("Find", find)] : []),
    field("Film", film),
    el("div", { className: "week-pair" },
      field("Day", select("day", days, day)),
      field("Start", input("time", { type: "time", value: timeOf(start), step: 300 }))),
    field("Hall", select("screen", week.screens.map(({ id, name }) => option(id, name)), screen)),
    said,
    choices,
  ];
  fill(film, films);
  const form = openPanel("New show", fields, { button: "Schedule", onClose: () => grid.hideGhost(), submit });
  (films.length ? film : find).focus();
  form.time.addEventListener("input", check);
  for (const name of ["day", "screen"]) form[name].addEventListener("change", check);
  for (const name of ["event", "screen"]) form[name].addEventListener("change", terms);
  choices.addEventListener("input", ({ target }) => {
    target.dataset.typed = "";
    check();
  });
  find.addEventListener("input", later(async () => {
    fill(film, await eventsLike(find.value.trim()));
    terms();
  }));
  let timer = 0;
  await terms();

  function times() {
    const chosen = [...film.options].find(({ selected }) => selected);
    const begin = onDay(form.day.value, form.time.value || "00:00", week.startsAt);
    const end = begin + Number(chosen?.dataset.minutes || 0);
    return { begin, end, freeFrom: end + week.cleaning };
  }

  function body() {
    const prices = {};
    for (const { value, dataset } of choices.querySelectorAll("[data-category]")) {
      const { category, type } = dataset;
      if (type === undefined) prices[category] = value;
      else (prices[category] ??= {})[type] = value;
    }
    const { currency, language, format, publication, price_list: list } = form;
    const paid = list?.value ? { price_list: Number(list.value) } : { currency: currency.value.toUpperCase(), prices };
    return {
      event: Number(film.value),
      screen: Number(form.screen.value),
      start_time: wallOf(times().begin),
      ...paid,
      language: language.value,
      format: format.value,
      publication: publication.value,
    };
  }

  async function terms() {
    if (!film.value) return;
    lastFilm = Number(film.value);
    const answer = await termsFor(form.screen.value, film.value);
    draw(choices, answer);
    check();
  }

  function check() {
    if (!form.isConnected) return;
    const { begin, end, freeFrom } = times();
    const clash = week.inTheWay(Number(form.screen.value), begin, freeFrom);
    grid.show(Number(form.screen.value), begin, end, freeFrom, clash);
    const cleaning = week.cleaning ? `, cleaning until ${timeOf(freeFrom)}` : "";
    tell(clash ? `“${clash.title}” is there from ${timeOf(clash.start)}, and the hall is free from ${timeOf(clash.freeFrom)}.` : `Ends at ${timeOf(end)}${cleaning}.`, clash);
    clearTimeout(timer);
    // The server knows shows of other weeks, and everything else that could be refused.
    if (!clash && form.checkValidity()) timer = setTimeout(rehearse, CHECK_AFTER_MS);
  }

  async function rehearse() {
    try {
      await schedule(body(), { dry_run: true });
    } catch (refusal) {
      if (form.isConnected) tell(textOf(refusal), true);
    }
  }

  function tell(text, isRefused) {
    said.textContent = text;
    said.classList.toggle("refused", Boolean(isRefused));
  }

  async function submit() {
    clearTimeout(timer);
    const { begin } = times();
    const { created } = await schedule(body());
    const title = film.selectedOptions[0].textContent;
    page.done(`${title}: scheduled on ${nameOf(form.day.value)} at ${timeOf(begin)}.`, created[0]);
  }
}

function fill(node, found) {
  node.replaceChildren(...found.map((each) => {
    const choice = option(each.id, each.is_published ? each.title : `${each.title} (unpublished)`);
    choice.dataset.minutes = each.duration_minutes;
    return choice;
  }));
  if (found.some(({ id }) => id === lastFilm)) node.value = lastFilm;
}

// The prices as they were last, to be changed. Without earlier shows they are empty.
function draw(node, { currency, prices, price_lists: lists, format, language }) {
  const amounts = Object.entries(prices).flatMap(([category, amount]) =>
    typeof amount === "string"
      ? [amountOf(category, category, undefined, amount)]
      : Object.entries(amount).map(([type, each]) => amountOf(`${category}, ${type}`, category, type, each)));
  const isKnown = currency && !Object.values(prices).includes("");
  const typedPrices = el("fieldset", {}, ...amounts, field("Currency", input("currency", { value: currency, maxLength: 3, size: 4 })));
  typedPrices.querySelector("[name=currency]").setAttribute("list", "currencies");
  const chosen = node.querySelector("[name=price_list]")?.value ?? "";
  const list = select("price_list", [option("", "Prices below"), ...lists.map(({ id, name, currency: code }) => option(id, `${name} (${code})`))], chosen);
  list.required = false;
  // The prices of a list take the place of the typed ones.
  const choose = () => {
    typedPrices.hidden = typedPrices.disabled = Boolean(list.value);
  };
  list.addEventListener("change", choose);
  choose();
  const more = [
    ...(lists.length ? [field("Price list", list)] : []),
    typedPrices,
    el("div", { className: "week-pair" },
      field("Format", input("format", { value: format, required: false, placeholder: "2D, IMAX" })),
      field("Language", input("language", { value: language, required: false }))),
    field("Publication", select("publication", [option("public", "Public"), option("draft", "Draft"), option("unlisted", "Unlisted")])),
  ];
  // Prices that were typed meanwhile stay.
  const typed = [...node.querySelectorAll("[data-typed]")].map(({ name, value }) => [name, value]);
  const focused = node.contains(document.activeElement) && document.activeElement.name;
  const summary = isKnown ? `Prices: ${shortOf(prices)} ${currency}` : "Prices";
  node.replaceChildren(el("details", { open: !isKnown || Boolean(chosen) }, el("summary", { textContent: summary }), ...more));
  for (const [name, value] of typed) {
    const again = node.querySelector(`[name="${CSS.escape(name)}"]`);
    if (again) Object.assign(again, { value }).dataset.typed = "";
  }
  if (focused) node.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
}

function amountOf(label, category, type, value) {
  const node = input(`price-${category}-${type ?? ""}`, { value, inputMode: "decimal", pattern: "[0-9]+([.][0-9]+)?", placeholder: "9.50" });
  node.dataset.category = category;
  if (type !== undefined) node.dataset.type = type;
  return field(label, node);
}

const shortOf = (prices) =>
  [...new Set(Object.values(prices).flatMap((each) => (typeof each === "string" ? each : Object.values(each))))].join(", ");

function later(action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, CHECK_AFTER_MS);
  };
}
