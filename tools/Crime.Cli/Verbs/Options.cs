// Options that several verbs have, with their ranges checked in one place.

using System.CommandLine;

namespace Crime.Cli.Verbs;

/// <summary>Makes options.</summary>
internal static class Options
{
    /// <summary>A whole number within a range; the range is part of its help.</summary>
    public static Option<int> Number(string name, string description, int value, int min, int max)
    {
        string range = max == int.MaxValue ? $"{min} or more" : $"{min} to {max}";
        var option = new Option<int>(name) { Description = $"{description} ({range})", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            int given = result.GetValueOrDefault<int>();
            if (given < min || given > max) result.AddError($"{name} takes a number: {range}");
        });
        return option;
    }
}
