// Options of the verbs that change something at a gateway.

using System;
using System.CommandLine;
using Crime.Modelling;

namespace Crime.Cli.Publishing;

internal static class GatewayOptions
{
    private const string TokenVariable = "CRIME_UPLOAD_TOKEN";

    /// <summary>The gateway's address.</summary>
    public static Option<string> Address() =>
        new("--gateway") { Description = "Address of the gateway's HTTP interface, as http://HOST:PORT.", Required = true };

    /// <summary>The right to upload.</summary>
    public static Option<string?> Token() => new("--token")
    {
        Description = $"The gateway's upload token, for a gateway on another machine; better given as {TokenVariable}, where 'ps' does not show it.",
    };

    /// <summary>Reads the address.</summary>
    /// <exception cref="UserInputException">It is none.</exception>
    public static Uri AddressOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.AbsolutePath == "/"
            ? address
            : throw new UserInputException($"--gateway takes http://HOST:PORT; '{text}' is not that");

    /// <summary>Returns the given token, that of the environment, or null.</summary>
    public static string? TokenOf(string? given)
    {
        string? token = given ?? Environment.GetEnvironmentVariable(TokenVariable);
        return string.IsNullOrEmpty(token) ? null : token;
    }
}
