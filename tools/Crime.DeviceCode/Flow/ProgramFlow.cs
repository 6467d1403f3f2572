// Follows arrays of strings through all methods of the code under check: from where they are made to where an element is read.

using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.DeviceCode.Flow;

/// <summary>
/// Finds elements of string arrays that are read before they were set. Each method is analysed on its own, with every array that it receives taken
/// for empty; what it does to arrays is its summary for callers. A read is a finding where an array that really was left with unset elements
/// can reach it. About arrays that come from outside the code under check nothing is assumed.
/// </summary>
internal sealed class ProgramFlow
{
    private const int RoundsMax = 12;

    private readonly Dictionary<object, Site> _sites = [];
    private readonly Dictionary<string, MethodDefinition> _methods = [];
    private readonly List<MethodDefinition> _bodies;
    private readonly Dictionary<MethodDefinition, List<MethodDefinition>> _overrides = [];
    private readonly HashSet<MethodDefinition> _called = [], _taken = [];
    private readonly Dictionary<MethodDefinition, MethodSummary> _summaries = [];
    private readonly Dictionary<Site, Site> _sameElements = [];
    private readonly HashSet<(Site From, Site To)> _edges = [];
    private readonly HashSet<ElementRead> _reads = [];
    private readonly HashSet<(MethodDefinition Method, Instruction At)> _zeroDivisors = [];

    private ProgramFlow(IEnumerable<TypeDefinition> types)
    {
        List<TypeDefinition> checkedTypes = types.ToList();
        foreach (FieldDefinition field in checkedTypes.SelectMany(type => type.Fields).Where(field => Flow.Site.IsFollowed(field.FieldType)))
            FieldSite(field.FullName, field.FieldType);
        List<MethodDefinition> all = checkedTypes.SelectMany(type => type.Methods).ToList();
        foreach (MethodDefinition method in all) _methods[method.FullName] = method;
        _bodies = all.Where(method => method.HasBody).ToList();
        foreach (MethodDefinition method in _bodies)
        {
            foreach (Instruction instruction in method.Body.Instructions)
                if (instruction.Operand is MethodReference called && Find(called) is { } target)
                    (instruction.OpCode.Code is Code.Ldftn or Code.Ldvirtftn ? _taken : _called).Add(target);
        }
        foreach (MethodDefinition method in all.Where(method => method.IsVirtual && method.HasBody))
            foreach (MethodDefinition basis in all.Where(basis => basis != method && IsOverriddenBy(basis, method)))
                (_overrides.TryGetValue(basis, out var list) ? list : _overrides[basis] = []).Add(method);
    }

    /// <summary>Runs the analysis.</summary>
    /// <param name="types">All types of the code under check.</param>
    /// <returns>The reads of elements that may be unset, and the divisions whose divisor is zero.</returns>
    public static (IReadOnlyList<ElementRead> Reads, IReadOnlyCollection<(MethodDefinition Method, Instruction At)> ZeroDivisors) Run(IEnumerable<TypeDefinition> types)
    {
        var program = new ProgramFlow(types);
        program.Run();
        HashSet<Site> unset = program.Reach();
        var reads = program._reads.Where(read => unset.Contains(program.Canonical(read.Array))).ToList();
        return (reads, program._zeroDivisors);
    }

    public MethodSummary SummaryOf(MethodDefinition method) => _summaries.GetValueOrDefault(method) ?? MethodSummary.None;

    /// <summary>Returns the methods under check that a call may run; none for a method of a library.</summary>
    public IReadOnlyList<MethodDefinition> TargetsOf(MethodReference called)
    {
        if (Find(called) is not { } method) return [];
        var targets = new List<MethodDefinition>();
        if (method.HasBody) targets.Add(method);
        if (_overrides.TryGetValue(method, out var overrides)) targets.AddRange(overrides);
        return targets;
    }

    /// <summary>A method that nobody outside the code under check can call, and every call of which is seen.</summary>
    public bool IsOnlyCalledHere(MethodDefinition method) =>
        method is { IsPrivate: true, IsConstructor: false } && _called.Contains(method) && !_taken.Contains(method);

    public Site Site(SiteKind kind, object key, TypeReference? type)
    {
        if (_sites.TryGetValue((kind, key), out Site? site)) return site;
        return _sites[(kind, key)] = new Site(_sites.Count, kind, type);
    }

    public Site FieldSite(string field, TypeReference? type) => Site(SiteKind.Field, field, type);

    /// <summary>The elements of an array of arrays.</summary>
    public Site ElementsOf(Site array) => Site(SiteKind.Element, RootOf(array), array.ElementType);

    /// <summary>An array with unset elements gets from one place to another.</summary>
    public void AddEdge(Site from, Site to) => _edges.Add((from, to));

    /// <summary>Two sources may be the same array: what is stored in one is found in the other.</summary>
    public void Unite(Site left, Site right)
    {
        Site first = RootOf(left), second = RootOf(right);
        if (first != second) _sameElements[first.Id > second.Id ? first : second] = first.Id > second.Id ? second : first;
    }

    public void AddRead(ElementRead read) => _reads.Add(read);

    public void AddZeroDivisor(MethodDefinition method, Instruction at) => _zeroDivisors.Add((method, at));

    private MethodDefinition? Find(MethodReference called)
    {
        MethodReference element = called.GetElementMethod();
        return element as MethodDefinition ?? _methods.GetValueOrDefault(element.FullName);
    }

    private void Run()
    {
        bool changed = true;
        for (int round = 0; changed && round < RoundsMax; round++)
        {
            changed = false;
            _edges.Clear();
            _reads.Clear();
            foreach (MethodDefinition method in _bodies)
            {
                MethodSummary summary = new MethodFlow(this, method).Run();
                if (summary.Equals(SummaryOf(method))) continue;
                _summaries[method] = summary;
                changed = true;
            }
        }
    }

    /// <summary>All sources that an array with unset elements gets to.</summary>
    private HashSet<Site> Reach()
    {
        ILookup<Site, Site> next = _edges.ToLookup(edge => Canonical(edge.From), edge => Canonical(edge.To));
        var reached = new HashSet<Site>(_sites.Values.Where(site => site.Kind == SiteKind.Created).Select(Canonical));
        var open = new Queue<Site>(reached);
        while (open.TryDequeue(out Site? site))
            foreach (Site to in next[site])
                if (reached.Add(to)) open.Enqueue(to);
        return reached;
    }

    /// <summary>Elements of arrays that were found to be the same after their source was named.</summary>
    private Site Canonical(Site site)
    {
        if (site.Kind != SiteKind.Element) return site;
        Site owner = _sites.First(pair => pair.Value == site).Key is ValueTuple<SiteKind, object> { Item2: Site array } ? array : site;
        return owner == site ? site : ElementsOf(owner);
    }

    private Site RootOf(Site site)
    {
        while (_sameElements.TryGetValue(site, out Site? other)) site = other;
        return site;
    }

    private static bool IsOverriddenBy(MethodDefinition basis, MethodDefinition method)
    {
        if (!basis.IsVirtual || basis.Parameters.Count != method.Parameters.Count) return false;
        if (method.Name != basis.Name && !method.Overrides.Any(item => item.FullName == basis.FullName)) return false;
        return Bases(method.DeclaringType).Contains(basis.DeclaringType.FullName) && ParametersOf(basis).SequenceEqual(ParametersOf(method));
    }

    private static IEnumerable<string> ParametersOf(MethodDefinition method) => method.Parameters.Select(parameter => parameter.ParameterType.FullName);

    private static IEnumerable<string> Bases(TypeDefinition type)
    {
        for (TypeDefinition? at = type; at != null; at = at.BaseType?.Resolve())
        {
            if (at != type) yield return at.FullName;
            foreach (InterfaceImplementation implemented in at.Interfaces) yield return implemented.InterfaceType.FullName;
        }
    }
}
