// The surfaces of surfaces.py: the same operations in the same order. A gradient knows its step and its seed.

const ravine = (x1, x2) => 0.1 * (x1 * x1) + 2 * (x2 * x2);
const ravineGradient = (x1, x2) => [0.2 * x1, 4 * x2];

export const OBJECTIVES = {
  ravine: { f: ravine, gradient: ravineGradient },

  rotated: {
    f(x1, x2) {
      const along = x1 + x2;
      const across = x1 - x2;
      return 0.05 * (along * along) + across * across;
    },
    gradient(x1, x2) {
      const along = 0.1 * (x1 + x2);
      const across = 2 * (x1 - x2);
      return [along + across, along - across];
    },
  },

  rosenbrock: {
    f(x1, x2) {
      const short = 1 - x1;
      const off = x2 - x1 * x1;
      return short * short + 100 * (off * off);
    },
    gradient(x1, x2) {
      const off = x2 - x1 * x1;
      return [-2 * (1 - x1) - 400 * (x1 * off), 200 * off];
    },
  },

  saddle: {
    f(x1, x2) {
      const wall = x2 * x2 - 4;
      return 0.1 * (x1 * x1) + (wall * wall) / 16;
    },
    gradient: (x1, x2) => [0.2 * x1, (x2 * (x2 * x2 - 4)) / 4],
  },

  noisy: {
    f: ravine,
    gradient(x1, x2, t, seed) {
      const slope = ravineGradient(x1, x2);
      return [slope[0] + noise(seed, t, 0), slope[1] + noise(seed, t, 1)];
    },
  },
};

// Three uniforms, less their mean, doubled: mean 0 and variance 1, without a rounding.
function noise(seed, t, coordinate) {
  let sum = 0;
  for (let k = 0; k < 3; k++) sum += uniform(seed, t, 3 * coordinate + k);
  return 2 * (sum - 1.5);
}

function uniform(...numbers) {
  let hash = 0x9e3779b9;
  for (const number of numbers) hash = mixed(hash ^ number);
  return (hash >>> 0) / 4294967296;
}

// The last lines of MurmurHash3 (Appleby, 2011): every bit of h touches every bit of the result.
function mixed(h) {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
