// Models, kernels, recordings, data sets, logs and settings.

using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.IO.Hashing;
using System.Linq;
using System.Reflection;
using System.Text;
using Crime.Device.Inputs;
using Crime.Device.Settings;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Compilation.Packaging;
using Crime.Modelling.Datasets;
using Crime.Modelling.Tests.Datasets;
using Crime.Packages;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>Models and data.</summary>
/// <param name="folder">An empty folder.</param>
internal sealed class DataFormats(string folder)
{
    private const int KernelRoom = 200_000;

    /// <summary>All formats.</summary>
    public IEnumerable<Format> All()
    {
        byte[][] models = [TestModels.Features, TestModels.Tokens,
            .. Enumerable.Range(0, 6).Select(seed => ModelFiles.ModelFileWriter.Write(new RandomNetwork(seed).Model, null)),
            .. Enum.GetValues<AttentionKind>().Select((kind, n) => TestDecoders.Write(TestDecoders.Make(n % 2 == 0 ? CellKind.Gru : CellKind.Lstm, kind, beam: n + 1)))];
        yield return new Format("crime", models, ReadModel) { Deeper = (mutator, bytes) => Sealed(mutator, bytes) };
        foreach (SectionFormat section in SectionFormats.All) yield return section.Format;
        byte[] package = KernelPackager.Build(TestModels.Parse(TestModels.Features));
        yield return new Format("kernel package", [package], ReadPackage) { Deeper = (mutator, bytes) => WithinHeader(mutator, bytes) };
        yield return Recording();
        yield return TextFile("ts", "set.ts", path => TsFile.Read(path).Count > 0,
            DataFolders.Ts(["a", "b"]),
            DataFolders.Ts(["a", "b"], header: "@problemName x\n@timestamps false\n@univariate false\n@dimensions 2\n@classLabel true a b\n"));
        string zipped = Path.Combine(folder, "set.ts.gz");
        yield return new Format("ts.gz", [Zipped(Encoding.UTF8.GetBytes(DataFolders.Ts(["a", "b"])))], bytes =>
        {
            File.WriteAllBytes(zipped, bytes);
            return TsFile.Read(zipped).Count > 0;
        })
        {
            Deeper = (mutator, _) => Zipped(mutator.Change(Encoding.UTF8.GetBytes(DataFolders.Ts(["a", "b"])), [[0]])),
        };
        foreach (Format format in Folders()) yield return format;
        string log = "time,x,note,class,y\n" + string.Concat(Enumerable.Range(0, 30).Select(n => $"{n / 50.0},{n},a,{(n % 9 > 4 ? "wave" : "")},{-n}\n"));
        yield return TextFile("sensor log", "log.csv", path => SensorLogFile.Read(path, new SensorLogColumns()).Log.Length > 0,
            log, log.Replace(',', ';'), log.Replace(',', '\t'));
        yield return Settings();
    }

    private static bool ReadModel(byte[] bytes)
    {
        if (ModelReader.TryRead(bytes, out ModelFile file) != ModelError.None) return false;
        if (!file.HasFloat) return true;
        // A model that the reader takes runs.
        var engine = new FloatNetwork(new FloatModel(file));
        var logits = new float[file.ClassCount];
        engine.Run(new short[2 * file.ValuesPerStep], RandomNetwork.FractionBits, logits);
        return true;
    }

    /// <summary>Damages a model and gives it the checksum that it then needs.</summary>
    private static byte[] Sealed(Mutator mutator, byte[] bytes) =>
        ForgedSections.Sealed([.. mutator.Change(bytes[..^ModelFormat.ChecksumSize], [bytes]), .. new byte[ModelFormat.ChecksumSize]]);

    private static bool ReadPackage(byte[] bytes)
    {
        var reader = new KernelPackageReader(KernelRoom);
        for (int at = 0; at < bytes.Length; at += 512)
            if (reader.Feed(bytes, at, Math.Min(512, bytes.Length - at)) != KernelPackageError.None) return false;
        return reader.IsComplete;
    }

    /// <summary>Damages the header of a package and gives it the checksum that it then needs.</summary>
    private static byte[] WithinHeader(Mutator mutator, byte[] bytes)
    {
        int size = BitConverter.ToUInt16(bytes, KernelPackageFormat.HeaderSizeOffset);
        byte[] header = mutator.Change(bytes[..(size - KernelPackageFormat.ChecksumSize)], [bytes]);
        return [.. header, .. BitConverter.GetBytes(Crc32.HashToUInt32(header)), .. bytes[size..]];
    }

    private Format Recording()
    {
        ModelFile model = TestModels.Parse(TestModels.Features), tokens = TestModels.Parse(TestModels.Tokens);
        string path = Path.Combine(folder, "inputs.recording");
        LabelledSequence[] sequences = [.. Enumerable.Range(1, 4).Select(n => new LabelledSequence(n, "a", n, new float[n * 3], []))];
        // A board opens one recording and never closes it.
        FieldInfo file = typeof(RecordingSource).GetField("_file", BindingFlags.Instance | BindingFlags.NonPublic)!;
        return new Format("recording", [RecordingWriter.Write(model, sequences)], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            RecordingSource source = RecordingSource.Open(path, out _);
            if (source == null) return false;
            bool isRead = false;
            while (source.Read() == InputState.Ready) isRead = true;
            _ = source.Fits(model) || source.Fits(tokens);
            ((FileStream)file.GetValue(source)!).Dispose();
            return isRead;
        })
        {
            // The header names the longest sequence, and its buffer is allocated once: as bytes and as values.
            BaseBytes = (1 << 20) + 4L * FrameFormat.MaxLength * FrameFormat.MaxValuesPerStep,
        };
    }

    private Format TextFile(string name, string file, Func<string, bool> read, params string[] good)
    {
        string path = Path.Combine(folder, file);
        return new Format(name, [.. good.Select(Encoding.UTF8.GetBytes)], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            return read(path);
        });
    }

    /// <summary>Data sets of several files, of which one is damaged.</summary>
    private IEnumerable<Format> Folders()
    {
        string names = "1 WALKING\n2 SITTING\n", classes = string.Concat(Enumerable.Range(0, 10).Select(n => $"{1 + n % 2}\n")), numbers = DataFolders.Numbers(10, 6);
        (string Name, string Content)[] har =
        [
            ("activity_labels.txt", names), ("train/y_train.txt", classes), ("train/X_train.txt", numbers), ("test/y_test.txt", classes), ("test/X_test.txt", numbers),
        ];
        foreach (int damaged in new[] { 0, 1, 2 }) yield return FolderOf($"UCI HAR {har[damaged].Name}", har, damaged);
        string rows = DataFolders.Numbers(8, 5, line => $"{line % 2}");
        (string, string)[] ucr = [("Set_TRAIN.txt", rows), ("Set_TEST.txt", rows)];
        yield return FolderOf("UCR", ucr, 0);
        (string, string)[] lines = [("spam.tsv", DataFolders.Labelled(count: 40))];
        yield return FolderOf("labelled lines", lines, 0);
        static string Repeated(string line) => string.Concat(Enumerable.Repeat(line, 9));
        (string, string)[] texts = [("on.txt", Repeated("switch it on\n")), ("off.txt", Repeated("and off again\n"))];
        yield return FolderOf("text per class", texts, 0);
    }

    private Format FolderOf(string name, (string Name, string Content)[] files, int damaged)
    {
        string place = Path.Combine(folder, name.Replace('/', '-')), path = Path.Combine(place, files[damaged].Name);
        foreach (var (file, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(place, file))!);
            File.WriteAllText(Path.Combine(place, file), content);
        }
        return new Format(name, [Encoding.UTF8.GetBytes(files[damaged].Content)], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            return DatasetFolder.Load(place).Train.Count > 0;
        });
    }

    private static Format Settings()
    {
        byte[] text = Encoding.UTF8.GetBytes(
            "# a board\nboard.id=hall\nwifi.ssid=net\nbroker.host=10.0.0.1\nbroker.port=1883\nobjective=energy\nmapping=auto\n"
            + "radio=duty\nreport.every-ms=60000\nsleep=light\n"
            + "inputs.file=I:\\inputs.recording\nresult.pin=2\nresult.rule=wave:12\nsegment=trigger\nsensor=mpu6050\nsensor.sda=21\nsensor.scl=22\nhedge=on\n");
        return new Format("settings", [text], bytes =>
        {
            // The firmware reads bytes as UTF-8, whatever they are.
            string read = Encoding.UTF8.GetString(bytes);
            var remarks = new ArrayList();
            BoardSettings settings = SettingsFile.Parse(read, remarks);
            _ = SettingsText.Problem(read, isRemote: true);
            _ = SettingsFile.ProblemOf(read);
            string merged = SettingsText.Merge(read, "mapping=local\n");
            return settings != null && SettingsText.Find(merged, "mapping") == "local";
        });
    }

    private static byte[] Zipped(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)) zip.Write(bytes);
        return stream.ToArray();
    }
}
