// The options of `crime nanoclr` that its kinds of run share.

using System;
using System.Collections.Generic;
using Crime.Cli.Bench;
using Crime.Modelling;

namespace Crime.Cli.Verbs;

/// <summary>A run that a person asked for.</summary>
internal sealed record NanoClrRequest
{
    /// <summary>PE files, and folders of them.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Path of the nanoCLR; null for the one that the environment names.</summary>
    public string? Clr { get; init; }

    /// <summary>Arguments for the nanoCLR itself, separated by spaces.</summary>
    public required string Arguments { get; init; }

    /// <summary>Number of inputs that need a result; 0 to take it from the END line.</summary>
    public int ExpectedInputs { get; init; }

    /// <summary>File for the lines that the program prints; null for none.</summary>
    public string? LogPath { get; init; }

    /// <summary>Longest run in seconds.</summary>
    public int TimeoutS { get; init; }

    /// <summary>Whether to print JSON.</summary>
    public bool Json { get; init; }

    /// <summary>The run of the CLR.</summary>
    /// <exception cref="UserInputException">There is no such CLR, or PE files are missing.</exception>
    public NanoClrStart Start() => new(NanoClr.Find(Clr), NanoClr.LoadOrder(Paths))
    {
        Arguments = Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
    };
}
