using System;
using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Crime.Costs;
using Crime.Gateway.Core.Relaying;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Relaying;

public sealed class CostEnvelopeTests
{
    private const int Longest = 200;

    private static readonly Gen<(int AlphaNs, int BetaUs)[]> s_lines =
        Gen.Select(Gen.OneOf(Gen.Int[0, 5], Gen.Int[0, 3_000_000], Gen.Int[0, CostLine.MaxAlphaNs]), Gen.OneOf(Gen.Int[0, 500_000], Gen.Int[0, CostLine.MaxBetaUs]))
            .Array[1, 16];

    private static CostEnvelope Of(IEnumerable<(int AlphaNs, int BetaUs)> lines)
    {
        var envelope = new CostEnvelope(16);
        int tag = 0;
        foreach ((int alpha, int beta) in lines) envelope.Add(alpha, beta, tag++);
        return envelope;
    }

    private static long Value((int AlphaNs, int BetaUs) line, int length) => line.BetaUs * 1000L + (long)line.AlphaNs * length;

    private static long Least(IEnumerable<(int AlphaNs, int BetaUs)> lines, int length) => lines.Min(line => Value(line, length));

    private static (int AlphaNs, int BetaUs)[] Lines(CostEnvelope envelope) =>
        Enumerable.Range(0, envelope.Count).Select(i => (envelope.AlphaNs(i), envelope.BetaUs(i))).ToArray();

    [Test]
    public void TheEnvelopeIsTheLeastOfAllLines() => TestSeed.Check(seed => s_lines.Sample(lines =>
    {
        CostEnvelope envelope = Of(lines);
        envelope.Reduce(Longest, 16);
        (int, int)[] kept = Lines(envelope);
        for (int length = 1; length <= Longest; length++)
            if (Least(kept, length) != Least(lines, length)) return false;
        return true;
    }, iter: 3000, seed: seed));

    [Test]
    public void NoLineIsKeptThatIsNowhereTheLeast() => TestSeed.Check(seed => s_lines.Sample(lines =>
    {
        CostEnvelope envelope = Of(lines);
        envelope.Reduce(Longest, 16);
        (int AlphaNs, int BetaUs)[] kept = Lines(envelope);
        return kept.All(line => Enumerable.Range(1, Longest).Any(length => Value(line, length) == Least(lines, length)))
            && kept.Zip(kept.Skip(1)).All(pair => pair.First.AlphaNs > pair.Second.AlphaNs);
    }, iter: 3000, seed: seed));

    [Test]
    public void AFewLinesAreTheOnesThatLoseLeast() => TestSeed.Check(seed => Gen.Select(s_lines, Gen.Int[1, 4]).Sample((lines, most) =>
    {
        CostEnvelope envelope = Of(lines);
        envelope.Reduce(Longest, most);
        CostEnvelope whole = Of(lines);
        whole.Reduce(Longest, 16);
        (int AlphaNs, int BetaUs)[] all = Lines(whole), kept = Lines(envelope);
        if (kept.Length > most || !kept.All(all.Contains)) return false;
        long best = Subsets(all, Math.Min(most, all.Length)).Min(subset => Loss(subset, all));
        return Loss(kept, all) == best;
    }, iter: 400, seed: seed));

    [Test]
    public void TagsStayWithTheirLines() => TestSeed.Check(seed => s_lines.Sample(lines =>
    {
        CostEnvelope envelope = Of(lines);
        envelope.Reduce(Longest, 4);
        return Enumerable.Range(0, envelope.Count).All(i => lines[envelope.Tag(i)] == (envelope.AlphaNs(i), envelope.BetaUs(i)));
    }, iter: 1000, seed: seed));

    [Test]
    public void ALineBeyondTheCapacityIsDropped()
    {
        var envelope = new CostEnvelope(2);
        for (int i = 0; i < 3; i++) envelope.Add(i, 10 - i, i);
        Assert.That(envelope.Count, Is.EqualTo(2));
        envelope.Clear();
        envelope.Reduce(Longest, 4);
        Assert.That(envelope.Count, Is.Zero);
    }

    private static long Loss(IReadOnlyCollection<(int, int)> subset, IReadOnlyCollection<(int, int)> all) =>
        Enumerable.Range(1, Longest).Max(length => Least(subset, length) - Least(all, length));

    private static IEnumerable<(int, int)[]> Subsets((int, int)[] all, int size)
    {
        for (int mask = 0; mask < 1 << all.Length; mask++)
            if (System.Numerics.BitOperations.PopCount((uint)mask) == size) yield return all.Where((_, i) => (mask >> i & 1) == 1).ToArray();
    }
}
