// The size of an axis, or a number that is computed from sizes. Exporters compute shapes inside the graph, while the batch and
// the number of timesteps are not known. So a size is a sum of products of names: 2*batch + batch*time + 3.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Import.Symbols;

/// <summary>A whole number with unknowns. Every unknown is at least 1.</summary>
internal readonly struct Size : IEquatable<Size>
{
    // Sizes of a real graph have one or two terms. The limit bounds what a forged file can ask for.
    private const int MaxTerms = 16;

    private readonly Term[]? _terms;

    /// <summary>Makes a number without unknowns.</summary>
    public Size(long number)
    {
        Constant = number;
        _terms = null;
    }

    private Size(long constant, Term[] terms)
    {
        Constant = constant;
        _terms = terms.Length == 0 ? null : terms;
    }

    /// <summary>A product of unknowns, by their names in order, and its factor.</summary>
    private readonly record struct Term(string Unknowns, long Factor);

    /// <summary>The part without unknowns.</summary>
    public long Constant { get; }

    /// <summary>True when there are no unknowns.</summary>
    public bool IsNumber => _terms == null;

    private ReadOnlySpan<Term> Terms => _terms;

    /// <summary>Returns a single unknown.</summary>
    public static Size Unknown(string name) => new(0, [new Term(name, 1)]);

    /// <summary>A number is a size.</summary>
    public static implicit operator Size(long number) => new(number);

    /// <summary>The sum.</summary>
    public static Size operator +(Size left, Size right)
    {
        long constant = checked(left.Constant + right.Constant);
        if (left.IsNumber && right.IsNumber) return new Size(constant);
        return Of(constant, [.. left.Terms, .. right.Terms]);
    }

    /// <summary>The difference.</summary>
    public static Size operator -(Size left, Size right) => left + right * -1;

    /// <summary>The product.</summary>
    public static Size operator *(Size left, Size right)
    {
        if (left.IsNumber && right.IsNumber) return new Size(checked(left.Constant * right.Constant));
        var terms = new List<Term>();
        foreach (Term term in left.Terms) terms.Add(term with { Factor = checked(term.Factor * right.Constant) });
        foreach (Term term in right.Terms) terms.Add(term with { Factor = checked(term.Factor * left.Constant) });
        foreach (Term a in left.Terms)
            foreach (Term b in right.Terms)
                terms.Add(new Term(Joined(a.Unknowns, b.Unknowns), checked(a.Factor * b.Factor)));
        return Of(checked(left.Constant * right.Constant), terms);
    }

    /// <summary>The product of several sizes; 1 for none.</summary>
    public static Size Product(IEnumerable<Size> sizes) => sizes.Aggregate(new Size(1), (product, size) => product * size);

    /// <summary>Returns the quotient, rounded towards zero for plain numbers; null where unknowns keep it from being a size.</summary>
    public Size? DividedBy(Size divisor)
    {
        if (divisor.IsNumber)
        {
            long number = divisor.Constant;
            if (number == 0) return null;
            if (IsNumber) return new Size(checked(Constant / number));
            if (Constant % number != 0 || _terms!.Any(term => term.Factor % number != 0)) return null;
            return new Size(Constant / number, [.. _terms!.Select(term => term with { Factor = term.Factor / number })]);
        }
        if (Equals(divisor)) return new Size(1);
        if (Constant != 0 || divisor.Constant != 0 || IsNumber || divisor.Terms.Length != 1) return null;
        Term by = divisor.Terms[0];
        var terms = new List<Term>();
        long constant = 0;
        foreach (Term term in Terms)
        {
            if (term.Factor % by.Factor != 0 || Without(term.Unknowns, by.Unknowns) is not { } rest) return null;
            if (rest.Length == 0) constant += term.Factor / by.Factor;
            else terms.Add(new Term(rest, term.Factor / by.Factor));
        }
        return Of(constant, terms);
    }

    /// <summary>Returns -1, 0 or 1 as the number is below, equal to or above another; null where the unknowns decide.</summary>
    public int? CompareTo(Size other)
    {
        Size difference = this - other;
        if (difference.IsNumber) return Math.Sign(difference.Constant);
        // Every unknown is at least 1, so a sum of positive terms is at least the sum of their factors.
        if (difference._terms!.All(term => term.Factor > 0) && difference._terms!.Sum(term => term.Factor) + difference.Constant > 0) return 1;
        if (difference._terms!.All(term => term.Factor < 0) && difference._terms!.Sum(term => term.Factor) + difference.Constant < 0) return -1;
        return null;
    }

    /// <inheritdoc/>
    public bool Equals(Size other) => Constant == other.Constant && Terms.SequenceEqual(other.Terms);

    /// <inheritdoc/>
    public override bool Equals(object? other) => other is Size size && Equals(size);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Constant, Terms.Length);

    /// <summary>Compares by value.</summary>
    public static bool operator ==(Size left, Size right) => left.Equals(right);

    /// <summary>Compares by value.</summary>
    public static bool operator !=(Size left, Size right) => !left.Equals(right);

    /// <summary>Returns the size as a message writes it: "2*batch + 3".</summary>
    public override string ToString()
    {
        if (IsNumber) return Constant.ToString(CultureInfo.InvariantCulture);
        IEnumerable<string> parts = _terms!.Select(term =>
            term.Factor == 1 ? term.Unknowns : string.Create(CultureInfo.InvariantCulture, $"{term.Factor}*{term.Unknowns}"));
        return string.Join(" + ", Constant == 0 ? parts : parts.Append(Constant.ToString(CultureInfo.InvariantCulture)));
    }

    private static Size Of(long constant, IEnumerable<Term> terms)
    {
        Term[] sum = [.. terms.GroupBy(term => term.Unknowns, StringComparer.Ordinal)
            .Select(group => new Term(group.Key, group.Aggregate(0L, (total, term) => checked(total + term.Factor))))
            .Where(term => term.Factor != 0).OrderBy(term => term.Unknowns, StringComparer.Ordinal)];
        if (sum.Length > MaxTerms || sum.Any(term => term.Unknowns.Count(c => c == '*') >= MaxTerms))
            throw new OverflowException("a size has too many terms");
        return new Size(constant, sum);
    }

    private static string Joined(string left, string right) =>
        string.Join('*', left.Split('*').Concat(right.Split('*')).Order(StringComparer.Ordinal));

    /// <summary>Returns a product without some of its unknowns; null when it does not have them all.</summary>
    private static string? Without(string unknowns, string removed)
    {
        List<string> rest = [.. unknowns.Split('*')];
        return removed.Split('*').All(rest.Remove) ? string.Join('*', rest) : null;
    }
}
