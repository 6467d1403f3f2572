// How much heap a kernel will take, worked out from the shape of its model before anything is allocated. A kernel that is built first and
// measured afterwards would take the memory of the network that runs beside it.

using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>Sizes on the heap of the device's 32-bit CLR: blocks of 12 bytes, arrays with a header of 20 bytes.</summary>
public static class KernelSize
{
    private const int BlockSizeBytes = 12;
    private const int ArrayHeaderSizeBytes = 20;

    // Objects and short arrays of a network and of a layer that are not counted one by one.
    private const int NetworkObjectsSizeBytes = 420;
    private const int LayerObjectsSizeBytes = 420;

    // A layer with a wide cell lacks two shifts of the cell format.
    private const int WideCellSavesBytes = 24;
    private const int PoolObjectsSizeBytes = 180;
    private const int DenseObjectSizeBytes = 60;
    private const int ErrorObjectsSizeBytes = 120;
    private const int ConvolutionObjectsSizeBytes = 480;

    /// <summary>Returns the heap that the kernel of a model takes with compiled layers, in bytes.</summary>
    /// <param name="model">A model with a fixed-point section.</param>
    public static int OfCompiled(ModelFile model)
    {
        int size = OfNetwork(model) + OfEmbedding(model);
        foreach (LayerShape shape in model.Layers) size += LayerObjectsSizeBytes + 3 * Array(shape.HiddenCount, sizeof(short));
        return size;
    }

    /// <summary>Returns the heap that the kernel of a model takes with table-driven layers, in bytes.</summary>
    /// <param name="model">A model with a fixed-point section.</param>
    /// <param name="usesTokenSums">Whether the first layer holds the input sums of every token; see <see cref="TableLayer.CanKnowTokens"/>.</param>
    public static int OfTable(ModelFile model, bool usesTokenSums)
    {
        int size = OfNetwork(model);
        for (int i = 0; i < model.Layers.Length; i++)
        {
            LayerShape shape = model.Layers[i];
            int pairs = (shape.RowCount + 1) / 2;
            // Biases, sums and shifts; a GRU keeps biases and sums of the candidate's recurrent part as well.
            size += LayerObjectsSizeBytes + 4 * Array(pairs, sizeof(long)) + 4 * Array(shape.HiddenCount, sizeof(byte));
            if (model.FixedLayers[i].IsWideCell) size -= WideCellSavesBytes;
            size += OfColumns(shape.HiddenCount, pairs);
            if (i == 0 && usesTokenSums) size += Array(model.VocabularyCount, BlockSizeBytes) + model.VocabularyCount * Array(pairs, sizeof(long));
            else size += OfColumns(shape.InputCount, pairs);
        }
        return usesTokenSums ? size : size + OfEmbedding(model);
    }

    private static int OfNetwork(ModelFile model)
    {
        int size = NetworkObjectsSizeBytes + 2 * Array(ActivationTable.Length, sizeof(short));
        foreach (FixedLayer layer in model.FixedLayers) size += OfState(layer);
        if (model.Pooling != PoolingKind.None)
            size += PoolObjectsSizeBytes + 3 * Array(model.Layers[model.Layers.Length - 1].HiddenCount + 1, sizeof(short));
        if (model.Answer == AnswerKind.Anomaly) size += ErrorObjectsSizeBytes + Array(4, sizeof(short)) + Array(1, sizeof(short));
        size += OfFront(model);
        if (model.Decoder != null) size += OfDecoder(model);
        if (model.DenseLayers != null)
            foreach (DenseLayer layer in model.DenseLayers)
                size += DenseObjectSizeBytes + Array(layer.OutputCount, BlockSizeBytes) + layer.OutputCount * Array(layer.InputCount, sizeof(short))
                    + Array(layer.OutputCount, sizeof(int)) + Array(layer.OutputCount, sizeof(short));
        return size + Array(model.OutputCount, BlockSizeBytes) + model.OutputCount * Array(model.HeadInputCount, sizeof(short))
            + 2 * Array(model.OutputCount, sizeof(int));
    }

    private static int OfFront(ModelFile model)
    {
        ConvolutionLayer[] front = model.ReadFront();
        if (front == null) return 0;
        int size = 0, stateCount = 0, widest = 0, lastHidden = model.Layers[model.Layers.Length - 1].HiddenCount;
        foreach (FixedLayer layer in model.FixedLayers) stateCount += layer.Shape.HiddenCount + CellCount(layer);
        if (model.Pooling != PoolingKind.None) stateCount += 2 * lastHidden + 1;
        foreach (ConvolutionLayer layer in front)
        {
            int earlier = layer.Map.InputCount - layer.InputCount, pairs = (layer.OutputCount + 1) / 2;
            stateCount += earlier + 1;
            if (layer.InputCount > widest) widest = layer.InputCount;
            size += ConvolutionObjectsSizeBytes + Array(earlier, sizeof(short)) + Array(1, sizeof(short)) + Array(2 * pairs, sizeof(short));
            // A window as it is has no weights.
            if (layer.Map.OutputCount > 0) size += 2 * Array(pairs, sizeof(long)) + OfColumns(earlier, pairs) + OfColumns(layer.InputCount, pairs);
        }
        return size + Array(stateCount, sizeof(short)) + Array(widest, sizeof(short)) + Array(lastHidden, sizeof(short));
    }

    private static int OfDecoder(ModelFile model)
    {
        LayerShape shape = model.Decoder.Cell;
        int pairs = (shape.RowCount + 1) / 2;
        int objects = model.Decoder.Fixed.IsWideCell ? LayerObjectsSizeBytes - WideCellSavesBytes : LayerObjectsSizeBytes;
        return objects + DenseObjectSizeBytes + 4 * Array(pairs, sizeof(long)) + 4 * Array(shape.HiddenCount, sizeof(byte))
            + OfColumns(shape.HiddenCount, pairs) + OfColumns(shape.InputCount, pairs) + OfState(model.Decoder.Fixed)
            + Array(model.OutputCount * model.Decoder.EmbeddingCount, sizeof(short)) + Array(model.OutputCount, sizeof(int));
    }

    private static int OfState(FixedLayer layer) => Array(layer.Shape.HiddenCount, sizeof(short)) + Array(CellCount(layer), sizeof(short));

    /// <summary>Numbers of a cell state. A cell without one counts as one with it.</summary>
    private static int CellCount(FixedLayer layer) => layer.IsWideCell ? layer.CellCount : layer.Shape.HiddenCount;

    private static int OfEmbedding(ModelFile model) =>
        model.Input == InputKind.Tokens ? Array(model.VocabularyCount * model.InputCount, sizeof(short)) : 0;

    /// <summary>Packed columns: an array of pairs for each, their operands, and the references to them.</summary>
    private static int OfColumns(int count, int pairs)
    {
        int padded = (count + PackedColumns.Padding - 1) / PackedColumns.Padding * PackedColumns.Padding;
        return count * Array(pairs, sizeof(long)) + (padded > count ? Array(pairs, sizeof(long)) : 0) + Array(padded, BlockSizeBytes) + Array(padded, sizeof(short));
    }

    private static int Array(int length, int elementSizeBytes) =>
        (ArrayHeaderSizeBytes + length * elementSizeBytes + BlockSizeBytes - 1) / BlockSizeBytes * BlockSizeBytes;
}
