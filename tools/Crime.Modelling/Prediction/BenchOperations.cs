// What the bench's operations consist of: their own methods run, counting themselves, and nobody keeps a second list of them.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Crime.Firmware.Kernel;
using Crime.Modelling.Counting;

namespace Crime.Modelling.Prediction;

/// <summary>An operation of the bench.</summary>
/// <param name="Name">As on its line, without "op.".</param>
/// <param name="Counts">Instructions of one by class of cost; the loop around it is taken off.</param>
public sealed record BenchOperation(string Name, IReadOnlyDictionary<string, double> Counts);

/// <summary>Counts the operations of the bench.</summary>
public static class BenchOperations
{
    /// <summary>The operation that the others are measured against.</summary>
    public const string Empty = "EmptyTurn";

    private const string Namespace = "Crime.Firmware.Bench";

    // As in firmware/Bench/OperationCosts.cs.
    private const int Copies = 10;
    private const int FewTurns = 8;
    private const int ManyTurns = 108;

    /// <summary>All operations that the firmware's bench has.</summary>
    public static IReadOnlyList<BenchOperation> Count()
    {
        var context = new CountingContext();
        try
        {
            Assembly firmware = context.LoadFromAssemblyName(typeof(NetworkKernel).Assembly.GetName());
            MethodInfo[] methods = firmware.GetTypes()
                .Where(type => type.Namespace == Namespace && type.Name.EndsWith("Costs", StringComparison.Ordinal) && type.GetConstructor([]) != null)
                .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                .Where(method => method.GetParameters() is [{ Name: "turns" }]).ToArray();
            Dictionary<string, double> empty = PerTurn(context, methods.Single(method => method.Name == Empty));
            return methods.Select(method => method.Name == Empty
                ? new BenchOperation(Empty, empty)
                : new BenchOperation(method.Name, PerCopy(PerTurn(context, method), empty))).ToArray();
        }
        finally
        {
            context.Unload();
        }
    }

    /// <summary>Many turns less a few: what happens once per call drops out.</summary>
    private static Dictionary<string, double> PerTurn(CountingContext context, MethodInfo method)
    {
        object costs = Activator.CreateInstance(method.DeclaringType!)!;
        IlCount Run(int turns)
        {
            context.Reset();
            method.Invoke(costs, [turns]);
            return context.Count();
        }
        Run(1);
        IlCount few = Run(FewTurns), many = Run(ManyTurns);
        return many.ByClass.ToDictionary(
            pair => pair.Key, pair => (double)(pair.Value - few.ByClass.GetValueOrDefault(pair.Key)) / (ManyTurns - FewTurns));
    }

    private static Dictionary<string, double> PerCopy(Dictionary<string, double> turn, Dictionary<string, double> empty) =>
        turn.Select(pair => (pair.Key, Value: (pair.Value - empty.GetValueOrDefault(pair.Key)) / Copies))
            .Where(pair => pair.Value != 0).ToDictionary(pair => pair.Key, pair => pair.Value);
}
