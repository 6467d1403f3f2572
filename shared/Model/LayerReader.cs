// Reads what boards compute around the recurrent layers. As in ModelReader, every length is checked before it is used.

namespace Crime.Model;

/// <summary>Checks fully connected layers, and the convolutions in front of the recurrent layers.</summary>
internal static class LayerReader
{
    /// <summary>Reads the convolutions of boards.</summary>
    /// <param name="bytes">The file, with a section table that was checked.</param>
    /// <param name="file">The model, with the sections that are read before.</param>
    /// <param name="layers">The convolutions; null for a file without them.</param>
    /// <returns>False when the section is not usable.</returns>
    public static bool TryReadFront(byte[] bytes, ModelFile file, out ConvolutionLayer[] layers)
    {
        layers = null;
        int front = 0, length = 0;
        if (ModelReader.IsGraphVersion(bytes)) front = ModelReader.Find(bytes, ModelFormat.FrontTag, out length);
        if (front == 0) return true;
        if (length < ModelFormat.FrontHeaderSize) return false;
        int count = bytes[front];
        if (count < 1 || count > ModelFormat.MaxConvolutions) return false;
        int end = front + length, at = front + ModelFormat.FrontHeaderSize, width = file.InputCount, bits = file.InputFractionBits;
        var found = new ConvolutionLayer[count];
        for (int i = 0; i < count; i++)
        {
            if (end - at < ConvolutionLayer.HeaderSize + DenseLayer.HeaderSize) return false;
            var layer = new ConvolutionLayer(bytes, at, width, bits);
            at += ConvolutionLayer.HeaderSize;
            DenseLayer map = layer.Map;
            if (!WindowHolds(layer) || map.InputCount > ModelFormat.MaxGraphWidth || map.OutputCount > ModelFormat.MaxHidden) return false;
            int size = DenseLayer.SizeOf(map.InputCount, map.OutputCount);
            if (end - at < size) return false;
            // The kernel rounds every sum by one bit at least. A table is looked up instead.
            bool isRounded = map.Function != DenseFunction.Tanh;
            if (map.OutputCount > 0 && (!DenseHolds(map) || (isRounded && map.SumFractionBits == map.FractionBits))) return false;
            at += size;
            width = layer.OutputCount;
            bits = layer.FractionBits;
            found[i] = layer;
        }
        if (at != end) return false;
        layers = found;
        return true;
    }

    /// <summary>True when the formats and the sums of a fully connected layer keep to their limits.</summary>
    public static bool DenseHolds(DenseLayer layer)
    {
        int sumBits = layer.SumFractionBits, bits = layer.FractionBits;
        bool isTanh = layer.Function == DenseFunction.Tanh;
        int least = isTanh ? ModelFormat.MinRowFractionBits : bits;
        if (layer.Function > DenseFunction.Tanh || sumBits < least || sumBits > ModelFormat.MaxRowFractionBits) return false;
        if (isTanh ? bits != ModelFormat.HiddenFractionBits : bits > ModelFormat.HiddenFractionBits) return false;
        for (int output = 0; output < layer.OutputCount; output++)
        {
            long sum = 0;
            for (int input = 0; input < layer.InputCount; input++)
            {
                int weight = layer.Weight(output, input);
                sum += weight < 0 ? -weight : weight;
            }
            if (!ModelReader.WithinBound(sum, layer.Bias(output))) return false;
        }
        return true;
    }

    private static bool WindowHolds(ConvolutionLayer layer) =>
        layer.Size >= 1 && layer.Size <= ModelFormat.MaxConvolutionSize && layer.Stride >= 1 && layer.Stride <= ModelFormat.MaxConvolutionStride
        && layer.Before < layer.Size && layer.After < layer.Size;
}
