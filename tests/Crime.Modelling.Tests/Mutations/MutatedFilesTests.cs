// Damaged files of every format that the tools read. CI reads a few thousand of each; CRIME_MUTATIONS sets the number.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Crime.Gateway.Inference;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>Reads damaged files.</summary>
public sealed class MutatedFilesTests
{
    private const string CountVariable = "CRIME_MUTATIONS";
    private const int FilesInCi = 2000;

    // All formats together take some 25 s in CI; a slow machine reads fewer files.
    private static readonly TimeSpan s_limitInCi = TimeSpan.FromSeconds(1);

    private static readonly byte[] s_values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 30, 31, 32, 64, 127, 128, 129, 192, 254, 255];

    private readonly string _folder = Directory.CreateTempSubdirectory("crime-mutations-").FullName;
    private readonly Dictionary<string, Format> _formats;

    /// <summary>Makes the good files.</summary>
    public MutatedFilesTests() =>
        _formats = new NetworkFormats(_folder).All().Concat(new DataFormats(_folder).All()).ToDictionary(format => format.Name);

    [OneTimeTearDown]
    public void DeleteFiles() => Directory.Delete(_folder, recursive: true);

    private static readonly string[] s_names =
    [
        "onnx", "onnx, model of external data", "onnx, external data", "safetensors", "h5", "keras", "npz", "json", "pb", "crime",
        "crime, FRNT", "crime, TAIL", "crime, ANSW", "crime, DECO", "kernel package", "recording", "ts", "ts.gz",
        "UCI HAR activity_labels.txt", "UCI HAR train/y_train.txt", "UCI HAR train/X_train.txt", "UCR", "labelled lines", "text per class", "sensor log", "settings",
    ];

    [Test]
    public void EveryFormatIsListed() => Assert.That(_formats.Keys, Is.EquivalentTo(s_names));

    [TestCaseSource(nameof(s_names))]
    public void ADamagedFileIsTakenOrRefusedInOneLine(string name)
    {
        bool isLong = int.TryParse(Environment.GetEnvironmentVariable(CountVariable), NumberStyles.None, CultureInfo.InvariantCulture, out int files);
        MutationResult result = MutationRun.Of(_formats[name], TestSeed.Next(), isLong ? files : FilesInCi, isLong ? null : s_limitInCi, MutationRun.Hang);
        TestContext.Out.WriteLine($"{name}: {result}");
        Assert.That(result.Failures, Is.Empty);
        Assert.That(result.Files, Is.GreaterThan(0));
    }

    /// <summary>Sections are small enough for all values of their first bytes, where their counts stand.</summary>
    [TestCase("FRNT")]
    [TestCase("TAIL")]
    [TestCase("ANSW")]
    [TestCase("DECO")]
    public void EveryValueOfACountIsTakenOrRefused(string name)
    {
        const int FirstBytes = 32;
        SectionFormat section = SectionFormats.All.Single(format => format.Name == name);
        int refused = 0;
        foreach (byte[] good in section.Seeds)
        {
            List<(uint Tag, byte[] Content)> sections = ModelContainer.Sections(good);
            int place = sections.FindIndex(entry => entry.Tag == section.Tag);
            byte[] content = sections[place].Content;
            for (int at = 0; at < Math.Min(FirstBytes, content.Length); at++)
                foreach (byte value in s_values)
                {
                    byte[] changed = [.. content];
                    changed[at] = value;
                    sections[place] = (section.Tag, changed);
                    byte[] forged = ModelContainer.Write(1, sections, ModelContainer.VersionOf(good));
                    Assert.That(() => refused += SectionFormats.Read(forged) ? 0 : 1, Throws.Nothing, $"byte {at} is {value}");
                }
        }
        Assert.That(refused, Is.GreaterThan(0));
    }

    /// <summary>So that the test above can fail.</summary>
    [TestCase("throws", "IndexOutOfRangeException")]
    [TestCase("allocates", "are the bound")]
    [TestCase("waits", "no end after")]
    [TestCase("refuses", "a good file is refused")]
    public void APlantedFaultIsFound(string fault, string expected)
    {
        byte[] good = [.. Enumerable.Range(0, 64).Select(n => (byte)n)];
        using var wait = new ManualResetEventSlim();
        bool Read(byte[] bytes)
        {
            bool isGood = bytes.AsSpan().SequenceEqual(good);
            if (fault == "throws") _ = bytes[63];
            if (fault == "allocates" && !isGood) GC.KeepAlive(new byte[2 << 20]);
            if (fault == "waits" && !isGood) wait.Wait();
            return fault != "refuses";
        }
        MutationResult result = MutationRun.Of(new Format("planted", [good], Read), TestSeed.Next(), 200, null, TimeSpan.FromMilliseconds(200));
        wait.Set();
        Assert.That(result.Failures, Is.Not.Empty.And.Some.Contains(expected));
    }
}
