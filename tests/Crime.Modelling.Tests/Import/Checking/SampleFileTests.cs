using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Crime.Gateway.Inference;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using Crime.Modelling.ModelFiles;
using Google.Protobuf;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Checking;

/// <summary>Samples of all kinds of files, compared with a state dict that is read with one head or the other.</summary>
public sealed class SampleFileTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crime-sample-").FullName;

    [OneTimeTearDown]
    public void DeleteFiles() => Directory.Delete(_folder, recursive: true);

    private static Safetensors Network()
    {
        var random = new Random(3);
        var file = new Safetensors();
        void Add(string name, params int[] shape) =>
            file.Tensors[name] = new Tensor(shape, [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextSingle() - 0.5f)]);
        foreach (string suffix in new[] { "", "_reverse" })
        {
            Add("gru.weight_ih_l0" + suffix, 12, 3);
            Add("gru.weight_hh_l0" + suffix, 12, 4);
        }
        Add("fc.weight", 2, 8);
        return file;
    }

    private static ImportedModel Model(string? head = null) => PyTorchImporter.Import(Network(), "net", new ImportOptions { Head = head });

    /// <summary>Three sequences of five timesteps, and the outputs of the model with the head "last" for them.</summary>
    private static (double[] Input, double[] Output) Sample()
    {
        var random = new Random(4);
        double[] input = [.. Enumerable.Range(0, 3 * 5 * 3).Select(_ => Math.Round(random.NextDouble(), 3))];
        var engine = new FloatNetwork(new FloatModel(ModelLoading.FloatOnly(Model("last").Model)));
        var logits = new float[2];
        return (input, [.. input.Chunk(15).SelectMany(sequence =>
        {
            engine.Run([.. sequence.Select(value => (float)value)], logits);
            return logits.Select(value => (double)value).ToArray();
        })]);
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Archive(params (string Name, string Type, int[] Shape, byte[] Data)[] arrays)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, type, shape, data) in arrays)
            {
                using Stream entry = archive.CreateEntry(name + ".npy").Open();
                byte[] header = Encoding.ASCII.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': ({string.Join(", ", shape)},), }}\n");
                entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. header, .. data]);
            }
        return stream.ToArray();
    }

    private static byte[] Floats(double[] values) => MemoryMarshal.AsBytes(values.Select(value => (float)value).ToArray().AsSpan()).ToArray();

    private static byte[] Doubles(double[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static byte[] TensorProto(double[] values, params int[] shape)
    {
        using var stream = new MemoryStream();
        var output = new CodedOutputStream(stream);
        foreach (int size in shape)
        {
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteInt64(size);
        }
        output.WriteTag(2, WireFormat.WireType.Varint);
        output.WriteInt32(1);
        output.WriteTag(9, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(Floats(values)));
        output.Flush();
        return stream.ToArray();
    }

    private IEnumerable<string> AllKinds()
    {
        var (input, output) = Sample();
        yield return Write("floats.npz", Archive(("input", "<f4", [3, 5, 3], Floats(input)), ("output", "<f4", [3, 2], Floats(output))));
        yield return Write("doubles.npz", Archive(("arr_0", "<f8", [3, 5, 3], Doubles(input)), ("arr_1", "<f8", [3, 2], Doubles(output))));
        string Nested(double[] values, int width) => JsonSerializer.Serialize(values.Chunk(width));
        string inputs = "[" + string.Join(",", input.Chunk(15).Select(part => Nested(part, 3))) + "]";
        yield return Write("sample.json", Encoding.UTF8.GetBytes($"{{\"x\": {inputs}, \"logits\": {Nested(output, 2)}}}"));
        double[] softmax = [.. output.Chunk(2).SelectMany(row => row.Select(value => Math.Exp(value) / row.Sum(Math.Exp)))];
        yield return Write("softmax.npz", Archive(("input", "<f8", [3, 5, 3], Doubles(input)), ("output", "<f8", [3, 2], Doubles(softmax))));
        Write("output_0.pb", TensorProto(output, 3, 2));
        yield return Write("input_0.pb", TensorProto(input, 3, 5, 3));
        yield return _folder;
    }

    [Test]
    public void EveryKindOfFileTellsTheRightHeadFromTheWrongOne()
    {
        foreach (string path in AllKinds())
        {
            CheckResult result = ModelCheck.Compare(Model("last"), path);
            Assert.That((result.Sequences, result.MaxDifference < 1e-6), Is.EqualTo((3, true)), path);
            Assert.That(result.End, Is.EqualTo(path.Contains("softmax") ? "Softmax" : null));
            Assert.That(
                () => ModelCheck.Compare(Model(), path),
                Throws.TypeOf<UserInputException>().With.Message.Contains("largest difference").And.Message.Contains("--head"));
        }
    }

    [Test]
    public void TheRightHeadIsNamedWhereItIsFound()
    {
        string path = AllKinds().First();
        Assert.That(
            () => ModelCheck.Compare(ImportOptions.None, options => PyTorchImporter.Import(Network(), "net", options), path),
            Throws.TypeOf<UserInputException>().With.Message.Contains("with --head last they are equal"));
        Assert.That(
            ModelCheck.Compare(new ImportOptions { Head = "last" }, options => PyTorchImporter.Import(Network(), "net", options), path).Sequences, Is.EqualTo(3));
    }

    [Test]
    public void AnotherShapeIsNoSample()
    {
        var (input, output) = Sample();
        string other = Write("shape.npz", Archive(("input", "<f8", [5, 9], Doubles(input)), ("output", "<f8", [3, 2], Doubles(output))));
        Assert.That(() => ModelCheck.Compare(Model(), other), Throws.TypeOf<UserInputException>().With.Message.Contains("[5, 9] does not fit"));
        string few = Write("few.npz", Archive(("input", "<f8", [3, 5, 3], Doubles(input)), ("output", "<f8", [3, 1], Doubles(output[..3]))));
        Assert.That(() => ModelCheck.Compare(Model(), few), Throws.TypeOf<UserInputException>().With.Message.Contains("[3, 1]"));
        string named = Write("named.npz", Archive(("a", "<f8", [3, 5, 3], Doubles(input)), ("b", "<f8", [3, 2], Doubles(output))));
        Assert.That(() => ModelCheck.Compare(Model(), named), Throws.TypeOf<UserInputException>().With.Message.Contains("it holds a, b"));
    }

    [Test]
    public void DamageIsOneLineOrADifference()
    {
        Random random = TestSeed.Random();
        string[] good = [.. AllKinds().Where(File.Exists)];
        int refused = 0;
        foreach (string path in good)
        {
            byte[] bytes = File.ReadAllBytes(path);
            for (int n = 0; n < 300; n++)
            {
                byte[] damaged = n % 3 == 0 ? bytes[..random.Next(bytes.Length)] : [.. bytes];
                for (int k = random.Next(4); k >= 0 && damaged.Length > 0; k--) damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                string name = Path.GetExtension(path) == ".pb" ? "input_7.pb" : "damaged" + Path.GetExtension(path);
                if (Path.GetExtension(path) == ".pb") Write("output_7.pb", File.ReadAllBytes(Path.Combine(_folder, "output_0.pb")));
                try
                {
                    ModelCheck.Compare(Model("last"), Write(name, damaged));
                }
                catch (UserInputException e)
                {
                    Assert.That(e.Message, Does.Not.Contain("\n"));
                    refused++;
                }
            }
        }
        Assert.That(refused, Is.GreaterThan(100));
    }

    [Test]
    public void ArraysThatUnfoldToMuchTogetherAreRefused()
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            for (int n = 0; n < 3; n++)
            {
                using Stream entry = archive.CreateEntry($"a{n}.npy", CompressionLevel.Fastest).Open();
                byte[] header = Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (6291456,), }");
                entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header]);
                entry.Write(new byte[6291456 * 4]);
            }
        string path = Write("bomb.npz", stream.ToArray());
        Assert.That(() => SampleFile.Load(path), Throws.TypeOf<UserInputException>().With.Message.Contains("its arrays have more than"));
    }
}
