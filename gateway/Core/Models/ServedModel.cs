// A model as the behaviour of a gateway sees it: who it is, what it costs, and which requests fit it. The weights belong to the driver.

using System.Collections.Generic;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Core.Load;

namespace Crime.Gateway.Core.Models;

/// <summary>A model that a gateway computes. Thread-safe.</summary>
public abstract class ServedModel
{
    private long _requestedAtUs;

    /// <summary>Makes a model.</summary>
    /// <param name="id">Identity of the trained weights.</param>
    /// <param name="imageChecksum">CRC-32 of the image that boards can download; 0 without an image.</param>
    /// <param name="longestLength">Longest input of the data set in timesteps; 0 when it is not known.</param>
    /// <param name="cost">Service time of its requests.</param>
    protected ServedModel(uint id, uint imageChecksum, int longestLength, ServiceCost cost)
    {
        Id = id;
        ImageChecksum = imageChecksum;
        LongestLength = longestLength;
        Cost = cost;
    }

    /// <summary>Identity of the trained weights.</summary>
    public uint Id { get; }

    /// <summary>CRC-32 of the image that boards can download; 0 without an image.</summary>
    public uint ImageChecksum { get; }

    /// <summary>Longest input of the data set in timesteps; 0 when it is not known.</summary>
    public int LongestLength { get; }

    /// <summary>Service time of its requests.</summary>
    public ServiceCost Cost { get; }

    /// <summary>Time of the last request for this model, in µs of the gateway's clock; 0 when there was none.</summary>
    public long RequestedAtUs
    {
        get => Volatile.Read(ref _requestedAtUs);
        set => Volatile.Write(ref _requestedAtUs, value);
    }

    /// <summary>True when the input of a request has the format that this model reads.</summary>
    /// <param name="frame">A decoded request for this model.</param>
    public abstract bool Fits(RequestFrame frame);
}

/// <summary>The models that a gateway computes at this moment. Implementations are thread-safe.</summary>
public interface IServedModels
{
    /// <summary>All models, at most <see cref="StatusFrame.MaxModels"/>, with different ids.</summary>
    IReadOnlyList<ServedModel> Served { get; }

    /// <summary>The model of an id, or null.</summary>
    /// <param name="id">Identity of the trained weights.</param>
    ServedModel? ById(uint id);
}
