// The file with the enrolled clients. Commands write it and the gateway reads it, so it is replaced as a whole, and checked as input from elsewhere.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Frames;
using Crime.Gateway.Files;

namespace Crime.Gateway.Access;

/// <summary>Reads and writes the file with the enrolled clients.</summary>
public static class CredentialFile
{
    /// <summary>Name of the file in the data folder of a gateway.</summary>
    public const string Name = "access.json";

    /// <summary>Most clients in a file.</summary>
    public const int MaxCredentials = 20_000;

    private const int Version = 1;
    private const int MaxFileSize = 8 * 1024 * 1024;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Reads a file; one that does not exist has no clients.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="InvalidDataException">It is not such a file; the message says in one line what is wrong where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IReadOnlyList<Credential> Read(string path)
    {
        if (!File.Exists(path)) return [];
        Stored? stored;
        try
        {
            stored = JsonSerializer.Deserialize<Stored>(RegularFile.Read(path, MaxFileSize), s_json);
        }
        catch (JsonException e)
        {
            throw Wrong(path, $"line {e.LineNumber + 1} is not the JSON of this file");
        }
        if (stored == null || stored.Version != Version) throw Wrong(path, $"its version is {stored?.Version ?? 0}, this program reads {Version}");
        StoredCredential[] entries = stored.Credentials ?? [];
        if (entries.Length > MaxCredentials) throw Wrong(path, $"it has {entries.Length} clients, at most {MaxCredentials} are read");
        Credential[] credentials = [.. entries.Select((entry, i) => entry?.Checked() ?? throw Wrong(path, $"client {i + 1} lacks a field or has one out of its range"))];
        if (credentials.GroupBy(one => one.Id).FirstOrDefault(same => same.Count() > 1) is { } twice) throw Wrong(path, $"client '{twice.Key}' is there twice");
        return credentials;
    }

    /// <summary>Replaces a file. A crash leaves the old one or the new one. Only the owner of the folder can read it, who is the user of the gateway.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="credentials">The clients.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, IEnumerable<Credential> credentials)
    {
        var stored = new Stored { Version = Version, Credentials = [.. credentials.OrderBy(one => one.Id, StringComparer.Ordinal).Select(StoredCredential.Of)] };
        string temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(stream, stored, s_json);
            stream.Flush(flushToDisk: true);
        }
        GiveToOwnerOf(Path.GetDirectoryName(path)!, temporary);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Root enrols for a gateway that runs as another user: the owner of its folder has to be able to read the file.</summary>
    private static void GiveToOwnerOf(string folder, string file)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return;
        using Process? chown = Process.Start(new ProcessStartInfo("chown", ["--reference=" + folder, file]) { RedirectStandardError = true });
        chown?.WaitForExit();
        if (chown?.ExitCode != 0) throw new IOException($"{file} cannot be given to the owner of {folder}");
    }

    private static InvalidDataException Wrong(string path, string reason) => new($"{path}: {reason}");

    private sealed class Stored
    {
        public int Version { get; set; }

        public StoredCredential[]? Credentials { get; set; }
    }

    private sealed class StoredCredential
    {
        public string? Id { get; set; }

        public string? Role { get; set; }

        public string? Group { get; set; }

        public byte[]? Salt { get; set; }

        public int Iterations { get; set; }

        public byte[]? Hash { get; set; }

        public DateTimeOffset Since { get; set; }

        public static StoredCredential Of(Credential credential) => new()
        {
            Id = credential.Id,
            Role = credential.Role.ToString().ToLowerInvariant(),
            Group = credential.Group,
            Salt = credential.Secret.Salt,
            Iterations = credential.Secret.Iterations,
            Hash = credential.Secret.Hash,
            Since = credential.SinceUtc,
        };

        public Credential? Checked()
        {
            string group = Group ?? "";
            bool isKnown = Enum.TryParse(Role, ignoreCase: true, out ClientRole role) && Enum.IsDefined(role) && !char.IsAsciiDigit(Role![0]);
            bool isGood = isKnown && Id != null && Topics.IsNodeId(Id) && (group.Length == 0 || Topics.IsNodeId(group))
                && Salt?.Length == SecretHash.SaltSize && Hash?.Length == SecretHash.HashSize
                && Iterations is >= SecretHash.FewestIterations and <= SecretHash.MostIterations;
            return isGood ? new Credential(Id!, role, group, new SecretHash(Salt!, Iterations, Hash!), Since) : null;
        }
    }
}
