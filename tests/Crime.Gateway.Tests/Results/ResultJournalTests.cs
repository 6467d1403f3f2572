using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Gateway.Core.Results;
using Crime.Gateway.Results;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Results;

/// <summary>The journal after a process or the power has ended at any moment.</summary>
public sealed class ResultJournalTests
{
    private string _folder = "";

    private string JournalPath => Path.Combine(_folder, "results.journal");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("crime-journal-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    private static JournalRecord Record(uint input, JournalKind kind = JournalKind.Accepted) =>
        new(kind, new ResultKey("board-1", 7, input), 1_000 + input, kind == JournalKind.Accepted ? [1, 2, (byte)input] : []);

    private static MemoryStream Buffer(IEnumerable<JournalRecord> records)
    {
        var buffer = new MemoryStream();
        foreach (JournalRecord record in records) ResultJournal.Write(buffer, record);
        return buffer;
    }

    private void Append(params JournalRecord[] records)
    {
        (ResultJournal journal, _) = ResultJournal.Open(_folder, []);
        using (journal) journal.Append(Buffer(records), isFlushed: false);
    }

    private (List<JournalRecord> Records, long DamagedBytes) Read()
    {
        var records = new List<JournalRecord>();
        (ResultJournal journal, long damagedBytes) = ResultJournal.Open(_folder, records);
        journal.Dispose();
        return (records, damagedBytes);
    }

    [Test]
    public void RecordsComeBackInTheirOrder()
    {
        Append(Record(1), Record(2));
        Append(Record(1, JournalKind.Published));
        (List<JournalRecord> records, long damagedBytes) = Read();
        Assert.That(damagedBytes, Is.Zero);
        Assert.That(records.Select(record => (record.Kind, record.Key, record.AcceptedAtMs)), Is.EqualTo(
            new[] { Record(1), Record(2), Record(1, JournalKind.Published) }.Select(record => (record.Kind, record.Key, record.AcceptedAtMs))));
        Assert.That(records[1].Frame, Is.EqualTo(new byte[] { 1, 2, 2 }));
    }

    /// <summary>Every length that the last record can be cut to.</summary>
    [Test]
    public void ARecordThatIsCutIsDroppedAndTheFileGoesOn()
    {
        Append(Record(1));
        long whole = new FileInfo(JournalPath).Length;
        Append(Record(2));
        byte[] bytes = File.ReadAllBytes(JournalPath);
        for (long size = whole + 1; size < bytes.Length; size++)
        {
            File.WriteAllBytes(JournalPath, bytes[..(int)size]);
            (List<JournalRecord> records, long damagedBytes) = Read();
            Assert.That((records.Count, damagedBytes), Is.EqualTo((1, size - whole)), $"{size} bytes");
            Append(Record(3));
            Assert.That(Read().Records.Select(record => record.Key.Input), Is.EqualTo(new[] { 1u, 3u }), $"{size} bytes");
        }
    }

    [Test]
    public void ADamagedByteEndsTheFile()
    {
        Append(Record(1), Record(2));
        byte[] bytes = File.ReadAllBytes(JournalPath);
        for (int i = bytes.Length / 2; i < bytes.Length; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 0x40;
            File.WriteAllBytes(JournalPath, damaged);
            Assert.That(Read().Records.Select(record => record.Key.Input), Is.EqualTo(new[] { 1u }), $"byte {i}");
        }
    }

    [Test]
    public void AJournalThatIsWrittenAnewHasOnlyTheNewRecords()
    {
        Append(Record(1), Record(2));
        (ResultJournal journal, _) = ResultJournal.Open(_folder, []);
        using (journal)
        {
            journal.Rewrite(Buffer([Record(2)]));
            journal.Append(Buffer([Record(3)]), isFlushed: true);
        }
        Assert.That(Read().Records.Select(record => record.Key.Input), Is.EqualTo(new[] { 2u, 3u }));
    }

    /// <summary>The file is sparse: it takes no room on the disk.</summary>
    [Test]
    public void AFileThatIsTooLargeIsNotRead()
    {
        using (FileStream file = File.Create(JournalPath)) file.SetLength(8L << 30);
        Assert.That(() => ResultJournal.Open(_folder, []), Throws.TypeOf<IOException>().With.Message.Contains("remove it"));
        Assert.That(new FileInfo(JournalPath).Length, Is.EqualTo(8L << 30));
    }
}
