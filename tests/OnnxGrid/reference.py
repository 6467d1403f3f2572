"""The recurrent operators of ONNX, and those that stand beside them, in NumPy and double precision. Written from the text of the operators."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def function(name, alpha, beta):
    """An activation with its numbers."""
    return {
        "Sigmoid": sigmoid, "Tanh": np.tanh, "Relu": lambda x: np.maximum(x, 0), "Softsign": lambda x: x / (1 + np.abs(x)),
        "Softplus": lambda x: np.log1p(np.exp(x)), "Affine": lambda x: alpha * x + beta, "LeakyRelu": lambda x: np.where(x < 0, alpha * x, x),
        "ThresholdedRelu": lambda x: np.where(x > alpha, x, 0), "ScaledTanh": lambda x: alpha * np.tanh(beta * x),
        "HardSigmoid": lambda x: np.clip(alpha * x + beta, 0, 1), "Elu": lambda x: np.where(x < 0, alpha * (np.exp(x) - 1), x),
    }[name]


DEFAULTS = {"LeakyRelu": (0.01, None), "ThresholdedRelu": (1.0, None), "HardSigmoid": (0.2, 0.5), "Elu": (1.0, None), "Affine": (None, None), "ScaledTanh": (None, None)}
USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


def functions(kind, attributes, directions):
    """The activations of each direction. The lists of numbers are used up in the order of the functions that take one."""
    names = attributes.get("activations") or USUAL[kind] * directions
    alphas, betas = list(attributes.get("activation_alpha") or []), list(attributes.get("activation_beta") or [])
    result = []
    for name in names:
        alpha, beta = DEFAULTS.get(name, (None, None))
        if name in DEFAULTS and alphas:
            alpha = alphas.pop(0)
        if name in ("HardSigmoid", "Affine", "ScaledTanh") and betas:
            beta = betas.pop(0)
        result.append(function(name, alpha, beta))
    count = len(USUAL[kind])
    return [result[d * count:(d + 1) * count] for d in range(directions)]


def clipped(x, clip):
    return np.clip(x, -clip, clip) if clip else x


def lstm_step(x, h, c, w, r, b, p, f, attributes):
    n, clip = h.shape[-1], attributes.get("clip")
    gates = x @ w.T + h @ r.T + b[:4 * n] + b[4 * n:]
    i, o, forget, cell = (gates[:, k * n:(k + 1) * n] for k in range(4))
    i = f[0](clipped(i + p[:n] * c, clip))
    forget = 1 - i if attributes.get("input_forget") else f[0](clipped(forget + p[2 * n:] * c, clip))
    c = forget * c + i * f[1](clipped(cell, clip))
    o = f[0](clipped(o + p[n:2 * n] * c, clip))
    # The text has the clip at the input of every activation. ONNX Runtime does not clip the cell state on its way to the output, and it is what people run.
    return o * f[2](c), c


def gru_step(x, h, c, w, r, b, p, f, attributes):
    n, clip = h.shape[-1], attributes.get("clip")
    a, s, wb, rb = x @ w.T, h @ r.T, b[:3 * n], b[3 * n:]
    z = f[0](clipped(a[:, :n] + s[:, :n] + wb[:n] + rb[:n], clip))
    reset = f[0](clipped(a[:, n:2 * n] + s[:, n:2 * n] + wb[n:2 * n] + rb[n:2 * n], clip))
    before = reset * (s[:, 2 * n:] + rb[2 * n:]) if attributes.get("linear_before_reset") else (reset * h) @ r[2 * n:].T + rb[2 * n:]
    new = f[1](clipped(a[:, 2 * n:] + before + wb[2 * n:], clip))
    return (1 - z) * new + z * h, c


def rnn_step(x, h, c, w, r, b, p, f, attributes):
    n = h.shape[-1]
    return f[0](clipped(x @ w.T + h @ r.T + b[:n] + b[n:], attributes.get("clip"))), c


def recurrent(kind, x, w, r, b=None, lengths=None, h0=None, c0=None, p=None, **attributes):
    """Runs a node; the axes of inputs and outputs are those of its layout. Returns Y, Y_h and Y_c."""
    layout, direction = attributes.get("layout", 0), attributes.get("direction", "forward")
    x, w, r = np.asarray(x, np.float64), np.asarray(w, np.float64), np.asarray(r, np.float64)
    if layout:
        x, h0, c0 = (v if v is None else np.swapaxes(np.asarray(v, np.float64), 0, 1) for v in (x, h0, c0))
    steps, batch, directions, hidden = x.shape[0], x.shape[1], w.shape[0], r.shape[2]
    step = {"LSTM": lstm_step, "GRU": gru_step, "RNN": rnn_step}[kind]
    y, hs, cs = np.zeros((steps, directions, batch, hidden)), np.zeros((directions, batch, hidden)), np.zeros((directions, batch, hidden))
    names = functions(kind, attributes, directions)
    for d in range(directions):
        bias = np.zeros(2 * w.shape[1]) if b is None else np.asarray(b[d], np.float64)
        peepholes = np.zeros(3 * hidden) if p is None else np.asarray(p[d], np.float64)
        for n in range(batch):
            h = np.zeros((1, hidden)) if h0 is None else np.asarray(h0[d, n:n + 1], np.float64)
            c = np.zeros((1, hidden)) if c0 is None else np.asarray(c0[d, n:n + 1], np.float64)
            order = range(steps if lengths is None else int(lengths[n]))
            for t in reversed(order) if direction == "reverse" or d == 1 else order:
                h, c = step(x[t, n:n + 1], h, c, w[d], r[d], bias, peepholes, names[d], attributes)
                y[t, d, n] = h[0]
            hs[d, n], cs[d, n] = h[0], c[0]
    if layout:
        return y.transpose(2, 0, 1, 3), hs.swapaxes(0, 1), cs.swapaxes(0, 1)
    return y, hs, cs


def conv(x, w, b=None, strides=1, dilations=1, pads=(0, 0), group=1):
    """Convolution of [batch, channel, time]."""
    x = np.pad(np.asarray(x, np.float64), ((0, 0), (0, 0), tuple(pads)))
    outputs, per_group, size = w.shape
    length = (x.shape[2] - (size - 1) * dilations - 1) // strides + 1
    y = np.zeros((x.shape[0], outputs, length))
    for o in range(outputs):
        first = o // (outputs // group) * per_group
        for t in range(length):
            places = t * strides + np.arange(size) * dilations
            y[:, o, t] = (x[:, first:first + per_group][:, :, places] * w[o]).sum(axis=(1, 2)) + (0 if b is None else b[o])
    return y


def pool(x, size, strides=1, pads=(0, 0), largest=True):
    """MaxPool, or AveragePool that counts the padding, of [batch, channel, time]."""
    x = np.pad(np.asarray(x, np.float64), ((0, 0), (0, 0), tuple(pads)), constant_values=-np.inf if largest else 0)
    length = (x.shape[2] - size) // strides + 1
    windows = np.stack([x[:, :, t * strides:t * strides + size] for t in range(length)], axis=2)
    return windows.max(axis=3) if largest else windows.mean(axis=3)


def batch_normalisation(x, scale, bias, mean, variance, epsilon=1e-5):
    shape = (1, -1) + (1,) * (np.ndim(x) - 2)
    return (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + epsilon) * scale.reshape(shape) + bias.reshape(shape)


def layer_normalisation(x, scale, bias, axis=-1, epsilon=1e-5):
    axes = tuple(range(axis % np.ndim(x), np.ndim(x)))
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axis=axes, keepdims=True) + epsilon) * scale + (0 if bias is None else bias)
