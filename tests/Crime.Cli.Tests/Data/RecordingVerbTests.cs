using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.Cli.Tests.Data;

/// <summary>crime recording, replayed by the firmware on a virtual board.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed partial class RecordingVerbTests
{
    private const int LimitMs = 300_000;
    private const int Count = 12;
    private const int LeastRight = 9;
    private const string Settings = "board.id=air\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port=1\nhttp.port=0\nmapping=local\n";

    [Test]
    public async Task TheFirmwareReplaysTheSequences()
    {
        string folder = Checkout.NewFolder(), flash = Directory.CreateDirectory(Path.Combine(folder, "flash")).FullName;
        await CrimeProcess.JsonAsync(folder, "gestures", "-o", "gestures");
        string model = Checkout.PathOf("gateway/assets/gestures.crime");
        JsonElement written = await CrimeProcess.JsonAsync(
            folder, "recording", "gestures", "--model", model, "-o", "flash/inputs.recording", "--count", "12", "--seed", "3");
        await CrimeProcess.RefusesAsync(folder, "inputs.recording: is there already", "recording", "gestures", "--model", model, "-o", "flash/inputs.recording");
        File.Copy(model, Path.Combine(flash, "model.crime"));
        await File.WriteAllTextAsync(Path.Combine(flash, "crime.cfg"), Settings);

        string[] lines = await ReplayAsync(flash);
        Assert.That(lines[^1], Does.StartWith($"END inputs={Count} local={Count} "));
        Match[] readings = [.. lines.Select(line => Reading().Match(line)).Where(match => match.Success)];
        string[] labels = [.. written.GetProperty("labels").EnumerateArray().Select(name => name.GetString()!)];
        // The model names the classes in the order of the data set's outputs. The numbers arrive in its format, or few results would be right.
        string[] order = [.. GestureGenerator.ClassNames.Order(StringComparer.Ordinal)];
        int right = readings.Zip(labels).Count(pair => order[int.Parse(pair.First.Groups["class"].Value)] == pair.Second);
        Assert.That(right, Is.GreaterThanOrEqualTo(LeastRight));
        Assert.That(readings.Max(match => int.Parse(match.Groups["length"].Value)), Is.EqualTo(written.GetProperty("longest").GetInt32()));
    }

    private static async Task<string[]> ReplayAsync(string flash)
    {
        using var board = new Board(new BoardOptions { Profile = BoardProfile.Bundled("esp32-devkitc"), FlashFolder = flash });
        board.Start();
        var lines = new List<string>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            lines.Add(line);
            if (line.StartsWith("END ", StringComparison.Ordinal)) break;
        }
        TestContext.Out.WriteLine(string.Join('\n', lines));
        Assert.That(board.Crash, Is.Null);
        return [.. lines];
    }

    [GeneratedRegex(@"^INF id=\d+ len=(?<length>\d+) at=\w+ class=(?<class>\d+) ")]
    private static partial Regex Reading();
}
