using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Crime.VirtualBoard.Assemblies;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Keeping;

/// <summary>The firmware's store of kept inputs on the flash, as a virtual board runs it.</summary>
public sealed class FlashStoreTests
{
    private const int Slots = 3;
    private const uint Model = 0xC0FFEE01;
    private const long NowUs = 5_000_000;

    private static readonly short[] s_values = [1, -2, 3, -4];

    private static dynamic Make(string assembly, string type, params object[] arguments) => Activator.CreateInstance(
        FirmwareImage.Get(TestBoards.Profile).Context.LoadFromAssemblyName(new AssemblyName(assembly)).GetType(type, throwOnError: true)!, arguments)!;

    private static dynamic Store(uint model = Model)
    {
        dynamic store = Make(DeviceAssemblies.Device, "Crime.Device.Keeping.FlashStore", Slots);
        store.ModelId = model;
        return store;
    }

    /// <summary>The inputs that a start finds.</summary>
    private static dynamic Recover(dynamic store)
    {
        dynamic kept = Make(DeviceAssemblies.Shared, "Crime.Node.KeptInputs", Slots);
        store.Recover(kept, NowUs);
        return kept;
    }

    private static void Run(Action<string> code)
    {
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () => code(board.Options.FlashFolder));
    }

    private static string FileOf(string flash, int slot) => Path.Combine(flash, $"kept{slot}.bin");

    [Test]
    public void AFreshStartFindsWhatWasStored() => Run(flash =>
    {
        dynamic store = Store();
        Assert.That((bool)store.TryWrite(2, 70_000u, 2, s_values, 4), Is.True);
        Assert.That((bool)store.TryWrite(0, 9u, 1, s_values, 2), Is.True);
        dynamic kept = Recover(Store());
        Assert.That((int)kept.Count, Is.EqualTo(2));
        int index = kept.Slot(0) == 2 ? 0 : 1;
        Assert.That(((uint)kept.Input(index), (int)kept.Length(index), (int)kept.Slot(index)), Is.EqualTo((70_000u, 2, 2)));
        Assert.That(((long)kept.ArrivedUs(index), (long)kept.DeadlineUs(index)), Is.EqualTo((NowUs, NowUs)), "due at once");
        Assert.That(((uint)kept.Input(1 - index), (int)kept.Length(1 - index)), Is.EqualTo((9u, 1)));
        var values = new short[4];
        Assert.That((bool)Store().TryRead(2, values), Is.True);
        Assert.That(values, Is.EqualTo(s_values));
    });

    [Test]
    public void AReleasedInputIsGone() => Run(flash =>
    {
        dynamic store = Store();
        store.TryWrite(1, 1u, 2, s_values, 4);
        store.Release(1);
        store.Release(1);
        Assert.That(Directory.GetFiles(flash), Is.Empty);
        Assert.That((bool)store.TryRead(1, new short[4]), Is.False);
        Assert.That((int)Recover(store).Count, Is.Zero);
    });

    /// <summary>Every length that a write which was cut off can leave, and every bit that can flip.</summary>
    [Test]
    public void ADamagedFileIsNoInputAndIsRemoved() => Run(flash =>
    {
        dynamic store = Store();
        store.TryWrite(1, 1u, 2, s_values, 4);
        byte[] whole = File.ReadAllBytes(FileOf(flash, 1));
        byte[][] damaged =
        [
            .. Enumerable.Range(0, whole.Length).Select(size => whole[..size]),
            .. Enumerable.Range(0, whole.Length * 8).Select(bit => whole.Select((value, i) => i == bit / 8 ? (byte)(value ^ 1 << bit % 8) : value).ToArray()),
            [.. whole, 0], [.. whole, .. whole], new byte[whole.Length],
        ];
        store.TryWrite(0, 5u, 2, s_values, 4);
        foreach (byte[] bytes in damaged)
        {
            File.WriteAllBytes(FileOf(flash, 1), bytes);
            string text = Convert.ToHexString(bytes);
            Assert.That((bool)store.TryRead(1, new short[4]), Is.False, text);
            dynamic kept = Recover(store);
            Assert.That(((int)kept.Count, (int)kept.Slot(0)), Is.EqualTo((1, 0)), text);
            Assert.That(Directory.GetFiles(flash).Select(Path.GetFileName), Is.EqualTo(new[] { "kept0.bin" }), text);
        }
    });

    [Test]
    public void AnInputOfAnotherModelIsDropped() => Run(flash =>
    {
        Store().TryWrite(1, 1u, 2, s_values, 4);
        Assert.That((int)Recover(Store(Model + 1)).Count, Is.Zero);
        Assert.That(Directory.GetFiles(flash), Is.Empty);
    });

    [Test]
    public void AnInputThatIsLongerThanTheBufferIsNotRead() => Run(flash =>
    {
        dynamic store = Store();
        store.TryWrite(1, 1u, 2, s_values, 4);
        var values = new short[3];
        Assert.That((bool)store.TryRead(1, values), Is.False);
        Assert.That(values, Has.All.Zero);
    });

    [Test]
    public void AFlashThatTakesNoFileRefusesTheInput() => Run(flash =>
    {
        Directory.CreateDirectory(FileOf(flash, 0));
        Assert.That((bool)Store().TryWrite(0, 1u, 2, s_values, 4), Is.False);
        Assert.That((int)Recover(Store()).Count, Is.Zero);
    });
}
