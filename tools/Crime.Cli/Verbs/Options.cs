// Options that several verbs have, with their ranges checked in one place.

using System;
using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Modelling;
using Crime.VirtualBoard;

namespace Crime.Cli.Verbs;

/// <summary>Makes options.</summary>
internal static class Options
{
    /// <summary>The board that is meant where none is named.</summary>
    public const string DefaultProfile = "esp32-devkitc";

    /// <summary>A whole number within a range; the range is part of its help.</summary>
    public static Option<int> Number(string name, string description, int value, int min, int max)
    {
        string range = max == int.MaxValue ? $"{min} or more" : $"{min} to {max}";
        var option = new Option<int>(name) { Description = $"{description} ({range})", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (!result.Tokens.All(token => IsWithin(token.Value, min, max))) result.AddError($"{name} takes a number: {range}");
        });
        return option;
    }

    /// <summary>A whole number without a default; the range is part of its help.</summary>
    public static Option<int?> OptionalNumber(string name, string description, int min, int max)
    {
        string range = max == int.MaxValue ? $"{min} or more" : $"{min} to {max}";
        var option = new Option<int?>(name) { Description = $"{description} ({range})" };
        option.Validators.Add(result =>
        {
            if (!result.Tokens.All(token => IsWithin(token.Value, min, max))) result.AddError($"{name} takes a number: {range}");
        });
        return option;
    }

    /// <summary>Whole numbers within a range, one after the other; the range is part of its help.</summary>
    public static Option<int[]> Numbers(string name, string description, int[] values, int min, int max)
    {
        var option = new Option<int[]>(name)
        {
            Description = $"{description} ({min} to {max} each)",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => values,
        };
        option.Validators.Add(result =>
        {
            if (!result.Tokens.All(token => IsWithin(token.Value, min, max))) result.AddError($"{name} takes whole numbers: {min} to {max} each");
        });
        return option;
    }

    /// <summary>A number; what it may be is part of its help.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">What it decides.</param>
    /// <param name="value">The default.</param>
    /// <param name="isWithin">Whether it may be this one.</param>
    /// <param name="range">Which it may be, in words.</param>
    public static Option<double> Real(string name, string description, double value, Func<double, bool> isWithin, string range)
    {
        var option = new Option<double>(name) { Description = $"{description} ({range})", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            bool IsGood(string given) => double.TryParse(given, CultureInfo.InvariantCulture, out double number) && isWithin(number);
            if (!result.Tokens.All(token => IsGood(token.Value))) result.AddError($"{name} takes a number {range}");
        });
        return option;
    }

    /// <summary>A number without a default; the numbers that it takes are part of its help.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">What it decides.</param>
    /// <param name="isWithin">Returns true for a number that it takes.</param>
    /// <param name="range">The numbers that it takes, in words.</param>
    public static Option<double?> OptionalReal(string name, string description, Func<double, bool> isWithin, string range)
    {
        var option = new Option<double?>(name) { Description = $"{description} ({range})" };
        option.Validators.Add(result =>
        {
            bool IsGood(string given) => double.TryParse(given, CultureInfo.InvariantCulture, out double number) && isWithin(number);
            if (!result.Tokens.All(token => IsGood(token.Value))) result.AddError($"{name} takes a number {range}");
        });
        return option;
    }

    // Asked of the text: what is no number at all cannot be asked for as one.
    private static bool IsWithin(string given, int min, int max) =>
        int.TryParse(given, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max;

    /// <summary>A word with a default.</summary>
    public static Option<string> Word(string name, string description, string value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    /// <summary>One of a few words; the words are part of its help.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">What it decides.</param>
    /// <param name="words">The words; the first is the default.</param>
    public static Option<string> OneOf(string name, string description, params string[] words)
    {
        var option = new Option<string>(name) { Description = $"{description} ({string.Join(", ", words)})", DefaultValueFactory = _ => words[0] };
        option.Validators.Add(result =>
        {
            string? given = result.GetValueOrDefault<string>();
            if (!words.Contains(given)) result.AddError($"{name} takes {string.Join(", ", words[..^1])} or {words[^1]}; '{given}' is none of them");
        });
        return option;
    }

    /// <summary>One of some words; null when the option is not given.</summary>
    public static Option<string?> OptionalOneOf(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { Description = $"{description} ({string.Join(", ", words)})" };
        option.Validators.Add(result =>
        {
            string? given = result.GetValueOrDefault<string?>();
            if (!words.Contains(given)) result.AddError($"{name} takes {string.Join(", ", words[..^1])} or {words[^1]}; '{given}' is none of them");
        });
        return option;
    }

    /// <summary>Which of the boards under hardware/ a virtual board is.</summary>
    public static Option<string> Profile() => OneOf(
        "--profile", "Which board it is: power, time and memory of a folder under hardware/.",
        [DefaultProfile, .. BoardProfile.BundledNames.Where(name => name != DefaultProfile)]);

    /// <summary>What <c>--broker</c> names.</summary>
    /// <param name="text">HOST:PORT.</param>
    /// <param name="option">The option's name where it has another.</param>
    /// <returns>Null when it was not given.</returns>
    /// <exception cref="UserInputException">It is not HOST:PORT.</exception>
    [return: NotNullIfNotNull(nameof(text))]
    public static BrokerEndpoint? Broker(string? text, string option = "--broker")
    {
        if (text == null) return null;
        int colon = text.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is < 1 or > 65535)
            throw new UserInputException($"{option} takes HOST:PORT, as in localhost:1883; '{text}' is not that");
        return new BrokerEndpoint(text[..colon], port);
    }
}
