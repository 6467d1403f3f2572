// Networks of other frameworks, and the samples that they are checked with.

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using Crime.Model;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Keras;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx;
using Crime.Modelling.Tests.Import.Keras;
using Crime.Modelling.Tests.Import.Onnx;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>Networks and samples.</summary>
/// <param name="folder">An empty folder.</param>
internal sealed class NetworkFormats(string folder)
{
    private const int Networks = 12;

    // A linear map has up to 2^20 rows of 100 bytes, and a graph that names that many features gets one before it is refused.
    private const long LargestMapBytes = 128 << 20;

    private static readonly int[] s_sequence = [2, 4, 3];

    /// <summary>All formats.</summary>
    public IEnumerable<Format> All()
    {
        byte[][] graphs = [.. Enumerable.Range(0, Networks).Select(
            seed => new OnnxExport(new RandomNetwork(seed).Model, seed, seed % 5 == 0, seed % 3 != 0).Write().Bytes)];
        yield return new Format("onnx", graphs, bytes => Takes(OnnxImporter.Import(bytes, "net.onnx", ImportOptions.None))) { BaseBytes = LargestMapBytes };
        yield return ExternalModel();
        yield return ExternalFile();
        yield return new Format("safetensors", [StateDict()], bytes => Takes(PyTorchImporter.Import(Safetensors.Parse(bytes, "net"), "net", ImportOptions.None)))
        {
            Deeper = (mutator, bytes) => WithinHeader(mutator, bytes),
        };
        byte[][] h5 = [.. Directory.GetFiles(KerasGridTests.Fixtures, "*.h5").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        byte[][] archives = [.. Directory.GetFiles(KerasGridTests.Fixtures, "*.keras").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        static bool ReadKeras(byte[] bytes) => Takes(KerasImporter.Import(bytes, "net.keras", ImportOptions.None));
        yield return new Format("h5", h5, ReadKeras);
        yield return new Format("keras", archives, ReadKeras) { Deeper = (mutator, bytes) => WithinArchive(mutator, bytes, archives) };
        foreach (Format sample in Samples()) yield return sample;
    }

    private static bool Takes(ImportedModel model) => model.Model.Layers.Count > 0;

    /// <summary>A model whose weights lie in a file beside it.</summary>
    private Format ExternalModel()
    {
        string place = Directory.CreateDirectory(Path.Combine(folder, "external-model")).FullName;
        var (model, data) = ExternalNetwork.Write();
        File.WriteAllBytes(Path.Combine(place, ExternalNetwork.FileName), data);
        string path = Path.Combine(place, "net.onnx");
        return new Format("onnx, model of external data", [model], bytes => Takes(OnnxImporter.Import(bytes, path, ImportOptions.None)))
        {
            BaseBytes = LargestMapBytes,
        };
    }

    private Format ExternalFile()
    {
        string place = Directory.CreateDirectory(Path.Combine(folder, "external-data")).FullName;
        var (model, data) = ExternalNetwork.Write();
        string path = Path.Combine(place, "net.onnx"), beside = Path.Combine(place, ExternalNetwork.FileName);
        return new Format("onnx, external data", [data], bytes =>
        {
            File.WriteAllBytes(beside, bytes);
            return Takes(OnnxImporter.Import(model, path, ImportOptions.None));
        });
    }

    private static byte[] StateDict()
    {
        TrainedModel model = TestModels.Make(3, [(CellKind.Lstm, 4), (CellKind.Lstm, 3)], 3);
        return PyTorchImporter.Export(model, new Dictionary<string, string> { ["source"] = "a test" }).Write();
    }

    /// <summary>Damages the header alone, and keeps its length right.</summary>
    private static byte[] WithinHeader(Mutator mutator, byte[] bytes)
    {
        int size = (int)BitConverter.ToUInt64(bytes);
        byte[] header = mutator.Change(bytes[8..(8 + size)], [bytes]);
        return [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. bytes[(8 + size)..]];
    }

    /// <summary>Damages one file of an archive, and packs it again.</summary>
    private static byte[] WithinArchive(Mutator mutator, byte[] bytes, byte[][] others)
    {
        using var archive = new ZipArchive(new MemoryStream(bytes));
        using var packed = new MemoryStream();
        int wanted = mutator.Draw(archive.Entries.Count);
        using (var made = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int n = 0; n < archive.Entries.Count; n++)
            {
                using var content = new MemoryStream();
                using (Stream stored = archive.Entries[n].Open()) stored.CopyTo(content);
                using Stream written = made.CreateEntry(archive.Entries[n].FullName, CompressionLevel.NoCompression).Open();
                written.Write(n == wanted ? mutator.Change(content.ToArray(), others) : content.ToArray());
            }
        }
        return packed.ToArray();
    }

    private IEnumerable<Format> Samples()
    {
        ImportedModel model = PyTorchImporter.Import(Safetensors.Parse(StateDict(), "net"), "net", ImportOptions.None);
        float[] input = [.. Enumerable.Range(0, s_sequence.Aggregate(1, (a, b) => a * b)).Select(n => n / 16f)], output = new float[6];
        byte[] first = Npy(s_sequence, input), second = Npy([2, 3], output);
        yield return Sample("npz", model, Npz(("input", first), ("output", second))) with
        {
            Deeper = (mutator, _) => Npz(("input", mutator.Change(first, [second])), ("output", second)),
        };
        yield return Sample("json", model, """{"input": [[[0.1, -2, 3e-1], [4, 5.5, 6]], [[1, 1, 1], [2, 2, 2]]], "output": [[0.5, 1, 2], [3, 4, 5]]}"""u8.ToArray());
        string place = Directory.CreateDirectory(Path.Combine(folder, "sample-pb")).FullName, path = Path.Combine(place, "input_0.pb");
        File.WriteAllBytes(Path.Combine(place, "output_0.pb"), OnnxFile.Tensor("", output, [2, 3]));
        yield return new Format("pb", [OnnxFile.Tensor("", input, s_sequence)], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            return Checked(model, path);
        });
    }

    private Format Sample(string kind, ImportedModel model, byte[] good)
    {
        string path = Path.Combine(folder, "sample." + kind);
        return new Format(kind, [good], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            return Checked(model, path);
        });
    }

    /// <summary>A sample is taken when it is compared, whatever comes out.</summary>
    private static bool Checked(ImportedModel model, string path)
    {
        try
        {
            ModelCheck.Compare(model, path);
        }
        catch (UserInputException e) when (e.Message.Contains("largest difference", StringComparison.Ordinal))
        {
            return true;
        }
        return true;
    }

    private static byte[] Npy(int[] shape, float[] values)
    {
        byte[] header = Encoding.ASCII.GetBytes($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}), }}\n");
        return [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)header.Length), .. header, .. values.SelectMany(BitConverter.GetBytes)];
    }

    private static byte[] Npz(params (string Name, byte[] Bytes)[] arrays)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, bytes) in arrays)
            {
                using Stream entry = archive.CreateEntry(name + ".npy", CompressionLevel.Fastest).Open();
                entry.Write(bytes);
            }
        return stream.ToArray();
    }
}
