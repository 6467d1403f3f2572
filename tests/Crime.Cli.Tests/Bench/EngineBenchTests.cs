using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using NUnit.Framework;

namespace Crime.Cli.Tests.Bench;

/// <summary>
/// The engine's bench as its own process, whose CPU has what the environment leaves it: the results agree with ONNX Runtime's on each.
/// How fast they come is not a test's business.
/// </summary>
public sealed class EngineBenchTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static IEnumerable<TestCaseData> Machines()
    {
        foreach (int bits in new[] { 512, 256, 128 })
            if (bits <= VectorWidth.WidestBits) yield return new TestCaseData(VectorWidth.Variable, $"{bits}", bits).SetArgDisplayNames($"asked for {bits}");
        yield return new TestCaseData("DOTNET_EnableAVX512", "0", Math.Min(VectorWidth.WidestBits, 256)).SetArgDisplayNames("a CPU without AVX-512");
        yield return new TestCaseData("DOTNET_EnableAVX2", "0", 128).SetArgDisplayNames("a CPU without AVX2");
        yield return new TestCaseData("DOTNET_EnableHWIntrinsic", "0", 128).SetArgDisplayNames("a CPU without vectors");
    }

    [TestCaseSource(nameof(Machines))]
    public async Task EveryKindOfCpuFindsWhatOnnxRuntimeFinds(string variable, string value, int expectedBits)
    {
        var (code, output, error) = await RunAsync(variable, value, "bench", "engine", "--json", "--hidden", "32", "--case-ms", "100");
        Assert.That(code, Is.Zero, error);
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.That(report.RootElement.GetProperty("vector_bits").GetInt32(), Is.EqualTo(expectedBits));
        // LSTM and GRU: three batches of equal lengths, two of mixed.
        Assert.That(report.RootElement.GetProperty("cells").GetArrayLength(), Is.EqualTo(10));
        foreach (string grid in new[] { "", "mixed_", "gru_", "gru_mixed_" })
        {
            Assert.That(report.RootElement.GetProperty(grid + "max_abs_difference").GetDouble(), Is.LessThanOrEqualTo(1e-5).And.Positive, grid);
            Assert.That(report.RootElement.GetProperty(grid + "geomean_vs_onnxruntime_small").GetDouble(), Is.Positive, grid);
        }
    }

    [Test]
    public async Task AWidthThatIsNoneIsOneLine()
    {
        var (code, output, error) = await RunAsync(VectorWidth.Variable, "300", "bench", "engine");
        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Is.Empty);
        Assert.That(error.Trim(), Is.EqualTo("crime: CRIME_VECTOR_BITS is '300', it must be 512, 256 or 128, or not be set"));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string variable, string value, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crime.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[variable] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_patience);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        return (process.ExitCode, await output, await error);
    }
}
