// The models that this gateway serves at this moment.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Gateway.Core.Models;

namespace Crime.Gateway.Models;

/// <summary>
/// A set of models that is replaced as a whole. Thread-safe: a reader sees one set or the next, and a request keeps the model that
/// it was admitted with.
/// </summary>
public sealed class ModelRegistry : IServedModels
{
    /// <summary>Longest name, in letters, under which a model can be downloaded.</summary>
    public const int MaxNameLength = 64;

    private volatile ModelSet _set;

    /// <summary>Makes a registry.</summary>
    /// <param name="models">At most <see cref="StatusFrame.MaxModels"/>, with different ids and names.</param>
    public ModelRegistry(IReadOnlyList<GatewayModel> models) => _set = new ModelSet(models, []);

    /// <summary>All models: the current ones by name, then those that have been replaced and are still asked for.</summary>
    public IReadOnlyList<GatewayModel> Models => _set.All;

    /// <inheritdoc/>
    public IReadOnlyList<ServedModel> Served => _set.All;

    /// <inheritdoc/>
    ServedModel? IServedModels.ById(uint id) => ById(id);

    /// <summary>The model of an id, or null.</summary>
    public GatewayModel? ById(uint id) => _set.ById.GetValueOrDefault(id);

    /// <summary>The current model of a name, or null.</summary>
    public GatewayModel? ByName(string name) => _set.ByName.GetValueOrDefault(name);

    /// <summary>Serves other models from now on.</summary>
    /// <param name="current">The models by name, with different ids and names.</param>
    /// <param name="replaced">Earlier versions for those who still ask for them by id; at most <see cref="StatusFrame.MaxModels"/> in all.</param>
    public void Replace(IReadOnlyList<GatewayModel> current, IReadOnlyList<GatewayModel> replaced) => _set = new ModelSet(current, replaced);

    /// <summary>True when a name can stand in a download's address as it is.</summary>
    public static bool IsDownloadName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private sealed class ModelSet
    {
        public ModelSet(IReadOnlyList<GatewayModel> current, IReadOnlyList<GatewayModel> replaced)
        {
            All = [.. current, .. replaced];
            ById = All.ToDictionary(model => model.Id);
            ByName = current.ToDictionary(model => model.Name, StringComparer.Ordinal);
        }

        public IReadOnlyList<GatewayModel> All { get; }

        public Dictionary<uint, GatewayModel> ById { get; }

        public Dictionary<string, GatewayModel> ByName { get; }
    }
}
