// The chapters' rules, coordinate by coordinate: the same operations in the same order as in Python, so that
// both give the same bits. Each takes a number, its gradient and its state, and returns the new two.

export const UPDATES = {
  sgd: (x, g, state, { lr }) => [x - lr * g, state],

  momentum(x, g, [v], { lr, mu }) {
    v = mu * v + lr * g;
    return [x - v, [v]];
  },

  nesterov(x, g, [v], { lr, mu }) {
    v = mu * v + lr * g;
    return [x - (mu * v + lr * g), [v]];
  },

  adagrad(x, g, [s], { lr, eps }) {
    s = s + g * g;
    return [x - (lr * g) / Math.sqrt(s + eps), [s]];
  },

  rmsprop(x, g, [s], { lr, gamma, eps }) {
    s = gamma * s + (1 - gamma) * g * g;
    return [x - (lr * g) / Math.sqrt(s + eps), [s]];
  },

  adadelta(x, g, [s, delta], { rho, eps }) {
    s = rho * s + (1 - rho) * g * g;
    const step = (Math.sqrt(delta + eps) / Math.sqrt(s + eps)) * g;
    return [x - step, [s, rho * delta + (1 - rho) * step * step]];
  },

  adam(x, g, [m, v, t], { lr, beta1, beta2, eps }) {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    t = t + 1;
    const mHat = m / (1 - power(beta1, t));
    const vHat = v / (1 - power(beta2, t));
    return [x - (lr * mHat) / (Math.sqrt(vHat) + eps), [m, v, t]];
  },
};

// How many numbers each rule remembers for a coordinate; all start at zero.
export const SLOTS = { sgd: 0, momentum: 1, nesterov: 1, adagrad: 1, rmsprop: 1, adadelta: 2, adam: 3 };

// The root that facts.json names, of the state after a step; rules without one divide by nothing.
export const ROOTS = {
  adagrad: ([s]) => Math.sqrt(s),
  rmsprop: ([s]) => Math.sqrt(s),
  adadelta: ([s]) => Math.sqrt(s),
  adam: ([, v, t], { beta2 }) => Math.sqrt(v / (1 - power(beta2, t))),
};

// What a step multiplied the gradient by, from the knobs and the state after it and before; of Adam, the mean of the gradients. With momentum: the rate at which a
// steady gradient moves the point in the end; with μ = 1 it has no end.
export const EFFECTIVE = {
  sgd: ({ lr }) => lr,
  momentum: ({ lr, mu }) => lr / (1 - mu),
  nesterov: ({ lr, mu }) => lr / (1 - mu),
  adagrad: ({ lr, eps }, [s]) => lr / Math.sqrt(s + eps),
  rmsprop: ({ lr, eps }, [s]) => lr / Math.sqrt(s + eps),
  adadelta: ({ eps }, [s], [, delta]) => Math.sqrt(delta + eps) / Math.sqrt(s + eps),
  adam: (knobs, after) => knobs.lr / (ROOTS.adam(after, knobs) + knobs.eps),
};

// base ** t for a whole t, rounded once. Math.pow may be a bit off its last digit, and each browser in its own way;
// 1 - beta ** t would magnify that. The product is carried as a sum of two numbers (Dekker, 1971).
const POWERS = new Map();

function power(base, t) {
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
