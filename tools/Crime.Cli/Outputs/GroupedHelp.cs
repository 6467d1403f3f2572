// The help of `crime` itself: verbs in groups, a line each. The help of a verb has the rest.

using System;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.Linq;

namespace Crime.Cli.Outputs;

/// <summary>Prints the verbs by purpose.</summary>
/// <param name="groups">Title and verbs of each group.</param>
/// <param name="ofVerbs">Prints the help of a verb.</param>
internal sealed class GroupedHelp((string Title, Command[] Verbs)[] groups, SynchronousCommandLineAction ofVerbs) : SynchronousCommandLineAction
{
    private const int TextWidth = 78;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        if (parseResult.CommandResult.Command is not RootCommand) return ofVerbs.Invoke(parseResult);
        Print();
        return 0;
    }

    /// <summary>Prints the help.</summary>
    public void Print()
    {
        Console.Out.WriteLine("CRIME for .NET nanoFramework: collaborative RNN inference between ESP32 boards and a gateway.\n\nUsage: crime VERB [options]");
        int column = groups.Max(group => group.Verbs.Max(verb => verb.Name.Length)) + 4;
        foreach ((string title, Command[] verbs) in groups)
        {
            Console.Out.WriteLine($"\n{title}");
            foreach (Command verb in verbs) Console.Out.WriteLine(Wrapped(("  " + verb.Name).PadRight(column), Summary(verb), column));
        }
        Console.Out.WriteLine("\ncrime VERB --help shows the options of a verb, with an example.\ncrime --version shows the version.");
    }

    /// <summary>Returns the first sentence of a verb's description.</summary>
    private static string Summary(Command verb)
    {
        string text = string.Join(' ', (verb.Description ?? "").Split('\n', StringSplitOptions.TrimEntries));
        int end = text.IndexOf(". ", StringComparison.Ordinal), colon = text.IndexOf(": ", StringComparison.Ordinal);
        if (colon > 0 && (end < 0 || colon < end)) end = colon;
        return (end < 0 ? text : text[..end]).TrimEnd('.');
    }

    private static string Wrapped(string start, string text, int column)
    {
        string line = start, lines = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > column && line.Length + 1 + word.Length > TextWidth)
            {
                lines += line + "\n";
                line = new string(' ', column);
            }
            line += (line.Length > column ? " " : "") + word;
        }
        return lines + line;
    }
}
