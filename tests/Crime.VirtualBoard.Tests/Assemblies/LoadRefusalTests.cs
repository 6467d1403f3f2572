using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Pe;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Assemblies;

/// <summary>Assemblies that a board refuses: damaged ones, others' ones, and hostile ones.</summary>
public sealed class LoadRefusalTests
{
    private const string Damaged = "System.ArgumentException";
    private const string Unresolved = "System.Exception";
    private const string NotPlayed = "System.NotSupportedException";

    private static Driver Driver => DeviceProgram.Driver;

    private static void Run(Action<Board> code)
    {
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () => code(board));
    }

    [Test]
    public void NoByteCanChangeAndNoneCanBeMissing() => Run(_ =>
    {
        byte[] assembly = PePatch.Small();
        for (int i = 0; i < assembly.Length; i++)
        {
            byte[] changed = [.. assembly];
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.That(Driver.Refusal(changed), Is.EqualTo(Damaged), $"byte {i}");
            Assert.That(Driver.Refusal(assembly[..i]), Is.EqualTo(Damaged), $"{i} bytes");
        }
        Assert.That(Driver.Refusal(assembly), Is.Null, "the board goes on");
        Assert.That(Driver.Refusal([.. assembly, 1, 2, 3]), Is.Null, "the CLR reads as much as the header states");
    });

    [Test]
    public void AnotherLibraryVersionOrClassIsRefusedAsTheClrDoes() => Run(_ =>
    {
        DeviceTarget target = DeviceTarget.Default;
        Version version = target.Version;
        DeviceTarget[] others =
        [
            target with { Assembly = "Crime.Nowhere" }, target with { KernelNamespace = "Crime.Nowhere" },
            target with { Version = new Version(version.Major + 1, version.Minor) }, target with { Version = new Version(version.Major, version.Minor + 1) },
        ];
        foreach (DeviceTarget other in others) Assert.That(Driver.Refusal(PePatch.Small(other)), Is.EqualTo(Unresolved), other.ToString());
        DeviceTarget later = target with { Version = new Version(version.Major, version.Minor, 7, 8) };
        Assert.That(Driver.Refusal(PePatch.Small(later)), Is.Null, "the last two numbers do not matter");
        Assert.That(Driver.Refusal(PePatch.Small(target with { Assembly = "mscorlib" })), Is.EqualTo(NotPlayed));
        Assert.That(Driver.Refusal(null!), Is.EqualTo("System.NullReferenceException"));
    });

    [TestCase(PeFormat.FlagsOffset, 1, Unresolved)]
    [TestCase(PeFormat.FlagsOffset, 2, NotPlayed)]
    [TestCase(PeFormat.PatchedMethodsOffset, 1, Unresolved)]
    [TestCase(PeFormat.StringTableVersionOffset, 2, Damaged)]
    [TestCase(PeFormat.NativeChecksumOffset, 1, NotPlayed)]
    [TestCase(0, 'M', Damaged)]
    public void AFieldOfTheHeaderDecides(int offset, int value, string expected) => Run(_ =>
        Assert.That(Driver.Refusal(PePatch.Write(PePatch.Small(), offset, (byte)value)), Is.EqualTo(expected)));

    [TestCase("72000000002A", "ldstr")]
    [TestCase("0A000000002A", "no local variable 0")]
    [TestCase("162DFD16162A", "has a loop")]
    [TestCase("162D3016162A", "leads to no instruction")]
    [TestCase("16161616162A", "more than 1 values on the stack")]
    [TestCase("02262616162A", "empty stack")]
    [TestCase("022A1616162A", "finds another value")]
    [TestCase("162A1616162A", "nothing reaches")]
    [TestCase("162616261626", "beyond its end")]
    [TestCase("166F0000262A", "finds no")]
    [TestCase("026FFF7F262A", "means no member")]
    [TestCase("026FFFFF262A", "means no member")]
    [TestCase("161616161620", "cut off")]
    public void InstructionsThatNoKernelHasAreRefusedByName(string code, string message) => Run(board =>
    {
        byte[] assembly = PePatch.Small();
        (_, int offset) = PePatch.Method(assembly, "get_FixedPointChecksum");
        Assert.That(assembly[offset], Is.EqualTo(0x20), "a constant of 32 bits, and the return");
        byte[] patched = PePatch.Write(assembly, offset, Convert.FromHexString(code));
        Assert.That(() => board.Assemblies.Load(patched), Throws.TypeOf<NotSupportedException>().With.Message.Contains(message));
    });

    /// <summary>On the device frames lie on the heap. Here a method must not end the process.</summary>
    [Test]
    public void EndlessRecursionEndsInAnException() => Run(board =>
    {
        KernelAssemblies compiled = PePatch.Compiled();
        byte[] assembly = compiled.Parts.Single();
        (int index, int offset) = PePatch.Method(assembly, "get_FixedPointChecksum");
        // return (uint)this.FixedPointChecksum;
        byte[] patched = PePatch.Write(assembly, offset, 0x02, 0x6F, (byte)index, 0, 0x6D, 0x2A);
        object made = Driver.Make(board.Assemblies.Load(patched), compiled.FullName)!;
        Assert.That(() => Driver.Checksum(made), Throws.TypeOf<OutOfMemoryException>());
    });

    /// <summary>Each byte of a small kernel, changed twice, with checksums that are right: loaded or refused, and what loads can be used.</summary>
    [Test]
    public void NoChangeWithRightChecksumsDoesMoreThanThrow() => Run(board =>
    {
        KernelAssemblies compiled = PePatch.Compiled();
        byte[] assembly = compiled.Parts.Single();
        Random random = TestSeed.Random();
        var outcomes = new Dictionary<string, int>();
        for (int i = 0; i < 2 * assembly.Length; i++)
        {
            byte[] changed = [.. assembly];
            changed[i / 2] ^= (byte)random.Next(1, 256);
            Count(outcomes, Outcome(board, PePatch.Repair(changed), compiled.FullName));
        }
        TestContext.Out.WriteLine($"{assembly.Length} bytes: " + string.Join(", ", outcomes.Select(item => $"{item.Value} {item.Key}")));
        Assert.That(outcomes.Keys, Is.SubsetOf(new[] { "loaded", "other class", Damaged, Unresolved, NotPlayed }));
        Assert.That(outcomes.Values, Has.All.GreaterThan(10));
        Assert.That(Outcome(board, assembly, compiled.FullName), Is.EqualTo("loaded"), "the board goes on");
    });

    private static string Outcome(Board board, byte[] assembly, string className)
    {
        // A board has room for few assemblies.
        board.Assemblies.Restart();
        if (Driver.Refusal(assembly) is { } refusal) return refusal;
        object? made = null;
        try
        {
            made = Driver.LoadCopy(assembly, className);
            if (made != null) Driver.Checksum(made);
        }
        catch (InvalidCastException)
        {
            // Derived from something else.
        }
        catch (InvalidOperationException)
        {
            // Abstract.
        }
        return made == null ? "other class" : "loaded";
    }

    private static void Count(Dictionary<string, int> outcomes, string outcome) => outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;

    [Test]
    public void EveryTableIsChecked() => Run(_ =>
    {
        byte[] assembly = PePatch.Small();
        foreach (PeTable table in Enum.GetValues<PeTable>().Where(table => table != PeTable.End))
            foreach (byte[] offset in new byte[][] { [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0xFF, 0xFF], [1, 0, 0, 0] })
                Assert.That(Driver.Refusal(PePatch.Write(assembly, PeFormat.TablesOffset + 4 * (int)table, offset)), Is.EqualTo(NotPlayed), table.ToString());
    });
}
