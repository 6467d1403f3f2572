using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>The networks that tests/OnnxGrid has made, where a variable names their folder.</summary>
public sealed class NodeGridTests
{
    private const string FolderVariable = "CRIME_ONNX_FILES";
    private const double Tolerance = 2e-5;

    [Test]
    public void TheNodesAreEqualOrRefused()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        if (folder == null) Assert.Ignore($"set {FolderVariable} to a folder that tests/OnnxGrid/nodes.py has filled");
        string[] paths = [.. Directory.GetFiles(folder!, "*.onnx").Order(StringComparer.Ordinal)];
        (string Name, string Outcome)[] results = [.. paths.Select(path => (Path.GetFileNameWithoutExtension(path), OutcomeOf(path)))];
        foreach (var (name, outcome) in results.Where(result => result.Outcome != "equal")) TestContext.Out.WriteLine($"{name}: {outcome}");
        foreach (IGrouping<string, (string, string Outcome)> some in results.GroupBy(result => result.Outcome.Split(':')[0]))
            TestContext.Out.WriteLine($"{some.Key}: {some.Count()}");
        IEnumerable<string> bad = results.Where(result => result.Outcome != "equal" && !result.Outcome.StartsWith("refused", StringComparison.Ordinal))
            .Select(result => $"{result.Name}: {result.Outcome}");
        Assert.That(results, Is.Not.Empty);
        Assert.That(bad, Is.Empty);
    }

    /// <summary>A network with a sample beside it may be equal or refused; one with a text beside it has to be refused, with this text.</summary>
    private static string OutcomeOf(string path)
    {
        string says = Path.ChangeExtension(path, ".says"), arrays = Path.ChangeExtension(path, ".npz");
        string sample = File.Exists(arrays) ? arrays : Path.ChangeExtension(path, ".json");
        ImportedModel imported;
        try
        {
            imported = ModelImport.Load(path, ImportOptions.None);
        }
        catch (UserInputException e)
        {
            bool isClear = e.Message.Contains("; ", StringComparison.Ordinal) && !e.Message.Contains('\n')
                && (!File.Exists(says) || e.Message.Contains(File.ReadAllText(says), StringComparison.Ordinal));
            return $"{(isClear ? "refused" : "UNCLEAR")}: {e.Message}";
        }
        if (File.Exists(says)) return "MUST REFUSE";
        return Compared(imported, sample) ?? InRuntime(imported, path) ?? "equal";
    }

    /// <summary>Returns the difference to a sample; null where there is none.</summary>
    private static string? Compared(ImportedModel imported, string sample)
    {
        try
        {
            double difference = ModelCheck.Compare(imported, sample).MaxDifference;
            return difference < Tolerance ? null : $"WRONG: differs by {difference}";
        }
        catch (UserInputException e)
        {
            return $"WRONG: {e.Message}";
        }
    }

    /// <summary>Returns the difference to ONNX Runtime; null where there is none, or where it does not run the network: it has no layout 1.</summary>
    private static string? InRuntime(ImportedModel imported, string path)
    {
        string sample = path + ".json";
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var session = new InferenceSession(path, options);
            File.WriteAllText(sample, OriginalRun.Sample(session, 0));
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
        return Compared(imported, sample) is { } difference ? $"{difference} (ONNX Runtime)" : null;
    }
}
