// Carries out the rules of the settings: a result of a class switches a pin, for a time or for good.

using System.Collections;
using System.Device.Gpio;
using System.Threading;
using Crime.Device.Memory;
using Crime.Sensing;

namespace Crime.Device.Results;

/// <summary>Switches pins. A thread of its own ends pulses in time, whatever the main thread computes. Nothing is allocated after the start.</summary>
internal sealed class PinActions : LastingThread
{
    private readonly object _lock = new object();
    private readonly AutoResetEvent _changed = new AutoResetEvent(false);
    private readonly PinRule[] _rules;

    // Per rule: its output, which rules of one pin share, and the end of its pulse in µs, 0 without one.
    private readonly Output[] _outputs;
    private readonly long[] _endUs;

    /// <summary>Opens the pins. A pin whose first rule raises it begins at the low level, and the other way round.</summary>
    /// <param name="rules">The rules, each a <see cref="PinRule"/>.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    public PinActions(ArrayList rules, MemoryPlan memory) : base(memory, Shortage.Background)
    {
        _rules = new PinRule[rules.Count];
        _outputs = new Output[rules.Count];
        _endUs = new long[rules.Count];
        for (int i = 0; i < _rules.Length; i++)
        {
            PinRule rule = (PinRule)rules[i];
            _rules[i] = rule;
            Output output = null;
            for (int k = 0; k < i; k++)
                if (_rules[k].Pin == rule.Pin) output = _outputs[k];
            if (output == null) output = Open(rule);
            _outputs[i] = output;
        }
    }

    /// <summary>The first pin that is no output, as a line; null when all are.</summary>
    public string Problem { get; private set; }

    /// <summary>Rules that results have fired.</summary>
    public uint FiredCount { get; private set; }

    /// <summary>Returns the class of the first rule that no result of a model can fire; null when there is none.</summary>
    /// <param name="classNames">Names of the classes of the model.</param>
    public string MissingClass(string[] classNames)
    {
        for (int i = 0; i < _rules.Length; i++)
        {
            string name = _rules[i].ClassName;
            bool isKnown = name == ResultJudge.Unknown;
            for (int k = 0; k < classNames.Length && !isKnown; k++) isKnown = classNames[k] == name;
            if (!isKnown) return name;
        }
        return null;
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => StartThread();

    /// <summary>Fires the rules of a class.</summary>
    /// <param name="className">Name of the class.</param>
    public void Fire(string className)
    {
        lock (_lock)
        {
            long nowUs = Clock.NowUs();
            for (int i = 0; i < _rules.Length; i++)
            {
                PinRule rule = _rules[i];
                if (rule.ClassName != className || _outputs[i] == null) continue;
                FiredCount++;
                Output output = _outputs[i];
                output.Set(rule.Effect == PinEffect.Toggle ? !output.IsHigh : rule.Effect == PinEffect.High);
                // The last rule of a pin counts: it ends the pulses of the others.
                for (int k = 0; k < _rules.Length; k++)
                    if (_outputs[k] == output) _endUs[k] = 0;
                if (rule.TimeMs > 0) _endUs[i] = nowUs + rule.TimeMs * 1000L;
            }
        }
        _changed.Set();
    }

    /// <inheritdoc/>
    protected override void Work()
    {
        long nextUs = EndPulses(Clock.NowUs());
        if (nextUs == long.MaxValue) _changed.WaitOne();
        else _changed.WaitOne((int)((nextUs - Clock.NowUs()) / 1000) + 1, false);
    }

    private Output Open(PinRule rule)
    {
        GpioPin pin = Pins.TryOpen(rule.Pin, PinMode.Output);
        if (pin != null) return new Output(pin, rule.Effect == PinEffect.Low);
        Problem = "gpio " + rule.Pin.ToString() + " is no output of this board, or is in use: on." + rule.ClassName + " is ignored";
        return null;
    }

    /// <summary>Ends the pulses that are over.</summary>
    /// <returns>Time in µs at which the next one ends; <see cref="long.MaxValue"/> without one.</returns>
    private long EndPulses(long nowUs)
    {
        long nextUs = long.MaxValue;
        lock (_lock)
        {
            for (int i = 0; i < _rules.Length; i++)
            {
                if (_endUs[i] == 0) continue;
                if (_endUs[i] <= nowUs)
                {
                    _endUs[i] = 0;
                    _outputs[i].Set(_rules[i].Effect != PinEffect.High);
                }
                else if (_endUs[i] < nextUs)
                {
                    nextUs = _endUs[i];
                }
            }
        }
        return nextUs;
    }

    private sealed class Output
    {
        private readonly GpioPin _pin;

        public Output(GpioPin pin, bool isHigh)
        {
            _pin = pin;
            Set(isHigh);
        }

        public bool IsHigh { get; private set; }

        public void Set(bool isHigh)
        {
            IsHigh = isHigh;
            _pin.Write(isHigh ? PinValue.High : PinValue.Low);
        }
    }
}
