// A model as the gateway serves it: the weights, an image and a kernel that boards download, and its service cost.

using System;
using System.Buffers.Binary;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Models;
using Crime.Gateway.Core.Queueing;
using Crime.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Crime.Gateway.Models;

/// <summary>One served model. The weights never change; a new version of a model is a new object.</summary>
public sealed class GatewayModel : ServedModel
{
    /// <summary>Most workers of a gateway.</summary>
    public const int MaxWorkers = 255;

    private readonly BatchNetwork?[] _engines = new BatchNetwork?[MaxWorkers];
    private readonly Lazy<Task<BoardKernel>> _kernel;

    /// <summary>Makes a model.</summary>
    /// <param name="name">Its file's name without the extension.</param>
    /// <param name="weights">The weights that the workers compute with.</param>
    /// <param name="image">The image that boards download; null when they cannot.</param>
    /// <param name="cost">The cost of a request on this gateway.</param>
    /// <param name="log">Gets one line when the kernel cannot be compiled; null for no log.</param>
    public GatewayModel(string name, FloatModel weights, byte[]? image, ServiceCost cost, ILogger? log = null)
        : base(weights.Id, ChecksumOf(image), weights.LongestLength, cost)
    {
        Name = name;
        Weights = weights;
        Image = image;
        _kernel = new Lazy<Task<BoardKernel>>(() => BoardKernel.CompileAsync(name, image, log ?? NullLogger.Instance));
    }

    /// <summary>The engine of a worker for this model: an engine holds the state of a run, so each has its own.</summary>
    /// <param name="worker">Index of the worker, 0 to <see cref="MaxWorkers"/> - 1; called by that worker only.</param>
    /// <remarks>Kept here and not with the workers, so that the engines go when the model goes.</remarks>
    public BatchNetwork EngineOf(int worker) => _engines[worker] ??= new BatchNetwork(Weights, Batch.MaxCount);

    /// <summary>Name in the download's address.</summary>
    public string Name { get; }

    /// <summary>The float weights of the workers.</summary>
    public FloatModel Weights { get; }

    /// <summary>The image for boards; null when they cannot download it.</summary>
    public byte[]? Image { get; }

    /// <summary>The kernel for boards. The first call compiles it; concurrent calls wait for the same compilation. Thread-safe.</summary>
    public Task<BoardKernel> KernelAsync() => _kernel.Value;

    /// <inheritdoc/>
    public override bool Fits(RequestFrame frame)
    {
        if (frame.StateCount != 0 && frame.StateCount != Weights.BoardStateCount) return false;
        if (frame.ValuesPerStep != Weights.ValuesPerStep) return false;
        bool isTokens = frame.Encoding != SequenceEncoding.Int16;
        if (isTokens != (Weights.Input == InputKind.Tokens)) return false;
        return !isTokens || frame.FractionBits == 0 && AreTokens(frame.Values.AsSpan(0, frame.ValueCount), Weights.VocabularyCount);
    }

    private static bool AreTokens(ReadOnlySpan<short> values, int vocabularyCount)
    {
        foreach (short value in values)
            if ((ushort)value >= vocabularyCount) return false;
        return true;
    }

    // The CRC-32 that ends the image is its ETag, too.
    private static uint ChecksumOf(byte[]? image) =>
        image == null ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(image.Length - ModelFormat.ChecksumSize));
}
