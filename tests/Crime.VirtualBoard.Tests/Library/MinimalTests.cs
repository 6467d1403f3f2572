using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using Crime.VirtualBoard.Tests.Sensors;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Library;

/// <summary>The application of twenty lines, on a board with an analogue accelerometer.</summary>
public sealed class MinimalTests
{
    private const int Seed = 7;
    private const int Gestures = 8;
    private const int LeastRight = 6;
    private const int LampPin = 2;
    private const int LimitMs = 240_000;

    // Rest of an analogue sensor: half of the range of the ADC.
    private const int Middle = 2048;

    private static readonly int[] s_channels = [0, 3, 6];

    [Test]
    public async Task GesturesSwitchTheLamp()
    {
        SensorLog log = GestureStream.Generate(Seed, Gestures);
        var levels = new ConcurrentQueue<bool>();
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            Application = FirmwareApplication.Minimal,
            FlashFolder = FirmwareFlash.Make("broker.host=\n" + LiveModel.SegmentSettings, LiveModel.Image(Middle)),
            AdcChannels = s_channels.Select((channel, axis) => (channel, axis)).ToDictionary(
                item => item.channel, item => (Func<long, int>)(us => Middle + log.Values[Math.Min((int)(us / 10_000), log.Length - 1) * log.Channels + item.axis])),
        });
        board.Pins.Written += (pin, isHigh, _) =>
        {
            if (pin == LampPin) levels.Enqueue(isHigh);
        };
        board.Start();
        var names = new List<string>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (!line.StartsWith("INF ", StringComparison.Ordinal)) continue;
            names.Add(line.Split('"')[1]);
            if (names.Count == Gestures) break;
        }
        TestContext.Out.WriteLine(string.Join(", ", names.Select((name, i) => $"{log.Marks[i].Label}: {name}")));
        Assert.That(board.Crash, Is.Null);
        Assert.That(names.Where((name, i) => name == log.Marks[i].Label).Count(), Is.GreaterThanOrEqualTo(LeastRight));
        // The handler writes the level before the line is printed.
        Assert.That(levels.TakeLast(Gestures), Is.EqualTo(names.Select(name => name == "lift")));
    }

    /// <summary>Internals of the library are open to the tests and tools of this repository, and to no application.</summary>
    [Test]
    public void TheLibraryOpensItsInternalsToNoApplication()
    {
        Assembly library = Assembly.Load("Crime.Device");
        IEnumerable<string> friends = library.GetCustomAttributes<System.Runtime.CompilerServices.InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName);
        Assert.That(friends, Has.None.AnyOf("Crime.Gestures", "Crime.Meter", "Crime.Minimal").And.Some.EqualTo("Crime.Device.Tests"));
        IEnumerable<string?> used = Assembly.Load("Crime.Minimal").GetReferencedAssemblies().Select(name => name.Name)
            .Where(name => name!.StartsWith("Crime.", StringComparison.Ordinal));
        Assert.That(used, Is.SubsetOf(new[] { "Crime.Device", "Crime.Kernel", "Crime.Sensing", "Crime.Shared", "Crime.VirtualBoard.Device" }));
    }
}
