// What one setting is called, accepts and defaults to. The usage text, the checks and the values all come from here, so
// that they cannot disagree.

using System;
using System.Globalization;
using System.Linq;
using Microsoft.Extensions.Configuration;

namespace Crime.Gateway.Configuration;

/// <summary>One thing that can be set.</summary>
public sealed class Setting
{
    // Stands for a place in a list, 0 or more, in the name of what every entry of the list has.
    private const string AnyPlace = ":N:";

    private readonly Predicate<string> _isAccepted;

    private Setting(string name, string defaultText, string accepted, string meaning, Predicate<string> isAccepted)
    {
        Name = name;
        DefaultText = defaultText;
        Accepted = accepted;
        Meaning = meaning;
        _isAccepted = isAccepted;
    }

    /// <summary>Configuration key, section and name: <c>Broker:Port</c>.</summary>
    public string Name { get; }

    /// <summary>The value where nothing was set.</summary>
    public string DefaultText { get; }

    /// <summary>What is accepted, to follow "must be".</summary>
    public string Accepted { get; }

    /// <summary>What it does, one line.</summary>
    public string Meaning { get; }

    /// <summary>True when a value given on the command line is a path, relative to where the command was typed.</summary>
    public bool IsPath { get; private init; }

    /// <summary>True when a value must not appear in a message.</summary>
    public bool IsSecret { get; private init; }

    /// <summary>True when every entry of a list has one: the name has an N where the entry's place belongs.</summary>
    public bool IsOfList => Name.Contains(AnyPlace, StringComparison.Ordinal);

    /// <summary>A whole number without sign.</summary>
    public static Setting Number(string name, int min, int max, int defaultValue, string meaning) =>
        new(name, defaultValue.ToString(CultureInfo.InvariantCulture), $"a whole number from {min} to {max}", meaning,
            text => TryParse(text, out int value) && value >= min && value <= max);

    /// <summary>One of a few words, in any case.</summary>
    public static Setting Word(string name, string[] words, string meaning) =>
        new(name, words[0], string.Join(" or ", words), meaning,
            text => words.Contains(text, StringComparer.OrdinalIgnoreCase));

    /// <summary>A text that a condition holds for.</summary>
    public static Setting Text(string name, string defaultText, string accepted, string meaning, Predicate<string> isAccepted) =>
        new(name, defaultText, accepted, meaning, isAccepted);

    /// <summary>A folder.</summary>
    public static Setting Folder(string name, string defaultText, string meaning) =>
        new(name, defaultText, "a path", meaning, text => text.Length > 0 && !text.Contains('\0')) { IsPath = true };

    /// <summary>A folder, or nothing.</summary>
    public static Setting FolderOrNone(string name, string meaning) =>
        new(name, "", "a path, or empty", meaning, text => !text.Contains('\0')) { IsPath = true };

    /// <summary>A text that is not repeated in messages.</summary>
    public static Setting Secret(string name, string meaning) => new(name, "", "any text", meaning, _ => true) { IsSecret = true };

    /// <summary>The setting of one entry of a list.</summary>
    /// <param name="place">The entry's place, 0 or more.</param>
    public Setting At(int place) =>
        new(Name.Replace(AnyPlace, string.Create(CultureInfo.InvariantCulture, $":{place}:"), StringComparison.Ordinal), DefaultText, Accepted, Meaning, _isAccepted)
        {
            IsPath = IsPath,
            IsSecret = IsSecret,
        };

    /// <summary>The value as it was set, or the default.</summary>
    public string TextIn(IConfiguration configuration) => configuration[Name] ?? DefaultText;

    /// <summary>The value of a number that <see cref="Accepts"/> holds for.</summary>
    public int NumberIn(IConfiguration configuration) => int.Parse(TextIn(configuration), CultureInfo.InvariantCulture);

    /// <summary>True when the value set can be used.</summary>
    public bool Accepts(IConfiguration configuration) => _isAccepted(TextIn(configuration));

    private static bool TryParse(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
