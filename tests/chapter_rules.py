"""The rules, taken out of the chapters that define them."""

from d2l_utils.chapters import definitions

sgd = definitions("02_gradient_descent", "sgd")
momentum, nesterov = definitions("04_momentum", "momentum", "nesterov")
adagrad = definitions("05_adagrad", "adagrad")
rmsprop = definitions("06_rmsprop", "rmsprop")
rmsprop_torch, rmsprop_mxnet_centered = definitions("09_rmsprop_frameworks", "rmsprop_torch", "rmsprop_mxnet_centered")
adadelta = definitions("10_adadelta", "adadelta")
adam, adam_eps_hat, adamw = definitions("11_adam", "adam", "adam_eps_hat", "adamw")
amsgrad = definitions("11_adam_solutions", "amsgrad")
lion = definitions("15_descendants", "lion")

EVERY_RULE = (
    *(sgd, momentum, nesterov, adagrad, rmsprop, rmsprop_torch, rmsprop_mxnet_centered),
    *(adadelta, adam, adam_eps_hat, adamw, amsgrad, lion),
)
