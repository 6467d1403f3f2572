// A model as the gateway serves it: weights to compute with, an image and a kernel for boards to download, and what it costs.

using System;
using System.Buffers.Binary;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Gateway.Serving;
using Crime.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Crime.Gateway.Models;

/// <summary>One served model. The weights never change; a new version of a model is a new object.</summary>
public sealed class GatewayModel
{
    /// <summary>Most workers of a gateway.</summary>
    public const int MaxWorkers = 255;

    private readonly BatchNetwork?[] _engines = new BatchNetwork?[MaxWorkers];
    private readonly Lazy<Task<BoardKernel>> _kernel;
    private long _askedUs;

    /// <summary>Makes a model.</summary>
    /// <param name="name">Its file's name without the extension.</param>
    /// <param name="weights">What the workers compute with.</param>
    /// <param name="image">What boards download; null when they cannot.</param>
    /// <param name="cost">What it costs here.</param>
    /// <param name="log">Gets one line when the kernel cannot be compiled; null for no log.</param>
    public GatewayModel(string name, FloatModel weights, byte[]? image, ServiceCost cost, ILogger? log = null)
    {
        Name = name;
        Weights = weights;
        Image = image;
        Cost = cost;
        _kernel = new Lazy<Task<BoardKernel>>(() => BoardKernel.CompileAsync(name, image, log ?? NullLogger.Instance));
        if (image != null) ImageChecksum = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(image.Length - ModelFormat.ChecksumSize));
    }

    /// <summary>The engine of a worker for this model: an engine holds the state of a run, so each has its own.</summary>
    /// <param name="worker">Index of the worker, 0 to <see cref="MaxWorkers"/> - 1; called by that worker only.</param>
    /// <remarks>Kept here and not with the workers, so that the engines go when the model goes.</remarks>
    public BatchNetwork EngineOf(int worker) => _engines[worker] ??= new BatchNetwork(Weights, Batch.MaxCount);

    /// <summary>Identity of the trained weights.</summary>
    public uint Id => Weights.Id;

    /// <summary>Name in the download's address.</summary>
    public string Name { get; }

    /// <summary>The float weights of the workers.</summary>
    public FloatModel Weights { get; }

    /// <summary>The image for boards; null when they cannot download it.</summary>
    public byte[]? Image { get; }

    /// <summary>CRC-32 that ends the image, and its ETag; 0 without an image.</summary>
    public uint ImageChecksum { get; }

    /// <summary>The kernel for boards. The first call compiles it; concurrent calls wait for the same compilation. Thread-safe.</summary>
    public Task<BoardKernel> KernelAsync() => _kernel.Value;

    /// <summary>When it was last asked for, in µs of the gateway's clock; 0 for never.</summary>
    public long AskedUs
    {
        get => Volatile.Read(ref _askedUs);
        set => Volatile.Write(ref _askedUs, value);
    }

    /// <summary>Service time of a request.</summary>
    public ServiceCost Cost { get; }
}
