// The kernel package of a served model. It is compiled from the image that boards download, so both have the same weights.

using System;
using System.Buffers.Binary;
using System.Threading.Tasks;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Compilation.Packaging;
using Crime.Packages;
using Microsoft.Extensions.Logging;
using Crime.Gateway.Diagnostics;

namespace Crime.Gateway.Models;

/// <summary>A kernel package for boards, or the reason why the model has none.</summary>
public sealed class BoardKernel
{
    private BoardKernel(byte[]? package, string missingReason)
    {
        Package = package;
        MissingReason = missingReason;
        if (package == null) return;
        int headerSize = BinaryPrimitives.ReadUInt16LittleEndian(package.AsSpan(6));
        Checksum = BinaryPrimitives.ReadUInt32LittleEndian(package.AsSpan(headerSize - KernelPackageFormat.ChecksumSize));
    }

    /// <summary>The package, as SPEC.md describes it; null when the model has none.</summary>
    public byte[]? Package { get; }

    /// <summary>
    /// CRC-32 that ends the package's header, and its ETag; 0 without a package. The header has the checksums of everything behind it.
    /// </summary>
    public uint Checksum { get; }

    /// <summary>One line that says why the model has no package; empty when it has one.</summary>
    public string MissingReason { get; }

    /// <summary>Compiles a model on a thread of the pool.</summary>
    /// <param name="name">Name of the model in the log.</param>
    /// <param name="image">The image that boards download; null when they cannot.</param>
    /// <param name="log">Gets one line when the model has fixed-point weights and cannot be compiled.</param>
    /// <returns>A task that always completes with a result.</returns>
    public static Task<BoardKernel> CompileAsync(string name, byte[]? image, ILogger log) => Task.Run(() => Compile(name, image, log));

    private static BoardKernel Compile(string name, byte[]? image, ILogger log)
    {
        if (image == null) return new BoardKernel(null, $"boards cannot download the model '{name}'");
        try
        {
            ModelError error = ModelReader.TryRead(image, out ModelFile model);
            if (error != ModelError.None) throw new InvalidOperationException(ModelErrors.Describe(error));
            return model.HasFixedPoint ? Compile(name, model, log) : new BoardKernel(null, $"the model '{name}' has no fixed-point weights to compile");
        }
        catch (Exception e)
        {
            log.KernelFault(e, name);
            return new BoardKernel(null, $"the kernel of the model '{name}' could not be compiled because of a defect of the gateway");
        }
    }

    private static BoardKernel Compile(string name, ModelFile model, ILogger log)
    {
        try
        {
            return new BoardKernel(KernelPackager.Build(model), "");
        }
        catch (UserInputException e)
        {
            log.KernelNotCompiled(name, e.Message);
            return new BoardKernel(null, e.Message);
        }
    }
}
