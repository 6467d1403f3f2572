// The enrolled clients as the running gateway sees them.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Crime.Gateway.Configuration;
using Crime.Gateway.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Access;

/// <summary>A client as it was when it connected.</summary>
/// <param name="Credential">The credential that it connected with.</param>
/// <param name="Rights">The topics that it may use.</param>
public sealed record EnrolledClient(Credential Credential, ClientRights Rights);

/// <summary>Knows the enrolled clients, and follows changes of their file. Thread-safe.</summary>
public sealed class EnrolledClients
{
    private readonly string _path;
    private readonly ILogger<EnrolledClients> _log;
    private readonly Lock _reading = new();

    // A password that was right once is right by a keyed hash from then on: boards that connect again cost no PBKDF2.
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(SecretHash.HashSize);
    private readonly ConcurrentDictionary<string, byte[]> _proven = new();

    private volatile Dictionary<string, EnrolledClient> _clients = [];
    private (DateTime ChangedUtc, long Size) _version;
    private string _lastTrouble = "";

    /// <summary>Makes a list that is still empty.</summary>
    /// <param name="options">The data folder; without one no client is enrolled.</param>
    /// <param name="log">Receives a damaged file.</param>
    public EnrolledClients(GatewayOptions options, ILogger<EnrolledClients> log)
    {
        _path = options.DataFolder.Length == 0 ? "" : Path.Combine(options.DataFolder, CredentialFile.Name);
        _log = log;
    }

    /// <summary>Number of enrolled clients.</summary>
    public int Count => _clients.Count;

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="StartupException">It is damaged or cannot be read.</exception>
    public void Load()
    {
        try
        {
            ReadIfChanged();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"the enrolled clients cannot be read: {e.Message} (choose the folder with --{Settings.DataFolder.Name})", e);
        }
    }

    /// <summary>Reads the file where it has changed. A file that cannot be read changes nothing, and is logged once.</summary>
    public void Reload()
    {
        try
        {
            ReadIfChanged();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            lock (_reading)
            {
                if (e.Message != _lastTrouble) _log.AccessFileKept(e.Message);
                _lastTrouble = e.Message;
            }
        }
    }

    /// <summary>Returns true when the credential that a client came in with is still the same.</summary>
    /// <param name="client">The client.</param>
    public bool IsCurrent(EnrolledClient client) => ReferenceEquals(_clients.GetValueOrDefault(client.Credential.Id), client);

    /// <summary>Returns true when the id belongs to an enrolled client.</summary>
    /// <param name="id">An id of an MQTT client.</param>
    public bool IsEnrolled(string id) => _clients.ContainsKey(id);

    /// <summary>Returns the client with a name and a password, or null where one of them is wrong.</summary>
    /// <param name="id">The user name.</param>
    /// <param name="password">The password.</param>
    public EnrolledClient? Find(string id, string password)
    {
        if (password.Length > SecretHash.LongestPassword || !_clients.TryGetValue(id, out EnrolledClient? client)) return null;
        byte[] tag = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password));
        if (_proven.TryGetValue(id, out byte[]? proven) && CryptographicOperations.FixedTimeEquals(tag, proven)) return client;
        if (!client.Credential.Secret.Matches(password)) return null;
        _proven[id] = tag;
        // The client may have been revoked while its password was checked.
        if (IsCurrent(client)) return client;
        _proven.TryRemove(id, out _);
        return null;
    }

    private void ReadIfChanged()
    {
        if (_path.Length == 0) return;
        lock (_reading)
        {
            var file = new FileInfo(_path);
            (DateTime, long) version = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
            if (version == _version) return;
            Dictionary<string, EnrolledClient> old = _clients;
            _clients = CredentialFile.Read(_path).ToDictionary(one => one.Id, one => Unchanged(old, one) ?? new EnrolledClient(one, ClientRights.Of(one)));
            foreach (EnrolledClient client in old.Values.Where(client => !IsCurrent(client))) _proven.TryRemove(client.Credential.Id, out _);
            (_version, _lastTrouble) = (version, "");
        }
    }

    /// <summary>Connections hold on to the client that they came in with: it stays the same object as long as its credential does.</summary>
    private static EnrolledClient? Unchanged(Dictionary<string, EnrolledClient> old, Credential now)
    {
        if (!old.TryGetValue(now.Id, out EnrolledClient? known)) return null;
        Credential then = known.Credential;
        bool isSame = then.Role == now.Role && then.Group == now.Group && then.Secret.Iterations == now.Secret.Iterations
            && then.Secret.Hash.AsSpan().SequenceEqual(now.Secret.Hash) && then.Secret.Salt.AsSpan().SequenceEqual(now.Secret.Salt);
        return isSame ? known : null;
    }
}
