// The reference front end: what is on, and seats to choose. It knows of the system only what the
// public API says, puts all data into the page as text, and has no dependency.

const POLL_MS = 4000;

// ---- Small things

const byId = (id) => document.getElementById(id);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const countOf = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const joined = (...parts) => parts.filter(Boolean).join(" · ");

function el(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

const textIn = (tag) => (textContent) => el(tag, { textContent });
const option = (value, textContent = value) => el("option", { value, textContent });

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, groups.get(key) || []).get(key).push(item);
  }
  return groups;
}

// Amounts are decimal strings with the currency's own digits, and are shown with just those.
const digitsOf = (amount) => (amount.split(".")[1] || "").length;

function money(amount, currency) {
  const digits = digitsOf(amount);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat("en", { style: "currency", currency, ...options }).format(amount);
}

// Exact up to 15 digits, as cents are whole.
function sum(amounts) {
  const digits = digitsOf(amounts[0]);
  const cents = amounts.reduce((total, amount) => total + Number(amount.replace(".", "")), 0);
  return (cents / 10 ** digits).toFixed(digits);
}

// What the clock at the venue shows, and which clock that is.
function localTime({ venue, start_time }, instant = start_time) {
  const timeZone = venue.timezone;
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone, ...options });
  const parts = format({ timeZoneName: "shortOffset" }).formatToParts(new Date(instant));
  const offset = parts.find(({ type }) => type === "timeZoneName").value;
  const text = format({ dateStyle: "full", timeStyle: "short" }).format(new Date(instant));
  return `${text} (${timeZone}, ${offset})`;
}

// Where sections use the same rows, a row's name begins with its section.
const rowLabel = ({ section, row }) => row.replace(`${section} `, "");
const placeOf = (seat) =>
  seat.section ? `${seat.section}, row ${rowLabel(seat)}` : `Row ${seat.row}`;
const nameOf = (seat) => `${placeOf(seat)}, seat ${seat.number}`;

// "Row C, seats 4, 5, 6; Row D, seat 1"
function namesOf(seats) {
  const texts = [...groupBy(seats, placeOf)].map(([place, members]) => {
    const numbers = members.map(({ number }) => number).join(", ");
    return `${place}, seat${members.length > 1 ? "s" : ""} ${numbers}`;
  });
  return texts.join("; ");
}

// Say what is wrong, or, without a problem, that nothing is.
function complain({ detail = "", message = "", errors = [] } = {}) {
  const texts = errors.map((error) => joined(error.field, error.detail));
  const said = texts.length ? texts : [detail || message].filter(Boolean);
  byId("problem").replaceChildren(...said.map(textIn("p")));
  byId("problem").hidden = !said.length;
  if (said.length) byId("problem").scrollIntoView({ block: "nearest" });
}

// ---- The API

// A refusal: the members of its problem document.
class Problem extends Error {
  constructor(members) {
    super(members.detail);
    Object.assign(this, members);
  }
}

// In the session's storage, so that a reload keeps the login and closing the tab ends it.
const session = {
  get tokens() {
    return JSON.parse(sessionStorage.getItem("tokens"));
  },
  set tokens(tokens) {
    sessionStorage.setItem("tokens", JSON.stringify(tokens));
  },
};

let clockSkew = 0; // How far the server's clock is ahead of this one, in ms.

// One request. Cookies stay at home: a staff session has nothing to do with this page.
async function request(method, path, { body, key, etag, token } = {}) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (etag) headers["If-None-Match"] = etag;
  if (token) headers.Authorization = `Bearer ${token}`;
  const options = { method, headers, credentials: "omit", body: body && JSON.stringify(body) };
  const response = await fetch(path, options).catch(() => {
    throw new Problem({ status: 0, detail: "The server cannot be reached. Try again." });
  });
  // Of no answer that may come from a cache.
  if (token) clockSkew = Date.parse(response.headers.get("Date")) - Date.now() || 0;
  const isJson = /json/.test(response.headers.get("Content-Type"));
  const data = isJson ? await response.json() : await response.text();
  if (response.ok || response.status === 304) return { data, response };
  const members = isJson ? data : { detail: `The server answered ${response.status}.` };
  const wait = Number(response.headers.get("Retry-After"));
  throw new Problem({ ...members, status: response.status, wait });
}

const get = async (path) => (await request("GET", path)).data;

let refreshing = null;

// Each refresh token works once, so requests that are refused together share one refresh.
function refresh({ access, refresh }) {
  if (session.tokens?.access !== access) return null;
  refreshing ??= request("POST", "/api/users/token/refresh/", { body: { refresh } })
    .then(({ data }) => (session.tokens = data))
    .catch((problem) => {
      if ([400, 401].includes(problem.status)) session.tokens = null;
      throw problem;
    })
    .finally(() => (refreshing = null));
  return refreshing;
}

// Whether the same request may well succeed in a moment.
const passes = ({ status, code }) =>
  [0, 429, 503].includes(status) || code === "idempotency_in_flight";

// A request of whoever is logged in. It refreshes an old token, and asks a busy server again
// where that cannot do harm.
async function call(method, path, { body, key } = {}) {
  for (let attempt = 1; ; attempt++) {
    const { tokens } = session;
    try {
      return (await request(method, path, { body, key, token: tokens?.access })).data;
    } catch (problem) {
      if (problem.status === 401 && tokens && attempt === 1) await refresh(tokens);
      else if (passes(problem) && (key || method === "GET") && attempt < 4) {
        await pause(1000 * Math.min(problem.wait || attempt, 10));
      } else throw problem;
    }
  }
}

const keys = new Map();

// A POST that takes effect once: while its outcome is unknown, the same request keeps its key.
async function postOnce(path, body) {
  const what = path + JSON.stringify(body);
  const key = keys.get(what) || crypto.getRandomValues(new Uint32Array(4)).join("-");
  keys.set(what, key);
  try {
    const answer = await call("POST", path, { body, key });
    keys.delete(what);
    return answer;
  } catch (problem) {
    if (!passes(problem) && problem.status < 500) keys.delete(what);
    throw problem;
  }
}

// ---- What is on

async function whatsOn() {
  const asked = new URLSearchParams(location.search);
  const form = byId("filters");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = [...new FormData(form)].filter(([, value]) => value);
    location.search = new URLSearchParams(chosen);
  });
  get(`/api/shows/?${asked}`).then((answer) => listShows(answer, asked), (problem) => {
    byId("count").textContent = "";
    complain(problem);
  });
  const paths = ["/api/events/genres/", "/api/venues/?page_size=100"];
  const [genres, venues] = await Promise.all(paths.map((path) => get(path).catch(() => [])));
  const fields = form.elements;
  fields.genre.append(...(genres.results || genres).map((genre) => option(genre.name || genre)));
  const places = venues.results || [];
  fields.venue.append(...places.map(({ id, name, city }) => option(id, `${name}, ${city}`)));
  const cities = new Set(places.map(({ city }) => city));
  byId("cities").append(...[...cities].map((city) => option(city)));
  for (const [name, value] of asked) {
    if (fields[name]?.type === "checkbox") fields[name].checked = value === "true";
    else if (fields[name]) fields[name].value = value;
  }
}

function listShows({ count, next, previous, results }, asked) {
  byId("count").textContent = count ? countOf(count, "show") : "Nothing is on that fits.";
  byId("results").replaceChildren(...results.map(showCard));
  const languages = new Set(results.map(({ language }) => language));
  byId("languages").append(...[...languages].map((language) => option(language)));
  const page = Number(asked.get("page") || 1);
  const link = (textContent, number) => {
    const query = new URLSearchParams([...asked].filter(([name]) => name !== "page"));
    return el("a", { href: `?${query}&page=${number}`, textContent });
  };
  const earlier = previous && link("Earlier", page - 1);
  const later = next && link("Later", page + 1);
  if (earlier || later) byId("pages").append(...[earlier, `Page ${page}`, later].filter(Boolean));
}

function showCard(show) {
  const { event, venue, screen, prices, currency, language, format } = show;
  const amounts = Object.values(prices).flatMap((price) => price.at ? price : Object.values(price));
  const [lowest, ...higher] = amounts.sort((one, other) => one - other);
  const price = lowest && (higher.at(-1) > lowest ? "from " : "") + money(lowest, currency);
  const left = show.available_seats ? `${countOf(show.available_seats, "seat")} left` : "Sold out";
  const facts = joined(event.kind, language, format, price, show.on_sale ? left : "Not on sale");
  const texts = [localTime(show), joined(`${venue.name}, ${venue.city}`, screen.name), facts];
  const title = el("a", { href: `/shows/${show.id}/`, textContent: event.title });
  return el("li", {}, title, ...texts.map(textIn("p")));
}

// ---- Seats, drawn

function trace(c, r, ...points) {
  c.moveTo(points[0][0] * r, points[0][1] * r);
  for (const [x, y] of points.slice(1)) c.lineTo(x * r, y * r);
}

// Categories differ by pattern as well as by colour. Each draws on a seat of radius r about 0, 0.
const stripes = (...directions) => (c, r) => {
  for (const [dx, dy] of directions) {
    for (const at of [-0.5, 0, 0.5]) {
      trace(c, r, [-at * dy - dx, at * dx - dy], [-at * dy + dx, at * dx + dy]);
    }
  }
};
const ring = (size) => (c, r) => {
  c.moveTo(size * r, 0);
  c.arc(0, 0, size * r, 0, 7);
};
const [ACROSS, DOWN, RISING, FALLING] = [[1, 0], [0, 1], [0.8, -0.8], [0.8, 0.8]];
const PATTERNS = [
  () => {}, stripes(RISING), stripes(ACROSS), ring(0.8), stripes(DOWN),
  stripes(ACROSS, DOWN), stripes(FALLING), stripes(RISING, FALLING),
];
// How a seat looks: `free`, in the colour of its category, or one of these.
const LOOKS = { taken: "#d6d6d6", gone: "#ffffff", chosen: "#111111", mine: "#0b5d2a" };

const inkOn = (color) => {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return 0.3 * red + 0.6 * green + 0.1 * blue < 140 ? "#ffffff" : "#000000";
};

// Wheelchair places are squares, the seats beside them diamonds, all others circles.
function paintSeat(c, r, look, { color, pattern, shape }) {
  const fill = LOOKS[look] || color;
  c.beginPath();
  if (shape === "square") c.rect(-0.9 * r, -0.9 * r, 1.8 * r, 1.8 * r);
  else if (shape === "diamond") trace(c, 1.1 * r, [0, 1], [1, 0], [0, -1], [-1, 0]);
  else c.arc(0, 0, look === "taken" ? 0.8 * r : r, 0, 7);
  c.fillStyle = fill;
  c.fill();
  c.save();
  c.clip();
  c.beginPath();
  Object.assign(c, { strokeStyle: inkOn(fill), lineWidth: Math.max(1, 0.16 * r) });
  if (look === "free") {
    c.globalAlpha = 0.55;
    PATTERNS[pattern % PATTERNS.length](c, r);
  } else if (look === "gone") {
    Object.assign(c, { strokeStyle: "#c00000", lineWidth: Math.max(2, 0.35 * r) });
    trace(c, r, [-1, -1], [1, 1]);
    trace(c, r, [1, -1], [-1, 1]);
  } else if (look !== "taken") {
    c.lineWidth = Math.max(2, 0.25 * r);
    trace(c, r, [-0.5, 0], [-0.1, 0.45], [0.5, -0.4]);
  }
  c.stroke();
  c.restore();
}

// A seat by itself: for the legend, and for the map to copy.
function swatch(style, look, size) {
  const canvas = el("canvas", { width: size, height: size });
  const c = canvas.getContext("2d");
  c.translate(size / 2, size / 2);
  paintSeat(c, size / 2.4, look, style);
  return canvas;
}

// ---- The hall, drawn

function extent(points) {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const { x, y } of points) {
    [box.left, box.right] = [Math.min(box.left, x), Math.max(box.right, x)];
    [box.top, box.bottom] = [Math.min(box.top, y), Math.max(box.bottom, y)];
  }
  return { ...box, width: box.right - box.left, height: box.bottom - box.top };
}

// How far seats are apart, of one row or of two, so that hardly any overlap when drawn.
function spacing(seats) {
  const some = seats.filter((_, index) => index % Math.ceil(seats.length / 300) === 0);
  const gaps = some.map((one) => {
    const gap = ({ x, y }) => Math.hypot(x - one.x, y - one.y) || Infinity;
    return seats.reduce((least, seat) => Math.min(least, gap(seat)), Infinity);
  });
  const gap = gaps.sort((one, other) => one - other)[Math.floor(gaps.length / 10)];
  return Number.isFinite(gap) ? gap : 1;
}

// A row's seats in the order in which they stand, and where its label goes: beyond either end.
function rowOf(seats, pitch) {
  const { width, height } = extent(seats);
  const along = width >= height ? "x" : "y";
  seats.sort((one, other) => one[along] - other[along]);
  const beyond = (end, next) => {
    const length = Math.hypot(end.x - next.x, end.y - next.y);
    const [dx, dy] = length ? [(end.x - next.x) / length, (end.y - next.y) / length] : [-1, 0];
    return { x: end.x + 1.1 * pitch * dx, y: end.y + 1.1 * pitch * dy };
  };
  const [first, last] = [seats[0], seats.at(-1)];
  const ends = [beyond(first, seats[1] || first), beyond(last, seats.at(-2) || last)];
  return { seats, ends, label: rowLabel(first) };
}

// A section's name goes above its topmost seat; of several, the one in the middle.
function sectionOf([name, seats], pitch) {
  const { left, top, width } = extent(seats);
  const off = ({ x }) => Math.abs(x - left - width / 2);
  const highest = seats.filter(({ y }) => y - top < 0.5 * pitch);
  const { x } = highest.reduce((best, seat) => (off(seat) < off(best) ? seat : best));
  return { name, width, x, y: top - 1.8 * pitch };
}

// The hall on a canvas. It knows where seats stand and which is pointed at, and nothing of
// bookings: `lookOf(seat)` says how to draw one, `onToggle` and `onPoint` are told of one.
class SeatMap {
  constructor(root, { lookOf, onToggle, onPoint }) {
    Object.assign(this, { root, lookOf, onToggle, onPoint });
    Object.assign(this, { seats: [], areas: [], scale: 1, x: 0, y: 0, cursor: null });
    this.canvas = root.querySelector("canvas");
    this.pointers = new Map();
    new ResizeObserver(() => this.resize()).observe(root);
    root.addEventListener("keydown", (event) => this.onKey(event));
    root.addEventListener("blur", () => this.redraw());
    root.addEventListener("focus", () => {
      this.point(this.cursor || this.seats.find((seat) => seat.status === "available"));
    });
    for (const type of ["down", "move", "up", "cancel"]) {
      this.canvas.addEventListener(`pointer${type}`, (event) => this.onPointer(event, type));
    }
    const onWheel = (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode ? 16 : 1);
      this.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), event.offsetX, event.offsetY);
    };
    this.canvas.addEventListener("wheel", onWheel, { passive: false });
  }

  load(seats) {
    this.seats = seats;
    this.pitch = spacing(seats);
    const rows = groupBy(seats, ({ section, row }) => `${section}\n${row}`);
    this.rows = [...rows.values()].map((members) => rowOf(members, this.pitch));
    for (const row of this.rows) row.seats.forEach((seat) => (seat.line = row));
    const sections = [...groupBy(seats, ({ section }) => section)].filter(([name]) => name);
    this.sections = sections.map((section) => sectionOf(section, this.pitch));
    this.fit();
  }

  // What is in the hall besides seats: the plan's areas, or a stage where there is no plan.
  furnish(areas, stage) {
    const { left, top, width, height } = extent(this.seats);
    const unit = Math.max(this.pitch, height / 30);
    const breadth = Math.max(0.6 * width, 8 * unit);
    const front = {
      shape: "rectangle", color: "#e4e4e4", rectangle: { width: breadth, height: 1.4 * unit },
      x: left + (width - breadth) / 2, y: top - 2 * this.pitch - 1.4 * unit,
      text: { text: stage, size: unit, position: { x: breadth / 2, y: 0.75 * unit } },
    };
    this.areas = areas || [front];
    // A plan that writes on its areas names its sections itself.
    if (areas?.some(({ text }) => text)) this.sections = [];
    if (!this.moved) this.fit();
    this.redraw();
  }

  toScreen({ x, y }) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  seatAt(x, y) {
    const [px, py] = [(x - this.x) / this.scale, (y - this.y) / this.scale];
    let [found, nearest] = [null, 0.75 * this.pitch];
    for (const seat of this.seats) {
      const gap = Math.hypot(seat.x - px, seat.y - py);
      if (gap < nearest) [found, nearest] = [seat, gap];
    }
    return found;
  }

  resize() {
    this.ratio = devicePixelRatio;
    this.canvas.width = this.root.clientWidth * this.ratio;
    this.canvas.height = this.root.clientHeight * this.ratio;
    if (!this.moved) this.fit();
    this.redraw();
  }

  fit() {
    if (!this.seats.length) return;
    const corners = this.areas.map(({ x, y, rectangle: area }) =>
      ({ x: x + (area?.width || 0), y: y + (area?.height || 0) }));
    const { clientWidth, clientHeight } = this.root;
    this.box = extent([...this.seats, ...this.areas, ...corners]);
    const { left, top, width, height } = this.box;
    // With room for labels around; and a small hall need not fill the screen.
    const room = [(clientWidth - 70) / width, (clientHeight - 70) / height];
    this.least = Math.min(...room, 40 / this.pitch);
    this.scale = this.least;
    this.x = clientWidth / 2 - (left + width / 2) * this.scale;
    this.y = clientHeight / 2 - (top + height / 2) * this.scale;
    this.moved = false;
    this.redraw();
  }

  zoom(factor, x = this.root.clientWidth / 2, y = this.root.clientHeight / 2) {
    const scale = clamp(this.scale * factor, this.least, 60 / this.pitch);
    const change = scale / this.scale;
    this.scale = scale;
    this.pan((x - this.x) * (1 - change), (y - this.y) * (1 - change));
  }

  // Move the hall, but never out of sight.
  pan(dx, dy) {
    const { scale, box, root } = this;
    const [across, down] = [root.clientWidth / 2, root.clientHeight / 2];
    this.x = clamp(this.x + dx, across - box.right * scale, across - box.left * scale);
    this.y = clamp(this.y + dy, down - box.bottom * scale, down - box.top * scale);
    this.moved = true;
    this.redraw();
  }

  reveal(seat) {
    const { clientWidth, clientHeight } = this.root;
    const size = this.pitch * this.scale;
    if (size < 14) this.zoom(22 / size, ...this.toScreen(seat));
    const [x, y] = this.toScreen(seat);
    const inwards = (at, room) => (at < 40 || at > room - 40 ? room / 2 - at : 0);
    this.pan(inwards(x, clientWidth), inwards(y, clientHeight));
  }

  point(seat) {
    this.cursor = seat;
    this.onPoint(seat);
    this.redraw();
  }

  // One pointer drags, two pinch, and one that hardly moves clicks.
  onPointer(event, type) {
    const { offsetX: x, offsetY: y, pointerId } = event;
    const old = this.pointers.get(pointerId);
    if (type === "down") {
      this.canvas.setPointerCapture(pointerId);
      this.pointers.set(pointerId, { x, y });
      this.isClick = this.pointers.size === 1;
    } else if (type === "move" && !old) {
      this.onPoint(this.seatAt(x, y), true);
    } else if (type === "move") {
      if (this.isClick && Math.hypot(x - old.x, y - old.y) < 6) return;
      this.isClick = false;
      const other = [...this.pointers.values()].find((pointer) => pointer !== old);
      const share = other ? 0.5 : 1;
      this.pan((x - old.x) * share, (y - old.y) * share);
      const spread = (at) => Math.hypot(at.x - other.x, at.y - other.y) || 1;
      if (other) this.zoom(spread({ x, y }) / spread(old), (x + other.x) / 2, (y + other.y) / 2);
      this.pointers.set(pointerId, { x, y });
    } else {
      this.pointers.delete(pointerId);
      if (type === "up" && this.isClick) this.click(x, y);
    }
  }

  // Where seats are too small to hit, a click looks closer.
  click(x, y) {
    const size = this.pitch * this.scale;
    const seat = this.seatAt(x, y);
    if (size < 9) this.zoom(24 / size, x, y);
    else if (seat) {
      this.point(seat);
      this.onToggle(seat);
    }
  }

  onKey(event) {
    const { key, ctrlKey, metaKey, altKey } = event;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { cursor } = this;
    if (ctrlKey || metaKey || altKey || !cursor) return;
    const ends = { Home: cursor.line.seats[0], End: cursor.line.seats.at(-1) };
    if (arrows[key] || ends[key]) {
      this.point(ends[key] || this.neighbour(...arrows[key]));
      this.reveal(this.cursor);
    } else if (key === " " || key === "Enter") this.onToggle(cursor);
    else if ("+=".includes(key)) this.zoom(1.5);
    else if (key === "-") this.zoom(1 / 1.5);
    else if (key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  // The nearest seat in a direction, rather in the same row than across it.
  neighbour(dx, dy) {
    const { cursor, pitch } = this;
    let [found, least] = [cursor, Infinity];
    for (const seat of this.seats) {
      const [x, y] = [seat.x - cursor.x, seat.y - cursor.y];
      const along = x * dx + y * dy;
      const detour = dx && seat.line !== cursor.line ? 4 * pitch : 0;
      const cost = along + 3 * Math.abs(x * dy + y * dx) + detour;
      if (along > 0.3 * pitch && cost < least) [found, least] = [seat, cost];
    }
    return found;
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.seats.length) this.draw(this.canvas.getContext("2d"));
    });
  }

  draw(c) {
    const { scale, ratio, root, cursor } = this;
    const [width, height] = [root.clientWidth, root.clientHeight];
    const radius = 0.44 * this.pitch * scale;
    this.resizeSprites(radius);
    const size = this.spriteSize / ratio;
    const [special, showsNumbers] = [[], radius > 9];
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    Object.assign(c, { textAlign: "center", textBaseline: "middle" });
    this.areas.forEach((area) => this.drawArea(c, area));
    c.font = `${0.85 * radius}px system-ui, sans-serif`;
    for (const seat of this.seats) {
      const [x, y] = [seat.x * scale + this.x, seat.y * scale + this.y];
      if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue;
      const look = this.lookOf(seat);
      const { color } = seat.style;
      if (look !== "free" && look !== "taken") special.push([seat, look]);
      else if (radius < 3) {
        c.fillStyle = LOOKS[look] || color;
        c.fillRect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius);
      } else c.drawImage(this.sprite(seat.style, look), x - size / 2, y - size / 2, size, size);
      if (showsNumbers && look === "free") {
        // On a plain ground, as the pattern would make it hard to read.
        c.fillStyle = color;
        c.beginPath();
        c.arc(x, y, 0.7 * radius, 0, 7);
        c.fill();
        c.fillStyle = inkOn(color);
        c.fillText(seat.number, x, y, 1.3 * radius);
      }
    }
    this.drawLabels(c, radius, width, height);
    if (root.matches(":focus-visible")) special.push([cursor, "cursor"]);
    for (const [seat, look] of special) this.drawSpecial(c, seat, look, Math.max(radius, 5));
  }

  // Seats of one look are painted once for a size, and then copied.
  resizeSprites(radius) {
    const size = Math.ceil(2.4 * radius * this.ratio);
    if (size !== this.spriteSize) this.sprites = new Map();
    this.spriteSize = size;
  }

  sprite(style, look) {
    const known = this.sprites.get(style) || {};
    this.sprites.set(style, known);
    return (known[look] ??= swatch(style, look, this.spriteSize));
  }

  // What matters to this customer is seen from afar, too.
  drawSpecial(c, seat, look, radius) {
    c.save();
    c.translate(...this.toScreen(seat));
    if (look !== "cursor") paintSeat(c, radius, look, seat.style);
    else {
      for (const [strokeStyle, lineWidth] of [["#ffffff", 7], ["#0b57d0", 3]]) {
        Object.assign(c, { strokeStyle, lineWidth });
        c.beginPath();
        ring(1)(c, radius + 3);
        c.stroke();
      }
    }
    c.restore();
  }

  drawLabels(c, radius, width, height) {
    c.fillStyle = "#444444";
    c.font = `600 ${clamp(radius, 11, 16)}px system-ui, sans-serif`;
    for (const section of this.sections) {
      const room = 1.5 * section.width * this.scale + 40;
      const fits = c.measureText(section.name).width < room;
      if (fits) c.fillText(section.name, ...this.toScreen(section));
    }
    if (radius < 4) return;
    c.font = `${Math.min(1.2 * radius, 14)}px system-ui, sans-serif`;
    for (const { label, ends } of this.rows) {
      const [[x1, y1], [x2, y2]] = ends.map((end) => this.toScreen(end));
      // An end that is out of sight has its label at the edge, if the row is straight.
      const isCut = Math.abs(y1 - y2) < radius && x1 < width && x2 > 0;
      for (const [x, y] of [[x1, y1], [x2, y2]]) {
        const at = isCut ? clamp(x, 11, width - 11) : x;
        if (at < 0 || at > width || y < 0 || y > height) continue;
        if (at !== x) {
          c.fillStyle = "#ffffffd0";
          c.fillRect(at - 11, y - radius, 22, 2 * radius);
          c.fillStyle = "#444444";
        }
        c.fillText(label, at, y, 22);
      }
    }
  }

  // The shapes are those of pretix's seating plans.
  drawArea(c, { x, y, shape, rotation = 0, color, border_color, text, ...area }) {
    c.save();
    c.translate(...this.toScreen({ x, y }));
    c.scale(this.scale, this.scale);
    c.rotate((rotation * Math.PI) / 180);
    c.beginPath();
    if (shape === "rectangle") c.rect(0, 0, area.rectangle.width, area.rectangle.height);
    if (shape === "circle") c.arc(0, 0, area.circle.radius, 0, 7);
    if (shape === "ellipse") c.ellipse(0, 0, area.ellipse.radius.x, area.ellipse.radius.y, 0, 0, 7);
    if (shape === "polygon") trace(c, 1, ...area.polygon.points.map((at) => [at.x, at.y]));
    c.closePath();
    c.fillStyle = color || "transparent";
    c.fill();
    Object.assign(c, { strokeStyle: border_color || "transparent", lineWidth: 1.5 / this.scale });
    c.stroke();
    if (text) {
      c.fillStyle = text.color || "#333333";
      c.font = `${text.size || 16}px system-ui, sans-serif`;
      c.fillText(text.text, text.position.x, text.position.y);
    }
    c.restore();
  }
}

// ---- Choosing, holding, paying

class Picker {
  constructor(id) {
    this.id = id;
    this.chosen = new Map(); // The ticket type by seat id, in the order of choosing.
    this.gone = new Set(); // What others took away from under this customer's hands.
    this.booking = null;
    this.map = new SeatMap(byId("map"), {
      lookOf: (seat) => this.lookOf(seat),
      onToggle: (seat) => this.toggle(seat),
      onPoint: (seat, isHover) => this.describe(seat, isHover),
    });
    byId("whole").onclick = () => this.map.fit();
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.onclick = () => this.map.zoom(button.dataset.zoom);
    }
    const on = (selector, type, action) => {
      for (const node of document.querySelectorAll(selector)) {
        node.addEventListener(type, (event) => {
          event.preventDefault();
          this.act(() => action(node.elements || node));
        });
      }
    };
    on("#best", "submit", (fields) => this.pickBest(fields));
    on("#hold", "click", () => this.hold());
    on("#account", "click", () => (session.tokens ? this.logOut() : this.askForLogin()));
    on("#login form", "submit", (fields) => this.logIn(fields));
    on("#pay form", "submit", ({ card }) => this.pay(card.value));
    on("#bank button", "click", () => this.confirmAtBank());
    on("#calendar", "click", () => this.saveCalendar());
    on("#again", "click", () => this.adopt(null));
    on("[data-cancel]", "click", () => this.cancel());
  }

  // One thing at a time, and what is refused is said. What needs a login waits for one.
  async act(action) {
    if (this.isBusy) return;
    this.isBusy = true;
    complain();
    try {
      await action();
    } catch (problem) {
      if (problem.status === 401) this.askForLogin(action);
      else complain(problem);
    } finally {
      this.isBusy = false;
    }
  }

  // ---- The show and its seats

  async start() {
    this.show = await get(`/api/shows/${this.id}/`);
    const { venue, screen, language, format, on_sale, sales_open_at } = this.show;
    const place = joined(`${venue.name}, ${venue.city}`, screen.name, language, format);
    byId("facts").replaceChildren(...[localTime(this.show), place].map(textIn("span")));
    const opens = new Date(sales_open_at || 0) > Date.now() && localTime(this.show, sales_open_at);
    byId("sale").textContent = on_sale ? "" : opens ? `On sale from ${opens}.` : "Not on sale.";
    const { seats, categories } = await get(`/api/shows/${this.id}/seats/`);
    this.seats = new Map(seats.map((seat) => [seat.id, seat]));
    this.addStyles(seats, categories);
    this.map.load(seats);
    this.drawLegend(seats, categories);
    byId("best").elements.category.append(...categories.map(({ name }) => option(name)));
    this.render();
    this.furnish();
    this.watch();
    setInterval(() => this.tick(), 1000);
    await this.act(() => this.resume());
  }

  addStyles(seats, categories) {
    const styles = new Map();
    for (const seat of seats) {
      const shape = seat.accessible ? "square" : seat.companion ? "diamond" : "circle";
      const pattern = categories.findIndex(({ name }) => name === seat.category);
      const key = `${shape} ${pattern}`;
      if (!styles.has(key)) styles.set(key, { shape, pattern, color: categories[pattern].color });
      seat.style = styles.get(key);
    }
  }

  // Decoration only, and large where the hall is large: so it comes last.
  async furnish() {
    const { venue, screen, event } = this.show;
    const path = `/api/venues/${venue.id}/screens/${screen.id}/layout/`;
    const layout = await get(path).catch(() => ({}));
    // A plan that came with a side list is wrapped with it.
    const { zones } = layout.plan ?? layout;
    const areas = zones?.flatMap(({ position, areas = [] }) => areas.map((area) => {
      const { x = 0, y = 0 } = area.position || {};
      return { ...area, x: position.x + x, y: position.y + y };
    }));
    this.map.furnish(areas, event.kind === "movie" ? "SCREEN" : "STAGE");
  }

  drawLegend(seats, categories) {
    const has = (what) => seats.some((seat) => seat[what]);
    const entry = (style, look, text, ...more) =>
      el("li", {}, swatch({ color: "#888888", pattern: 0, ...style }, look, 44), text, ...more);
    this.counts = new Map(categories.map(({ name }) => [name, el("small")]));
    byId("legend").replaceChildren(
      ...categories.map(({ name, color }, pattern) =>
        entry({ color, pattern }, "free", `${name} ${this.pricesOf(name)}`, this.counts.get(name)),
      ),
      entry({}, "chosen", "Your choice"),
      entry({}, "taken", "Taken"),
      ...(has("accessible") ? [entry({ shape: "square" }, "free", "Wheelchair place")] : []),
      ...(has("companion") ? [entry({ shape: "diamond" }, "free", "Beside a wheelchair")] : []),
    );
    this.count(Object.fromEntries(categories.map((category) => [category.name, category])));
  }

  count(categories) {
    for (const [name, { available }] of Object.entries(categories)) {
      this.counts.get(name).textContent = available ? `${available} left` : "sold out";
    }
  }

  // [["Adult", "250.00"], …]; one entry without a name where there are no types.
  typesOf(category) {
    const prices = this.show.prices[category];
    return typeof prices === "string" ? [["", prices]] : Object.entries(prices);
  }

  pricesOf(category) {
    const texts = this.typesOf(category).map(([type, amount]) => `${type} ${this.money(amount)}`);
    return texts.join(", ");
  }

  priceOf(seat) {
    const type = this.typesOf(seat.category).find(([name]) => name === this.chosen.get(seat.id));
    return type ? type[1] : seat.price;
  }

  money(amount) {
    return money(amount, this.show.currency);
  }

  lookOf({ id, status }) {
    if (this.chosen.has(id)) return "chosen";
    if (this.mine?.has(id)) return "mine";
    if (this.gone.has(id)) return "gone";
    return status === "available" ? "free" : "taken";
  }

  textOf(seat) {
    const look = this.lookOf(seat);
    const beside = seat.companion && "beside a wheelchair place";
    const special = seat.accessible ? "wheelchair place" : beside;
    const status = look === "taken" ? seat.status : look === "gone" ? "no longer available" : look;
    return joined(nameOf(seat), seat.category, special, this.money(this.priceOf(seat)), status);
  }

  // The seat under the mouse is named above the map; that of the keyboard is also an option of a
  // list box, with its row around it, which is how a screen reader sees the hall.
  describe(seat, isHover) {
    byId("pointed").textContent = seat ? this.textOf(seat) : "";
    if (!seat || isHover) return;
    const options = seat.line.seats.map((one) =>
      el("div", {
        id: `seat-${one.id}`, role: "option", textContent: this.textOf(one),
        ariaSelected: String(this.chosen.has(one.id)),
        ariaDisabled: String(one.status !== "available"), onclick: () => this.toggle(one),
      }),
    );
    byId("map-row").ariaLabel = placeOf(seat);
    byId("map-row").replaceChildren(...options);
    byId("map").setAttribute("aria-activedescendant", `seat-${seat.id}`);
  }

  // ---- What is free now

  async watch() {
    for (let wait = POLL_MS; ; ) {
      await pause(wait);
      if (document.hidden) {
        const shown = { once: true };
        await new Promise((wake) => document.addEventListener("visibilitychange", wake, shown));
      }
      try {
        await this.update();
        if (!this.isBusy && this.booking && !byId("bank").hidden) await this.reload();
        wait = POLL_MS;
      } catch {
        wait = 4 * POLL_MS;
      }
    }
  }

  async update() {
    const path = `/api/shows/${this.id}/availability/`;
    const { response, data } = await request("GET", path, { etag: this.etag });
    if (response.status === 304) return;
    this.etag = response.headers.get("ETag");
    const unavailable = new Set(data.unavailable_seat_ids);
    for (const seat of this.seats.values()) {
      if (!unavailable.has(seat.id)) {
        seat.status = "available";
        this.gone.delete(seat.id);
      } else if (seat.status === "available") seat.status = "taken";
    }
    this.count(data.categories);
    this.map.redraw();
    const lost = [...this.chosen.keys()].filter((id) => unavailable.has(id));
    // While a hold is under way, or its outcome unknown, they may well be one's own.
    if (lost.length && !this.isBusy && !this.booking && !keys.size) await this.replace(lost);
  }

  async replace(lost) {
    const seats = this.seatsOf(this.chosen.keys());
    const query = new URLSearchParams({ quantity: seats.length, category: seats[0].category });
    if (seats.some((seat) => seat.accessible)) query.set("accessible", "true");
    const best = await get(`/api/shows/${this.id}/best-seats/?${query}`).catch(() => null);
    this.lose(lost, best ? [best.seat_ids] : []);
  }

  // Somebody else was quicker: say which seats are gone, and offer others.
  lose(ids, offers) {
    const lost = this.seatsOf(ids);
    for (const seat of lost) {
      this.chosen.delete(seat.id);
      this.gone.add(seat.id);
      seat.status = "taken";
    }
    this.render();
    this.map.reveal(lost[0]);
    complain({ detail: `No longer available: ${namesOf(lost)}.` });
    const buttons = offers.map((offer) => {
      const seats = this.seatsOf(offer);
      const categories = [...new Set(seats.map(({ category }) => category))].join(", ");
      const price = this.money(sum(seats.map((seat) => seat.price)));
      const textContent = joined(namesOf(seats), categories, price);
      return el("button", { type: "button", textContent, onclick: () => this.choose(offer) });
    });
    byId("offers").querySelector("div").replaceChildren(...buttons);
    byId("offers").hidden = !offers.length;
  }

  // ---- Choosing

  seatsOf(ids) {
    return [...ids].map((id) => this.seats.get(id));
  }

  add(seat) {
    this.chosen.set(seat.id, this.typesOf(seat.category)[0][0]);
  }

  toggle(seat) {
    if (this.booking) return;
    if (!this.chosen.delete(seat.id) && seat.status === "available") this.add(seat);
    this.render();
    byId("live").textContent = `${this.textOf(seat)}. ${countOf(this.chosen.size, "seat")} chosen.`;
  }

  choose(ids) {
    const seats = this.seatsOf(ids);
    complain();
    this.chosen.clear();
    seats.forEach((seat) => this.add(seat));
    this.render();
    if (seats.length) this.map.reveal(seats[0]);
    byId("live").textContent = `Chosen: ${namesOf(seats)}.`;
  }

  async pickBest({ quantity, category, accessible }) {
    const query = new URLSearchParams({ quantity: quantity.value });
    if (category.value) query.set("category", category.value);
    if (accessible.checked) query.set("accessible", "true");
    const best = await get(`/api/shows/${this.id}/best-seats/?${query}`);
    this.choose(best.seat_ids);
    if (!best.adjacent) complain({ detail: "There are not so many seats left side by side." });
  }

  // The page as things stand: what is chosen, or the booking that came of it.
  render() {
    const status = this.booking?.status;
    byId("choose").hidden = Boolean(status);
    byId("pay").hidden = status !== "pending";
    byId("done").hidden = !status || status === "pending";
    byId("offers").hidden = true;
    byId("account").textContent = session.tokens ? "Log out" : "Log in";
    const seats = this.seatsOf(this.chosen.keys());
    byId("selection").replaceChildren(...seats.map((seat) => this.chosenSeat(seat)));
    byId("hold").disabled = !seats.length || !this.show.on_sale;
    const total = seats.length && this.money(sum(seats.map((seat) => this.priceOf(seat))));
    byId("sum").textContent = joined(countOf(seats.length, "seat"), total);
    byId("quote").replaceChildren();
    if (this.map.cursor) this.describe(this.map.cursor);
    this.map.redraw();
    this.quote();
  }

  chosenSeat(seat) {
    const types = this.typesOf(seat.category).map(([name]) => name);
    const select = el("select", { ariaLabel: `Ticket for ${nameOf(seat)}`, hidden: !types[0] });
    select.append(...types.map((name) => option(name)));
    select.value = this.chosen.get(seat.id);
    select.onchange = () => {
      this.chosen.set(seat.id, select.value);
      this.render();
    };
    const remove = { type: "button", textContent: "×", ariaLabel: `Give up ${nameOf(seat)}` };
    const button = el("button", { ...remove, onclick: () => this.toggle(seat) });
    const [name, price] = [joined(nameOf(seat), seat.category), this.money(this.priceOf(seat))];
    return el("li", {}, textIn("span")(name), select, textIn("span")(price), button);
  }

  get order() {
    const types = [...this.chosen].filter(([, type]) => type);
    const order = { show_id: this.show.id, seat_ids: [...this.chosen.keys()] };
    return types.length ? { ...order, ticket_types: Object.fromEntries(types) } : order;
  }

  // Fees and taxes are the server's to say, to customers that it knows.
  async quote() {
    const turn = (this.turn = {});
    await pause(250);
    if (turn !== this.turn || !this.chosen.size || this.booking || !session.tokens) return;
    const { order: body } = this;
    const quote = await call("POST", "/api/bookings/quote/", { body }).catch((problem) => problem);
    if (turn !== this.turn) return;
    if (quote instanceof Problem) return complain(quote);
    listAmounts(byId("quote"), quote);
    byId("sum").textContent = joined(countOf(this.chosen.size, "seat"), this.money(quote.total));
  }

  // ---- Logging in

  askForLogin(next) {
    this.next = next;
    this.render();
    byId("login").hidden = false;
    byId("login").querySelector("input").focus();
  }

  async logIn({ email, password, is_new }) {
    const body = { email: email.value, password: password.value };
    if (is_new.checked) await request("POST", "/api/users/register/", { body });
    is_new.checked = false;
    session.tokens = await request("POST", "/api/users/login/", { body }).then(
      ({ data }) => data,
      // A wrong password is no reason to ask for a login again.
      (problem) => { throw new Problem({ ...problem, status: 400 }); },
    );
    password.value = "";
    byId("login").hidden = true;
    this.render();
    await this.resume();
    if (!this.booking) await this.next?.();
  }

  async logOut() {
    const { refresh } = session.tokens;
    session.tokens = null;
    this.adopt(null);
    await request("POST", "/api/users/logout/", { body: { refresh } });
  }

  // A hold outlives a reload of the page.
  async resume() {
    if (!session.tokens) return;
    const { results } = await call("GET", `/api/bookings/?show=${this.id}&status=pending`);
    if (results.length) this.adopt(results[0]);
  }

  // ---- Holding and paying

  async hold() {
    if (!session.tokens) return this.askForLogin(() => this.hold());
    try {
      this.adopt(await postOnce("/api/bookings/", this.order));
    } catch (problem) {
      if (problem.code !== "seats_unavailable") throw problem;
      this.lose(problem.unavailable_seat_ids, problem.alternatives);
    }
  }

  // Show a booking and what can be done with it; null to go on choosing.
  adopt(booking) {
    this.booking = booking;
    this.mine = new Set(booking?.status === "cancelled" ? [] : booking?.seat_ids);
    this.mine.forEach((id) => this.chosen.delete(id));
    byId("bank").hidden = true;
    this.render();
    if (!booking) return;
    const { status, reference, seats, currency, amount_refunded } = booking;
    const panel = byId(status === "pending" ? "pay" : "done");
    const ended = `Cancelled, ${money(amount_refunded, currency)} refunded`;
    byId("done").querySelector("h2").textContent = status === "confirmed" ? "Booked" : ended;
    byId("reference").textContent = reference;
    byId("calendar").hidden = status !== "confirmed";
    panel.querySelector("[data-cancel]").hidden = status === "cancelled";
    const lines = seats.map((seat) =>
      joined(nameOf(seat), seat.category, seat.ticket_type, money(seat.price, currency)),
    );
    panel.querySelector("ul").replaceChildren(...lines.map(textIn("li")));
    listAmounts(panel.querySelector("dl"), booking);
    this.tick();
    panel.querySelector("h2").focus();
  }

  tick() {
    if (this.booking?.status !== "pending") return;
    const ms = Date.parse(this.booking.expires_at) - Date.now() - clockSkew;
    const left = Math.max(0, Math.floor(ms / 1000));
    const seconds = String(left % 60).padStart(2, "0");
    byId("countdown").textContent = `${Math.floor(left / 60)}:${seconds}`;
    if (left === 60) byId("live").textContent = "One minute left to pay.";
    if (ms < 0) this.act(() => this.reload());
  }

  get path() {
    return `/api/bookings/${this.booking.id}/`;
  }

  // What the server says of the booking now. If its time is over, its seats are chosen again.
  async reload() {
    const booking = await call("GET", this.path);
    if (booking.status === "expired") {
      this.adopt(null);
      await this.update();
      const free = this.seatsOf(booking.seat_ids).filter(({ status }) => status === "available");
      this.choose(free.map(({ id }) => id));
      complain({ detail: "The time to pay is over, and the seats are free for others." });
    } else if (booking.status !== this.booking.status) this.adopt(booking);
  }

  async pay(payment_method) {
    try {
      await this.settle(await postOnce(`${this.path}payments/`, { payment_method }));
    } catch (problem) {
      if (problem.status !== 409) throw problem;
      complain(problem);
      await this.reload();
    }
  }

  async settle({ status, next_action, failure }) {
    this.bankUrl = next_action?.url;
    const bank = byId("bank");
    bank.hidden = status !== "requires_action";
    bank.querySelector("button").hidden = !this.bankUrl;
    bank.querySelector("span").textContent = this.bankUrl
      ? "Your bank wants to hear from you."
      : "Your bank has not answered yet; this page waits for it.";
    await this.reload();
    if (status === "failed") throw new Problem({ detail: failure });
  }

  async confirmAtBank() {
    await this.settle((await request("POST", this.bankUrl)).data);
  }

  async cancel() {
    const isPaid = this.booking.status === "confirmed";
    const question = "Cancel this booking? The show's terms say how much is refunded.";
    if (isPaid && !confirm(question)) return;
    const booking = await postOnce(`${this.path}cancel/`, {});
    this.adopt(isPaid ? booking : null);
    await this.update();
  }

  async saveCalendar() {
    const data = await call("GET", `${this.path}calendar.ics`);
    const href = URL.createObjectURL(new Blob([data], { type: "text/calendar" }));
    el("a", { href, download: `${this.booking.reference}.ics` }).click();
  }
}

function listAmounts(list, amounts) {
  const names = ["subtotal", "discount", "fees", "tax", "total"];
  const shown = names.filter((name) => name === "total" || Number(amounts[name]));
  const entries = shown.flatMap((name) =>
    [textIn("dt")(name), textIn("dd")(money(amounts[name], amounts.currency))]);
  list.replaceChildren(...entries);
}

if (byId("whats-on")) whatsOn();
else new Picker(byId("picker").dataset.show).start().catch(complain);
