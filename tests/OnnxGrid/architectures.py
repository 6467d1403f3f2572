"""Usual recurrent networks, as people write them in PyTorch. Each entry of ARCHITECTURES is a name and a function that makes the
network. A network takes x of shape [batch, time, 6] unless its attribute `kind` says otherwise."""
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUTS, HIDDEN, CLASSES, TOKENS, LENGTH, BATCH = 6, 16, 5, 30, 10, 3
ARCHITECTURES = {}


def architecture(name, **options):
    def register(make):
        ARCHITECTURES[name] = (make, options)
        return make
    return register


class Net(nn.Module):
    """A recurrent layer, what a head sees of it, and the head."""

    def __init__(self, rnn, seen, width, front=None, end=None, head=None):
        super().__init__()
        self.front = front or nn.Identity()
        self.rnn, self.seen = rnn, seen
        self.fc = head or nn.Linear(width, CLASSES)
        self.end = end

    def forward(self, x):
        out, state = self.rnn(self.front(x))
        y = self.fc(self.seen(out, state))
        return y if self.end is None else self.end(y)


def last(out, state):
    return out[:, -1]


def last_slice(out, state):
    return out[:, -1:, :].squeeze(1)


def hidden(out, state):
    h = state[0] if isinstance(state, tuple) else state
    return h[-1]


def hidden_squeezed(out, state):
    h = state[0] if isinstance(state, tuple) else state
    return h.squeeze(0)


def hidden_both(out, state):
    h = state[0] if isinstance(state, tuple) else state
    return torch.cat((h[-2], h[-1]), dim=1)


def hidden_permuted(out, state):
    h = state[0] if isinstance(state, tuple) else state
    return h.permute(1, 0, 2).reshape(h.size(1), -1)


def hidden_viewed(out, state):
    h = state[0] if isinstance(state, tuple) else state
    return h.transpose(0, 1).contiguous().view(-1, h.size(0) * h.size(2))


def fixed_index(out, state):
    return out[:, LENGTH - 1, :]


def ends_of_both(out, state):
    return torch.cat((out[:, -1, :HIDDEN], out[:, 0, HIDDEN:]), dim=1)


def sum_of_both(out, state):
    return out[:, -1, :HIDDEN] + out[:, -1, HIDDEN:]


def sum_by_view(out, state):
    return out.view(out.size(0), out.size(1), 2, HIDDEN).sum(2)[:, -1]


def mean_of_both(out, state):
    h = state[0] if isinstance(state, tuple) else state
    return h.mean(0)


CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}

for cell, make in CELLS.items():
    for layers in (1, 2, 3):
        for name, seen in (("last", last), ("hidden", hidden), ("permuted", None)):
            if seen is None and layers > 1:
                continue
            architecture(f"{cell}{layers}_{name}")(
                lambda make=make, layers=layers, seen=seen or hidden_permuted: Net(make(INPUTS, HIDDEN, layers, batch_first=True), seen, HIDDEN))
    architecture(f"bi{cell}_hidden")(lambda make=make: Net(make(INPUTS, HIDDEN, batch_first=True, bidirectional=True), hidden_both, 2 * HIDDEN))
    architecture(f"bi{cell}_last")(lambda make=make: Net(make(INPUTS, HIDDEN, batch_first=True, bidirectional=True), last, 2 * HIDDEN))
    architecture(f"bi{cell}2_hidden")(lambda make=make: Net(make(INPUTS, HIDDEN, 2, batch_first=True, bidirectional=True), hidden_both, 2 * HIDDEN))

architecture("lstm_dropout")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, 2, batch_first=True, dropout=0.5), last, HIDDEN))
architecture("lstm_no_bias")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, bias=False, batch_first=True), last, HIDDEN))
architecture("rnn_relu")(lambda: Net(nn.RNN(INPUTS, HIDDEN, nonlinearity="relu", batch_first=True), last, HIDDEN))
architecture("lstm_last_slice")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last_slice, HIDDEN))
architecture("lstm_hidden_squeezed")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), hidden_squeezed, HIDDEN))
architecture("lstm_hidden_viewed")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), hidden_viewed, HIDDEN))
architecture("bilstm_hidden_permuted")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True, bidirectional=True), hidden_permuted, 2 * HIDDEN))
architecture("bilstm_ends")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True, bidirectional=True), ends_of_both, 2 * HIDDEN))
architecture("bilstm_sum_of_steps")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True, bidirectional=True), sum_of_both, HIDDEN))
architecture("bilstm_sum_by_view")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True, bidirectional=True), sum_by_view, HIDDEN))
architecture("bilstm_mean_of_states")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True, bidirectional=True), mean_of_both, HIDDEN))
architecture("lstm_fixed_index")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), fixed_index, HIDDEN))
architecture("lstm_softmax")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=nn.Softmax(dim=1)))
architecture("lstm_softmax_last_axis")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=nn.Softmax(dim=-1)))
architecture("lstm_log_softmax")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=nn.LogSoftmax(dim=1)))
architecture("lstm_log_softmax_first_axis", refused=True)(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=nn.LogSoftmax(dim=0)))
architecture("lstm_sigmoid")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=torch.sigmoid))
architecture("lstm_one_sigmoid")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, head=nn.Linear(HIDDEN, 1), end=torch.sigmoid))
architecture("lstm_one_output", refused=True)(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, head=nn.Linear(HIDDEN, 1)))
architecture("lstm_scaled")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=lambda y: y / 0.7))
architecture("lstm_softmax_scaled")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=lambda y: torch.softmax(y, 1) * 100))
architecture("lstm_argmax")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, end=lambda y: y.argmax(1)))
architecture("lstm_batchnorm_head")(
    lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, head=nn.Sequential(nn.BatchNorm1d(HIDDEN), nn.Dropout(0.3), nn.Linear(HIDDEN, CLASSES))))
architecture("lstm_two_linear")(
    lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, head=nn.Sequential(nn.Linear(HIDDEN, 20), nn.Dropout(0.3), nn.Linear(20, CLASSES))))
architecture("lstm_linear_front")(lambda: Net(nn.LSTM(10, HIDDEN, batch_first=True), last, HIDDEN, front=nn.Linear(INPUTS, 10)))
architecture("gru_linear_front")(lambda: Net(nn.GRU(10, HIDDEN, 2, batch_first=True), last, HIDDEN, front=nn.Linear(INPUTS, 10)))


# What the .crime format does not hold (yet): it may convert one day, and must never convert to other numbers.
def mean_pool(out, state):
    return out.mean(1)


def max_pool(out, state):
    return out.max(1)[0]


def cell_state(out, state):
    return state[1][-1]


def first_layer(out, state):
    return state[0][0]


def all_layers(out, state):
    return torch.cat((state[0][0], state[0][1]), 1)


def last_sequence(out, state):
    return out[-1]


def flattened(out, state):
    return out.reshape(out.size(0), -1)


architecture("lstm_mean_pool")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), mean_pool, HIDDEN))
architecture("lstm_max_pool")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), max_pool, HIDDEN))
architecture("lstm_cell_state")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), cell_state, HIDDEN))
architecture("lstm_first_layer")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, 2, batch_first=True), first_layer, HIDDEN))
architecture("lstm_all_layers")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, 2, batch_first=True), all_layers, 2 * HIDDEN))
architecture("lstm_wrong_axis", refused=True)(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last_sequence, HIDDEN))
architecture("lstm_flattened")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), flattened, LENGTH * HIDDEN))
architecture("lstm_tagging")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), lambda out, state: out, HIDDEN))
architecture("lstm_relu_head")(
    lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, head=nn.Sequential(nn.Linear(HIDDEN, 20), nn.ReLU(), nn.Linear(20, CLASSES))))
architecture("lstm_tanh_head")(
    lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, head=nn.Sequential(nn.Linear(HIDDEN, 20), nn.Tanh(), nn.Linear(20, CLASSES))))
architecture("lstm_softmax_in_the_middle", refused=True)(
    lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, head=nn.Sequential(nn.Linear(HIDDEN, 4), nn.Softmax(1), nn.Linear(4, CLASSES))))
architecture("lstm_layernorm_front")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, front=nn.LayerNorm(INPUTS)))


class BatchNormFront(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm1d(INPUTS)

    def forward(self, x):
        return self.bn(x.transpose(1, 2)).transpose(1, 2)


architecture("lstm_batchnorm_front")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, front=BatchNormFront()))


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.randn(INPUTS))
        self.register_buffer("std", torch.rand(INPUTS) + 0.5)

    def forward(self, x):
        return (x - self.mean) / self.std


architecture("lstm_normalised")(lambda: Net(nn.LSTM(INPUTS, HIDDEN, batch_first=True), last, HIDDEN, front=Normalised()))



class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Explicit(nn.Module):
    """h_0 and c_0 made in forward(), as many tutorials do; or learned."""

    def __init__(self, layers=1, learned=False, cell=nn.LSTM):
        super().__init__()
        self.layers, self.rnn = layers, cell(INPUTS, HIDDEN, layers, batch_first=True)
        self.fc = nn.Linear(HIDDEN, CLASSES)
        self.h0 = nn.Parameter(torch.randn(layers, 1, HIDDEN)) if learned else None
        self.c0 = nn.Parameter(torch.randn(layers, 1, HIDDEN)) if learned else None

    def forward(self, x):
        if self.h0 is None:
            h = torch.zeros(self.layers, x.size(0), HIDDEN)
            c = torch.zeros(self.layers, x.size(0), HIDDEN)
        else:
            h = self.h0.expand(-1, x.size(0), -1).contiguous()
            c = self.c0.repeat(1, x.size(0), 1)
        out, _ = self.rnn(x, (h, c) if isinstance(self.rnn, nn.LSTM) else h)
        return self.fc(out[:, -1, :])


architecture("lstm_explicit_zeros")(lambda: Explicit())
architecture("lstm2_explicit_zeros")(lambda: Explicit(2))
architecture("gru2_explicit_zeros")(lambda: Explicit(2, cell=nn.GRU))
architecture("lstm_learned_states")(lambda: Explicit(learned=True))
architecture("lstm2_learned_states")(lambda: Explicit(2, learned=True))
architecture("gru_learned_states")(lambda: Explicit(learned=True, cell=nn.GRU))


class Stack(nn.Module):
    """Two modules, one after the other."""

    def __init__(self, between=None, residual=False):
        super().__init__()
        self.first = nn.GRU(INPUTS, HIDDEN, batch_first=True, bidirectional=not residual)
        self.second = nn.LSTM(HIDDEN if residual else 2 * HIDDEN, HIDDEN, batch_first=True)
        self.fc, self.between, self.residual = nn.Linear(HIDDEN, CLASSES), between, residual

    def forward(self, x):
        a, _ = self.first(x)
        b, _ = self.second(a if self.between is None else self.between(a))
        return self.fc((a + b if self.residual else b)[:, -1])


architecture("gru_then_lstm")(lambda: Stack())
architecture("gru_dropout_lstm")(lambda: Stack(nn.Dropout(0.2)))
architecture("gru_linear_lstm")(lambda: Stack(nn.Linear(2 * HIDDEN, 2 * HIDDEN)))
architecture("gru_relu_lstm")(lambda: Stack(nn.ReLU()))
architecture("residual")(lambda: Stack(residual=True))


class Tokens(nn.Module):
    kind = "tokens"

    def __init__(self, cell=nn.LSTM, layers=1, bidirectional=False, linear=False):
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, 12)
        self.middle = nn.Linear(12, 8) if linear else nn.Dropout(0.2)
        self.rnn = cell(8 if linear else 12, HIDDEN, layers, batch_first=True, bidirectional=bidirectional)
        self.fc = nn.Linear(HIDDEN * (2 if bidirectional else 1), CLASSES)

    def forward(self, x):
        out, state = self.rnn(self.middle(self.embedding(x)))
        return self.fc((hidden_both if self.rnn.bidirectional else hidden)(out, state))


architecture("tokens_lstm")(lambda: Tokens())
architecture("tokens_gru2")(lambda: Tokens(nn.GRU, 2))
architecture("tokens_bilstm")(lambda: Tokens(bidirectional=True))
architecture("tokens_linear_gru")(lambda: Tokens(nn.GRU, linear=True))


class TimeFirst(nn.Module):
    kind = "time-first"

    def __init__(self, layers=1):
        super().__init__()
        self.rnn, self.fc = nn.LSTM(INPUTS, HIDDEN, layers), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        return self.fc(self.rnn(x)[0][-1])


class ChannelsFirst(nn.Module):
    kind = "channels-first"

    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.LSTM(INPUTS, HIDDEN, batch_first=True), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        return self.fc(self.rnn(x.permute(0, 2, 1))[0][:, -1])


class Univariate(nn.Module):
    kind = "univariate"

    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.LSTM(1, HIDDEN, batch_first=True), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        return self.fc(self.rnn(x.unsqueeze(-1))[0][:, -1])


class Packed(nn.Module):
    kind = "packed"

    def __init__(self, is_sorted=False, padded=False, cell=nn.LSTM):
        super().__init__()
        self.is_sorted, self.padded = is_sorted, padded
        self.rnn, self.fc = cell(INPUTS, HIDDEN, batch_first=True), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=self.is_sorted)
        out, state = self.rnn(packed)
        if self.padded:
            out, _ = pad_packed_sequence(out, batch_first=True)
        return self.fc(hidden(out, state))


architecture("lstm_time_first")(lambda: TimeFirst())
architecture("lstm2_time_first")(lambda: TimeFirst(2))
architecture("lstm_channels_first")(lambda: ChannelsFirst())
architecture("lstm_univariate")(lambda: Univariate())
architecture("lstm_packed")(lambda: Packed())
architecture("lstm_packed_sorted")(lambda: Packed(is_sorted=True))
architecture("gru_packed")(lambda: Packed(cell=nn.GRU))


class Several(nn.Module):
    def __init__(self, returns):
        super().__init__()
        self.rnn, self.fc, self.returns = nn.LSTM(INPUTS, HIDDEN, batch_first=True), nn.Linear(HIDDEN, CLASSES), returns

    def forward(self, x):
        out, state = self.rnn(x)
        y = self.fc(out[:, -1])
        return (y, state[0]) if self.returns == "state" else (y, torch.softmax(y, 1))


architecture("lstm_returns_state", refused=True)(lambda: Several("state"))
architecture("lstm_returns_two", refused=True)(lambda: Several("probabilities"))


class Loop(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.fc = nn.LSTMCell(INPUTS, HIDDEN), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        h, c = torch.zeros(x.size(0), HIDDEN), torch.zeros(x.size(0), HIDDEN)
        for step in range(x.size(1)):
            h, c = self.cell(x[:, step], (h, c))
        return self.fc(h)


class Convolved(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.rnn, self.fc = nn.Conv1d(INPUTS, 10, 3, padding=1), nn.LSTM(10, HIDDEN, batch_first=True), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        return self.fc(self.rnn(torch.relu(self.conv(x.transpose(1, 2))).transpose(1, 2))[0][:, -1])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.att, self.fc = nn.LSTM(INPUTS, HIDDEN, batch_first=True), nn.Linear(HIDDEN, 1), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc((torch.softmax(self.att(out), 1) * out).sum(1))


class Reshaped(nn.Module):
    """A Linear on each timestep by hand: all timesteps of all sequences side by side."""

    def __init__(self):
        super().__init__()
        self.inp, self.rnn, self.fc = nn.Linear(INPUTS, 8), nn.GRU(8, HIDDEN, batch_first=True), nn.Linear(HIDDEN, CLASSES)

    def forward(self, x):
        batch, steps = x.size(0), x.size(1)
        y = self.inp(x.reshape(-1, INPUTS)).view(batch, steps, -1)
        return self.fc(self.rnn(y)[0][:, -1])


architecture("lstm_cell_loop")(lambda: Loop())
architecture("conv_lstm")(lambda: Convolved())
architecture("lstm_attention")(lambda: Attention())
architecture("gru_reshaped_linear")(lambda: Reshaped())
architecture("lstm_selected_features")(lambda: Net(nn.LSTM(4, HIDDEN, batch_first=True), last, HIDDEN, front=Lambda(lambda x: x[:, :, 1:5])))
