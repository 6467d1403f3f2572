// The outcome of a run of the gate.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.DeviceCode.Rules;

namespace Crime.DeviceCode;

/// <summary>Everything that the gate found.</summary>
/// <param name="Findings">The findings, by file and line; none where the code is clean.</param>
/// <param name="FileCount">Files that were checked; a file that two projects compile counts twice.</param>
public sealed record GateReport(IReadOnlyList<Finding> Findings, int FileCount)
{
    /// <summary>Returns the part of the report below a folder.</summary>
    /// <param name="folder">The folder, relative as the findings' files are, with a slash at its end.</param>
    public GateReport Below(string folder) =>
        this with { Findings = Findings.Where(found => found.File.StartsWith(folder, StringComparison.Ordinal)).ToList() };
}
