// The page of a hall: it draws a layout, says what a change would do, and saves it.

import { request } from "../../shows/api.js";
import { byId, complain, countOf, el } from "../../shows/page.js";
import { drawAreaRows } from "./areas.js";
import { Drawing } from "./drawing.js";
import { applyMarks, toggle } from "./marks.js";
import { drawRowTable, firstRows, generator } from "./rows.js";

const PREVIEW_AFTER_MS = 500;
const { venue, screen, preview: previewPath, hasLayout } = byId("content-main").dataset;
const layoutPath = `/api/venues/${venue}/screens/${screen}/layout/`;

let layout = null; // The layout that is edited: a document of the API.
let isChanged = false;
let turn = 0;
let timer = 0;
let mustRedraw = false;

const drawing = new Drawing(byId("drawing"), (seat) => {
  const tool = document.querySelector("[name=mark]:checked").value;
  if (!tool) return;
  const [changed, text] = toggle(layout, drawing.seats, seat, tool);
  byId("live").textContent = text;
  if (!changed) return;
  layout = changed;
  applyMarks(layout, drawing.seats);
  drawing.draw(layout);
  change(layout, { redraw: false });
});

async function send(method, path, body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const options = { body, headers: { "X-CSRFToken": token }, credentials: "same-origin" };
  return (await request(method, path, options)).data;
}

// Take a changed layout, and look soon what it would do. A preview draws the seats again.
function change(changed, { redraw = true, soon = false } = {}) {
  layout = changed;
  isChanged = true;
  mustRedraw ||= redraw;
  turn++; // An answer about the layout before is of no use any more.
  byId("save").disabled = true;
  clearTimeout(timer);
  timer = setTimeout(() => look({ redraw: mustRedraw }).catch(complain), soon ? 0 : PREVIEW_AFTER_MS);
}

async function look({ redraw = true } = {}) {
  const mine = ++turn;
  let answer;
  try {
    answer = await send("POST", previewPath, { document: layout, new_version: byId("new-version").checked });
  } catch (problem) {
    if (mine === turn) report([], problem);
    return false;
  }
  if (mine !== turn) return false;
  layout = answer.document;
  mustRedraw = false;
  complain();
  if (redraw) drawing.show(answer, layout);
  report(answer.warnings, null, answer.change);
  byId("save").disabled = !isChanged || Boolean(answer.change.in_use);
  byId("id_document").value = JSON.stringify(layout);
  return true;
}

// Say what saving would do.
function report(warnings, problem, effects) {
  if (problem) complain(problem);
  const lines = [];
  if (effects?.in_use) {
    lines.push([`This cannot be saved: ${effects.in_use.detail}`, "refused"]);
    lines.push(["Tick “new version” so that existing shows keep their seats, and later shows get the new ones."]);
  } else if (effects) {
    const { seats, added, changed, removed, set_aside: aside } = effects;
    lines.push([`${countOf(seats, "seat")}: ${added} added, ${changed} changed, ${removed} removed.`]);
    if (aside) lines.push([`${countOf(aside, "seat")} of existing shows stay with these shows.`]);
  }
  if (effects?.coming_shows) lines.push([`${countOf(effects.coming_shows, "show")} to come in this hall.`]);
  lines.push(...warnings.slice(0, 10).map(({ field, detail }) => [`${field}: ${detail}`]));
  if (warnings.length > 10) lines.push([`… and ${warnings.length - 10} more remarks.`]);
  byId("report").replaceChildren(...lines.map(([textContent, className = ""]) => el("p", { textContent, className })));
}

function drawForms() {
  const isPlain = Boolean(layout.rows);
  byId("row-table").hidden = !isPlain;
  byId("not-plain").hidden = isPlain;
  const redraw = (changed) => {
    change(changed);
    if (changed !== layout) layout = changed;
  };
  if (isPlain) drawRowTable(byId("row-table"), () => layout, (changed, isNewTable) => {
    redraw(changed);
    if (isNewTable) drawForms();
  });
  drawAreaRows(byId("area-table"), () => layout, (changed, isNewTable) => {
    redraw(changed);
    if (isNewTable) drawForms();
  }, hasLayout && ((area) => raise(area).catch(complain)));
}

// Give an area its new capacity at once, in the shows to come as well. Other changes are dropped.
async function raise({ name, capacity }) {
  complain();
  clearTimeout(timer);
  const { added, shows } = await send("POST", "/api/shows/raise-capacity/", { screen: Number(screen), area: name, capacity });
  layout = await send("GET", layoutPath);
  isChanged = false;
  drawForms();
  await look();
  byId("live").textContent = `${name}: ${countOf(added, "more place")}, on sale in ${countOf(shows.length, "show")} to come.`;
}

async function save() {
  const query = byId("new-version").checked ? "?new_version=true" : "";
  await send("PUT", layoutPath + query, layout);
  isChanged = false;
  byId("save").disabled = true;
  byId("live").textContent = "The hall was saved.";
  await look({ redraw: false });
}

generator(byId("generator"), (rows) => {
  const kept = layout?.rows ? layout : { rows: [] };
  change({ ...kept, rows: byId("append").checked ? [...kept.rows, ...rows] : rows }, { soon: true });
  drawForms();
});

byId("file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  complain();
  const before = layout;
  try {
    change(JSON.parse(await file.text()));
    clearTimeout(timer);
    if (await look()) {
      byId("live").textContent = `${file.name} was read. It is drawn below and not saved yet.`;
      drawForms();
    } else layout = before;
  } catch (problem) {
    complain({ detail: problem instanceof SyntaxError ? `${file.name} is not JSON: ${problem.message}` : problem.message });
  }
  target.value = "";
});

byId("save").addEventListener("click", () => save().catch(complain));
byId("new-version").addEventListener("change", () => look({ redraw: false }).catch(complain));

async function start() {
  layout = hasLayout ? await send("GET", layoutPath) : { rows: firstRows() };
  isChanged = !hasLayout;
  drawForms();
  await look();
}

start().catch(complain);
