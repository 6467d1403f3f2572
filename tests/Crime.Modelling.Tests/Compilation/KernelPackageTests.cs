using System;
using System.IO;
using System.Linq;
using Crime.Binary;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Packaging;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Ranges;
using Crime.Packages;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Compilation;

/// <summary>Kernel packages: what comes out is what went in, and nothing else is accepted.</summary>
public sealed class KernelPackageTests
{
    private const int Room = 1_000_000;

    private static ModelFile Model(CellKind kind = CellKind.Lstm, int inputs = 3, int hidden = 5, int vocabulary = 0) =>
        ModelLoading.Parse(TestModels.Write(TestModels.Make(inputs, [(kind, hidden)], 4, vocabulary, 3, 0.5), 16, Calibration.FromDefaults), "random");

    private static KernelPackageError Read(byte[] bytes, int pieceSize, out KernelPackageReader reader, int room = Room)
    {
        reader = new KernelPackageReader(room);
        var error = KernelPackageError.None;
        for (int at = 0; at < bytes.Length && error == KernelPackageError.None; at += pieceSize)
            error = reader.Feed(bytes, at, Math.Min(pieceSize, bytes.Length - at));
        return error;
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(512)]
    [TestCase(1_000_000)]
    public void APackageReadInPiecesIsWhatWasPacked(int pieceSize)
    {
        ModelFile model = Model(hidden: 40);
        KernelAssemblies assemblies = KernelAssemblies.Compile(model);
        Assert.That(Read(KernelPackager.Pack(model, assemblies), pieceSize, out KernelPackageReader reader), Is.EqualTo(KernelPackageError.None));
        Assert.That(reader.IsComplete, Is.True);
        KernelPackage package = reader.Package;
        Assert.That((package.ModelId, package.FixedPointChecksum, package.ClassName), Is.EqualTo((model.Id, model.FixedPointChecksum(), assemblies.FullName)));
        Version version = DeviceTarget.Default.Version;
        Assert.That((package.LibraryMajor, package.LibraryMinor), Is.EqualTo((version.Major, version.Minor)));
        Assert.That(assemblies.Parts, Has.Count.GreaterThan(1));
        Assert.That(package.Parts, Is.EqualTo(assemblies.Parts));
        Assert.That(package.PartsSizeBytes, Is.EqualTo(assemblies.SizeBytes));
    }

    [TestCase(CellKind.Lstm, 3, 5, 0)]
    [TestCase(CellKind.Gru, 12, 16, 0)]
    [TestCase(CellKind.Lstm, 8, 10, 30)]
    public void TheGoldenVectorsAreWhatTheTableDrivenKernelComputes(CellKind kind, int inputs, int hidden, int vocabulary)
    {
        ModelFile model = Model(kind, inputs, hidden, vocabulary);
        Assert.That(Read(KernelPackager.Build(model), 100, out KernelPackageReader reader), Is.EqualTo(KernelPackageError.None));
        GoldenVectors golden = reader.Package.Golden;
        var table = new NetworkKernel(model);
        Assert.That(KernelCheck.Passes(table, golden), Is.True);
        Assert.That(golden.SequenceCount, Is.EqualTo(3));
        Assert.That(golden.Values(0).Distinct().Count(), Is.GreaterThan(5));
        // Another kernel does not pass.
        Assert.That(KernelCheck.Passes(new NetworkKernel(ModelLoading.Parse(TestModels.Write(inputs, hidden, 4), "other")), golden), Is.False);
        Assert.That(table.State.Layers[0].Hidden, Has.All.Zero);
        Assert.That((table.Saturations.Gates, table.Saturations.Cells), Is.EqualTo((0, 0)));
    }

    [Test]
    public void OneWrongNumberFailsTheCheck()
    {
        ModelFile model = Model();
        byte[] bytes = KernelPackager.Build(model);
        int start = LittleEndian.ReadUInt16(bytes, 6), size = LittleEndian.ReadInt32(bytes, 24);
        var table = new NetworkKernel(model);
        byte[] golden = bytes[start..(start + size)];
        Assert.That(KernelCheck.Passes(table, GoldenVectors.TryRead(golden)), Is.True);
        // The last sequence's last logit, its last state, its class.
        int logits = 4 * model.ClassCount, states = 2 * 10, values = 2 * 2 * model.ValuesPerStep;
        foreach (int fromEnd in new[] { 1, logits + 1, logits + states + values + 2 })
        {
            byte[] wrong = (byte[])golden.Clone();
            wrong[^fromEnd] ^= 1;
            Assert.That(KernelCheck.Passes(table, GoldenVectors.TryRead(wrong)), Is.False, $"{fromEnd} from the end");
        }
    }

    [Test]
    public void ADamagedByteIsFoundWhereverItIs()
    {
        byte[] bytes = KernelPackager.Build(Model(hidden: 3));
        for (int at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= 0x10;
            KernelPackageError error = Read(bytes, 4096, out KernelPackageReader reader);
            Assert.That((error != KernelPackageError.None, reader.IsComplete), Is.EqualTo((true, false)), $"byte {at}");
            bytes[at] ^= 0x10;
        }
    }

    [Test]
    public void APackageThatIsCutOffIsNeverComplete()
    {
        byte[] bytes = KernelPackager.Build(Model(hidden: 3));
        for (int length = 0; length < bytes.Length; length += 13)
        {
            Assert.That(Read(bytes[..length], 64, out KernelPackageReader reader), Is.EqualTo(KernelPackageError.None));
            Assert.That(reader.IsComplete, Is.False);
        }
    }

    [Test]
    public void ReasonsOfARefusalAreGiven()
    {
        byte[] bytes = KernelPackager.Build(Model());
        KernelPackageError With(Action<byte[]> change)
        {
            byte[] changed = (byte[])bytes.Clone();
            change(changed);
            return Read(changed, 1024, out _);
        }
        Assert.That(With(changed => changed[0] = (byte)'X'), Is.EqualTo(KernelPackageError.Magic));
        Assert.That(With(changed => changed[4] = 9), Is.EqualTo(KernelPackageError.Version));
        Assert.That(With(changed => changed[20] = 0), Is.EqualTo(KernelPackageError.Header));
        Assert.That(With(changed => changed[20] = KernelPackageFormat.MaxParts + 1), Is.EqualTo(KernelPackageError.Header));
        Assert.That(With(changed => changed[9] ^= 1), Is.EqualTo(KernelPackageError.Checksum));
        Assert.That(With(changed => changed[^1] ^= 1), Is.EqualTo(KernelPackageError.Checksum));
        Assert.That(Read([.. bytes, 0], 1024, out _), Is.EqualTo(KernelPackageError.Trailing));
        Assert.That(Read(bytes, 1024, out _, room: 1000), Is.EqualTo(KernelPackageError.TooLarge));
        foreach (KernelPackageError error in Enum.GetValues<KernelPackageError>())
            Assert.That(KernelPackageErrors.Describe(error), Is.Not.Empty.And.Not.EqualTo("unknown reason"));
    }

    [Test]
    public void GoldenVectorsThatDoNotFillTheirBytesAreRefused()
    {
        byte[] bytes = KernelPackager.Build(Model());
        int start = LittleEndian.ReadUInt16(bytes, 6), size = LittleEndian.ReadInt32(bytes, 24);
        byte[] golden = bytes[start..(start + size)];
        for (int length = 0; length < golden.Length; length++) Assert.That(GoldenVectors.TryRead(golden[..length]), Is.Null);
        Assert.That(GoldenVectors.TryRead([.. golden, 0]), Is.Null);
        // Any sizes: an answer, never an exception.
        Random random = TestSeed.Random();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] changed = (byte[])golden.Clone();
            for (int k = 0; k < 3; k++) changed[random.Next(14)] = (byte)random.Next(256);
            Assert.That(() => GoldenVectors.TryRead(changed), Throws.Nothing);
        }
    }

    [Test]
    public void TheSameModelGivesTheSamePackage()
    {
        byte[] first = KernelPackager.Build(Model()), second = KernelPackager.Build(Model());
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void TheBundledModelsKernelIsOneAssembly()
    {
        ModelFile model = ModelLoading.Load(Path.Combine(TestContext.CurrentContext.TestDirectory, "assets", "gestures.crime"));
        Assert.That(Read(KernelPackager.Build(model), 512, out KernelPackageReader reader), Is.EqualTo(KernelPackageError.None));
        Assert.That(new PeReader(reader.Package.Parts.Single()).Types[0].Name, Is.EqualTo(reader.Package.ClassName));
    }
}
