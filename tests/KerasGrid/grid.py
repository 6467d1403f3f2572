#!/usr/bin/env python3
"""Writes Keras files as Keras does, with h5py, and beside each an input with the output that Keras gives for it.

Keras itself is not needed: the layout of the files and the equations of the layers are those of its sources, written down here once more.
"""
import argparse
import io
import json
import os
import re
import zipfile

import h5py
import numpy as np

rng = np.random.default_rng(7)


def weight(*shape, scale=0.5):
    return rng.normal(0, scale, shape).astype(np.float32)


sigmoid = lambda x: 1 / (1 + np.exp(-x))
FUNCTIONS = {
    "linear": lambda x: x, "tanh": np.tanh, "sigmoid": sigmoid, "relu": lambda x: np.maximum(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)), "softplus": lambda x: np.log1p(np.exp(x)), "elu": lambda x: np.where(x >= 0, x, np.expm1(x)),
    "leaky_relu": lambda x: np.where(x >= 0, x, 0.2 * x), "silu": lambda x: x * sigmoid(x), "softmax": lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True),
}


def function(name, version):
    if name == "hard_sigmoid":
        return (lambda x: np.clip(x / 6 + 0.5, 0, 1)) if version == 3 else (lambda x: np.clip(0.2 * x + 0.5, 0, 1))
    return FUNCTIONS[name]


class Layer:
    """A layer: class, configuration, weights by part, and its equations."""
    def __init__(self, kind, **config):
        self.kind, self.config, self.parts = kind, config, []

    def entry(self, name):
        config = dict(self.config, name=name)
        for key in ("layer", "backward_layer"):
            if isinstance(config.get(key), Layer):
                config[key] = config[key].entry(f"{key}_{name}")
        return {"class_name": self.kind, "config": config}


class Cell(Layer):
    def __init__(self, kind, inputs, units, **config):
        config = {"units": units, "activation": "tanh", "use_bias": True, "go_backwards": False, "return_sequences": False, "stateful": False, **config}
        if kind != "SimpleRNN":
            config.setdefault("recurrent_activation", "sigmoid")
        if kind == "GRU":
            config.setdefault("reset_after", True)
        super().__init__(kind, **config)
        gates = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[kind]
        self.w, self.u = weight(inputs, gates * units), weight(units, gates * units)
        names = [("kernel", self.w), ("recurrent_kernel", self.u)]
        self.b = None
        if config["use_bias"]:
            self.b = weight(2, gates * units) if kind == "GRU" and config["reset_after"] else weight(gates * units)
            names.append(("bias", self.b))
        self.parts = [("cell", names)]

    def run(self, x, version):
        """Outputs of all timesteps in the order in which they are computed."""
        c, n = self.config, self.config["units"]
        f = function(c["activation"], version)
        g = function(c.get("recurrent_activation", "linear"), version)
        h = np.zeros((x.shape[0], n)); s = np.zeros_like(h); outputs = []
        steps = range(x.shape[1] - 1, -1, -1) if c["go_backwards"] else range(x.shape[1])
        w, u, b = self.w.astype(float), self.u.astype(float), None if self.b is None else self.b.astype(float)
        for t in steps:
            a = x[:, t] @ w
            if self.kind == "SimpleRNN":
                h = f(a + h @ u + (0 if b is None else b))
            elif self.kind == "LSTM":
                i, fg, cc, o = np.split(a + h @ u + (0 if b is None else b), 4, axis=1)
                s = g(fg) * s + g(i) * f(cc)
                h = g(o) * f(s)
            elif c["reset_after"]:
                a = a + (0 if b is None else b[0]); r = h @ u + (0 if b is None else b[1])
                z, k = g(a[:, :n] + r[:, :n]), g(a[:, n:2 * n] + r[:, n:2 * n])
                h = z * h + (1 - z) * f(a[:, 2 * n:] + k * r[:, 2 * n:])
            else:
                a = a + (0 if b is None else b)
                z, k = g(a[:, :n] + h @ u[:, :n]), g(a[:, n:2 * n] + h @ u[:, n:2 * n])
                h = z * h + (1 - z) * f(a[:, 2 * n:] + (k * h) @ u[:, 2 * n:])
            outputs.append(h)
        return np.stack(outputs, 1)

    def call(self, x, version):
        y = self.run(x, version)
        return y if self.config["return_sequences"] else y[:, -1]


class Bidirectional(Layer):
    def __init__(self, forward, backward, merge="concat"):
        super().__init__("Bidirectional", layer=forward, backward_layer=backward, merge_mode=merge)
        self.parts = [("forward_layer/cell", forward.parts[0][1]), ("backward_layer/cell", backward.parts[0][1])]

    def call(self, x, version):
        a, b = self.config["layer"].call(x, version), self.config["backward_layer"].call(x, version)
        if self.config["layer"].config["return_sequences"]:
            b = b[:, ::-1]
        return {"concat": lambda: np.concatenate([a, b], -1), "sum": lambda: a + b, "ave": lambda: (a + b) / 2}[self.config["merge_mode"]]()


class Dense(Layer):
    def __init__(self, inputs, units, activation="linear", use_bias=True):
        super().__init__("Dense", units=units, activation=activation, use_bias=use_bias)
        self.w, self.b = weight(inputs, units), weight(units)
        self.parts = [("", [("kernel", self.w)] + ([("bias", self.b)] if use_bias else []))]

    def call(self, x, version):
        y = x @ self.w.astype(float) + (self.b if self.config["use_bias"] else 0)
        return function(self.config["activation"], version)(y)


class TimeDistributed(Layer):
    def __init__(self, layer):
        super().__init__("TimeDistributed", layer=layer)
        self.parts = [("layer", layer.parts[0][1])]

    def call(self, x, version):
        return self.config["layer"].call(x, version)


class BatchNormalization(Layer):
    def __init__(self, count, scale=True, center=True, axis=-1):
        super().__init__("BatchNormalization", epsilon=1e-3, scale=scale, center=center, axis=axis)
        self.values = {"gamma": weight(count), "beta": weight(count), "moving_mean": weight(count), "moving_variance": np.abs(weight(count)) + 0.1}
        used = [n for n in self.values if (n != "gamma" or scale) and (n != "beta" or center)]
        self.parts = [("", [(n, self.values[n].astype(np.float32)) for n in used])]

    def call(self, x, version):
        v = dict(self.parts[0][1])
        return (x - v["moving_mean"]) / np.sqrt(v["moving_variance"].astype(float) + 1e-3) * v.get("gamma", 1) + v.get("beta", 0)


class LayerNormalization(Layer):
    def __init__(self, count, scale=True, center=True, axis=-1):
        super().__init__("LayerNormalization", epsilon=1e-3, scale=scale, center=center, axis=axis)
        self.parts = [("", ([("gamma", weight(count))] if scale else []) + ([("beta", weight(count))] if center else []))]

    def call(self, x, version):
        v = dict(self.parts[0][1])
        apart = x - x.mean(-1, keepdims=True)
        return apart / np.sqrt((apart ** 2).mean(-1, keepdims=True) + 1e-3) * v.get("gamma", 1) + v.get("beta", 0)


class Conv1D(Layer):
    def __init__(self, inputs, filters, size, strides=1, padding="valid", dilation=1, groups=1, activation="linear", use_bias=True):
        super().__init__("Conv1D", filters=filters, kernel_size=[size], strides=[strides], padding=padding, data_format="channels_last",
                         dilation_rate=[dilation], groups=groups, activation=activation, use_bias=use_bias)
        self.w, self.b = weight(size, inputs // groups, filters), weight(filters)
        self.parts = [("", [("kernel", self.w)] + ([("bias", self.b)] if use_bias else []))]

    def call(self, x, version):
        c = self.config
        size, stride, dilation, groups = c["kernel_size"][0], c["strides"][0], c["dilation_rate"][0], c["groups"]
        reach = (size - 1) * dilation
        before = {"valid": 0, "causal": reach, "same": reach // 2}[c["padding"]]
        after = reach - before if c["padding"] == "same" else 0
        padded = np.pad(x, ((0, 0), (before, after), (0, 0)))
        steps = (padded.shape[1] - reach - 1) // stride + 1
        y = np.zeros((len(x), steps, c["filters"]))
        per_in, per_out = x.shape[2] // groups, c["filters"] // groups
        for t in range(steps):
            for k in range(size):
                for g in range(groups):
                    y[:, t, g * per_out:(g + 1) * per_out] += padded[:, t * stride + k * dilation, g * per_in:(g + 1) * per_in] @ self.w[k, :, g * per_out:(g + 1) * per_out]
        return function(c["activation"], version)(y + (self.b if c["use_bias"] else 0))


class Normalization(Layer):
    def __init__(self, count, given=False):
        mean, variance = weight(count), (np.abs(weight(count)) + 0.1).astype(np.float32)
        self.mean, self.variance = mean, variance
        super().__init__("Normalization", axis=[-1], invert=False, mean=[[mean.tolist()]] if given else None, variance=[[variance.tolist()]] if given else None)
        self.parts = [] if given else [("", [("mean", mean), ("variance", variance), ("count", np.int64(9))])]

    def call(self, x, version):
        return (x - self.mean) / np.maximum(np.sqrt(self.variance.astype(float)), 1e-7)


class Embedding(Layer):
    def __init__(self, tokens, count):
        super().__init__("Embedding", input_dim=tokens, output_dim=count, mask_zero=False)
        self.table = weight(tokens, count)
        self.parts = [("", [("embeddings", self.table)])]

    def call(self, x, version):
        return self.table[x.astype(int)].astype(float)


class Plain(Layer):
    def __init__(self, kind, of=lambda x: x, **config):
        super().__init__(kind, **config)
        self.of = of

    def call(self, x, version):
        return self.of(x)


def networks():
    """(name, input shape without the batch, layers)"""
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        k = kind.lower()
        yield k, (None, 3), [Cell(kind, 3, 5), Dense(5, 4)]
        yield f"{k}-softmax", (None, 3), [Cell(kind, 3, 5), Plain("Dropout", rate=0.5), Dense(5, 4, "softmax")]
        yield f"{k}-no-bias", (None, 3), [Cell(kind, 3, 5, use_bias=False), Dense(5, 4, use_bias=False)]
        yield f"{k}-stacked", (None, 3), [Cell(kind, 3, 5, return_sequences=True), Plain("SpatialDropout1D", rate=0.2), Cell(kind, 5, 4), Dense(4, 3)]
        yield f"{k}-backwards", (None, 3), [Cell(kind, 3, 5, go_backwards=True), Dense(5, 4)]
        yield f"{k}-backwards-twice", (None, 3), [Cell(kind, 3, 5, go_backwards=True, return_sequences=True), Cell(kind, 5, 4, go_backwards=True), Dense(4, 3)]
        yield f"{k}-backwards-then-forwards", (None, 3), [Cell(kind, 3, 5, go_backwards=True, return_sequences=True), Cell(kind, 5, 4), Dense(4, 3)]
        for merge in ("concat", "sum", "ave"):
            two = lambda i, n, **c: Bidirectional(Cell(kind, i, n, **c), Cell(kind, i, n, go_backwards=True, **c), merge)
            width = 10 if merge == "concat" else 5
            yield f"{k}-both-{merge}", (None, 3), [two(3, 5), Dense(width, 4)]
            yield f"{k}-both-{merge}-stacked", (None, 3), [two(3, 5, return_sequences=True), Cell(kind, width, 4), Dense(4, 3)]
        yield f"{k}-both-after-backwards", (None, 3), [
            Cell(kind, 3, 5, go_backwards=True, return_sequences=True),
            Bidirectional(Cell(kind, 5, 4, return_sequences=True), Cell(kind, 5, 4, go_backwards=True, return_sequences=True)), Cell(kind, 8, 4), Dense(4, 3)]
        yield f"{k}-both-turned", (None, 3), [Bidirectional(Cell(kind, 3, 5, go_backwards=True), Cell(kind, 3, 5)), Dense(10, 4)]
        for name in ("relu", "linear", "softsign", "elu", "leaky_relu", "softplus", "sigmoid", "hard_sigmoid"):
            yield f"{k}-{name}", (None, 3), [Cell(kind, 3, 4, activation=name), Dense(4, 3)]
        if kind != "SimpleRNN":
            yield f"{k}-hard-gates", (None, 3), [Cell(kind, 3, 4, recurrent_activation="hard_sigmoid"), Dense(4, 3)]
        yield f"{k}-logit", (None, 3), [Cell(kind, 3, 5), Dense(5, 1, "sigmoid")]
        yield f"{k}-mlp", (None, 3), [Cell(kind, 3, 5), Dense(5, 6, "relu"), Dense(6, 3)]
        yield f"{k}-mean", (None, 3), [Cell(kind, 3, 5, return_sequences=True), Plain("GlobalAveragePooling1D", lambda x: x.mean(1), data_format="channels_last", keepdims=False), Dense(5, 3)]
        yield f"{k}-max", (None, 3), [Cell(kind, 3, 5, return_sequences=True), Plain("GlobalMaxPooling1D", lambda x: x.max(1), data_format="channels_last", keepdims=False), Dense(5, 3)]
        yield f"{k}-layer-norm", (None, 3), [LayerNormalization(3), Cell(kind, 3, 5), LayerNormalization(5, scale=False), Dense(5, 3)]
        yield f"{k}-tagged", (None, 3), [Cell(kind, 3, 5, return_sequences=True), TimeDistributed(Dense(5, 3, "softmax"))]
        for padding in ("valid", "same", "causal"):
            yield f"{k}-conv-{padding}", (None, 3), [Conv1D(3, 6, 4, padding=padding, activation="relu"), Cell(kind, 6, 5), Dense(5, 3)]
        yield f"{k}-conv-strided", (None, 4), [Conv1D(4, 6, 3, strides=2, groups=2), Cell(kind, 6, 5), Dense(5, 3)]
        yield f"{k}-conv-dilated", (None, 3), [Conv1D(3, 6, 2, dilation=2, padding="causal", use_bias=False, activation="leaky_relu"), Cell(kind, 6, 5), Dense(5, 3)]
        pairs = lambda x: x[:, :x.shape[1] // 2 * 2].reshape(len(x), x.shape[1] // 2, 2, x.shape[2])
        pool = {"pool_size": [2], "strides": [2], "padding": "valid", "data_format": "channels_last"}
        yield f"{k}-pooled-max", (None, 3), [Plain("MaxPooling1D", lambda x: pairs(x).max(2), **pool), Cell(kind, 3, 5), Dense(5, 3)]
        yield f"{k}-pooled-mean", (None, 3), [Plain("AveragePooling1D", lambda x: pairs(x).mean(2), **pool), Cell(kind, 3, 5), Dense(5, 3)]
        for name in ("elu", "leaky_relu", "silu", "tanh", "softplus"):
            yield f"{k}-between-{name}", (None, 3), [Cell(kind, 3, 5), Dense(5, 6, name), Dense(6, 3)]
    yield "gru-reset-before", (None, 3), [Cell("GRU", 3, 5, reset_after=False), Dense(5, 4)]
    yield "gru-reset-before-no-bias", (None, 3), [Cell("GRU", 3, 5, reset_after=False, use_bias=False), Dense(5, 4)]
    yield "normalised", (None, 3), [Normalization(3), Cell("LSTM", 3, 5), BatchNormalization(5), Dense(5, 4)]
    yield "normalised-given", (None, 3), [Normalization(3, given=True), Cell("LSTM", 3, 5), Dense(5, 4)]
    yield "batch-normalised", (None, 3), [BatchNormalization(3, axis=[2]), Cell("GRU", 3, 5, return_sequences=True), BatchNormalization(5, scale=False), Cell("GRU", 5, 4), Dense(4, 3)]
    yield "projected", (None, 3), [Dense(3, 6), Cell("LSTM", 6, 5), Dense(5, 4)]
    yield "distributed", (None, 3), [TimeDistributed(Dense(3, 6)), Cell("LSTM", 6, 5), Dense(5, 4, "softmax"), Plain("Activation", activation="linear")]
    yield "embedded", (None,), [Embedding(12, 4), Cell("LSTM", 4, 5), Dense(5, 3)]
    yield "row", (21,), [Plain("Reshape", lambda x: x.reshape(len(x), 7, 3), target_shape=[7, 3]), Cell("LSTM", 3, 5), Dense(5, 3)]
    yield "one-feature", (7,), [Plain("Reshape", lambda x: x[..., None], target_shape=[-1, 1]), Cell("LSTM", 1, 5), Plain("Flatten", data_format="channels_last"), Dense(5, 3)]


def snake(name):
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))).lower()


def config(layers, shape, version, functional):
    names = [f"{snake(l.kind)}_{n}" for n, l in enumerate(layers)]
    key = "batch_shape" if version == 3 else "batch_input_shape"
    first = {"class_name": "InputLayer", "config": {key: [None, *shape], "dtype": "float32", "name": "input_1"}}
    entries = [first] + [l.entry(n) for l, n in zip(layers, names)]
    if not functional:
        return names, {"class_name": "Sequential", "config": {"name": "sequential", "layers": entries}}
    first.update(name="input_1", inbound_nodes=[])
    for before, entry in zip(entries, entries[1:]):
        source = [before["config"]["name"], 0, 0]
        tensor = {"class_name": "__keras_tensor__", "config": {"shape": None, "dtype": "float32", "keras_history": source}}
        entry.update(name=entry["config"]["name"], inbound_nodes=[{"args": [tensor], "kwargs": {"training": False}}] if version == 3 else [[[*source, {}]]])
    ends = [["input_1", 0, 0], [names[-1], 0, 0]]
    ends = ends if version == 3 else [[ends[0]], [ends[1]]]
    return names, {"class_name": "Functional", "config": {"name": "model", "layers": entries, "input_layers": ends[0], "output_layers": ends[1]}}


def metadata(layers):
    return {"vocabulary_codepoints": json.dumps(list(range(97, 97 + layers[0].config["input_dim"] - 1)))} if layers[0].kind == "Embedding" else {}


def save_h5(path, layers, shape, version, functional, **options):
    names, model = config(layers, shape, version, functional)
    with h5py.File(path, "w", **options) as f:
        f.attrs["backend"] = b"tensorflow"
        f.attrs["keras_version"] = {2: "2.15.0", 3: "3.9.2"}[version]
        f.attrs["model_config"] = json.dumps(model).encode("utf8")
        for key, value in metadata(layers).items():
            f.attrs[key] = value
        root = f.create_group("model_weights")
        root.attrs["layer_names"] = [n.encode("utf8") for n in names]
        root.create_group("input_1").attrs["weight_names"] = []
        for name, layer in zip(names, layers):
            group, all_names = root.create_group(name), []
            for part, weights in layer.parts:
                where = {"cell": f"{snake(layer.kind)}_cell/", "": "", "layer": ""}.get(part, f"{part.split('_')[0]}_{name}/cell/")
                for n, value in weights:
                    full = f"{name}/{where}{n}" + (":0" if version == 2 else "")
                    group.create_dataset(full, value.shape, dtype=value.dtype)[...] = value
                    all_names.append(full.encode("utf8"))
            group.attrs["weight_names"] = all_names


def save_keras(path, layers, shape, version, functional, **options):
    names, model = config(layers, shape, version, functional)
    content, used = io.BytesIO(), {}
    with h5py.File(content, "w", **options) as f:
        for name, layer in zip(names, layers):
            key = snake(layer.kind)
            used[key] = used.get(key, -1) + 1
            if used[key]:
                key = f"{key}_{used[key]}"
            for part, weights in layer.parts:
                group = f.create_group("/".join(filter(None, ("layers", key, part)))).create_group("vars")
                if version == 3:
                    group.attrs["name"] = name
                for n, (_, value) in enumerate(weights):
                    group[str(n)] = value
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("metadata.json", json.dumps({"keras_version": {2: "2.15.0", 3: "3.9.2"}[version], "date_saved": "2026-01-01@00:00:00"}))
        z.writestr("config.json", json.dumps(model))
        z.writestr("model.weights.h5", content.getvalue())
        if metadata(layers):
            z.writestr("crime.json", json.dumps(metadata(layers)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", help="folder to write the files to, with a sample beside each")
    arguments.add_argument("--only", default="", help="write the networks whose names contain this text")
    given = arguments.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    count = 0
    for name, shape, layers in networks():
        x = rng.integers(0, 12, (2, 7)).astype(np.float32) if shape == (None,) else rng.normal(0, 1, (2, *[7 if s is None else s for s in shape])).astype(np.float32)
        if given.only not in name:
            continue
        for version in (2, 3):
            y = x.astype(float)
            for layer in layers:
                y = layer.call(y, version)
            for form, save in (("keras", save_keras), ("h5", save_h5)):
                for kind, functional, options in (("sequential", False, {}), ("functional", True, {}), ("latest", False, {"libver": "latest"})):
                    path = os.path.join(given.folder, f"{name}-{version}-{kind}.{form}")
                    save(path, layers, shape, version, functional, **options)
                    np.savez(path + ".npz", input=x, output=y.astype(np.float32))
                    count += 1
    print(f"{count} files")


if __name__ == "__main__":
    main()
