// The numbers that training changes, in one flat array, so that the optimiser needs to know nothing of their meaning.

using System;
using System.Collections.Generic;
using Crime.Model;

namespace Crime.Modelling.Training;

/// <summary>Sizes of a network and where each group of its parameters lies in a flat array.</summary>
/// <param name="InputCount">Width of the cell's input.</param>
/// <param name="HiddenCount">Hidden units.</param>
/// <param name="ClassCount">Classes.</param>
/// <param name="VocabularyCount">Tokens, 0 for feature models.</param>
public sealed record LstmLayout(int InputCount, int HiddenCount, int ClassCount, int VocabularyCount)
{
    private const int Gates = 4;

    /// <summary>Gate rows: 4 hidden.</summary>
    public int RowCount => Gates * HiddenCount;

    /// <summary>Start of the embedding, [vocabulary][inputs].</summary>
    public int Embedding => 0;

    /// <summary>Start of the input weights, [inputs][4 hidden]: a column of all rows lies side by side.</summary>
    public int InputWeights => VocabularyCount * InputCount;

    /// <summary>Start of the recurrent weights, [hidden][4 hidden].</summary>
    public int RecurrentWeights => InputWeights + InputCount * RowCount;

    /// <summary>Start of the biases, [4 hidden].</summary>
    public int Bias => RecurrentWeights + HiddenCount * RowCount;

    /// <summary>Start of the head's weights, [classes][hidden].</summary>
    public int HeadWeights => Bias + RowCount;

    /// <summary>Start of the head's biases, [classes].</summary>
    public int HeadBias => HeadWeights + ClassCount * HiddenCount;

    /// <summary>Number of parameters.</summary>
    public int Count => HeadBias + ClassCount;

    /// <summary>Start values as PyTorch draws them, uniform within 1 / sqrt(hidden); forget gates start open.</summary>
    public float[] Initialise(Random random)
    {
        var parameters = new float[Count];
        float range = 1 / MathF.Sqrt(HiddenCount);
        for (int i = 0; i < Count; i++) parameters[i] = (float)(random.NextDouble() * 2 - 1) * range;
        for (int unit = 0; unit < HiddenCount; unit++) parameters[Bias + HiddenCount + unit] += 1;
        for (int i = 0; i < VocabularyCount * InputCount; i++) parameters[Embedding + i] = (float)(random.NextDouble() * 2 - 1);
        return parameters;
    }

    /// <summary>The parameters in PyTorch's layout.</summary>
    /// <param name="parameters">[Count]</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="classNames">Names of the classes.</param>
    /// <param name="mean">Mean per feature, or null for tokens.</param>
    /// <param name="deviation">Standard deviation per feature, or null.</param>
    /// <param name="codePoints">Code points of the tokens, or null for features.</param>
    public TrainedModel ToModel(
        float[] parameters, string name, IReadOnlyList<string> classNames, float[]? mean, float[]? deviation, int[]? codePoints) => new()
        {
            Name = name,
            Input = VocabularyCount > 0 ? InputKind.Tokens : InputKind.Features,
            InputCount = InputCount,
            ClassNames = classNames,
            Mean = mean,
            Deviation = deviation,
            CodePoints = codePoints,
            Embedding = parameters[Embedding..InputWeights],
            Layers =
            [
                new RecurrentLayer
                {
                    Kind = CellKind.Lstm,
                    InputCount = InputCount,
                    HiddenCount = HiddenCount,
                    Directions =
                    [
                        new DirectionWeights
                        {
                            InputWeights = Transpose(parameters.AsSpan(InputWeights..RecurrentWeights), InputCount, RowCount),
                            RecurrentWeights = Transpose(parameters.AsSpan(RecurrentWeights..Bias), HiddenCount, RowCount),
                            InputBias = parameters[Bias..HeadWeights],
                            RecurrentBias = new float[RowCount],
                        },
                    ],
                },
            ],
            HeadWeights = parameters[HeadWeights..HeadBias],
            HeadBias = parameters[HeadBias..],
        };

    /// <summary>[rows][columns] to [columns][rows].</summary>
    internal static float[] Transpose(ReadOnlySpan<float> matrix, int rows, int columns)
    {
        var transposed = new float[matrix.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) transposed[column * rows + row] = matrix[row * columns + column];
        return transposed;
    }
}
