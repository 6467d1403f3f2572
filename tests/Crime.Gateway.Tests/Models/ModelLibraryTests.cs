using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Gateway.Models;
using Crime.Gateway.Tests.Running;
using Crime.Gateway.Tests.Serving;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Models;

/// <summary>What becomes of a folder's models when its files change, with a clock that stands still.</summary>
public sealed class ModelLibraryTests
{
    private ModelFolder _folder = null!;
    private ModelRegistry _registry = null!;
    private ManualTime _time = null!;
    private LineLog<ModelLibrary> _log = null!;
    private ModelLibrary _library = null!;

    [SetUp]
    public void Open()
    {
        _folder = new ModelFolder(("a.crime", Version(1)), ("b.crime", TestModels.Tokens));
        _registry = new ModelRegistry([]);
        _time = new ManualTime();
        _log = new LineLog<ModelLibrary>();
        _library = new ModelLibrary(_folder.Path, _registry, _time, _log);
        Assert.That(_library.Scan(), Is.True);
    }

    [TearDown]
    public void Dispose() => _folder.Dispose();

    [Test]
    public void NothingNewKeepsEveryModelAsItIs()
    {
        GatewayModel[] before = _registry.Models.ToArray();
        Assert.That(_library.Scan(), Is.False);
        Assert.That(_registry.Models, Is.EqualTo(before));
        Assert.That(_log.Lines, Is.Empty);
    }

    /// <summary>Opening a named pipe waits for ever, and a device has no end.</summary>
    [Test]
    public void WhatIsNoFileIsNotRead()
    {
        Assume.That(OperatingSystem.IsLinux(), Is.True);
        using (Process make = Process.Start("mkfifo", [Path.Combine(_folder.Path, "pipe.crime")])) make.WaitForExit();
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "zero.crime"), "/dev/zero");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "loop.crime"), "loop.crime");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "link.crime"), Path.Combine(_folder.Path, "a.crime"));
        _library.Scan();
        _time.AdvanceUs(ModelLibrary.SettleUs);
        Task<bool> again = Task.Run(_library.Scan);
        Assert.That(again.Wait(Deadline.Ms), Is.True, "the folder was read");
        Assert.That(_log.Lines.Count(line => line.Contains("it is not a regular file", StringComparison.Ordinal)), Is.EqualTo(3), string.Join('\n', _log.Lines));
        Assert.That(_registry.Models, Has.Count.EqualTo(2), "the link leads to a model that is served already");
    }

    [Test]
    public void AReplacedModelIsServedBesideTheNewOneUntilNobodyAsksForIt()
    {
        GatewayModel first = _registry.ByName("a")!, other = _registry.ByName("b")!;
        Put("a.crime", Version(2));
        Assert.That(_library.Scan(), Is.True);
        GatewayModel second = _registry.ByName("a")!;
        Assert.That(second.Id, Is.Not.EqualTo(first.Id));
        Assert.That(_registry.ById(first.Id), Is.SameAs(first));
        Assert.That(_registry.Models, Is.EqualTo(new[] { second, other, first }));

        first.RequestedAtUs = _time.GetTimestamp();
        _time.AdvanceUs(ModelLibrary.ReplacedKeptUs);
        Assert.That(_library.Scan(), Is.False);
        _time.AdvanceUs(1);
        Assert.That(_library.Scan(), Is.True);
        Assert.That(_registry.ById(first.Id), Is.Null);
    }

    [Test]
    public void AVersionThatComesBackIsTheObjectThatWasThere()
    {
        GatewayModel first = _registry.ByName("a")!;
        first.RequestedAtUs = _time.GetTimestamp();
        Put("a.crime", Version(2));
        _library.Scan();
        Put("a.crime", Version(1));
        _library.Scan();
        Assert.That(_registry.ByName("a"), Is.SameAs(first));
    }

    [Test]
    public void ADamagedFileIsComplainedOfOnceWhenItHasSettledAndTheOldModelStays()
    {
        GatewayModel first = _registry.ByName("a")!;
        Put("a.crime", Version(2)[..^20]);
        Assert.That(_library.Scan(), Is.False);
        Assert.That((_log.Lines.Count, _library.IsUnsettled), Is.EqualTo((0, true)), "it may still be being written");
        _time.AdvanceUs(ModelLibrary.SettleUs);
        for (int i = 0; i < 5; i++) Assert.That(_library.Scan(), Is.False);
        Assert.That(_log.Lines.Single(), Does.Contain("a.crime").And.Contain("the length").And.Contain(first.Id.ToString("x8")));
        Assert.That((_registry.ByName("a"), _library.IsUnsettled), Is.EqualTo((first, false)));

        // Mended, it is served; damaged again, there is a line again.
        Put("a.crime", Version(2));
        Assert.That(_library.Scan(), Is.True);
        byte[] damaged = Version(3);
        damaged[200] ^= 1;
        Put("a.crime", damaged);
        _library.Scan();
        _time.AdvanceUs(ModelLibrary.SettleUs);
        _library.Scan();
        Assert.That(_log.Lines, Has.Count.EqualTo(3));
        Assert.That(_log.Lines[2], Does.Contain("CRC-32"));
    }

    [Test]
    public void FilesComeAndGo()
    {
        Put("c.crime", Version(3));
        Assert.That(_library.Scan(), Is.True);
        Assert.That(_registry.ByName("c"), Is.Not.Null);
        File.Delete(Path.Combine(_folder.Path, "b.crime"));
        Assert.That(_library.Scan(), Is.True);
        Assert.That(_registry.Models.Select(model => model.Name), Is.EqualTo(new[] { "a", "c" }));
        Assert.That(_log.Lines[^1], Does.Contain("b.crime is gone"));
    }

    [Test]
    public void AFolderThatGoesTakesItsModelsAndComesBackWithThem()
    {
        string away = _folder.Path + "-away";
        Directory.Move(_folder.Path, away);
        Assert.That(_library.Scan(), Is.True);
        Assert.That((_registry.Models.Count, _log.Lines.Count(line => line.Contains("does not exist"))), Is.EqualTo((0, 1)));
        Directory.Move(away, _folder.Path);
        Assert.That(_library.Scan(), Is.True);
        Assert.That(_registry.Models, Has.Count.EqualTo(2));
    }

    private static byte[] Version(int seed) => TestModels.Write("a", TestModels.Inputs, hidden: 8, seed: 100 + seed);

    /// <summary>Replaces a file as an installer should: beside it first, then by its name.</summary>
    private void Put(string name, byte[] content)
    {
        string partial = Path.Combine(_folder.Path, name + ".partial");
        File.WriteAllBytes(partial, content);
        File.Move(partial, Path.Combine(_folder.Path, name), overwrite: true);
    }
}
