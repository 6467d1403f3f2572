// Reports to boards which models can be downloaded here, so that they need not ask again and again.

using System.Linq;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;

namespace Crime.Gateway.Models;

/// <summary>Publishes the list of the models for boards. Thread-safe.</summary>
public sealed class ModelsPublisher
{
    private readonly string _topic;
    private readonly ModelRegistry _models;
    private readonly Outbox _outbox;

    /// <summary>Makes a publisher.</summary>
    /// <param name="options">The gateway's name.</param>
    /// <param name="models">The models.</param>
    /// <param name="outbox">Sends the list.</param>
    public ModelsPublisher(GatewayOptions options, ModelRegistry models, Outbox outbox)
    {
        _topic = Topics.Models(options.NodeId);
        _models = models;
        _outbox = outbox;
    }

    /// <summary>Publishes the list, retained. Without a connection nothing is sent: the next connection sends it.</summary>
    public void Publish()
    {
        if (!_outbox.IsOpen) return;
        GatewayModel[] models = [.. _models.Models.Where(model => model.Image != null && _models.ByName(model.Name) == model)];
        byte[] frame = ModelsFrame.Encode([.. models.Select(model => NodeKey.Of(model.Name))], [.. models.Select(model => model.ImageChecksum)]);
        _outbox.Send(_topic, frame, isRetained: true);
    }
}
