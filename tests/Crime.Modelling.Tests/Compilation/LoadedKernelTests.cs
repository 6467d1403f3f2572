using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Packaging;
using Crime.Modelling.ModelFiles;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Compilation;

/// <summary>
/// Kernels from packages on the real nanoCLR. NANOCLR is the CLR's path. CRIME_NANO_COMPILE is a script that makes an assembly for it:
/// NAME FOLDER REFERENCE... -- SOURCE..., and leaves FOLDER/NAME.pes, the paths of all assemblies that NAME needs.
/// </summary>
public sealed class LoadedKernelTests
{
    private const int PieceSize = 28_000;

    private static readonly string[] s_libraries = ["nanoFramework.System.Text", "nanoFramework.System.IO.Hashing"];

    private static IEnumerable<TestCaseData> RealClrs() => RealClr.Cases(RealClr.Compiler);

    [TestCaseSource(nameof(RealClrs))]
    public void ALoadedKernelComputesWhatTheTableDrivenOneDoesOnTheRealClr(string clr, string compiler)
    {
        string folder = Checkout.NewFolder();
        string version = Write(folder, "Version.cs", $"[assembly: System.Reflection.AssemblyVersion(\"{DeviceTarget.Default.Version}\")]");
        string[] Sources(string path) => [.. Directory.EnumerateFiles(Checkout.PathOf(path), "*.cs", SearchOption.AllDirectories).Order()];
        void Compile(string name, IEnumerable<string> references, IEnumerable<string> sources) =>
            Assert.That(Run(compiler, [name, folder, .. references, "--", .. sources]).ExitCode, Is.Zero, name);

        Compile("Crime.Shared", s_libraries, [version, .. Sources("shared").Where(path => !path.Contains("/obj/") && !path.Contains("/bin/"))]);
        Compile("Crime.Kernel", [.. s_libraries, "Crime.Shared"], [version, .. Sources("firmware/Crime.Kernel")]);
        // One assembly, two, tokens; the arrays of each model fit an assembly.
        string[] models = ["gestures", "synthetic:13x32", "synthetic:4x12"];
        var references = new List<string>();
        string runs = "";
        for (int i = 0; i < models.Length; i++)
        {
            byte[] image = ModelContainer.BoardImage(ModelLoading.ReadModel(models[i] == "gestures" ? Gestures() : models[i]));
            byte[] package = KernelPackager.Build(ModelLoading.Parse(image, models[i]));
            string data = $"namespace Crime.KernelProbe {{ public static class Data{i} {{ {Method("Image", image)} {Method("Package", package)} }} }}";
            Compile($"Data{i}", [], [Write(folder, $"Data{i}.cs", data)]);
            references.Add($"Data{i}");
            runs += $"Program.Run(\"{models[i]}\", Data{i}.Image(), Data{i}.Package()); ";
        }
        byte[][] refused = Refused();
        string cases = $"namespace Crime.KernelProbe {{ public static class Cases {{ public static void RunAll() {{ {runs} }} {Method("Refused", refused)} }} }}";
        string probe = Path.Combine(TestContext.CurrentContext.TestDirectory, "Compilation", "Device", "KernelProbe.cs");
        Compile("KernelProbe", [.. s_libraries, "Crime.Shared", "Crime.Kernel", .. references], [probe, Write(folder, "Cases.cs", cases)]);

        string output = Run(clr, ["-h", "4000000", .. File.ReadAllLines(Path.Combine(folder, "KernelProbe.pes"))]).Output;
        TestContext.Out.WriteLine(string.Join('\n', output.Split('\n').Where(line => line.StartsWith("KERNEL ") || line.StartsWith("REFUSAL "))));
        foreach (string model in models) Assert.That(output, Does.Contain($"KERNEL {model} PASS"));
        Assert.That(output.Split("REFUSAL PASS").Length - 1, Is.EqualTo(refused.Length));
        Assert.That(output, Does.Contain("PROBE END"));
    }

    /// <summary>A damaged assembly, one for another library, one for another version, one with a class that the library does not have.</summary>
    private static byte[][] Refused()
    {
        ModelFile model = ModelLoading.Parse(ModelLoading.ReadModel("synthetic:1x4"), "refused");
        byte[] damaged = KernelAssemblies.Compile(model).Parts.Single();
        damaged[^3] ^= 1;
        DeviceTarget target = DeviceTarget.Default;
        DeviceTarget[] others =
            [target with { Assembly = "Crime.Nowhere" }, target with { Version = new Version(9, 9) }, target with { KernelNamespace = "Crime.Nowhere" }];
        return [damaged, .. others.Select(other => KernelAssemblies.Compile(model, null, other).Parts.Single())];
    }

    private static string Method(string name, byte[] bytes) => Method(name, bytes.Chunk(PieceSize).ToArray());

    private static string Method(string name, byte[][] arrays) =>
        $"public static byte[][] {name}() => new byte[][] {{ {string.Join(", ", arrays.Select(array => $"new byte[] {{ {string.Join(",", array)} }}"))} }};";

    private static string Write(string folder, string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static (int ExitCode, string Output) Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static string Gestures() => Path.Combine(TestContext.CurrentContext.TestDirectory, "assets", "gestures.crime");
}
