// Seats as dots on a canvas, for views with too many seats for elements.

const LARGE = { chosen: "ink", mine: "#0b6b32", gone: "#c00000" };
const STAFF = { held: "#e0a100", blocked: "#b3261e" };

export class Dots {
  constructor(canvas) {
    this.canvas = canvas;
    const redraw = () => this.draw(...(this.drawn || []));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  clear() {
    this.drawn = null;
    this.canvas.hidden = true;
  }

  // `visible` is the view in units of the hall, `scale` pixels for one unit.
  draw(seats, visible, scale, pitch, lookOf) {
    if (!seats) return;
    this.drawn = [seats, visible, scale, pitch, lookOf];
    const { canvas } = this;
    canvas.hidden = false;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [width, height] = [visible.width, visible.height].map((size) => Math.round(size * scale));
    Object.assign(canvas, { width: width * ratio, height: height * ratio });
    const context = canvas.getContext("2d");
    const ink = getComputedStyle(canvas).color;
    const size = Math.max(1.5, 0.88 * pitch * scale) * ratio;
    const sprites = new Map();
    const put = (fill, alpha, times, { x, y }) => {
      const key = `${fill} ${alpha} ${times}`;
      if (!sprites.has(key)) sprites.set(key, sprite(size * times, fill, alpha));
      const image = sprites.get(key);
      const [left, top] = [(x - visible.x) * scale * ratio, (y - visible.y) * scale * ratio];
      context.drawImage(image, left - image.width / 2, top - image.height / 2);
    };
    const large = [];
    for (const seat of seats) {
      const look = lookOf(seat);
      if (LARGE[look]) large.push([seat, LARGE[look]]);
      else if (look === "free") put(seat.color, 1, 1, seat);
      else put(STAFF[look] || ink, STAFF[look] ? 1 : look === "booked" ? 0.65 : 0.2, 1, seat);
    }
    const times = Math.max(1.3, (8 * ratio) / size);
    for (const [seat, fill] of large) put(fill === "ink" ? ink : fill, 1, times, seat);
  }
}

function sprite(size, fill, alpha) {
  const edge = Math.max(1, Math.ceil(size));
  const image = Object.assign(document.createElement("canvas"), { width: edge, height: edge });
  const context = image.getContext("2d");
  Object.assign(context, { fillStyle: fill, globalAlpha: alpha });
  context.arc(edge / 2, edge / 2, size / 2, 0, 2 * Math.PI);
  context.fill();
  return image;
}
