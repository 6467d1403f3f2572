// Files that h5py wrote in the layout of Keras, each with an input and what the equations of Keras make of it. A few lie in the tree.
// tests/KerasGrid makes the others.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Keras;

internal sealed class KerasGridTests
{
    private const string FolderVariable = "CRIME_KERAS_FILES";

    /// <summary>The folder of the files in the tree.</summary>
    internal static string Fixtures => Path.Combine(TestContext.CurrentContext.TestDirectory, "Import", "Keras", "Files");

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.npz").Order(StringComparer.Ordinal).Select(path => path[..^".npz".Length]);

    [Test]
    public void FilesOfH5pyGiveTheNumbersOfKeras()
    {
        string[] files = [.. Files(Fixtures)];
        Assert.That(files, Is.Not.Empty);
        foreach (string file in files) Assert.That(Outcome(file), Is.EqualTo("equal"), file);
    }

    [Test]
    public void TheGridIsEqual()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        if (folder == null) Assert.Ignore($"set {FolderVariable} to a folder that tests/KerasGrid/grid.py has filled");
        (string File, string Outcome)[] outcomes = [.. Files(folder).Select(file => (file, Outcome(file)))];
        TestContext.Out.WriteLine($"{outcomes.Count(outcome => outcome.Outcome == "equal")} of {outcomes.Length} files are equal");
        foreach (string refusal in outcomes.Select(outcome => outcome.Outcome).Where(outcome => outcome != "equal").Distinct()) TestContext.Out.WriteLine(refusal);
        Assert.That(outcomes.Where(outcome => outcome.Outcome != "equal").Select(outcome => $"{outcome.File}: {outcome.Outcome}"), Is.Empty);
    }

    private static string Outcome(string file)
    {
        ImportedModel model;
        try
        {
            model = ModelImport.Load(file, ImportOptions.None);
        }
        catch (UserInputException e)
        {
            return "refused" + e.Message[file.Length..];
        }
        try
        {
            ModelCheck.Compare(model, file + ".npz");
            return "equal";
        }
        catch (UserInputException e)
        {
            return "WRONG: " + e.Message;
        }
    }
}
