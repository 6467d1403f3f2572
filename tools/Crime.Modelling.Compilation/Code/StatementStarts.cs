// Which variable is read nowhere but as the first thing of a statement. Its value can lie at the bottom of the evaluation stack
// for the whole method: a read is then `dup` instead of `ldloc`, the last read is nothing, and the variable is never stored.

using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Compilation.Code;

/// <summary>Finds such a variable.</summary>
internal static class StatementStarts
{
    /// <summary>The first declared variable whose reads all begin a statement outside any condition.</summary>
    /// <returns>Null when there is none; and the count of its reads.</returns>
    public static (Variable? Variable, int Uses) FindOnly(IReadOnlyList<Statement> body)
    {
        var starts = new Dictionary<Variable, int>();
        var others = new HashSet<Variable>();
        foreach (Statement statement in body) Visit(statement, starts, others);
        foreach ((Variable variable, Expression? value) in body.OfType<Declaration>().SelectMany(declaration => declaration.Items))
            if (value != null && starts.TryGetValue(variable, out int uses) && !others.Contains(variable)) return (variable, uses);
        return (null, 0);
    }

    private static void Visit(Statement statement, Dictionary<Variable, int> starts, HashSet<Variable> others)
    {
        switch (statement)
        {
            case Declaration declaration:
                foreach ((_, Expression? value) in declaration.Items)
                    if (value != null) Visit(value, true, starts, others);
                break;
            case Store { Target: Element element } store:
                Visit(element, true, starts, others);
                Visit(store.Value, false, starts, others);
                break;
            case Store store:
                if (store.Target is Variable variable) others.Add(variable);
                Visit(store.Value, store.Target is Variable, starts, others);
                break;
            case Guard guard:
                Visit(guard.Left, true, starts, others);
                Visit(guard.Right, false, starts, others);
                var inside = new Dictionary<Variable, int>();
                Visit(guard.Then, inside, others);
                others.UnionWith(inside.Keys);
                break;
            case CallStatement call:
                Visit(call.Call, true, starts, others);
                break;
            case Return value:
                Visit(value.Value, true, starts, others);
                break;
        }
    }

    private static void Visit(Expression expression, bool isStart, Dictionary<Variable, int> starts, HashSet<Variable> others)
    {
        switch (expression)
        {
            case Variable variable when isStart:
                starts[variable] = starts.GetValueOrDefault(variable) + 1;
                break;
            case Variable variable:
                others.Add(variable);
                break;
            case Assignment assignment:
                others.Add(assignment.Target);
                Visit(assignment.Value, isStart, starts, others);
                break;
            default:
                // The first operand is on the stack when the second one is read; a call's object comes before all.
                bool isFirst = isStart && expression is not (Call { Method.IsStatic: false } or SumOfProducts);
                foreach (Expression part in Parts(expression))
                {
                    Visit(part, isFirst, starts, others);
                    isFirst = false;
                }
                break;
        }
    }

    private static IEnumerable<Expression> Parts(Expression expression) => expression switch
    {
        Element element => [element.Array, element.Index],
        Cast cast => [cast.Value],
        Operation operation => [operation.Left, operation.Right],
        SumOfProducts sum => sum.Terms.Select(term => term.Operand),
        Bracketed bracketed => [bracketed.Inner],
        Call call => call.Arguments,
        New made => made.Arguments,
        _ => [],
    };
}
