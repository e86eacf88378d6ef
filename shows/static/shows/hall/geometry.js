// Positions and distances in a hall.

export function extent(points) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, width: right - left, height: bottom - top };
}

// The box that two boxes have in common. It has no area if there is none.
export function overlapOf(one, other) {
  const [left, top] = [Math.max(one.x, other.x), Math.max(one.y, other.y)];
  const right = Math.min(one.x + one.width, other.x + other.width);
  const bottom = Math.min(one.y + one.height, other.y + other.height);
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

// The usual distance between neighbouring seats, in a row or across rows.
export function spacing(seats) {
  const some = seats.filter((_, index) => index % Math.ceil(seats.length / 120) === 0);
  const gaps = some.map((one) => {
    let least = Infinity;
    for (const { x, y } of seats) {
      const square = (x - one.x) ** 2 + (y - one.y) ** 2;
      if (square && square < least) least = square;
    }
    return Math.sqrt(least);
  });
  const gap = gaps.sort((one, other) => one - other)[Math.floor(gaps.length / 10)];
  return Number.isFinite(gap) ? gap : 1;
}

// Sort the seats of a row by position. Return the points beyond both ends, for its labels.
export function endsOf(seats, pitch) {
  const { width, height } = extent(seats);
  const along = width >= height ? "x" : "y";
  seats.sort((one, other) => one[along] - other[along]);
  const beyond = (end, next) => {
    const share = (1.1 * pitch) / (Math.hypot(end.x - next.x, end.y - next.y) || 1);
    return { x: end.x + share * (end.x - next.x), y: end.y + share * (end.y - next.y) };
  };
  const [first, last] = [seats[0], seats.at(-1)];
  // A single seat has a label on either side.
  return [
    beyond(first, seats[1] ?? { x: first.x + 1, y: first.y }),
    beyond(last, seats.at(-2) ?? { x: last.x - 1, y: last.y }),
  ];
}

// The place of a section's name: above its topmost seat, or the middle one of several.
export function aboveOf(seats, pitch) {
  const { left, top, width } = extent(seats);
  const off = ({ x }) => Math.abs(x - left - width / 2);
  const highest = seats.filter(({ y }) => y - top < 0.5 * pitch);
  const { x } = highest.reduce((best, seat) => (off(seat) < off(best) ? seat : best));
  return { x, y: top - (highest.length > 1 ? 0.7 : 1.6) * pitch, width };
}

export function nearest(seats, { x, y }) {
  let [found, least] = [undefined, Infinity];
  for (const seat of seats) {
    const square = (seat.x - x) ** 2 + (seat.y - y) ** 2;
    if (square < least) [found, least] = [seat, square];
  }
  return found;
}

// The nearest seat in a direction. Seats of the same row are preferred.
export function neighbour(seats, from, [dx, dy], pitch) {
  let [found, least] = [from, Infinity];
  for (const seat of seats) {
    const [x, y] = [seat.x - from.x, seat.y - from.y];
    const along = x * dx + y * dy;
    const detour = dx && seat.line !== from.line ? 4 * pitch : 0;
    const cost = along + 3 * Math.abs(x * dy + y * dx) + detour;
    if (along > 0.3 * pitch && cost < least) [found, least] = [seat, cost];
  }
  return found;
}
