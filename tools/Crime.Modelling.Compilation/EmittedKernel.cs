// What the model compiler hands on as source.

namespace Crime.Modelling.Compilation;

/// <summary>Straight-line code made from a model.</summary>
/// <param name="Source">C# for the device: one file.</param>
/// <param name="ClassName">Name of its class, a <c>CompiledModel</c>.</param>
/// <param name="TermCount">Products per step: pairs of weights of which at least one is not zero.</param>
/// <param name="SkippedTermCount">Pairs that were left out because both weights are zero.</param>
/// <param name="MethodCount">Methods that the steps of all layers are divided into.</param>
public sealed record EmittedKernel(string Source, string ClassName, int TermCount, int SkippedTermCount, int MethodCount)
{
    /// <summary>Namespace of the class.</summary>
    public const string Namespace = DeviceTarget.BaseNamespace + ".Compiled";

    /// <summary>Bytes of byte code that the products alone take: less than the kernel.</summary>
    public long TermsSize => (long)TermCount * LayerEmitter.BytesPerTerm;

    /// <summary>Name of the class with its namespace.</summary>
    public string FullName => $"{Namespace}.{ClassName}";
}
