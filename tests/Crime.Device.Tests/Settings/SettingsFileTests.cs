using System.Collections;
using System.Linq;
using Crime.Costs;
using Crime.Device.Results;
using Crime.Device.Settings;
using Crime.Node;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Device.Tests.Settings;

public sealed class SettingsFileTests
{
    [Test]
    public void KeysAndCommentsAreRead()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse(
            "# a board in the hall\r\nboard.id = hall-1\r\n\r\nbroker.host=10.0.0.2\nbroker.port=18830\nobjective=energy\n"
            + "mapping=gateway\nmeter=ina219\ntelemetry=off\nwifi.password= a=b# \n", remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That(
            (settings.BoardId, settings.BrokerHost, settings.BrokerPort, settings.Objective, settings.Mapping, settings.Ina219, settings.Telemetry),
            Is.EqualTo(("hall-1", "10.0.0.2", 18830, Objective.Energy, MappingMode.Gateway, true, false)));
        Assert.That(settings.WifiPassword, Is.EqualTo("a=b#"), "everything after the first '='");
    }

    [TestCase("", true, 95, false)]
    [TestCase("hedge=off", false, 95, false)]
    [TestCase("hedge.quantile=99\nrace=on", true, 99, true)]
    public void HedgingIsRead(string text, bool hedges, int quantile, bool races)
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse(text, remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That((settings.Hedges, settings.HedgeQuantile, settings.Races), Is.EqualTo((hedges, quantile, races)));
    }

    [Test]
    public void RulesOfResultsAreRead()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse("on.wave=gpio 2 high 500\non.two words=gpio 4 toggle\nresult.least-confidence=600\nresult.vote=2/3\n", remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That(settings.Results.Rules.Cast<PinRule>().Select(rule => (rule.ClassName, rule.Pin)), Is.EqualTo(new[] { ("wave", 2), ("two words", 4) }));
        Assert.That((settings.Results.LeastConfidence, settings.Results.Votes, settings.Results.VotesOf), Is.EqualTo((600, 2, 3)));
    }

    [TestCase("result.vote=3/2")]
    [TestCase("result.vote=2")]
    [TestCase("result.vote=1/16")]
    [TestCase("result.least-confidence=1001")]
    [TestCase("on.wave=gpio 2 up")]
    [TestCase("on.=gpio 2 high")]
    [TestCase("segment.kind=other")]
    [TestCase("segment.greatest=5000")]
    [TestCase("segment.other=1")]
    public void AWrongSettingOfAGroupIsRemarked(string line)
    {
        var remarks = new ArrayList();
        SettingsFile.Parse("objective=energy\n" + line + "\n", remarks);
        Assert.That(remarks, Has.Count.EqualTo(1));
        Assert.That((string)remarks[0]!, Does.StartWith(SettingsFile.Path + " line 2: "));
    }

    [TestCase("sleep=light", "sleep does not go with a sensor")]
    [TestCase("inputs.timestep-ms=20", "inputs.timestep-ms is for recordings")]
    [TestCase("segment.kind=trigger", "segment.kind=trigger needs segment.trigger-pin")]
    [TestCase("segment.end-level=500", "segment.start-level must be above segment.end-level")]
    public void WhatDoesNotGoWithASensorIsRemarked(string line, string remark)
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse("sensor=adxl345\n" + line + "\n", remarks);
        Assert.That(remarks, Has.Count.EqualTo(1));
        Assert.That((string)remarks[0]!, Does.StartWith(remark));
        Assert.That((settings.Sleep, settings.TimestepIntervalMs), Is.EqualTo((SleepMode.None, 0)));
    }

    [Test]
    public void TheSegmenterIsSet()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse(
            "segment.kind=trigger\nsegment.trigger-pin=15\nsegment.trigger-level=high\nsegment.pre-roll=4\nsegment.greatest=90\nsegment.buffer=100\n", remarks);
        Assert.That(remarks, Is.Empty);
        SegmentSettings segment = settings.Segment;
        Assert.That(
            (segment.Rules.Kind, segment.TriggerPin, segment.IsTriggerLow, segment.Rules.PreRoll, segment.Rules.GreatestLength, segment.BufferSteps),
            Is.EqualTo((SegmentKind.Trigger, 15, false, 4, 90, 100)));
        Assert.That(segment.Problem(), Is.Null);
        segment.TriggerPin = -1;
        Assert.That(segment.Problem(), Does.Contain("trigger-pin"));
    }

    [TestCase("kernel=auto", true)]
    [TestCase("kernel=table", false)]
    public void TheKernelIsChosen(string text, bool useCompiled) =>
        Assert.That(SettingsFile.Parse(text, new ArrayList()).UseCompiledKernel, Is.EqualTo(useCompiled));

    [Test]
    public void MeterRadioAndSleepAreRead()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse(
            "role=meter\nmeter.pin=4\nina219.max-ma=800\nradio=duty\nsleep=deep\nradio.up-ms=1500\nradio.up-mw=500\n", remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That(
            (settings.Role, settings.MeterPin, settings.Ina219MaxMilliampere, settings.Radio, settings.Sleep, settings.RadioUpMs, settings.RadioUpMw),
            Is.EqualTo((BoardRole.Meter, 4, 800, RadioMode.Duty, SleepMode.Deep, 1500, 500)));
    }

    [Test]
    public void ThePaceOfInputsAndTheirTimestepsIsRead()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse("inputs.interval-ms=5000\ninputs.timestep-ms=20\n", remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That((settings.InputIntervalMs, settings.TimestepIntervalMs), Is.EqualTo((5000, 20)));
        Assert.That(new BoardSettings().TimestepIntervalMs, Is.Zero, "whole inputs unless a person wants otherwise");
    }

    [Test]
    public void WhatListeningTakesIsReadAndHandedOn()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse("power.listen-mw=277\nradio.listen-on-ms=8\n", remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That((settings.ListenMw, settings.Power().MinActiveUs), Is.EqualTo((277, 8000)));
        Assert.That((new BoardSettings().ListenMw, new BoardSettings().Power().MinActiveUs), Is.EqualTo((330, 50_000)));
        Assert.That(SettingsFile.Parse("radio.listen-on-ms=0", remarks).Power().ListenExtraMw, Is.Zero, "a radio that always listens");
        Assert.That(remarks, Is.Empty);
    }

    /// <summary>Powers count above what the board draws between inputs.</summary>
    [TestCase("", 99)]
    [TestCase("broker.host=hub", 103)]
    [TestCase("broker.host=hub\nradio=duty", 99)]
    [TestCase("broker.host=hub\nradio=duty\nsleep=light", 3)]
    [TestCase("broker.host=hub\nradio=duty\nsleep=deep", 0)]
    public void TheIdleBaselineIsThePowerBetweenInputs(string text, int idleMw)
    {
        BoardSettings settings = SettingsFile.Parse(text, new ArrayList());
        PowerProfile power = settings.Power();
        Assert.That(settings.IdleMw, Is.EqualTo(idleMw));
        Assert.That(
            (power.ComputeMw, power.WaitMw, power.TransmitMw, power.ListenExtraMw, power.WakeMw),
            Is.EqualTo((165 - idleMw, 103 - idleMw, 627 - idleMw, 330 - 103, 495 - idleMw)));
    }

    [Test]
    public void ForHowLongResultsMayWaitIsRead()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse(
            "broker.host=hub\nradio=duty\nobjective=energy\ninputs.result-within-ms=at-report\nreport.every-ms=900000\ninputs.keep=flash\n"
            + "inputs.keep-most=7\ninputs.keep-bytes=4096\n", remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That(
            (settings.KeepsInputs, settings.ResultWithinMs, settings.ReportEveryMs, settings.KeepOnFlash, settings.KeepMost, settings.KeepSizeBytes),
            Is.EqualTo((true, BoardSettings.AtReport, 900_000, true, 7, 4096)));
        var defaults = new BoardSettings();
        Assert.That((defaults.KeepsInputs, defaults.ResultWithinMs, defaults.ReportEveryMs, defaults.KeepOnFlash), Is.EqualTo((false, 0, 0, false)));
    }

    /// <summary>A deep sleep wipes the memory.</summary>
    [TestCase("sleep=light", false)]
    [TestCase("sleep=deep", true)]
    [TestCase("sleep=deep\ninputs.keep=memory", true)]
    [TestCase("sleep=light\ninputs.keep=flash", true)]
    public void ADeepSleepKeepsInputsOnTheFlash(string text, bool isOnFlash)
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse("broker.host=hub\nradio=duty\nobjective=energy\ninputs.result-within-ms=60000\n" + text, remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That((settings.KeepsInputs, settings.KeepOnFlash), Is.EqualTo((true, isOnFlash)));
    }

    /// <summary>A board that cannot keep inputs takes each at once, and reports why.</summary>
    [TestCase("objective=energy\ninputs.result-within-ms=60000", "inputs.result-within-ms needs radio=duty")]
    [TestCase("radio=modem\nobjective=energy\ninputs.result-within-ms=60000", "inputs.result-within-ms needs radio=duty")]
    [TestCase("radio=duty\ninputs.result-within-ms=60000", "inputs.result-within-ms needs objective=energy")]
    [TestCase("radio=duty\nobjective=weighted 0.5\ninputs.result-within-ms=60000", "inputs.result-within-ms needs objective=energy")]
    [TestCase("radio=duty\nobjective=energy\ninputs.result-within-ms=at-report", "inputs.result-within-ms at-report needs report.every-ms")]
    [TestCase(
        "inputs.timestep-ms=20\nradio=duty\nobjective=energy\ninputs.result-within-ms=60000",
        "inputs.result-within-ms takes no stream (inputs.timestep-ms)")]
    [TestCase("objective=energy\nreport.every-ms=60000", "report.every-ms needs radio=duty")]
    public void SettingsThatContradictWaitingAreReportedAndIgnored(string text, string expected)
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse("broker.host=hub\n" + text, remarks);
        Assert.That(remarks.Cast<string>(), Is.EqualTo(new[] { expected + "; ignored" }));
        Assert.That((settings.KeepsInputs, settings.ResultWithinMs), Is.EqualTo((false, 0)));
        if (settings.Radio != RadioMode.Duty) Assert.That(settings.ReportEveryMs, Is.Zero);
    }

    [TestCase("nonsense", "line 1: no '='")]
    [TestCase("=1", "line 1: no '='")]
    [TestCase("\nvolume=11", "line 2: unknown key 'volume'")]
    [TestCase("broker.port=65536", "line 1: broker.port takes a number from 1 to 65535")]
    [TestCase("broker.port=many", "line 1: broker.port takes a number from 1 to 65535")]
    [TestCase("board.id=a/b", "line 1: board.id takes 1 to 32 letters, digits, '-', '_' or '.'")]
    [TestCase("objective=speed", "line 1: objective is time, energy, weighted <time's share, 0 to 1>, deadline <ms, 1 to 60000> <percent, 50 to 99>")]
    [TestCase("kernel=fast", "line 1: kernel is auto or table")]
    [TestCase("role=boss", "line 1: role is node or meter")]
    [TestCase("radio=always", "line 1: radio is modem or duty")]
    [TestCase("sleep=well", "line 1: sleep is none, light or deep")]
    [TestCase("meter.pin=49", "line 1: meter.pin takes a number from -1 to 48")]
    [TestCase("radio.listen-on-ms=1001", "line 1: radio.listen-on-ms takes a number from 0 to 1000")]
    [TestCase("radio.listen-on-ms=-1", "line 1: radio.listen-on-ms takes a number from 0 to 1000")]
    [TestCase("power.listen-mw=0", "line 1: power.listen-mw takes a number from 1 to 10000")]
    [TestCase("inputs.timestep-ms=1001", "line 1: inputs.timestep-ms takes a number from 0 to 1000")]
    [TestCase("inputs.result-within-ms=soon", "line 1: inputs.result-within-ms takes a number from 0 to 3600000")]
    [TestCase("inputs.keep=disk", "line 1: inputs.keep is memory or flash")]
    [TestCase("inputs.keep-most=65", "line 1: inputs.keep-most takes a number from 1 to 64")]
    [TestCase("inputs.keep-bytes=63", "line 1: inputs.keep-bytes takes a number from 64 to 4000000")]
    [TestCase("report.every-ms=86400001", "line 1: report.every-ms takes a number from 0 to 86400000")]
    [TestCase("telemetry=1", "line 1: telemetry is on or off")]
    [TestCase("hedge=1", "line 1: hedge is on or off")]
    [TestCase("hedge.quantile=49", "line 1: hedge.quantile takes a number from 50 to 99")]
    [TestCase("ina219.address=63", "line 1: ina219.address takes a number from 64 to 79")]
    public void ALineThatCannotBeUsedIsReportedAndSkipped(string text, string expected)
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Parse(text + "\nmodel.name=kept", remarks);
        Assert.That(remarks.Cast<string>(), Is.EqualTo(new[] { @"I:\crime.cfg " + expected + "; ignored" }));
        Assert.That((settings.ModelName, settings.BrokerPort, settings.BoardId), Is.EqualTo(("kept", 1883, "")));
    }

    /// <summary>A later setting wins over the file; a rule replaces all rules of its class in the file.</summary>
    [Test]
    public void SettingsThatCameLaterWin()
    {
        var remarks = new ArrayList();
        BoardSettings settings = SettingsFile.Combine(
            "objective=time\nbroker.port=1884\non.wave=gpio 2 high\non.wave=gpio 3 high\non.circle=gpio 4 toggle\n",
            "objective=energy\non.wave=gpio 5 low\n", remarks);
        Assert.That(remarks, Is.Empty);
        Assert.That((settings.Objective, settings.BrokerPort), Is.EqualTo((Objective.Energy, 1884)));
        Assert.That(settings.Results.Rules.Cast<PinRule>().Select(rule => (rule.ClassName, rule.Pin)), Is.EqualTo(new[] { ("circle", 4), ("wave", 5) }));
    }

    [TestCase("objective=energy\nmapping=local", null)]
    [TestCase("objective=energy\nvolume=11", "unknown key 'volume'")]
    [TestCase("hedge=1", "hedge is on or off")]
    public void TheFirstWrongLineIsNamed(string text, string? expected) => Assert.That(SettingsFile.ProblemOf(text), Is.EqualTo(expected));
}
