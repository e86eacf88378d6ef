// The exchange with the server: the bundle of the show, and scans that were decided alone.

import { call, keep, state } from "./state.js";

const BATCH = 200;

let isSyncing = false;

// Send queued scans. Resolves without an error if the server cannot be reached.
export async function sync({ onLogin, onChange }) {
  if (isSyncing || !state.queue.length || !state.show) return;
  isSyncing = true;
  try {
    const scans = state.queue.slice(0, BATCH);
    const { results } = await call("POST", `shows/${state.show}/check-in/sync/`, { scans });
    const done = new Set(results.map(({ scan_id }) => scan_id));
    state.queue = state.queue.filter(({ scan_id }) => !done.has(scan_id));
    state.conflicts.push(...results.filter(({ outcome }) => outcome !== "admitted"));
    keep();
    onChange();
    await refreshBundle({ onLogin, onChange });
  } catch (problem) {
    if (problem.status === 401) onLogin(problem);
  } finally {
    isSyncing = false;
  }
}

// Read the bundle again. Resolves without an error if the server cannot be reached.
export async function refreshBundle({ onLogin, onChange }) {
  if (!state.show) return;
  const id = state.show;
  try {
    const bundle = await call("GET", `shows/${id}/check-in-bundle/`);
    if (id !== state.show) return;
    // Add the tickets of queued scans, which the server does not know yet.
    const known = new Set(bundle.admitted.map(({ ticket }) => ticket));
    const own = new Set(state.queue.map(({ payload }) => parseInt(payload.split(".")[2], 36)));
    const waiting = state.bundle?.admitted.filter(({ ticket }) => own.has(ticket) && !known.has(ticket));
    bundle.admitted.push(...(waiting ?? []));
    state.bundle = bundle;
    keep();
    onChange();
  } catch (problem) {
    if (problem.status === 401) onLogin(problem);
  }
}
