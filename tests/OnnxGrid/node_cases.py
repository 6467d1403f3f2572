"""Makes small networks around the recurrent operators of ONNX, each with an input and the output of reference.py."""
import itertools
import numpy as np
from onnx import helper, numpy_helper, TensorProto
import reference

CLASSES, OPSET = 3, 17
NAMES = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
# The weights as initialisers, as Constant nodes, and as initialisers that the graph lists among its inputs, as files before IR version 4 do.
STYLES = ("initialiser", "constant", "listed")


class Case:
    """A network. `expected` is None for one whose meaning a model does not have: it has to be refused."""

    def __init__(self, name, model, sample=None, expected=None, says=""):
        self.name, self.model, self.sample, self.expected, self.says = name, model, sample, expected, says


class Graph:
    """A graph that is being made."""

    def __init__(self, style="initialiser"):
        self.style, self.nodes, self.tensors, self.inputs = style, [], [], []

    def constant(self, value):
        name = f"c{len(self.nodes)}_{len(self.tensors)}"
        tensor = numpy_helper.from_array(np.asarray(value), name)
        if self.style == "constant":
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.tensors.append(tensor)
        return name

    def node(self, operator, inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **{key: value for key, value in attributes.items() if value is not None}))
        return names[0] if outputs == 1 else names

    def input(self, name, shape, element=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, element, shape))
        return name

    def model(self, output, opset=OPSET):
        listed = [helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in self.tensors] if self.style == "listed" else []
        graph = helper.make_graph(self.nodes, "graph", self.inputs + listed, [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)], self.tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=3 if self.style == "listed" else 8)


def floats(random, *shape, scale=0.5):
    return random.uniform(-scale, scale, shape).astype(np.float32)


def head(graph, value, numbers, random):
    """A linear head on the last axis, and what it gives."""
    weights, bias = floats(random, numbers.shape[-1], CLASSES), floats(random, CLASSES)
    return graph.node("Add", [graph.node("MatMul", [value, graph.constant(weights)]), graph.constant(bias)]), numbers @ weights + bias


def flat(graph, value, numbers, is_batch_first):
    """The states of all directions side by side: [batch, directions * hidden]."""
    if not is_batch_first:
        value, numbers = graph.node("Transpose", [value], perm=[1, 0, 2]), numbers.swapaxes(0, 1)
    return graph.node("Flatten", [value], axis=1), numbers.reshape(len(numbers), -1)


def seen(graph, end, layout, outputs, numbers):
    """What the head sees of a node's outputs."""
    y, final, cell = outputs
    if end in ("final", "cell"):
        return flat(graph, final if end == "final" else cell, numbers[1 if end == "final" else 2], layout == 1)
    axis = 1 if layout else 0
    if end in ("last", "first"):
        place = -1 if end == "last" else 0
        picked, values = graph.node("Gather", [y, graph.constant(np.array(place, np.int64))], axis=axis), np.take(numbers[0], place, axis=axis)
        return flat(graph, picked, values, layout == 1)
    if layout == 0:
        y, values = graph.node("Transpose", [y], perm=[2, 0, 1, 3]), numbers[0].transpose(2, 0, 1, 3)
    else:
        values = numbers[0]
    y, values = graph.node("Reshape", [y, graph.constant(np.array([0, 0, -1], np.int64))]), values.reshape(*values.shape[:2], -1)
    if end == "every":
        return y, values
    return graph.node("ReduceMean" if end == "mean" else "ReduceMax", [y], axes=[1], keepdims=0), values.mean(1) if end == "mean" else values.max(1)


def recurrent_case(name, kind, given, attributes, end, style, is_open, random):
    """A recurrent node with a head. `given` holds its inputs by their names in ONNX."""
    layout, graph = attributes.get("layout", 0), Graph(style)
    x = given["X"]
    shape = list(x.shape)
    if is_open:
        shape[0], shape[1] = ("batch", "time") if layout else ("time", "batch")
    inputs = [graph.input("input", shape)]
    for place in NAMES[1:]:
        inputs.append(graph.constant(given[place]) if given.get(place) is not None else "")
    while inputs[-1] == "":
        inputs.pop()
    outputs = graph.node(kind, inputs, outputs=3 if kind == "LSTM" else 2, hidden_size=given["R"].shape[2], **attributes)
    numbers = reference.recurrent(kind, x, given["W"], given["R"], given.get("B"), given.get("sequence_lens"), given.get("initial_h"),
                                  given.get("initial_c"), given.get("P"), **attributes)
    value, expected = seen(graph, end, layout, (outputs + [None])[:3], numbers)
    output, expected = head(graph, value, expected, random)
    return Case(name, graph.model(output), x, expected)


def own_tests():
    """The inputs of ONNX's own tests of the three operators, by the name of the test, as python3-onnx has them."""
    from onnx.backend.test.case.node import gru, lstm, rnn
    found = []

    def keep(node, inputs, outputs, name, **_):
        places = [place for place, given in zip(NAMES, node.input) if given]
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute if a.name != "hidden_size"}
        found.append((name, node.op_type, dict(zip(places, inputs)), attributes, [o for o in node.output if o], list(outputs)))
    for module, tests in ((lstm, lstm.LSTM), (gru, gru.GRU), (rnn, rnn.RNN)):
        module.expect = keep
        for test in sorted(item for item in dir(tests) if item.startswith("export")):
            getattr(tests, test)()
    return found


def official(random):
    """ONNX's own tests with a head behind them. The reference has to give what the tests expect."""
    for name, kind, given, attributes, outputs, expected in own_tests():
        numbers = reference.recurrent(kind, given["X"], given["W"], given["R"], given.get("B"), given.get("sequence_lens"), given.get("initial_h"),
                                      given.get("initial_c"), given.get("P"), **attributes)
        for output, values in zip(outputs, expected):
            ours = numbers[("Y", "Y_h", "Y_c").index(output)] if output in ("Y", "Y_h", "Y_c") else numbers[1]
            assert ours.shape == values.shape and np.abs(ours - values).max() < 1e-5, f"{name}: the reference does not give ONNX's {output}"
        ends = ("final", "last", "every", "cell") if kind == "LSTM" else ("final", "last", "every")
        for end, style, is_open in itertools.product(ends, STYLES, (False, True)):
            # A length that a constant fixes does not fit an open time.
            if is_open and "sequence_lens" in given:
                continue
            yield recurrent_case(f"{name}.{end}.{style}.{'open' if is_open else 'static'}", kind, given, attributes, end, style, is_open, random)


def activations(kind, directions, random):
    pool = ["Sigmoid", "Tanh", "Relu", "Softsign", "Softplus", "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "Elu", "Affine", "ScaledTanh"]
    names = [str(random.choice(pool)) for _ in range(len(reference.USUAL[kind]) * directions)]
    alphas = [float(np.float32(random.uniform(0.1, 0.9))) for name in names if name in reference.DEFAULTS]
    betas = [float(np.float32(random.uniform(0.1, 0.9))) for name in names if name in ("HardSigmoid", "Affine", "ScaledTanh")]
    return {"activations": names, "activation_alpha": alphas or None, "activation_beta": betas or None}


def drawn(count, random):
    """Nodes with attributes and inputs drawn at random."""
    for n in range(count):
        kind, direction = str(random.choice(list(GATES))), str(random.choice(["forward", "reverse", "bidirectional"]))
        directions, layout = 2 if direction == "bidirectional" else 1, int(random.integers(2))
        steps, batch, inputs, hidden = (int(random.integers(1, 6)) for _ in range(4))
        rows = GATES[kind] * hidden

        def maybe(*shape):
            return floats(random, *shape) if random.random() < 0.5 else None

        def state():
            one = maybe(directions, 1, hidden)
            return one if one is None else np.repeat(one, batch, axis=1) if layout == 0 else np.repeat(one, batch, axis=1).swapaxes(0, 1).copy()
        given = {"X": floats(random, *((batch, steps) if layout else (steps, batch)), inputs, scale=1), "W": floats(random, directions, rows, inputs),
                 "R": floats(random, directions, rows, hidden), "B": maybe(directions, 2 * rows), "initial_h": state()}
        attributes = {"direction": direction, "layout": layout or None}
        if kind == "LSTM":
            given["initial_c"], given["P"] = state(), maybe(directions, 3 * hidden)
            attributes["input_forget"] = int(random.random() < 0.3) or None
        if kind == "GRU":
            attributes["linear_before_reset"] = int(random.integers(2))
        if random.random() < 0.3:
            attributes["clip"] = float(np.float32(random.uniform(0.1, 0.6)))
        if random.random() < 0.4:
            attributes.update(activations(kind, directions, random))
        is_open = bool(random.integers(2))
        if not is_open and random.random() < 0.5:
            given["sequence_lens"] = np.full(batch, steps, np.int32)
        ends = ["final", "last", "first", "every", "mean", "max"] + ["cell"] * (kind == "LSTM")
        end, style = str(random.choice(ends)), str(random.choice(STYLES))
        attributes = {key: value for key, value in attributes.items() if value is not None}
        yield recurrent_case(f"drawn{n}.{kind}.{direction}.{end}.{style}", kind, given, attributes, end, style, is_open, random)
