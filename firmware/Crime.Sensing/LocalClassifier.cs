// A classifier for an application without a network: model, segmenter and kernel, and nothing else of the product.

using System;
using Crime.Frames;
using Crime.Kernel;
using Crime.Model;

namespace Crime.Sensing;

/// <summary>
/// Classifies on the board. The timesteps of a signal are computed as they come, so that a result is there as soon as its sequence ends. Nothing is
/// allocated after the constructor. Used by one thread.
/// </summary>
public sealed class LocalClassifier
{
    /// <summary>Power in mW of an ESP32 that computes, above its idle baseline: the difference of the defaults of the firmware.</summary>
    public const int DefaultComputeMw = 66;

    private const int TicksPerUs = 10;

    private readonly ModelFile _model;
    private readonly NetworkKernel _kernel;
    private readonly InputNormaliser _normaliser;
    private readonly SequenceStream _stream;
    private readonly int _longestLength;
    private ResultReadyHandler _resultReady;
    private ResultJudge _judge;
    private int _doneCount;
    private long _ticks;
    private uint _count;

    /// <summary>Makes a classifier for gestures at 100 Hz, with weights in tables.</summary>
    /// <param name="image">A model file, which is not referenced afterwards.</param>
    /// <exception cref="ArgumentException">The image is no model that a board can compute. The message says why.</exception>
    public LocalClassifier(byte[] image) : this(image, null, null)
    {
    }

    /// <summary>Makes a classifier.</summary>
    /// <param name="image">A model file, which is not referenced afterwards.</param>
    /// <param name="kernels">Compiled kernels that are flashed with the application; null for none. One that was made from the model is used.</param>
    /// <param name="segmenter">The rules of a sequence; null for those of gestures at 100 Hz.</param>
    /// <exception cref="ArgumentException">The image is no model that a board can compute, or the rules have a problem. The message says which.</exception>
    public LocalClassifier(byte[] image, CompiledModel[] kernels, SegmenterSettings segmenter)
    {
        ModelError error = ModelReader.TryRead(image, out _model);
        if (error != ModelError.None) throw new ArgumentException("the model cannot be read: " + ModelErrors.Describe(error));
        if (!_model.HasFixedPoint) throw new ArgumentException("the model " + _model.Name + " has no weights for boards: only gateways compute it");
        if (segmenter == null) segmenter = new SegmenterSettings();
        string problem = segmenter.Problem();
        if (problem != null) throw new ArgumentException(problem);
        _kernel = new NetworkKernel(_model, kernels == null ? null : CompiledModels.For(_model, kernels));
        if (_model.Input == InputKind.Features)
        {
            _normaliser = new InputNormaliser(_model);
            _stream = new SequenceStream(segmenter, _model.InputCount);
        }
        _longestLength = _stream == null ? SegmenterSettings.MostLength : segmenter.GreatestLength;
        Last.Answer.SetModel(_model);
        // Room for the longest sequence: nothing is allocated later.
        Last.Answer.StepLabels(_longestLength);
        _model.ReleaseNumbers();
        SetCertainty(0, 1, 1);
    }

    /// <summary>Raised for each result, by the call that completes it.</summary>
    public event ResultReadyHandler ResultReady
    {
        add => _resultReady += value;
        remove => _resultReady -= value;
    }

    /// <summary>The last result.</summary>
    public Classification Last { get; } = new Classification { ClassIndex = Classification.NoClass };

    /// <summary>Name of the model.</summary>
    public string ModelName => _model.Name;

    /// <summary>Names of the classes by index.</summary>
    public string[] ClassNames => _model.ClassNames;

    /// <summary>Numbers per timestep: the channels of the sensor, or 1 for a model of tokens.</summary>
    public int Channels => _model.ValuesPerStep;

    /// <summary>Power in mW of the board while it computes, above its idle baseline. Energy is time multiplied by it.</summary>
    public int ComputeMw { get; set; } = DefaultComputeMw;

    /// <summary>Divides the pushed signal, and counts its sequences; null for a model of tokens.</summary>
    public Segmenter Segmenter => _stream == null ? null : _stream.Segmenter;

    /// <summary>Sets when a result counts. Earlier results do not vote.</summary>
    /// <param name="leastPerMille">Least confidence of a class in per mille; 0 accepts every result.</param>
    /// <param name="votes">Results of one class among the last ones that decide for it, at least 1.</param>
    /// <param name="of">The number of last results that vote, at least <paramref name="votes"/>; 1 for no vote.</param>
    public void SetCertainty(int leastPerMille, int votes, int of)
    {
        _judge = new ResultJudge(leastPerMille, votes, of);
        _judge.SetModel(_model.ClassNames);
    }

    /// <summary>Takes a timestep of a signal. A result is ready a hang-over after its sequence ends.</summary>
    /// <param name="sample">Its numbers in the unit of the training data, one per channel.</param>
    /// <exception cref="InvalidOperationException">The model takes tokens, which have no signal.</exception>
    public void Push(short[] sample) => Push(sample, false);

    /// <summary>Takes a timestep of a signal with a trigger.</summary>
    /// <param name="sample">Its numbers in the unit of the training data, one per channel.</param>
    /// <param name="isTriggered">True while the trigger is held; for <see cref="SegmentKind.Trigger"/>.</param>
    /// <exception cref="InvalidOperationException">The model takes tokens, which have no signal.</exception>
    public void Push(short[] sample, bool isTriggered)
    {
        if (_stream == null) throw new InvalidOperationException("a model of tokens takes whole sequences: call Classify");
        bool isComplete = _stream.Push(sample, isTriggered);
        int length = isComplete ? _stream.Segmenter.Length : _stream.Segmenter.SettledLength;
        long startTicks = DateTime.UtcNow.Ticks;
        if (length > 0) Advance(_stream.Segmenter.Values, length);
        else _doneCount = 0;
        if (isComplete) Complete(length, startTicks);
    }

    /// <summary>Classifies a whole sequence. A sequence in progress of the pushed signal begins anew.</summary>
    /// <param name="values">Its numbers, timestep by timestep: in the unit of the training data, or tokens.</param>
    /// <param name="length">Its timesteps.</param>
    /// <returns>False when the length is below 1, above the greatest length of the rules (4096 for tokens), or above that of the values: nothing is computed.</returns>
    public bool Classify(short[] values, int length)
    {
        if (length < 1 || length > _longestLength || length > values.Length / Channels) return false;
        long startTicks = DateTime.UtcNow.Ticks;
        _doneCount = 0;
        if (_stream != null)
        {
            _stream.Segmenter.Reset();
            _stream.Begin();
        }
        Advance(values, length);
        Complete(length, startTicks);
        return true;
    }

    /// <summary>Computes the timesteps of the current sequence that are not computed yet.</summary>
    private void Advance(short[] raw, int length)
    {
        if (length == _doneCount) return;
        long startTicks = DateTime.UtcNow.Ticks;
        if (_doneCount == 0)
        {
            _kernel.State.Reset();
            _ticks = 0;
        }
        if (_stream != null) _stream.Prepare(raw, length, _normaliser);
        _kernel.StepLabels = Last.Answer.StepLabels(length);
        _kernel.Advance(_stream == null ? raw : _stream.Values, _doneCount, length - _doneCount);
        _doneCount = length;
        _ticks += DateTime.UtcNow.Ticks - startTicks;
    }

    private void Complete(int length, long startTicks)
    {
        long headTicks = DateTime.UtcNow.Ticks;
        Classification result = Last;
        int classIndex = _kernel.Classify();
        _doneCount = 0;
        result.Number = _count++;
        result.Length = length;
        result.ClassIndex = classIndex;
        result.Answer.TakeLocal(
            _kernel.Logits, _kernel.LogitFractionBits, classIndex, _kernel.Score, _model.Decoder == null ? length : _kernel.OutputCount);
        if (!result.Answer.HasClass) result.ClassIndex = Classification.NoClass;
        _judge.Judge(result.ClassIndex, result.ConfidencePerMille);
        result.ClassName = _judge.Name;
        result.DecidedName = _judge.Decision;
        result.Place = Target.Local;
        long endTicks = DateTime.UtcNow.Ticks;
        _ticks += endTicks - headTicks;
        result.TimeUs = (endTicks - startTicks) / TicksPerUs;
        result.EnergyUj = (int)(_ticks / TicksPerUs * ComputeMw / 1000);
        if (_resultReady != null) _resultReady(this, result);
    }
}
