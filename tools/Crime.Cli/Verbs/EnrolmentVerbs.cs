// crime board add, list, rotate and revoke: the clients that a gateway admits.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Frames;
using Crime.Gateway.Access;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

/// <summary>Makes the verbs.</summary>
internal static class EnrolmentVerbs
{
    // Folder of an installed gateway.
    private const string InstalledFolder = "/var/lib/crime-gateway";

    private static readonly string[] s_roles = [.. Enum.GetNames<ClientRole>().Select(name => name.ToLowerInvariant())];

    /// <summary>Makes the verbs.</summary>
    public static Command[] Create() => [Add(), List(), Rotate(), Revoke()];

    private static Command Add()
    {
        var (id, data, json) = Parts();
        var role = Options.OneOf("--role", "Role of the client: it decides which topics the client may use.", s_roles);
        var group = new Option<string>("--group") { Description = "Label that boards are listed by, or the group of a gateway.", DefaultValueFactory = _ => "" };
        var command = new Command(
            "add",
            "Enrols a board, a gateway or a tool at a gateway, and prints its password. The password is shown once: the gateway keeps a salted hash.\n"
            + "A running gateway admits the client within a second.\n\n"
            + "Examples:\n  crime board add hall-1 --data /var/lib/crime-gateway\n  crime board add laptop --role tool --data /var/lib/crime-gateway")
        {
            id, role, group, data, json,
        };
        command.SetAction(parsed => Checked(parsed, id, data, (book, name) =>
        {
            string groupName = parsed.GetValue(group) ?? "";
            if (groupName.Length > 0 && !Topics.IsNodeId(groupName)) throw NotAName("--group", groupName);
            ClientRole clientRole = Enum.Parse<ClientRole>(parsed.GetRequiredValue(role), ignoreCase: true);
            string password = book.Add(name, clientRole, groupName, DateTimeOffset.UtcNow)
                ?? throw new UserInputException($"{name} is enrolled already; 'crime board rotate {name}' gives it a new password");
            return Print(name, clientRole, password, parsed.GetValue(json));
        }));
        return command;
    }

    private static Command List()
    {
        var (_, data, json) = Parts();
        var command = new Command("list", "Lists the clients that a gateway admits.\n\nExample:\n  crime board list --data /var/lib/crime-gateway") { data, json };
        command.SetAction(parsed => WithBook(parsed.GetValue(data), book =>
        {
            IReadOnlyList<Credential> all = book.All;
            if (parsed.GetValue(json))
            {
                Output.WriteJson(new { clients = all.Select(one => new { user = one.Id, role = NameOf(one.Role), one.Group, since = one.SinceUtc }) });
                return 0;
            }
            if (all.Count == 0) AnsiConsole.WriteLine("no clients are enrolled; 'crime board add' enrols one");
            else AnsiConsole.Write(TableOf(all));
            return 0;
        }));
        return command;
    }

    private static Command Rotate()
    {
        var (id, data, json) = Parts();
        var command = new Command(
            "rotate",
            "Gives an enrolled client a new password, and prints it. The old one ends at once, and so does a connection that was made with it.\n\n"
            + "Example:\n  crime board rotate hall-1 --data /var/lib/crime-gateway")
        {
            id, data, json,
        };
        command.SetAction(parsed => Checked(parsed, id, data, (book, name) =>
        {
            string password = book.Rotate(name, DateTimeOffset.UtcNow) ?? throw NotEnrolled(name);
            return Print(name, book.All.First(one => one.Id == name).Role, password, parsed.GetValue(json));
        }));
        return command;
    }

    private static Command Revoke()
    {
        var (id, data, json) = Parts();
        var command = new Command(
            "revoke",
            "Ends the admission of a client. A running gateway closes its connection within a second.\n\n"
            + "Example:\n  crime board revoke hall-1 --data /var/lib/crime-gateway")
        {
            id, data, json,
        };
        command.SetAction(parsed => Checked(parsed, id, data, (book, name) =>
        {
            if (!book.Revoke(name)) throw NotEnrolled(name);
            if (parsed.GetValue(json)) Output.WriteJson(new { user = name, revoked = true });
            else AnsiConsole.WriteLine($"{name} is no longer enrolled");
            return 0;
        }));
        return command;
    }

    private static (Argument<string> Id, Option<string?> Data, Option<bool> Json) Parts() => (
        new Argument<string>("ID") { Description = "Id of the client: 1 to 32 letters, digits, '-', '_' or '.'." },
        new Option<string?>("--data")
        {
            Description = $"Data folder of the gateway, its setting Data:Folder. Without it: {InstalledFolder} where a gateway is installed.",
        },
        new Option<bool>("--json") { Description = "Print the outcome as JSON." });

    private static int Checked(ParseResult parsed, Argument<string> id, Option<string?> data, Func<CredentialBook, string, int> run)
    {
        string name = parsed.GetRequiredValue(id);
        if (!Topics.IsNodeId(name)) throw NotAName("ID", name);
        return WithBook(parsed.GetValue(data), book => run(book, name));
    }

    private static int WithBook(string? data, Func<CredentialBook, int> run)
    {
        string? folder = data ?? (Directory.Exists(InstalledFolder) ? InstalledFolder : null);
        if (string.IsNullOrEmpty(folder)) throw new UserInputException("no gateway is installed here: name the folder of its setting Data:Folder with --data");
        try
        {
            return run(new CredentialBook(Path.GetFullPath(folder)));
        }
        catch (InvalidDataException e)
        {
            throw new UserInputException(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"--data {folder}: {e.Message}", e);
        }
    }

    private static int Print(string id, ClientRole role, string password, bool isJson)
    {
        string[] settings = role == ClientRole.Board
            ? [$"board.id={id}", $"broker.user={id}", $"broker.password={password}"]
            : [$"CRIME_Broker__Username={id}", $"CRIME_Broker__Password={password}"];
        if (isJson)
        {
            Output.WriteJson(new { user = id, password, role = NameOf(role), settings });
            return 0;
        }
        AnsiConsole.WriteLine($"{id} is enrolled as a {NameOf(role)}. The password is shown once.");
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(role == ClientRole.Board ? "Lines for the board's crime.cfg:" : "Environment of the program:");
        foreach (string line in settings) Console.Out.WriteLine("  " + line);
        return 0;
    }

    private static Table TableOf(IReadOnlyList<Credential> clients)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("client", "role", "group", "since (UTC)");
        foreach (Credential one in clients)
            table.AddRow(one.Id, NameOf(one.Role), one.Group, one.SinceUtc.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
        return table;
    }

    private static string NameOf(ClientRole role) => role.ToString().ToLowerInvariant();

    private static UserInputException NotEnrolled(string name) => new($"{name} is not enrolled; 'crime board list' shows the enrolled clients");

    private static UserInputException NotAName(string what, string given) => new($"{what} takes 1 to 32 letters, digits, '-', '_' or '.'; '{given}' is not that");
}
