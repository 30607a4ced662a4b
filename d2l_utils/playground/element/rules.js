// The chapters' rules, coordinate by coordinate: the same operations in the same order as in Python, so that
// both give the same bits. Each takes a number, its gradient and its state, and returns the new two.

import { power } from "./power.js";

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
    [m, v, t] = means(g, m, v, t, beta1, beta2);
    return [x - (lr * corrected(m, beta1, t)) / (Math.sqrt(corrected(v, beta2, t)) + eps), [m, v, t]];
  },

  adamw(x, g, [m, v, t], { lr, beta1, beta2, eps, weight_decay }) {
    [m, v, t] = means(g, m, v, t, beta1, beta2);
    const step = corrected(m, beta1, t) / (Math.sqrt(corrected(v, beta2, t)) + eps);
    return [x - lr * (step + weight_decay * x), [m, v, t]];
  },

  amsgrad(x, g, [m, v, top, t], { lr, beta1, beta2, eps }) {
    [m, v, t] = means(g, m, v, t, beta1, beta2);
    top = top + (v - top) * (v > top);
    return [x - (lr * corrected(m, beta1, t)) / (Math.sqrt(corrected(top, beta2, t)) + eps), [m, v, top, t]];
  },

  lion(x, g, [m], { lr, beta1, beta2, weight_decay }) {
    const step = Math.sign(beta1 * m + (1 - beta1) * g);
    return [x - lr * (step + weight_decay * x), [beta2 * m + (1 - beta2) * g]];
  },
};

const means = (g, m, v, t, beta1, beta2) => [beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g, t + 1];

const corrected = (mean, beta, t) => mean / (1 - power(beta, t));

// How many numbers each rule remembers for a coordinate; all start at zero.
export const SLOTS = {
  ...{ sgd: 0, momentum: 1, nesterov: 1, adagrad: 1, rmsprop: 1, adadelta: 2 },
  ...{ adam: 3, adamw: 3, amsgrad: 4, lion: 1 },
};

// The root that facts.json names, of the state after a step; rules without one divide by nothing.
export const ROOTS = {
  adagrad: ([s]) => Math.sqrt(s),
  rmsprop: ([s]) => Math.sqrt(s),
  adadelta: ([s]) => Math.sqrt(s),
  adam: ([, v, t], { beta2 }) => Math.sqrt(corrected(v, beta2, t)),
  adamw: ([, v, t], { beta2 }) => Math.sqrt(corrected(v, beta2, t)),
  amsgrad: ([, , top, t], { beta2 }) => Math.sqrt(corrected(top, beta2, t)),
};

const byRoot = (rule) => (knobs, after) => knobs.lr / (ROOTS[rule](after, knobs) + knobs.eps);

// What a step multiplied the gradient by, from the knobs, the state after it and before, and the gradient itself; of
// Adam, its kin and Lion, the mean of the gradients; decay is left out. With momentum: the rate at which a steady
// gradient moves the point in the end; with μ = 1 it has no end.
export const EFFECTIVE = {
  sgd: ({ lr }) => lr,
  momentum: ({ lr, mu }) => lr / (1 - mu),
  nesterov: ({ lr, mu }) => lr / (1 - mu),
  adagrad: ({ lr, eps }, [s]) => lr / Math.sqrt(s + eps),
  rmsprop: ({ lr, eps }, [s]) => lr / Math.sqrt(s + eps),
  adadelta: ({ eps }, [s], [, delta]) => Math.sqrt(delta + eps) / Math.sqrt(s + eps),
  ...Object.fromEntries(["adam", "adamw", "amsgrad"].map((rule) => [rule, byRoot(rule)])),
  lion: ({ lr, beta1 }, _after, [m], g) => lr / Math.abs(beta1 * m + (1 - beta1) * g),
};
