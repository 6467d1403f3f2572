// A kernel between the emitters, which make it, and the writers, which make C# and assemblies of it.

using System.Collections.Generic;
using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation;

/// <summary>The classes of a kernel.</summary>
/// <param name="Model">The class that the board makes.</param>
/// <param name="Layers">The layers' classes; a base class comes before those derived from it.</param>
/// <param name="AreApart">Whether the classes can lie in different assemblies; otherwise the layers are nested in the model's class.</param>
/// <param name="TermCount">Products per step.</param>
/// <param name="SkippedTermCount">Pairs of zeros.</param>
/// <param name="MethodCount">Methods that the steps of all layers are divided into.</param>
internal sealed record KernelProgram(
    KernelClass Model, IReadOnlyList<KernelClass> Layers, bool AreApart, int TermCount, int SkippedTermCount, int MethodCount);
