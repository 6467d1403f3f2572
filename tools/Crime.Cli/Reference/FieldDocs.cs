// The documentation of fields, from the XML files that the compiler writes beside the assemblies.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Crime.Cli.Reference;

/// <summary>Summaries of fields.</summary>
internal sealed partial class FieldDocs
{
    private readonly Dictionary<string, XElement> _summaries = [];

    /// <summary>Reads the files of assemblies.</summary>
    public FieldDocs(IEnumerable<Assembly> assemblies)
    {
        foreach (Assembly assembly in assemblies)
            foreach (XElement member in XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member"))
                if (member.Element("summary") is { } summary) _summaries[member.Attribute("name")!.Value] = summary;
    }

    /// <summary>Returns the summary of a field in one line.</summary>
    /// <param name="field">Full name of the field.</param>
    /// <param name="textOf">Returns the text for a member that the summary refers to, by its full name; null for the name of the member.</param>
    public string Of(string field, Func<string, string?> textOf)
    {
        if (!_summaries.TryGetValue("F:" + field, out XElement? summary)) return "";
        return Blanks().Replace(string.Concat(summary.Nodes().Select(node => node is XElement element ? Referred(element, textOf) : node.ToString())), " ").Trim();
    }

    private static string Referred(XElement element, Func<string, string?> textOf)
    {
        if (element.Attribute("cref")?.Value is not { } name) return element.Name == "c" ? $"`{element.Value}`" : element.Value;
        return textOf(name[2..]) ?? name[(name.LastIndexOf('.') + 1)..];
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();
}
