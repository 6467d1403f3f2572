using System;
using System.Globalization;
using Crime.Cli.Boards;

namespace Crime.Cli.Tests.Monitor;

/// <summary>Lines as a board's console writes them.</summary>
internal static class BoardLines
{
    public static string Inference(int input, Random random)
    {
        int length = random.Next(1, 200), target = random.Next(3);
        long timeUs = random.Next(1000, 400_000), energyUj = random.Next(100, 60_000);
        return Inference(input, length, new[] { "local", "gateway", "fallback" }[target], timeUs, energyUj, random.Next(2) == 0 ? "-" : "49");
    }

    public static string Inference(int input, int length = 30, string target = "local", long timeUs = 48_493, long energyUj = 7998, string even = "49") =>
        $"INF id={input} len={length} at={target} class=4 ms={Thousandths(timeUs)} active-ms={Thousandths(timeUs)} mj={Thousandths(energyUj)} "
        + $"mw={Thousandths(energyUj * 1_000_000 / timeUs)} even={even} depth=0 meter=model conf=963 name=\"wave\"";

    public static Reading Reading(string line) => Cli.Boards.Reading.Parse(line) ?? throw new ArgumentException(line);

    private static string Thousandths(long value) => string.Create(CultureInfo.InvariantCulture, $"{value / 1000}.{value % 1000:000}");
}
