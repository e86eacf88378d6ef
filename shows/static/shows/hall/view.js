// The part of the hall that is in view. The map scrolls an empty box as large as the zoomed hall;
// what is drawn is as large as the map, and follows.

export class View {
  constructor(map, onMove) {
    this.map = map;
    this.box = { x: 0, y: 0, width: 1, height: 1 }; // The whole hall.
    this.level = 1;
    this.room = map.querySelector(".room");
    this.window = map.querySelector(".window");
    this.onMove = onMove;
    map.addEventListener("scroll", () => this.drawSoon(), { passive: true });
    new ResizeObserver(() => {
      this.resize();
      this.drawSoon();
    }).observe(map);
  }

  // Draw before the next frame. Several calls draw once.
  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.onMove();
    });
  }

  show(box) {
    this.box = box;
    this.resize();
    this.onMove();
  }

  // Pixels for one unit of the hall.
  get scale() {
    const { clientWidth, clientHeight } = this.map;
    return this.level * Math.min(clientWidth / this.box.width, clientHeight / this.box.height);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.map;
    Object.assign(this.window.style, { width: `${width}px`, height: `${height}px` });
    const [wide, high] = [this.box.width * this.scale, this.box.height * this.scale];
    this.room.style.width = `${Math.max(width, Math.floor(wide))}px`;
    this.room.style.height = `${Math.max(height, Math.floor(high))}px`;
    // A hall that is smaller than the map is in its middle.
    this.margin = { x: Math.max(0, (width - wide) / 2), y: Math.max(0, (height - high) / 2) };
  }

  // The rectangle in view, in units of the hall.
  get visible() {
    const { map, box, scale, margin } = this;
    return {
      x: box.x + (map.scrollLeft - margin.x) / scale,
      y: box.y + (map.scrollTop - margin.y) / scale,
      width: map.clientWidth / scale,
      height: map.clientHeight / scale,
    };
  }

  // The point of the hall at a position in the browser's window.
  pointAt(clientX, clientY) {
    const { left, top } = this.map.getBoundingClientRect();
    const { x, y } = this.visible;
    return { x: x + (clientX - left) / this.scale, y: y + (clientY - top) / this.scale };
  }

  // Zoom by a factor; 0 shows the whole hall. `point` comes to clientX, clientY; without it, the
  // hall stays where it is there.
  zoom(factor, closest, clientX, clientY, point) {
    const { left, top, width, height } = this.map.getBoundingClientRect();
    const [atX, atY] = [clientX ?? left + width / 2, clientY ?? top + height / 2];
    const { x, y } = point ?? this.pointAt(atX, atY);
    const limit = Math.max(1, (this.level * closest) / this.scale);
    this.level = Math.min(Math.max(this.level * factor, 1), limit);
    this.resize();
    this.scrollTo(x, y, atX - left, atY - top);
  }

  // Scroll so that a point of the hall is at a position in the map.
  scrollTo(x, y, atX, atY) {
    const { map, box, scale, margin } = this;
    map.scrollTo((x - box.x) * scale + margin.x - atX, (y - box.y) * scale + margin.y - atY);
    this.onMove();
  }

  // Scroll as little as needed to bring a point into view, with space around it.
  reveal({ x, y }, space) {
    const { map, scale, visible } = this;
    const [atX, atY] = [(x - visible.x) * scale, (y - visible.y) * scale];
    const within = (at, size) => Math.min(Math.max(at, Math.min(space, size / 2)), size - space);
    const [toX, toY] = [within(atX, map.clientWidth), within(atY, map.clientHeight)];
    if (toX !== atX || toY !== atY) this.scrollTo(x, y, toX, toY);
  }
}
