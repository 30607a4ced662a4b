"""The rules, taken out of the chapters that define them."""

from d2l_utils.chapters import definitions

sgd = definitions("01_gradient_descent", "sgd")
momentum, nesterov = definitions("03_momentum", "momentum", "nesterov")
adagrad = definitions("04_adagrad", "adagrad")
rmsprop = definitions("05_rmsprop", "rmsprop")
rmsprop_torch, rmsprop_mxnet_centered = definitions("08_rmsprop_frameworks", "rmsprop_torch", "rmsprop_mxnet_centered")
adadelta = definitions("09_adadelta", "adadelta")
adam, adam_eps_hat, adamw = definitions("10_adam", "adam", "adam_eps_hat", "adamw")

EVERY_RULE = (
    *(sgd, momentum, nesterov, adagrad, rmsprop, rmsprop_torch, rmsprop_mxnet_centered),
    *(adadelta, adam, adam_eps_hat, adamw),
)
