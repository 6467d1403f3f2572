using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Crime.Model;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Duty;

/// <summary>An INF line, as far as these tests look at it.</summary>
internal sealed record Reading(int Input, int Length, string Target, double TimeMs, double EnergyMj, string BreakEven, string Meter);

/// <summary>What the whole firmware finds on its flash.</summary>
internal static partial class FirmwareFlash
{
    private const int InputCount = 2;

    /// <summary>A folder with a board's files.</summary>
    public static string Make(string settings, byte[]? model = null, byte[]? recording = null)
    {
        string flash = Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(flash);
        if (settings.Length > 0) File.WriteAllText(Path.Combine(flash, "crime.cfg"), settings);
        if (model != null) File.WriteAllBytes(Path.Combine(flash, "model.crime"), model);
        if (recording != null) File.WriteAllBytes(Path.Combine(flash, "inputs.recording"), recording);
        return flash;
    }

    public static byte[] Model(int hidden) => TestModels.Write(InputCount, hidden, 3);

    public static uint ModelId(byte[] model) => Read(model).Id;

    public static byte[] Recording(byte[] model, IEnumerable<int> lengths)
    {
        var random = new Random(4);
        return RecordingWriter.Write(Read(model), [.. lengths.Select((length, i) => new LabelledSequence(
            i, "class 0", length, Enumerable.Range(0, length * InputCount).Select(_ => random.NextSingle()).ToArray(), []))]);
    }

    public static Reading? ReadingOf(string line)
    {
        Match match = Line().Match(line);
        if (!match.Success) return null;
        double Number(string name) => double.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
        return new Reading(
            (int)Number("id"), (int)Number("len"), match.Groups["at"].Value, Number("ms"), Number("mj"), match.Groups["even"].Value, match.Groups["meter"].Value);
    }

    private static ModelFile Read(byte[] model)
    {
        Assert.That(ModelReader.TryRead(model, out ModelFile file), Is.EqualTo(ModelError.None));
        return file;
    }

    [GeneratedRegex(
        @"^INF id=(?<id>\d+) len=(?<len>\d+) at=(?<at>\w+) class=\d+ "
        + @"ms=(?<ms>[\d.]+) active-ms=[\d.]+ mj=(?<mj>[\d.]+) mw=[\d.]+ even=(?<even>\S+) depth=\d+ meter=(?<meter>\w+) conf=\d+ name="".+""$")]
    private static partial Regex Line();
}
