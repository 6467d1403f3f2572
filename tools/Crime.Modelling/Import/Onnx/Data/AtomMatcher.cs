// A Reshape gives sizes; what is asked for is meanings. It never changes the order of the elements, so the atoms of all axes in
// a row are cut anew: an axis of the result takes as many atoms as make up its size. Features may be split; time and batch not.

using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Finds the axes after a Reshape.</summary>
internal sealed class AtomMatcher
{
    // Bounds the search in a forged file. A real one has a handful of axes.
    private const int MaxTries = 10_000;

    private readonly IReadOnlyList<Size> _target;
    private readonly bool _isLenient;
    private int _tries;

    private AtomMatcher(IReadOnlyList<Size> target, bool isLenient)
    {
        _target = target;
        _isLenient = isLenient;
    }

    /// <summary>Finds the axes of a reshaped value.</summary>
    /// <param name="from">The axes before.</param>
    /// <param name="target">The sizes asked for; -1 is what remains.</param>
    /// <returns>The axes after, or null when no reading fits.</returns>
    public static IReadOnlyList<Axis>? Match(IReadOnlyList<Axis> from, IReadOnlyList<Size> target)
    {
        Atom[] atoms = [.. from.SelectMany(axis => axis.Atoms)];
        // A size that is not fixed in the graph may have been when it was exported: the second try reads a number as an unknown size.
        return new AtomMatcher(target, isLenient: false).Match(atoms, 0) ?? new AtomMatcher(target, isLenient: true).Match(atoms, 0);
    }

    private List<Axis>? Match(IReadOnlyList<Atom> atoms, int place)
    {
        if (++_tries > MaxTries) return null;
        if (place == _target.Count) return atoms.All(IsDroppable) ? [] : null;
        Size wanted = _target[place];
        var taken = new List<Atom>();
        Size product = 1;
        for (int count = 0; ; count++)
        {
            bool fits = wanted == -1 || product == wanted || (_isLenient && IsReadAs(taken, wanted));
            // One sequence, or one timestep, keeps its place where an axis of size 1 is left for it.
            bool isForOne = wanted == 1 && count == 0 && atoms.Count > 0 && atoms[0] is { Kind: not AtomKind.Feature, Size: var size } && size == 1;
            if (fits && !isForOne && Match([.. atoms.Skip(count)], place + 1) is { } rest) return [new Axis(Kept(taken)), .. rest];
            if (count == atoms.Count) return null;
            Atom atom = atoms[count];
            if (Split(atom, product, wanted) is { } part)
            {
                var left = new Atom(AtomKind.Feature, atom.Size.Constant / part);
                IReadOnlyList<Atom> others = [left, .. atoms.Skip(count + 1)];
                return Match(others, place + 1) is { } after ? [new Axis(Kept([.. taken, new Atom(AtomKind.Feature, part)])), .. after] : null;
            }
            taken.Add(atom);
            product *= atom.Size;
        }
    }

    /// <summary>Returns the features that an axis takes of an atom when it does not take all; null when it takes all or none.</summary>
    private static long? Split(Atom atom, Size product, Size wanted)
    {
        if (atom.Kind != AtomKind.Feature || wanted == -1 || wanted.DividedBy(product) is not { IsNumber: true } rest || rest * product != wanted) return null;
        long part = rest.Constant;
        return part > 1 && part < atom.Size.Constant && atom.Size.Constant % part == 0 ? part : null;
    }

    /// <summary>True when a plain number can stand for an unknown size.</summary>
    private static bool IsReadAs(List<Atom> taken, Size wanted) =>
        wanted.IsNumber && wanted.Constant > 0 && taken is [{ Size.IsNumber: false, Kind: not AtomKind.Feature }];

    /// <summary>True when an atom can go without a trace: a batch of one sequence.</summary>
    private bool IsDroppable(Atom atom) => atom.Kind == AtomKind.Batch && (atom.Size == 1 || (_isLenient && !atom.Size.IsNumber));

    /// <summary>Returns the atoms of an axis: a batch of one beside others is none.</summary>
    private static Atom[] Kept(List<Atom> taken) =>
        taken.Count > 1 ? [.. taken.Where(atom => atom.Kind != AtomKind.Batch || atom.Size != 1)] : [.. taken];
}
