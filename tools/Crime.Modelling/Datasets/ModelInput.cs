// From a sequence of a data set to what a given model eats: standardised floats for the gateway, Q-format for the board.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Modelling.Datasets;

/// <summary>Turns sequences into the inputs of one model.</summary>
public sealed class ModelInput
{
    private readonly ModelFile _model;
    private readonly InputNormaliser? _normaliser;
    private readonly Dictionary<int, short> _tokens = [];

    /// <summary>Prepares the conversion for a model.</summary>
    public ModelInput(ModelFile model)
    {
        _model = model;
        if (model.Input == InputKind.Features) _normaliser = new InputNormaliser(model);
        for (int token = 1; token < model.VocabularyCount; token++) _tokens[model.CodePoint(token)] = (short)token;
    }

    /// <summary>Checks that a data set has inputs of the model and, where the model gives a class, its classes.</summary>
    /// <exception cref="UserInputException">It is text where the model takes features, or has other channels or classes.</exception>
    public void CheckFits(Dataset data)
    {
        if (data.IsText != (_model.Input == InputKind.Tokens))
            throw new UserInputException($"data set '{data.Name}' is {(data.IsText ? "text" : "numeric")}, but model '{_model.Name}' takes "
                + (data.IsText ? "features" : "text"));
        if (!data.IsText && data.FeatureCount != _model.InputCount)
            throw new UserInputException($"data set '{data.Name}' has {data.FeatureCount} channels, but model '{_model.Name}' takes {_model.InputCount}");
        if (_model.Answer == AnswerKind.Class && data.Labels != LabelKind.Class)
            throw new UserInputException($"{data.LabelsWhere ?? $"data set '{data.Name}'"}: {data.LabelsText}, but model '{_model.Name}' gives one class");
        if (_model.Answer == AnswerKind.Class)
            foreach (var sequence in data.Test.Concat(data.Train)) LabelOf(sequence);
        if (_model.Answer == AnswerKind.ClassPerStep && data.Labels == LabelKind.StepClass)
            foreach (string name in data.Test.Concat(data.Train).SelectMany(sequence => sequence.StepClasses).Distinct()) IndexOf(name);
    }

    /// <summary>Indices of the classes of a sequence's timesteps.</summary>
    public byte[] StepLabelsOf(LabelledSequence sequence) => Array.ConvertAll(sequence.StepClasses, name => (byte)IndexOf(name));

    /// <summary>Index of a sequence's class in the model.</summary>
    public int LabelOf(LabelledSequence sequence) => IndexOf(sequence.Label);

    private int IndexOf(string name)
    {
        int label = Array.IndexOf(_model.ClassNames, name);
        if (label < 0)
            throw new UserInputException($"class '{name}' of the data is not one of model '{_model.Name}': {string.Join(", ", _model.ClassNames)}");
        return label;
    }

    /// <summary>Standardised features, [length][inputs]. For feature models only.</summary>
    public float[] Standardised(LabelledSequence sequence)
    {
        var values = new float[sequence.Features.Length];
        for (int i = 0; i < values.Length; i++) values[i] = _normaliser!.Standardise(sequence.Features[i], i % _model.InputCount);
        return values;
    }

    /// <summary>How many features the model's input format cuts off; 0 for tokens.</summary>
    public int CountSaturated(LabelledSequence sequence)
    {
        if (_normaliser == null) return 0;
        float scale = 1 << _model.InputFractionBits;
        return Standardised(sequence).Count(value => value * scale is >= Fixed.Int16Max + 0.5f or < Fixed.Int16Min - 0.5f);
    }

    /// <summary>Features in the model's input format, or token numbers: what a board computes with and sends.</summary>
    public short[] Quantised(LabelledSequence sequence)
    {
        if (_normaliser == null) return sequence.CodePoints.Select(codePoint => _tokens.GetValueOrDefault(codePoint)).ToArray();
        var values = new short[sequence.Features.Length];
        for (int i = 0; i < values.Length; i++) values[i] = _normaliser.Quantise(sequence.Features[i], i % _model.InputCount);
        return values;
    }
}
