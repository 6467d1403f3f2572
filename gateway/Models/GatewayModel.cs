// A model as the gateway serves it: weights to compute with, an image for boards to download, and what it costs.

using System;
using System.Buffers.Binary;
using System.Threading;
using Crime.Gateway.Inference;
using Crime.Gateway.Serving;
using Crime.Model;

namespace Crime.Gateway.Models;

/// <summary>One served model. The weights never change; a new version of a model is a new object.</summary>
public sealed class GatewayModel
{
    /// <summary>Most workers of a gateway.</summary>
    public const int MaxWorkers = 255;

    private readonly BatchNetwork?[] _engines = new BatchNetwork?[MaxWorkers];
    private long _askedUs;

    /// <summary>Makes a model.</summary>
    /// <param name="name">Its file's name without the extension.</param>
    /// <param name="weights">What the workers compute with.</param>
    /// <param name="image">What boards download; null when they cannot.</param>
    /// <param name="cost">What it costs here.</param>
    public GatewayModel(string name, FloatModel weights, byte[]? image, ServiceCost cost)
    {
        Name = name;
        Weights = weights;
        Image = image;
        Cost = cost;
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

    /// <summary>What the workers compute with.</summary>
    public FloatModel Weights { get; }

    /// <summary>What boards download; null when they cannot.</summary>
    public byte[]? Image { get; }

    /// <summary>CRC-32 that ends the image, and its ETag; 0 without an image.</summary>
    public uint ImageChecksum { get; }

    /// <summary>When it was last asked for, in µs of the gateway's clock; 0 for never.</summary>
    public long AskedUs
    {
        get => Volatile.Read(ref _askedUs);
        set => Volatile.Write(ref _askedUs, value);
    }

    /// <summary>What a request costs.</summary>
    public ServiceCost Cost { get; }
}
