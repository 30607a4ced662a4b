// Powers that all browsers agree on.

// base ** t for a whole t, rounded once. Math.pow may be a bit off its last digit, and each browser in its own way;
// 1 - beta ** t would magnify that. The product is carried as a sum of two numbers (Dekker, 1971).
const POWERS = new Map();

export function power(base, t) {
  if (!POWERS.has(base)) POWERS.set(base, [[1, 0]]);
  const known = POWERS.get(base);
  while (known.length <= t) known.push(timesExactly(known[known.length - 1], base));
  return known[t][0];
}

function timesExactly([high, low], base) {
  const product = high * base;
  const a = split(high);
  const b = split(base);
  const lost = a[0] * b[0] - product + a[0] * b[1] + a[1] * b[0] + a[1] * b[1];
  const rest = lost + low * base;
  return [product + rest, rest - (product + rest - product)];
}

function split(x) {
  const shifted = 134217729 * x; // 2 ** 27 + 1
  const high = shifted - (shifted - x);
  return [high, x - high];
}
