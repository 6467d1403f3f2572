// The settings of a board as the firmware's own parser knows them. There is no second list: the keys are the texts of the compiled library that the parser
// takes as keys, ranges are its refusals, defaults its objects, and meanings the documentation of the fields that it sets.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Crime.Device.Settings;
using Crime.Frames;
using Crime.Sensing;

namespace Crime.Cli.Reference;

/// <summary>A setting.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Values">The values that it takes.</param>
/// <param name="Unit">Unit of the value; empty where it has none.</param>
/// <param name="Default">Its value where none is set; empty for none.</param>
/// <param name="IsAtOnce">True when it changes in a running board, false when the board restarts for it.</param>
/// <param name="IsOverTheAir">True when it can be set over the air.</param>
/// <param name="Meaning">Effect of the setting.</param>
internal sealed record BoardSetting(string Key, string Values, string Unit, string Default, bool IsAtOnce, bool IsOverTheAir, string Meaning);

/// <summary>Asks the parser.</summary>
internal sealed partial class BoardSettingsReference
{
    // The class of a rule is a name that no setting has. A setting that takes this as its value takes any name.
    private const string AnyName = "wave";
    private const string WrongValue = "\u0001";

    private static readonly Assembly s_library = typeof(BoardSettings).Assembly;
    private static readonly Assembly[] s_documented = [s_library, typeof(SegmenterSettings).Assembly];
    private static readonly Func<string, bool> s_isAtOnce = MethodOf<Func<string, bool>>("Crime.Device.App.SettingsKeeper", "IsChangedAtOnce");
    private static readonly Func<BoardSettings, string, string?> s_apply = MethodOf<Func<BoardSettings, string, string?>>(typeof(SettingsFile).FullName!, "ApplyLine");

    private static readonly Type[] s_groups = [typeof(ResultSettings), typeof(SegmentSettings), typeof(SegmenterSettings), typeof(SensorSettings)];

    // Values of every kind that some setting takes: one of them is not its default.
    private static readonly string[] s_samples = ["1", "2", "8", "64", "300", "0x53", "0,3", "2/3", "1/1", "x", "COM2", "COM3", "gpio 2 high 500"];

    // The last word of a key is its unit.
    private static readonly Dictionary<string, string> s_units = new()
    {
        ["ms"] = "ms", ["us"] = "µs", ["mw"] = "mW", ["ma"] = "mA", ["milliohm"] = "mΩ", ["bytes"] = "bytes", ["hz"] = "Hz", ["g"] = "g", ["dps"] = "°/s",
        ["ns-per-byte"] = "ns", ["baud"] = "baud", ["confidence"] = "‰", ["quantile"] = "%",
    };

    private readonly string[] _texts = [.. UserTexts().Distinct()];
    private readonly FieldDocs _docs = new(s_documented);
    private readonly Dictionary<string, string> _keyOfField = [];

    /// <summary>Returns the settings in the order of their keys.</summary>
    public static IReadOnlyList<BoardSetting> All()
    {
        var reference = new BoardSettingsReference();
        string[] keys = [.. reference._texts.Where(IsKey).Order(StringComparer.Ordinal)];
        foreach (string key in keys)
            if (reference.FieldsOf(key) is [var field, ..]) reference._keyOfField.TryAdd(field, key);
        return [.. keys.Select(reference.SettingOf)];
    }

    /// <summary>Returns true for a text that the parser takes as a key, or as the prefix of keys of rules.</summary>
    private static bool IsKey(string text) =>
        KeyForm().IsMatch(text) && (ProblemOf(text, WrongValue) is not { } problem || !problem.StartsWith("unknown key", StringComparison.Ordinal));

    private BoardSetting SettingOf(string key)
    {
        string written = key.EndsWith('.') ? key + "<class>" : key;
        bool isOverTheAir = SettingsText.Problem(key + "=x", isRemote: true) == null;
        return new BoardSetting(written, ValuesOf(key), UnitOf(key), DefaultOf(key), s_isAtOnce(key), isOverTheAir, MeaningOf(key));
    }

    /// <summary>Returns the documentation of the field that a key sets. Where that is true or false, the word for true stands in it.</summary>
    private string MeaningOf(string key)
    {
        if (FieldsOf(key) is not [var field, ..]) return "";
        string text = _docs.Of(field, Referred);
        bool? isTrue(string value)
        {
            var settings = new BoardSettings();
            s_apply(settings, Line(key, value));
            return Flatten(settings)[field] as bool?;
        }
        return text.StartsWith("True ", StringComparison.Ordinal) ? $"`{AcceptedBy(key).First(value => isTrue(value) == true)}`" + text["True".Length..] : text;
    }

    /// <summary>Returns the text for a member that documentation refers to: a setting, a setting with a word, or the value of a constant.</summary>
    private string? Referred(string name)
    {
        if (_keyOfField.TryGetValue(name, out string? key)) return $"`{key}`";
        int dot = name.LastIndexOf('.');
        string member = name[(dot + 1)..];
        Type? type = s_documented.Select(assembly => assembly.GetType(name[..dot])).FirstOrDefault(found => found != null);
        if (type is { IsEnum: true })
        {
            string word = member.ToLowerInvariant();
            Dictionary<string, object?> fresh = Flatten(new BoardSettings());
            return _keyOfField.Where(pair => fresh[pair.Key]?.GetType() == type && ProblemOf(pair.Value, word) == null)
                .Select(pair => $"`{pair.Value}={word}`").FirstOrDefault();
        }
        return type?.GetField(member) is { IsLiteral: true } constant ? Convert.ToString(constant.GetRawConstantValue(), CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Returns what the parser says to a wrong value, and words that it takes beyond that.</summary>
    private string ValuesOf(string key)
    {
        if (ProblemOf(key, WrongValue) is not { } problem) return "text";
        string form = RefusalForm().Replace(problem, "");
        if (ProblemOf(key, AnyName) == null) return form;
        string[] more = [.. _texts.Where(text => WordForm().IsMatch(text) && ProblemOf(key, text) == null && !form.Contains(text, StringComparison.Ordinal))];
        return string.Join(", or ", [form, .. more]);
    }

    private static string UnitOf(string key)
    {
        string last = key[(key.LastIndexOf('.') + 1)..];
        return s_units.Where(unit => last == unit.Key || last.EndsWith("-" + unit.Key, StringComparison.Ordinal)).Select(unit => unit.Value).FirstOrDefault("");
    }

    /// <summary>Returns the value that changes nothing.</summary>
    private string DefaultOf(string key)
    {
        Dictionary<string, object?> fresh = Flatten(new BoardSettings());
        IEnumerable<string> ofFields = FieldsOf(key).SelectMany(field => Texts(fresh[field]));
        return ofFields.Concat(AcceptedBy(key)).FirstOrDefault(value => ProblemOf(key, value) == null && FieldsOf(key, value).Length == 0) ?? "";
    }

    /// <summary>Texts by which a person may write the value of a field.</summary>
    private static IEnumerable<string> Texts(object? value) => value switch
    {
        string text => [text],
        // Some numbers are kept in thousandths.
        int number => [FormattableString.Invariant($"{number}"), FormattableString.Invariant($"{number / 1000m:0.###}")],
        _ => [],
    };

    /// <summary>Values that a key takes.</summary>
    private IEnumerable<string> AcceptedBy(string key)
    {
        IEnumerable<string> numbers = ProblemOf(key, WrongValue) is { } problem ? NumberForm().Matches(problem).Select(match => match.Value) : [];
        return numbers.Concat(s_samples).Concat(_texts.Where(text => WordForm().IsMatch(text))).Where(value => ProblemOf(key, value) == null);
    }

    /// <summary>Fields that a key sets, in the order in which the parser declares them.</summary>
    private string[] FieldsOf(string key) => AcceptedBy(key).Select(value => FieldsOf(key, value)).FirstOrDefault(fields => fields.Length > 0) ?? [];

    private static string[] FieldsOf(string key, string value)
    {
        var settings = new BoardSettings();
        s_apply(settings, Line(key, value));
        Dictionary<string, object?> fresh = Flatten(new BoardSettings()), changed = Flatten(settings);
        return [.. fresh.Keys.Where(field => !Equals(fresh[field], changed[field]))];
    }

    private static string? ProblemOf(string key, string value) => s_apply(new BoardSettings(), Line(key, value));

    private static string Line(string key, string value) => key + (key.EndsWith('.') ? AnyName : "") + "=" + value;

    /// <summary>All values that settings hold, by class and field. A group that is not there yet has its defaults.</summary>
    private static Dictionary<string, object?> Flatten(BoardSettings settings)
    {
        var values = new Dictionary<string, object?>();
        Add(settings);
        return values;

        void Add(object group)
        {
            foreach (FieldInfo field in group.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                object? value = field.GetValue(group);
                if (s_groups.Contains(field.FieldType))
                    Add(value ?? Activator.CreateInstance(field.FieldType)!);
                else
                    values[$"{group.GetType().FullName}.{field.Name}"] = value switch
                    {
                        int[] numbers => string.Join(',', numbers),
                        ArrayList list => list.Count,
                        _ => value,
                    };
            }
        }
    }

    /// <summary>Returns the texts in the code of the library.</summary>
    private static IEnumerable<string> UserTexts()
    {
        using var file = new PEReader(File.OpenRead(s_library.Location));
        MetadataReader metadata = file.GetMetadataReader();
        for (UserStringHandle at = MetadataTokens.UserStringHandle(1); !at.IsNil; at = metadata.GetNextHandle(at)) yield return metadata.GetUserString(at);
    }

    private static T MethodOf<T>(string type, string name) where T : Delegate =>
        s_library.GetType(type, throwOnError: true)!.GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!.CreateDelegate<T>();

    [GeneratedRegex(@"^[a-z][a-z0-9]*([.-][a-z0-9]+)*\.?$", RegexOptions.CultureInvariant)]
    private static partial Regex KeyForm();

    [GeneratedRegex(@"^[a-z][a-z0-9-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex WordForm();

    [GeneratedRegex(@"^\S+ (is|takes)( a number from)? ", RegexOptions.CultureInvariant)]
    private static partial Regex RefusalForm();

    [GeneratedRegex(@"-?\d+", RegexOptions.CultureInvariant)]
    private static partial Regex NumberForm();
}
