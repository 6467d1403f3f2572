// The numbers that training changes, in one flat array, so that the optimiser needs to know nothing of their meaning.

using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Training;

/// <summary>Sizes of a network and where each group of its parameters lies in a flat array.</summary>
/// <param name="Kind">LSTM or GRU.</param>
/// <param name="InputCount">Width of the cell's input.</param>
/// <param name="HiddenCount">Hidden units.</param>
/// <param name="ClassCount">Numbers that the head gives: one for each class or value, or one that decides between two classes.</param>
/// <param name="VocabularyCount">Tokens, 0 for feature models.</param>
public sealed record CellLayout(CellKind Kind, int InputCount, int HiddenCount, int ClassCount, int VocabularyCount)
{
    /// <summary>Gate rows: 4 hidden for LSTM, 3 hidden for GRU.</summary>
    public int RowCount => (Kind == CellKind.Gru ? 3 : 4) * HiddenCount;

    /// <summary>Start of the embedding, [vocabulary][inputs].</summary>
    public int Embedding => 0;

    /// <summary>Start of the input weights, [inputs][rows]: a column of all rows lies side by side.</summary>
    public int InputWeights => VocabularyCount * InputCount;

    /// <summary>Start of the recurrent weights, [hidden][rows].</summary>
    public int RecurrentWeights => InputWeights + InputCount * RowCount;

    /// <summary>Start of the biases, [rows]: where an input and a recurrent bias are only ever added, they are one.</summary>
    public int Bias => RecurrentWeights + HiddenCount * RowCount;

    /// <summary>Start of the biases of the candidate's recurrent part, [hidden]; empty for LSTM.</summary>
    public int CandidateBias => Bias + RowCount;

    /// <summary>Start of the head's weights, [classes][hidden].</summary>
    public int HeadWeights => CandidateBias + (Kind == CellKind.Gru ? HiddenCount : 0);

    /// <summary>Start of the head's biases, [classes].</summary>
    public int HeadBias => HeadWeights + ClassCount * HiddenCount;

    /// <summary>Number of parameters.</summary>
    public int Count => HeadBias + ClassCount;

    /// <summary>Sizes of a model.</summary>
    /// <exception cref="UserInputException">The trainer does not train it: only one forward LSTM or GRU layer without options, and a linear head.</exception>
    public static CellLayout Of(TrainedModel model)
    {
        TrainingTask.AnswerOf(model);
        if (model.Layers.Count != 1 || !model.FitsBoards || model.Graph != null || model.HeadInput == HeadInput.FirstStep)
            throw new UserInputException($"model '{model.Name}' ({model.Describe()}) cannot be trained here: "
                + "one LSTM or GRU layer, forward and without options, with a linear head, can");
        RecurrentLayer layer = model.Layers[0];
        return new CellLayout(layer.Kind, layer.InputCount, layer.HiddenCount, model.IsLogit ? 1 : model.OutputCount, model.VocabularyCount);
    }

    /// <summary>Start values as PyTorch draws them, uniform within 1 / sqrt(hidden); an LSTM's forget gates start open.</summary>
    public float[] Initialise(Random random)
    {
        var parameters = new float[Count];
        float range = 1 / MathF.Sqrt(HiddenCount);
        for (int i = 0; i < Count; i++) parameters[i] = (float)(random.NextDouble() * 2 - 1) * range;
        if (Kind == CellKind.Lstm)
            for (int unit = 0; unit < HiddenCount; unit++) parameters[Bias + HiddenCount + unit] += 1;
        for (int i = 0; i < VocabularyCount * InputCount; i++) parameters[Embedding + i] = (float)(random.NextDouble() * 2 - 1);
        return parameters;
    }

    /// <summary>The parameters in PyTorch's layout.</summary>
    /// <param name="parameters">[Count]</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="data">Says what the inputs and classes are.</param>
    /// <param name="calibration">The ranges that it shall be quantised with, if they are decided.</param>
    /// <param name="scale">Threshold of an anomaly; null for the scale of the data's values.</param>
    public TrainedModel ToModel(ReadOnlySpan<float> parameters, string name, TrainingData data, Calibration? calibration = null, AnswerScale? scale = null)
    {
        bool isLogit = data.Task.Answer == TrainingAnswer.Logit;
        // Of one logit the first class has none.
        ReadOnlySpan<float> none = isLogit ? new float[HiddenCount] : [];
        var recurrentBias = new float[RowCount];
        parameters[CandidateBias..HeadWeights].CopyTo(recurrentBias.AsSpan(2 * HiddenCount));
        return new TrainedModel
        {
            Name = name,
            Input = VocabularyCount > 0 ? InputKind.Tokens : InputKind.Features,
            InputCount = InputCount,
            ClassNames = data.ClassNames,
            Mean = data.Mean,
            Deviation = data.Deviation,
            CodePoints = data.CodePoints,
            Embedding = parameters[Embedding..InputWeights].ToArray(),
            Layers =
            [
                new RecurrentLayer
                {
                    Kind = Kind,
                    InputCount = InputCount,
                    HiddenCount = HiddenCount,
                    Directions =
                    [
                        new DirectionWeights
                        {
                            InputWeights = Transpose(parameters[InputWeights..RecurrentWeights], InputCount, RowCount),
                            RecurrentWeights = Transpose(parameters[RecurrentWeights..Bias], HiddenCount, RowCount),
                            InputBias = parameters[Bias..CandidateBias].ToArray(),
                            RecurrentBias = recurrentBias,
                        },
                    ],
                },
            ],
            Answer = data.AnswerKind,
            IsLogit = isLogit,
            Scale = scale ?? data.Scale,
            HeadWeights = [.. none, .. parameters[HeadWeights..HeadBias]],
            HeadBias = [.. isLogit ? [0f] : Array.Empty<float>(), .. parameters[HeadBias..]],
            Calibration = calibration,
        };
    }

    /// <summary>The parameters of a model of this layout, [Count].</summary>
    public float[] FromModel(TrainedModel model)
    {
        DirectionWeights weights = model.Layers[0].Directions[0];
        int apart = HeadWeights - CandidateBias;
        float[] bias = weights.InputBias.Select((value, row) => row < RowCount - apart ? value + weights.RecurrentBias[row] : value).ToArray();
        return
        [
            .. model.Embedding,
            .. Transpose(weights.InputWeights, RowCount, InputCount),
            .. Transpose(weights.RecurrentWeights, RowCount, HiddenCount),
            .. bias,
            .. weights.RecurrentBias[(RowCount - apart)..],
            .. model.HeadWeights[^(ClassCount * HiddenCount)..],
            .. model.HeadBias[^ClassCount..],
        ];
    }

    /// <summary>[rows][columns] to [columns][rows].</summary>
    internal static float[] Transpose(ReadOnlySpan<float> matrix, int rows, int columns)
    {
        var transposed = new float[matrix.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) transposed[column * rows + row] = matrix[row * columns + column];
        return transposed;
    }
}

/// <summary>The parameters that a batch runs with, and its matrices transposed for the way back.</summary>
public sealed class CellParameters
{
    /// <summary>Takes the parameters of a batch.</summary>
    /// <param name="layout">Places of the parameters in the array.</param>
    /// <param name="values">[layout.Count]; not copied.</param>
    public CellParameters(CellLayout layout, float[] values)
    {
        Values = values;
        RecurrentTransposed = CellLayout.Transpose(values.AsSpan(layout.RecurrentWeights..layout.Bias), layout.HiddenCount, layout.RowCount);
        // Only an embedding asks for the gradient of its cell's input.
        InputTransposed = layout.VocabularyCount == 0
            ? []
            : CellLayout.Transpose(values.AsSpan(layout.InputWeights..layout.RecurrentWeights), layout.InputCount, layout.RowCount);
    }

    /// <summary>All parameters.</summary>
    public float[] Values { get; }

    /// <summary>The recurrent weights, [rows][hidden].</summary>
    public float[] RecurrentTransposed { get; }

    /// <summary>The input weights, [rows][inputs]; empty for feature models.</summary>
    public float[] InputTransposed { get; }
}
