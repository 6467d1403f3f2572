using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Offload;

/// <summary>On the device, reading an element of a string array that was never set ends the CLR. So it does on a virtual board.</summary>
public sealed class UnsetElementTests
{
    private const int LimitMs = 300_000;

    [Test]
    public async Task TheFirmwareSurvivesTheFirstStatusOfAGateway()
    {
        byte[] model = FirmwareFlash.Model(hidden: 4);
        await using AnsweringGateway gateway = await AnsweringGateway.StartAsync(FirmwareFlash.ModelId(model));
        string settings = $"board.id=fresh\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port={gateway.Port}\nhttp.port=0\nmapping=gateway\n";
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile,
            FlashFolder = FirmwareFlash.Make(settings, model, FirmwareFlash.Recording(model, [3, 5, 7])),
        });
        board.Start();
        var lines = new List<string>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            lines.Add(line);
            if (line.StartsWith("END ", StringComparison.Ordinal)) break;
        }
        Assert.That(board.Crash, Is.Null);
        Assert.That(lines[^1], Does.StartWith("END inputs=3 local=0 gateway=3 fallback=0 "), string.Join('\n', lines));
    }

    [Test]
    public void NoHandlerOfTheFirmwareKeepsTheBoardRunning()
    {
        using Board board = TestBoards.Make();
        Thread thread = board.Run(() =>
        {
            try
            {
                VirtualHeap.LoadElement(new string[2], 1);
            }
            catch (Exception)
            {
                // As the firmware's handler of messages does.
            }
            VirtualCpu.Charge(1);
            Crime.Device.Clock.NowUs();
            Assert.Fail("the board ran on");
        });
        Assert.That(thread.Join(TimeSpan.FromMilliseconds(LimitMs)), Is.True);
        Assert.That(board.Crash, Is.TypeOf<UnsetElementException>());
    }

    [Test]
    public void ElementsThatWereSetAndThoseOfOtherArraysAreReadAsOnDotNet()
    {
        using Board board = TestBoards.Make();
        object?[] read = [];
        TestBoards.Run(board, () => read = [VirtualHeap.LoadElement(new[] { "a" }, 0), VirtualHeap.LoadElement(new object[1], 0)]);
        Assert.That(read, Is.EqualTo(new object?[] { "a", null }));
    }
}
