// Reads a .crime file. The bytes are foreign: a flash file that was cut off, a download that was tampered with. Every
// length is checked before it is used, sums are formed in 64 bits, and the answer is a reason, not an exception.

using Crime.Binary;

namespace Crime.Model;

/// <summary>Checks the bytes of a model file and gives access to them.</summary>
public static class ModelReader
{
    /// <summary>Checks a whole file.</summary>
    /// <param name="bytes">The file; kept, not copied. May be null.</param>
    /// <param name="model">The model, or null when the result is not <see cref="ModelError.None"/>.</param>
    /// <returns>Why the file was refused, or <see cref="ModelError.None"/>.</returns>
    public static ModelError TryRead(byte[] bytes, out ModelFile model)
    {
        model = null;
        if (bytes == null || bytes.Length < ModelFormat.HeaderSize + ModelFormat.ChecksumSize) return ModelError.Length;
        if (LittleEndian.ReadUInt32(bytes, 0) != ModelFormat.Magic) return ModelError.Magic;
        int version = LittleEndian.ReadUInt16(bytes, 4);
        if (version != ModelFormat.Version && version != ModelFormat.GraphVersion) return ModelError.Version;
        if (bytes.Length > ModelFormat.MaxFileSize) return ModelError.Length;
        if (LittleEndian.ReadUInt32(bytes, 8) != (uint)bytes.Length) return ModelError.Length;
        if (!Sealed.IsWhole(bytes)) return ModelError.Checksum;

        var file = new ModelFile(bytes)
        {
            Id = LittleEndian.ReadUInt32(bytes, 12),
            Checksum = LittleEndian.ReadUInt32(bytes, bytes.Length - ModelFormat.ChecksumSize),
        };
        ModelError error = ReadSections(bytes, file);
        if (error == ModelError.None) model = file;
        return error;
    }

    /// <summary>True for a file of the version that may have a graph and a tail.</summary>
    internal static bool IsGraphVersion(byte[] bytes) => LittleEndian.ReadUInt16(bytes, 4) == ModelFormat.GraphVersion;

    private static ModelError ReadSections(byte[] bytes, ModelFile file)
    {
        if (!CheckSectionTable(bytes)) return ModelError.SectionTable;

        int architecture = Find(bytes, ModelFormat.ArchitectureTag, out int architectureLength);
        int layers = Find(bytes, ModelFormat.LayersTag, out int layersLength);
        int names = Find(bytes, ModelFormat.NamesTag, out int namesLength);
        if (architecture == 0 || layers == 0 || names == 0) return ModelError.MissingSection;
        bool isGraph = IsGraphVersion(bytes);
        ModelError error = ReadArchitecture(bytes, architecture, architectureLength, file);
        if (error != ModelError.None) return error;
        if (!ReadLayers(bytes, layers, layersLength, file, isGraph)) return ModelError.Architecture;
        if (isGraph && !ReadGraph(bytes, architecture, file)) return ModelError.Architecture;
        error = ReadOptions(bytes, file);
        if (error != ModelError.None) return error;
        if (!ReadNames(bytes, names, namesLength, file.Answer == AnswerKind.Anomaly ? AnswerScale.AnomalyClassCount : file.OutputCount, file))
            return ModelError.Names;

        error = ReadInputDescription(bytes, file);
        if (error != ModelError.None) return error;
        error = ReadWeights(bytes, file);
        return error == ModelError.None && !ReadGolden(bytes, file) ? ModelError.Golden : error;
    }

    /// <summary>Every section must lie between the table and the checksum, start at a multiple of four, and be the only one of its tag.</summary>
    private static bool CheckSectionTable(byte[] bytes)
    {
        int count = LittleEndian.ReadUInt16(bytes, 6);
        int tableEnd = ModelFormat.HeaderSize + count * ModelFormat.SectionEntrySize;
        int end = bytes.Length - ModelFormat.ChecksumSize;
        if (count < 1 || count > ModelFormat.MaxSections || tableEnd > end) return false;
        for (int i = 0; i < count; i++)
        {
            int entry = ModelFormat.HeaderSize + i * ModelFormat.SectionEntrySize;
            long offset = LittleEndian.ReadUInt32(bytes, entry + 4);
            long length = LittleEndian.ReadUInt32(bytes, entry + 8);
            if (offset < tableEnd || offset % 4 != 0 || offset + length > end) return false;
            uint tag = LittleEndian.ReadUInt32(bytes, entry);
            for (int k = 0; k < i; k++)
                if (LittleEndian.ReadUInt32(bytes, ModelFormat.HeaderSize + k * ModelFormat.SectionEntrySize) == tag) return false;
        }
        return true;
    }

    /// <summary>Offset of a section, 0 when absent (no section can start inside the header).</summary>
    internal static int Find(byte[] bytes, uint tag, out int length)
    {
        int count = LittleEndian.ReadUInt16(bytes, 6);
        for (int i = 0; i < count; i++)
        {
            int entry = ModelFormat.HeaderSize + i * ModelFormat.SectionEntrySize;
            if (LittleEndian.ReadUInt32(bytes, entry) != tag) continue;
            length = LittleEndian.ReadInt32(bytes, entry + 8);
            return LittleEndian.ReadInt32(bytes, entry + 4);
        }
        length = 0;
        return 0;
    }

    private static ModelError ReadArchitecture(byte[] bytes, int offset, int length, ModelFile file)
    {
        if (length != ModelFormat.ArchitectureSize) return ModelError.Architecture;
        int head = bytes[offset], layers = bytes[offset + 1], inputBits = bytes[offset + 2], input = bytes[offset + 3];
        int inputs = LittleEndian.ReadUInt16(bytes, offset + 4);
        int classes = LittleEndian.ReadUInt16(bytes, offset + 6);
        int vocabulary = LittleEndian.ReadUInt16(bytes, offset + 8);
        bool tokens = input == (int)InputKind.Tokens;
        if (head > (int)HeadInput.FirstStep || layers < 1 || layers > ModelFormat.MaxLayers || inputBits > 15
            || input > (int)InputKind.Tokens
            || inputs < 1 || inputs > ModelFormat.MaxInputs
            || classes < 1 || classes > ModelFormat.MaxClasses
            || tokens != vocabulary > 0)
            return ModelError.Architecture;
        file.HeadInput = (HeadInput)head;
        file.InputFractionBits = inputBits;
        file.Input = (InputKind)input;
        file.InputCount = inputs;
        file.VocabularyCount = vocabulary;
        file.LongestLength = LittleEndian.ReadUInt16(bytes, offset + 10);
        file.Layers = new LayerShape[layers];
        file.OutputCount = classes;
        return ModelError.None;
    }

    /// <summary>Reads the answer and the width of the head's input, and finds the graph, which only gateways check further.</summary>
    private static bool ReadGraph(byte[] bytes, int architecture, ModelFile file)
    {
        int answer = bytes[architecture + 12], width = LittleEndian.ReadUInt16(bytes, architecture + 14);
        bool isSequence = answer == (int)AnswerKind.Sequence && DecoderSection.TryRead(bytes, file);
        if ((answer > (int)AnswerKind.Anomaly && !isSequence) || width > ModelFormat.MaxGraphWidth) return false;
        file.Answer = (AnswerKind)answer;
        if (!AnswerScale.TryRead(bytes, file)) return false;
        if (width > 0) file.HeadInputCount = width;
        return Find(bytes, ModelFormat.GraphTag, out int length) == 0 || length >= ModelFormat.GraphHeaderSize;
    }

    private static bool ReadLayers(byte[] bytes, int offset, int length, ModelFile file, bool isGraph)
    {
        if (length != ModelFormat.LayerSize * file.Layers.Length) return false;
        int inputs = file.InputCount;
        for (int i = 0; i < file.Layers.Length; i++)
        {
            int entry = offset + ModelFormat.LayerSize * i;
            int kind = bytes[entry], direction = bytes[entry + 1], hidden = LittleEndian.ReadUInt16(bytes, entry + 2);
            if (kind < (int)CellKind.Lstm || kind > (int)CellKind.Rnn
                || direction < (int)Direction.Forward || direction > (int)Direction.Both
                || hidden < 1 || hidden > ModelFormat.MaxHidden)
                return false;
            int ownInputs = isGraph ? LittleEndian.ReadUInt16(bytes, entry + 6) : 0;
            if (ownInputs > 0) inputs = ownInputs;
            if (ownInputs > ModelFormat.MaxGraphWidth) return false;
            var options = (LayerOptions)bytes[entry + 4];
            if ((options & ~AllowedOptions((CellKind)kind)) != 0) return false;
            var shape = new LayerShape((CellKind)kind, (Direction)direction, inputs, hidden, options);
            file.Layers[i] = shape;
            inputs = shape.OutputCount;
        }
        file.HeadInputCount = inputs;
        return true;
    }

    private static LayerOptions AllowedOptions(CellKind kind)
    {
        LayerOptions all = LayerOptions.InitialHidden | LayerOptions.Activations;
        if (kind == CellKind.Gru) return all | LayerOptions.ResetBefore;
        if (kind == CellKind.Lstm) return all | LayerOptions.Peepholes | LayerOptions.InitialCell | LayerOptions.InputForget;
        return all;
    }

    private static ModelError ReadOptions(byte[] bytes, ModelFile file)
    {
        int size = 0;
        foreach (LayerShape shape in file.Layers) size += ModelFile.OptionsSizeOf(shape);
        int options = Find(bytes, ModelFormat.OptionsTag, out int length);
        // A board's image has none: a board does not run such layers.
        if (options == 0) return size == 0 || Find(bytes, ModelFormat.FloatTag, out _) == 0 ? ModelError.None : ModelError.MissingSection;
        if (length != size) return ModelError.Options;
        file.OptionsOffset = options;
        for (int layer = 0; layer < file.Layers.Length; layer++)
        {
            float clip = file.Clip(layer);
            if (!IsFinite(clip) || clip < 0) return ModelError.Options;
            for (int k = 0; k < ModelFormat.ActivationsPerDirection * file.Layers[layer].DirectionCount; k++)
            {
                int direction = k / ModelFormat.ActivationsPerDirection, which = k % ModelFormat.ActivationsPerDirection;
                Activation activation = file.ActivationOf(layer, direction, which, out float alpha, out float beta);
                if (activation > Activation.Softplus || !IsFinite(alpha) || !IsFinite(beta)) return ModelError.Options;
            }
        }
        return ModelError.None;
    }

    private static bool ReadNames(byte[] bytes, int offset, int length, int classCount, ModelFile file)
    {
        int end = offset + length;
        if (!NameText.Read(bytes, ref offset, end, out string name)) return false;
        var classNames = new string[classCount];
        for (int i = 0; i < classCount; i++)
            if (!NameText.Read(bytes, ref offset, end, out classNames[i])) return false;
        file.Name = name;
        file.ClassNames = classNames;
        return offset == end;
    }

    private static ModelError ReadInputDescription(byte[] bytes, ModelFile file)
    {
        int normalisation = Find(bytes, ModelFormat.NormalisationTag, out int normalisationLength);
        if (normalisation != 0)
        {
            if (file.Input != InputKind.Features || normalisationLength != 8 * file.InputCount) return ModelError.Normalisation;
            file.NormalisationOffset = normalisation;
            for (int i = 0; i < file.InputCount; i++)
            {
                float deviation = file.Deviation(i), mean = file.Mean(i);
                if (!IsFinite(deviation) || !IsFinite(mean) || deviation <= 0) return ModelError.Normalisation;
            }
        }

        int vocabulary = Find(bytes, ModelFormat.VocabularyTag, out int vocabularyLength);
        if ((vocabulary != 0) != (file.Input == InputKind.Tokens)) return ModelError.Vocabulary;
        if (vocabulary != 0 && vocabularyLength != 4 * (file.VocabularyCount - 1)) return ModelError.Vocabulary;
        file.VocabularyOffset = vocabulary;
        return ModelError.None;
    }

    internal static bool IsFinite(float value) => !float.IsNaN(value) && value <= float.MaxValue && value >= float.MinValue;

    private static ModelError ReadWeights(byte[] bytes, ModelFile file)
    {
        int floats = Find(bytes, ModelFormat.FloatTag, out int floatLength);
        if (floats != 0)
        {
            // Without a graph nothing but the layers joins input and head.
            if (!file.HasGraph && !IsChain(file, file.InputCount, true)) return ModelError.Architecture;
            if (floatLength != 4 * file.FloatCount) return ModelError.FloatWeights;
            file.FloatOffset = floats;
        }
        int fixedPoint = Find(bytes, ModelFormat.FixedPointTag, out int fixedLength);
        if (fixedPoint == 0) return ModelError.None;
        if (file.Answer == AnswerKind.ValuesPerStep || !LayerReader.TryReadFront(bytes, file, out ConvolutionLayer[] front)) return ModelError.FixedPoint;
        ConvolutionLayer last = front == null ? null : front[front.Length - 1];
        // Timesteps of the layers behind a convolution are not those of the input.
        if (last != null && (file.IsAnswerPerStep || file.Decoder != null)) return ModelError.FixedPoint;
        if (!IsChain(file, last == null ? file.InputCount : last.OutputCount, false) || !ReadTail(bytes, file, last != null)) return ModelError.FixedPoint;
        return ReadFixedPoint(bytes, fixedPoint, fixedLength, file, last == null ? file.InputFractionBits : last.FractionBits);
    }

    /// <summary>True when each layer reads the outputs of the one before it, the first one so many numbers, and, where asked for, the head the last ones.</summary>
    private static bool IsChain(ModelFile file, int width, bool hasHead)
    {
        foreach (LayerShape shape in file.Layers)
        {
            if (shape.InputCount != width) return false;
            width = shape.OutputCount;
        }
        return !hasHead || file.HeadInputCount == width;
    }

    /// <summary>Reads the pooling and the fully connected layers of boards. Without them the head has to see the last recurrent layer.</summary>
    private static bool ReadTail(byte[] bytes, ModelFile file, bool hasFront)
    {
        int width = file.Layers[file.Layers.Length - 1].OutputCount;
        int tail = 0, length = 0;
        if (IsGraphVersion(bytes)) tail = Find(bytes, ModelFormat.TailTag, out length);
        if (tail == 0) return (hasFront || !file.HasGraph) && width == file.HeadInputCount;
        if (file.Decoder != null) return false;
        if (length < ModelFormat.TailHeaderSize) return false;
        int count = bytes[tail], pooling = bytes[tail + 1];
        if (count > ModelFormat.MaxDenseLayers || pooling > (int)PoolingKind.Max || count + pooling == 0) return false;
        // A pooling gives one vector per sequence.
        if (pooling > 0 && file.IsAnswerPerStep) return false;
        // A gateway that goes on from a state predicts its next timestep by the linear head alone.
        if (file.Answer == AnswerKind.Anomaly) return false;
        int end = tail + length, at = tail + ModelFormat.TailHeaderSize;
        var layers = new DenseLayer[count];
        for (int i = 0; i < count; i++)
        {
            if (end - at < DenseLayer.HeaderSize) return false;
            var layer = new DenseLayer(bytes, at, width);
            width = layer.OutputCount;
            if (width < 1 || width > ModelFormat.MaxHidden || end - at < DenseLayer.SizeOf(layer.InputCount, width) || !LayerReader.DenseHolds(layer)) return false;
            at += DenseLayer.SizeOf(layer.InputCount, width);
            layers[i] = layer;
        }
        file.Pooling = (PoolingKind)pooling;
        if (count > 0) file.DenseLayers = layers;
        return at == end && width == file.HeadInputCount;
    }

    private static ModelError ReadFixedPoint(byte[] bytes, int offset, int length, ModelFile file, int inputBits)
    {
        // A board computes step by step: what it has at the end is the last step.
        if (length < ModelFormat.FixedPointHeaderSize || file.HeadInput == HeadInput.FirstStep) return ModelError.FixedPoint;
        file.FixedOffset = offset;
        file.FixedSize = length;
        int weightBits = file.WeightBits;
        if (weightBits != 16 && weightBits != 8 && weightBits != 6 && weightBits != 4) return ModelError.FixedPoint;
        long end = offset + ModelFormat.FixedPointHeaderSize;
        foreach (LayerShape shape in file.Layers)
        {
            if (!shape.FitsBoards) return ModelError.FixedPoint;
            end += FixedLayer.SizeOf(shape, weightBits);
        }
        long headSize = 4L * file.OutputCount + 2L * file.OutputCount * file.HeadInputCount + 2L * file.VocabularyCount * file.InputCount;
        DecoderSection decoder = file.Decoder;
        long cellAt = (end + headSize + 3) / 4 * 4;
        if ((decoder == null ? end + headSize : cellAt + decoder.FixedSizeOf(file.OutputCount, weightBits)) != (long)offset + length) return ModelError.FixedPoint;
        if (file.LogitFractionBits > ModelFormat.MaxRowFractionBits) return ModelError.FixedPoint;
        file.HeadOffset = (int)end;

        var layers = new FixedLayer[file.Layers.Length];
        int at = offset + ModelFormat.FixedPointHeaderSize;
        for (int i = 0; i < layers.Length; i++)
        {
            LayerShape shape = file.Layers[i];
            layers[i] = new FixedLayer(bytes, at, shape, weightBits, inputBits);
            if (!FormatsHold(layers[i])) return ModelError.FixedPoint;
            if (!RowBoundsHold(layers[i])) return ModelError.RowBound;
            at += (int)FixedLayer.SizeOf(shape, weightBits);
            inputBits = ModelFormat.HiddenFractionBits;
        }
        if (!HeadBoundsHold(file)) return ModelError.RowBound;
        if (decoder != null)
        {
            // A board reads no outputs of the encoder but the last, and copies its state: one cell format for both.
            if (decoder.Attention != AttentionKind.None || bytes[offset + 2] > ModelFormat.HiddenFractionBits) return ModelError.FixedPoint;
            decoder.SetFixed(bytes, (int)cellAt, weightBits, bytes[offset + 2]);
            FixedLayer last = layers[layers.Length - 1];
            bool isSameCell = !decoder.Cell.HasCellState || (
                decoder.Fixed.CellFractionBits == last.CellFractionBits && decoder.Fixed.IsWideCell == last.IsWideCell);
            if (!isSameCell || !FormatsHold(decoder.Fixed)) return ModelError.FixedPoint;
            if (!RowBoundsHold(decoder.Fixed)) return ModelError.RowBound;
        }
        file.FixedLayers = layers;
        return ModelError.None;
    }

    private static bool ReadGolden(byte[] bytes, ModelFile file)
    {
        int golden = Find(bytes, ModelFormat.GoldenTag, out int length);
        if (golden == 0) return true;
        if (!file.HasFixedPoint || length < ModelFormat.GoldenHeaderSize) return false;
        int count = bytes[golden];
        if (count < 1 || count > ModelFormat.MaxGoldenSequences) return false;
        if (length != ModelFormat.GoldenHeaderSize + count * ModelFormat.GoldenSequenceSize) return false;
        file.GoldenOffset = golden;
        for (int i = 0; i < count; i++)
        {
            GoldenSequence sequence = file.Golden(i);
            if (sequence.StepCount < 1 || sequence.StepCount > ModelFormat.MaxGoldenSteps || sequence.Shift > 15) return false;
            if (sequence.ClassIndex >= file.ClassCount) return false;
        }
        return true;
    }

    private static bool FormatsHold(FixedLayer layer)
    {
        LayerShape shape = layer.Shape;
        int cell = layer.CellFractionBits;
        if (shape.HasCellState ? cell < ModelFormat.MinCellFractionBits || cell > ModelFormat.MaxCellFractionBits : cell != 0) return false;
        for (int row = 0; row < shape.RowCount; row++)
        {
            bool isGruCandidate = shape.Kind == CellKind.Gru && row >= 2 * shape.HiddenCount;
            int fraction = layer.RowFractionBits(row);
            int min = isGruCandidate ? ModelFormat.MinCandidateRowFractionBits : ModelFormat.MinRowFractionBits;
            if (fraction < min || fraction > ModelFormat.MaxRowFractionBits) return false;
        }
        return layer.WeightsFit();
    }

    /// <summary>sum |w| * 32768 + |b| below 2^31 for every sum: no accumulator can overflow, whatever the input.</summary>
    private static bool RowBoundsHold(FixedLayer layer)
    {
        LayerShape shape = layer.Shape;
        for (int row = 0; row < shape.RowCount; row++)
        {
            if (shape.Kind == CellKind.Gru && row >= 2 * shape.HiddenCount)
            {
                // The candidate's two parts are summed apart.
                int recurrentBias = layer.Bias(row + shape.HiddenCount);
                if (!WithinBound(WeightSum(layer, row, 0, shape.InputCount), layer.Bias(row))) return false;
                if (!WithinBound(WeightSum(layer, row, shape.InputCount, shape.ColumnCount), recurrentBias)) return false;
            }
            else if (!WithinBound(WeightSum(layer, row, 0, shape.ColumnCount), layer.Bias(row)))
            {
                return false;
            }
        }
        return true;
    }

    private static long WeightSum(FixedLayer layer, int row, int start, int end)
    {
        long sum = 0;
        for (int column = start; column < end; column++)
        {
            int weight = layer.Weight(row, column);
            sum += weight < 0 ? -weight : weight;
        }
        return sum;
    }

    private static bool HeadBoundsHold(ModelFile file)
    {
        for (int classIndex = 0; classIndex < file.OutputCount; classIndex++)
        {
            long sum = 0;
            for (int unit = 0; unit < file.HeadInputCount; unit++)
            {
                int weight = file.HeadWeight(classIndex, unit);
                sum += weight < 0 ? -weight : weight;
            }
            if (!WithinBound(sum, file.HeadBias(classIndex))) return false;
        }
        return true;
    }

    internal static bool WithinBound(long weightSum, long bias) => weightSum * 32768 + (bias < 0 ? -bias : bias) < 0x80000000L;
}
