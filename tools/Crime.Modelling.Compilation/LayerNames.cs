// How the classes of a layer are called, and whether they can lie in several assemblies.

using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation;

/// <summary>Names of a layer's classes.</summary>
/// <param name="Model">Class of the model.</param>
/// <param name="Index">Which layer.</param>
/// <param name="AreApart">
/// Whether each method of a step has a class, derived from the one with the next method. Such classes can lie in different assemblies.
/// Otherwise there is one class, nested in the model's.
/// </param>
internal sealed record LayerNames(ClassName Model, int Index, bool AreApart)
{
    /// <summary>The class that the model makes.</summary>
    public ClassName Layer => AreApart ? Model with { Name = $"{Model.Name}Layer{Index}" } : new ClassName("", $"Layer{Index}", false);

    /// <summary>The class that its layer classes are nested in, or null.</summary>
    public ClassName? Outer => AreApart ? null : Model;

    /// <summary>The class with a method of the step.</summary>
    public ClassName ClassOf(int method) =>
        AreApart && method > 0 ? Model with { Name = $"{Model.Name}Layer{Index}Units{method}" } : Layer;
}
