// What the bench's statements execute. A line "op.NAME" of the bench is the time of the statement that the method NAME repeats;
// that very method is run here and counted, so that nobody has to keep a list of what was timed.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Crime.Bench;
using Crime.Modelling.Counting;

namespace Crime.Modelling.Prediction;

/// <summary>A statement of the bench.</summary>
/// <param name="Name">Name of the method that repeats it: what follows "op." in the bench's line.</param>
/// <param name="Operations">How often one copy of it executes each class of instructions.</param>
public sealed record BenchStatement(string Name, IReadOnlyDictionary<string, double> Operations);

/// <summary>Counts the bench's statements.</summary>
public static class BenchStatements
{
    /// <summary>Statement of the bench that is not repeated: the loop around the others.</summary>
    public const string EmptyTurn = nameof(EmptyTurn);

    private static readonly Lazy<IReadOnlyList<BenchStatement>> s_all = new(CountAll);

    /// <summary>All statements, the loop's first.</summary>
    public static IReadOnlyList<BenchStatement> All => s_all.Value;

    private static List<BenchStatement> CountAll()
    {
        var context = new CountingContext();
        try
        {
            Assembly firmware = context.LoadFromAssemblyName(typeof(OperationCosts).Assembly.GetName());
            Dictionary<string, IlCount> turns = firmware.GetTypes().Where(type => type.Namespace == typeof(OperationCosts).Namespace && type.IsNotPublic)
                .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(IsWorkload))
                .ToDictionary(method => method.Name, method => CountTurn(context, method));
            IlCount empty = turns[EmptyTurn];
            var statements = new List<BenchStatement> { new(EmptyTurn, empty.ByOperation.ToDictionary(pair => pair.Key, pair => (double)pair.Value)) };
            foreach (var (name, turn) in turns.Where(pair => pair.Key != EmptyTurn).OrderBy(pair => pair.Key, StringComparer.Ordinal))
                statements.Add(new BenchStatement(name, Copy(turn, empty)));
            return statements;
        }
        finally
        {
            context.Unload();
        }
    }

    private static bool IsWorkload(MethodInfo method) => method.GetParameters() is [{ Name: "turns" }];

    /// <summary>What one turn executes: the difference between two turns and one, so that what surrounds the loop does not count.</summary>
    private static IlCount CountTurn(CountingContext context, MethodInfo method)
    {
        object costs = Activator.CreateInstance(method.DeclaringType!)!;
        IlCount Run(int turns)
        {
            context.Reset();
            method.Invoke(costs, [turns]);
            return context.Count();
        }
        Run(1);
        return Run(2).Less(Run(1));
    }

    private static Dictionary<string, double> Copy(IlCount turn, IlCount empty) => turn.Less(empty).ByOperation
        .Where(pair => pair.Value != 0).ToDictionary(pair => pair.Key, pair => (double)pair.Value / OperationCosts.Copies);
}
