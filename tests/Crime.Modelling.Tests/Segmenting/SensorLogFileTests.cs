using System.IO;
using System.Linq;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Segmenting;

/// <summary>Logs as people have them, and the lines with which a wrong one is refused.</summary>
public sealed class SensorLogFileTests
{
    private string _path = null!;

    [SetUp]
    public void NameFile() => _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [TearDown]
    public void DeleteFile() => File.Delete(_path);

    private SensorLogContent Read(string text, SensorLogColumns? columns = null)
    {
        File.WriteAllText(_path, text);
        return SensorLogFile.Read(_path, columns ?? new SensorLogColumns());
    }

    [TestCase(",")]
    [TestCase("\t")]
    [TestCase(";")]
    public void TimeLabelAndChannelsAreFoundByTheirNames(string separator)
    {
        SensorLogContent content = Read("Time,x,note,Class,y\n0.00,1,a,,-2\n0.01,3,b,wave,4\n0.02,5,c,wave,6\n0.03,7,d,rest,8\n".Replace(",", separator));
        SensorLog log = content.Log;
        Assert.That(content.ChannelNames, Is.EqualTo(new[] { "x", "y" }));
        Assert.That(content.Ignored, Is.EqualTo(new[] { "note" }));
        Assert.That((log.Channels, log.Length, content.Factor, content.FirstGap), Is.EqualTo((2, 4, 1, (string?)null)));
        Assert.That(log.RateHz, Is.EqualTo(100).Within(1e-6));
        Assert.That(log.Values, Is.EqualTo(new short[] { 1, -2, 3, 4, 5, 6, 7, 8 }));
        Assert.That(log.Marks, Is.EqualTo(new[] { new LogMark("wave", 1, 2) }));
    }

    [Test]
    public void NamedColumnsGoFirst()
    {
        var columns = new SensorLogColumns("clock", "us", "what", ["z", "x"]);
        SensorLogContent content = Read("x,y,z,clock,what\n1,2,3,0,a\n4,5,6,5000,b\n7,8,9,10000,b\n", columns);
        Assert.That(content.Log.RateHz, Is.EqualTo(200).Within(1e-6));
        Assert.That(content.Log.Values, Is.EqualTo(new short[] { 3, 1, 6, 4, 9, 7 }));
        Assert.That(content.Log.Marks, Is.EqualTo(new[] { new LogMark("a", 0, 1), new LogMark("b", 1, 2) }));
    }

    [TestCase("ms", "0,20,40", 50)]
    [TestCase("t", "0,20,40", 0.05)]
    [TestCase("timestamp", "5,5.5,6", 2)]
    [TestCase("time_ms", "0,20,40", 50)]
    [TestCase("timestamp_us", "0,20000,40000", 50)]
    public void TheUnitOfTheTimeIsThatOfItsName(string name, string times, double rateHz)
    {
        string[] cells = times.Split(',');
        Assert.That(Read($"{name},x\n{cells[0]},1\n{cells[1]},2\n{cells[2]},3\n").Log.RateHz, Is.EqualTo(rateHz).Within(1e-9));
    }

    [Test]
    public void ALogNeedsNoTimeAndNoLabel()
    {
        SensorLog log = Read("x\n1\n2\n\n3\n").Log;
        Assert.That((log.RateHz, log.Length, log.Marks.Count), Is.EqualTo((0, 3, 0)));
    }

    [Test]
    public void AnEmptyLabelColumnHasNoParts() => Assert.That(Read("x,label\n1,\n2,\n").Log.Marks, Is.Empty);

    [TestCase("0.5\n-1.25", 100, false, new short[] { 50, -125 })]
    [TestCase("2.0\n3", 1, false, new short[] { 2, 3 })]
    [TestCase("9.80665\n-0.12", 1000, true, new short[] { 9807, -120 })]
    [TestCase("3276.69\n1", 10, true, new short[] { 32767, 10 })]
    [TestCase("0.1234567", 10000, true, new short[] { 1235 })]
    public void DecimalsAreMultipliedByAPowerOfTen(string samples, int factor, bool isRounded, short[] expected)
    {
        SensorLogContent content = Read("x\n" + samples + "\n");
        Assert.That((content.Factor, content.IsRounded), Is.EqualTo((factor, isRounded)));
        Assert.That(content.Log.Values, Is.EqualTo(expected));
    }

    [Test]
    public void AGapDividesTheLogAndItsParts()
    {
        SensorLogContent content = Read("t,x,label\n0,1,a\n1,2,a\n2,3,a\n3.4,4,a\n5,5,a\n6,6,a\n", new SensorLogColumns(TimeUnit: "ms"));
        Assert.That(content.Log.Gaps, Is.EqualTo(new[] { 4 }));
        Assert.That(content.FirstGap, Is.EqualTo($"{_path}:6: 1.6 after the sample before, 1 is usual"));
        Assert.That(content.Log.Marks.Select(mark => (mark.Start, mark.Length)), Is.EqualTo(new[] { (0, 4), (4, 2) }));
    }

    /// <summary>A sequence that a gap interrupts is dropped; the numbers of the later ones count the whole log.</summary>
    [Test]
    public void SequencesAfterAGapCountFromTheStartOfTheLog()
    {
        SensorLog whole = GestureStream.Generate(1, 6);
        SegmenterSettings settings = SegmenterProposal.Of(whole);
        FoundSequence[] expected = [.. Segmentation.Of(whole, settings).Found];
        int middle = expected[2].Start + expected[2].Length / 2;
        FoundSequence[] found = [.. Segmentation.Of(whole with { Gaps = [middle] }, settings).Found];
        Assert.That(found.Where(one => one.Start < expected[2].Start || one.Start >= expected[3].Start), Is.EqualTo(expected.Where((_, i) => i != 2)));
        Assert.That(found.Any(one => one.Start < middle && one.End > middle), Is.False);
    }

    [Test]
    public void AWrittenLogIsReadAgain()
    {
        SensorLog log = GestureStream.Generate(1, 6);
        SensorLogContent content = Read(SensorLogFile.ToText(log, ["x", "y", "z"]));
        Assert.That(content.Log.Values, Is.EqualTo(log.Values));
        Assert.That(content.Log.Marks, Is.EqualTo(log.Marks));
        Assert.That(content.Log.RateHz, Is.EqualTo(log.RateHz).Within(1e-6));
    }

    [TestCase("", ": empty: a log has a header and one line per sample")]
    [TestCase("\n\n", ": empty: a log has a header and one line per sample")]
    [TestCase("1,2,3\n4,5,6\n", ":1: no header: the first line must name the columns, as in time,x,y,z,label")]
    [TestCase("time,x\n", ":1: a header and no sample")]
    [TestCase("time,note\n0,a\n1,b\n", ":1: no numeric column besides the time: a log has one column of numbers per channel")]
    [TestCase("x,X\n0,1\n", ":1: two columns are named 'x'; give each column its own name")]
    [TestCase("x,y\n1,2\n3,four\n", ":3: 'four' in column 'y' is not a number; correct it, or choose the columns with --channels")]
    [TestCase("x,y\n1,2\n3,\n", ":3: '' in column 'y' is not a number; correct it, or choose the columns with --channels")]
    [TestCase("x,y\n1,2\n3\n", ":3: 1 cells where the header has 2; correct or remove the line")]
    [TestCase("x,y\n1,2\n\n3,4,5\n", ":4: 3 cells where the header has 2; correct or remove the line")]
    [TestCase("x\n1\n40000\n", ":3: 40000 in column 'x' is beyond 16 bits (-32768 to 32767); divide the column, or leave it out with --channels")]
    [TestCase("x\n1\n-Infinity\n", ":3: -Infinity in column 'x' is beyond 16 bits (-32768 to 32767); divide the column, or leave it out with --channels")]
    [TestCase("x\n1\nNaN\n", ":3: no number in column 'x' (NaN); remove the lines without samples, which leaves a gap")]
    [TestCase("t,x\n0,1\n2,1\n1,1\n", ":4: the time goes back from 2 to 1; sort the lines, or choose another column with --time")]
    [TestCase("t,x\n7,1\n7,1\n7,1\n", ":3: the time of most samples is that of the sample before; choose another column with --time, or --time none for no time")]
    [TestCase("t,x\n10:30:01,1\n", ":2: '10:30:01' in column 't' is not a number; the time is a number of s, ms or us, and --time none ignores it")]
    public void AWrongLogIsRefusedWithItsLine(string text, string expected) =>
        Assert.That(() => Read(text), Throws.TypeOf<UserInputException>().With.Message.EqualTo(_path + expected));

    [TestCase("--time")]
    [TestCase("--label")]
    [TestCase("--channels")]
    public void AMissingColumnIsNamed(string option)
    {
        var columns = new SensorLogColumns(option == "--time" ? "u" : null, null, option == "--label" ? "u" : null, option == "--channels" ? ["x", "u"] : null);
        Assert.That(
            () => Read("x,y\n1,2\n", columns), Throws.TypeOf<UserInputException>().With.Message.EqualTo($"{_path}:1: no column 'u' for {option}; the columns are x, y"));
    }

    [Test]
    public void AMissingFileIsNamed() => Assert.That(
        () => SensorLogFile.Read(_path, new SensorLogColumns()), Throws.TypeOf<UserInputException>().With.Message.StartsWith($"{_path}: cannot be read: "));
}
