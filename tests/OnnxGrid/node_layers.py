"""Operators in front of a recurrent layer and behind it, and networks whose meaning a model does not have."""
import numpy as np
from onnx import TensorProto
import reference
from node_cases import CLASSES, STYLES, Case, Graph, floats, head

INPUTS, HIDDEN, STEPS, BATCH = 4, 5, 9, 2


def layer(graph, value, numbers, random):
    """A GRU on [batch, channel, time]; its states come back in the same order."""
    width = numbers.shape[1]
    w, r, b = floats(random, 1, 3 * HIDDEN, width), floats(random, 1, 3 * HIDDEN, HIDDEN), floats(random, 1, 6 * HIDDEN)
    steps = graph.node("Transpose", [value], perm=[2, 0, 1])
    y, _ = graph.node("GRU", [steps, graph.constant(w), graph.constant(r), graph.constant(b)], outputs=2, hidden_size=HIDDEN, linear_before_reset=1)
    states = reference.recurrent("GRU", numbers.transpose(2, 0, 1), w, r, b, linear_before_reset=1)[0][:, 0]
    squeezed = graph.node("Squeeze", [y, graph.constant(np.array([1], np.int64))])
    return graph.node("Transpose", [squeezed], perm=[1, 2, 0]), states.transpose(1, 2, 0)


def network(name, operator, place, style, is_open, random, opset=17):
    """`operator(graph, value, numbers)` in front of a layer, behind it, or between two."""
    graph = Graph(style)
    x = floats(random, BATCH, INPUTS, STEPS, scale=1)
    value, numbers = graph.input("input", ["batch", INPUTS, "time"] if is_open else list(x.shape)), x.astype(np.float64)
    if place in ("behind", "between"):
        value, numbers = layer(graph, value, numbers, random)
    value, numbers = operator(graph, value, numbers)
    if place in ("front", "between"):
        value, numbers = layer(graph, value, numbers, random)
    last = graph.node("Gather", [value, graph.constant(np.array(-1, np.int64))], axis=2)
    output, expected = head(graph, last, numbers[:, :, -1], random)
    return Case(name, graph.model(output, opset), x, expected)


def conv(random, size, outputs=6, group=1, has_bias=True, auto_pad=None, **attributes):
    def run(graph, value, numbers):
        channels = numbers.shape[1]
        groups = channels if group == "all" else group
        count = channels * 2 if group == "all" else outputs
        weights, bias = floats(random, count, channels // groups, size), floats(random, count) if has_bias else None
        given = [value, graph.constant(weights)] + ([graph.constant(bias)] if has_bias else [])
        made = graph.node("Conv", given, group=groups, auto_pad=auto_pad, **{key: list(np.atleast_1d(item)) for key, item in attributes.items()})
        reach = (size - 1) * attributes.get("dilations", 1)
        pads = {"SAME_UPPER": (reach // 2, reach - reach // 2), "SAME_LOWER": (reach - reach // 2, reach // 2), "VALID": (0, 0)}.get(auto_pad, attributes.get("pads", (0, 0)))
        return made, reference.conv(numbers, weights, bias, attributes.get("strides", 1), attributes.get("dilations", 1), pads, groups)
    return run


def pool(size, largest, **attributes):
    def run(graph, value, numbers):
        extra = {} if largest else {"count_include_pad": 1}
        made = graph.node("MaxPool" if largest else "AveragePool", [value], kernel_shape=[size], **extra,
                          **{key: list(np.atleast_1d(item)) for key, item in attributes.items()})
        return made, reference.pool(numbers, size, attributes.get("strides", 1), attributes.get("pads", (0, 0)), largest)
    return run


def batch_normalisation(random, epsilon=None):
    def run(graph, value, numbers):
        count = numbers.shape[1]
        scale, bias, mean = floats(random, count, scale=1), floats(random, count), floats(random, count)
        variance = random.uniform(0.2, 2, count).astype(np.float32)
        made = graph.node("BatchNormalization", [value] + [graph.constant(part) for part in (scale, bias, mean, variance)], epsilon=epsilon)
        return made, reference.batch_normalisation(numbers, scale, bias, mean, variance, epsilon or 1e-5)
    return run


def layer_normalisation(random, has_bias=True, epsilon=None):
    """Over the features of a timestep: the axes are moved around it."""
    def run(graph, value, numbers):
        count = numbers.shape[1]
        scale, bias = floats(random, count, scale=1), floats(random, count) if has_bias else None
        inputs = [graph.node("Transpose", [value], perm=[0, 2, 1]), graph.constant(scale)] + ([graph.constant(bias)] if has_bias else [])
        made = graph.node("Transpose", [graph.node("LayerNormalization", inputs, axis=-1, epsilon=epsilon)], perm=[0, 2, 1])
        return made, reference.layer_normalisation(numbers.transpose(0, 2, 1), scale, bias, epsilon=epsilon or 1e-5).transpose(0, 2, 1)
    return run


def function(name, of, **attributes):
    return lambda graph, value, numbers: (graph.node(name, [value], **attributes), of(numbers))


def chained(*operators):
    def run(graph, value, numbers):
        for operator in operators:
            value, numbers = operator(graph, value, numbers)
        return value, numbers
    return run


def layers(random):
    relu = function("Relu", lambda x: np.maximum(x, 0))
    operators = {
        "conv": conv(random, 3), "conv-nobias": conv(random, 3, has_bias=False), "conv1": conv(random, 1), "conv-pads": conv(random, 3, pads=(1, 1)),
        "conv-causal": conv(random, 3, pads=(2, 0)), "conv-ahead": conv(random, 3, pads=(0, 2)), "conv-stride": conv(random, 3, strides=2),
        "conv-stride-pads": conv(random, 4, strides=3, pads=(1, 2)), "conv-dilation": conv(random, 3, dilations=2, pads=(2, 2)),
        "conv-upper": conv(random, 4, auto_pad="SAME_UPPER"), "conv-lower": conv(random, 4, auto_pad="SAME_LOWER"), "conv-valid": conv(random, 4, auto_pad="VALID"),
        "conv-depthwise": conv(random, 3, group="all"), "conv-relu": chained(conv(random, 3), relu), "conv-bn-relu": chained(conv(random, 3), batch_normalisation(random), relu),
        "conv-conv": chained(conv(random, 3, pads=(1, 1)), relu, conv(random, 3, strides=2)),
        "max": pool(2, True, strides=2), "max-pads": pool(3, True, pads=(1, 1)), "max-stride-pads": pool(3, True, strides=2, pads=(1, 1)),
        "mean": pool(3, False), "mean-pads": pool(3, False, strides=2, pads=(1, 1)), "conv-max": chained(conv(random, 3), relu, pool(2, True, strides=2)),
        "bn": batch_normalisation(random), "bn-epsilon": batch_normalisation(random, 0.5), "bn-relu": chained(batch_normalisation(random), relu),
        "ln": layer_normalisation(random), "ln-nobias": layer_normalisation(random, has_bias=False), "ln-epsilon": layer_normalisation(random, epsilon=0.3),
        "ln-relu": chained(layer_normalisation(random), relu), "tanh": function("Tanh", np.tanh),
        "leaky": function("LeakyRelu", lambda x: np.where(x < 0, 0.01 * x, x)), "elu": function("Elu", lambda x: np.where(x < 0, np.exp(x) - 1, x)),
    }
    for number, (name, operator) in enumerate(operators.items()):
        for place in ("front", "behind", "between"):
            for is_open in (False, True):
                yield network(f"{name}.{place}.{'open' if is_open else 'static'}", operator, place, STYLES[number % 3], is_open, random)


def refused(random):
    """Networks whose meaning a model does not have. Each has to be refused."""
    def through(name, says, *nodes, opset=17):
        """Nodes in front of a layer; each is (operator, outputs, constants, attributes)."""
        def run(graph, value, numbers):
            for operator, outputs, constants, attributes in nodes:
                made = graph.node(operator, [value] + ["" if c is None else graph.constant(c) for c in constants], outputs=outputs, **attributes)
                value = made if outputs == 1 else made[0]
            return value, numbers
        made = network(name, run, "front", "initialiser", False, random, opset)
        return Case("refused." + name, made.model, None, None, says)
    ones = np.ones(INPUTS, np.float32)
    for to in ("INT8", "UINT8", "INT16", "UINT16", "INT32", "INT64", "UINT32", "UINT64", "BOOL"):
        yield through(f"cast-{to}", "(Cast)", ("Cast", 1, [], {"to": getattr(TensorProto, to)}), ("Cast", 1, [], {"to": TensorProto.FLOAT}))
    yield through("dropout-training", "(Dropout)", ("Dropout", 1, [np.array(0.5, np.float32), np.array(True)], {}))
    yield through("bn-training", "(BatchNormalization)", ("BatchNormalization", 3, [ones, ones, ones, ones], {"training_mode": 1}))
    yield through("bn-training-9", "(BatchNormalization)", ("BatchNormalization", 5, [ones, ones, ones, ones], {}), opset=9)
    yield through("bn-6", "operator set 6", ("BatchNormalization", 1, [ones, ones, ones, ones], {}), opset=6)
    yield through("add-6", "operator set 6", ("Add", 1, [ones], {"broadcast": 1, "axis": 1}), opset=6)
    yield through("same-stride", "(Conv)", ("Conv", 1, [floats(random, 4, INPUTS, 3)], {"auto_pad": "SAME_UPPER", "strides": [2]}))
    yield through("mean-nopad", "(AveragePool)", ("AveragePool", 1, [], {"kernel_shape": [3], "pads": [1, 1]}))
    yield through("ceil", "(MaxPool)", ("MaxPool", 1, [], {"kernel_shape": [2], "strides": [2], "ceil_mode": 1}))
    yield through("ln-time", "(LayerNormalization)", ("LayerNormalization", 1, [np.ones(STEPS, np.float32)], {"axis": -1}))
    yield through("instance", "(InstanceNormalization)", ("InstanceNormalization", 1, [ones, ones], {}))
    yield through("backwards", "(Slice)", ("Slice", 1, [np.array([-1]), np.array([-1 << 40]), np.array([2]), np.array([-1])], {}))
    yield through("crop", "(Slice)", ("Slice", 1, [np.array([1]), np.array([99]), np.array([2])], {}))
    yield through("softmax-features", "(Softmax)", ("Softmax", 1, [], {"axis": 0}))
    yield from refused_nodes(random)


def refused_nodes(random):
    """Recurrent nodes that a model does not have."""
    def gru(name, says, sequence_lens=None, initial_h=None, **attributes):
        graph = Graph()
        x = graph.input("input", [STEPS, BATCH, INPUTS])
        weights = [graph.constant(floats(random, 1, 3 * HIDDEN, n)) for n in (INPUTS, HIDDEN)]
        rest = ["", "" if sequence_lens is None else graph.constant(sequence_lens), "" if initial_h is None else graph.constant(initial_h)]
        y, final = graph.node("GRU", [x, *weights, *rest], outputs=2, hidden_size=HIDDEN, **attributes)
        value = graph.node("Squeeze", [final, graph.constant(np.array([0], np.int64))])
        return Case("refused." + name, graph.model(graph.node("MatMul", [value, graph.constant(floats(random, HIDDEN, CLASSES))])), None, None, says)
    yield gru("shorter", "sequence_lens", np.full(BATCH, STEPS - 2, np.int32))
    yield gru("lengths-differ", "sequence_lens", np.array([STEPS, STEPS - 1], np.int32))
    yield gru("states-differ", "initial_h", None, floats(random, 1, BATCH, HIDDEN))
    yield gru("direction", "direction", direction="sideways")
    yield gru("activation", "activation", activations=["Sigmoid", "Cos"])
    # One entry for each function, or one for each function that takes a number: the two readings give other numbers.
    yield gru("alphas", "activation_alpha", direction="forward", activations=["Tanh", "Elu"], activation_alpha=[0.3, 0.7])
