// The changes of the enrolled clients that commands make.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;

namespace Crime.Gateway.Access;

/// <summary>Adds, changes and removes enrolled clients in the data folder of a gateway. Two commands at a time do not lose each other's changes.</summary>
public sealed class CredentialBook
{
    /// <summary>End of the name of the file that commands lock.</summary>
    public const string LockEnding = ".lock";

    private const int LockAttempts = 100;
    private const int LockPauseMs = 50;

    private readonly string _folder;

    /// <summary>Opens the book of a gateway.</summary>
    /// <param name="folder">Its data folder.</param>
    public CredentialBook(string folder) => _folder = folder;

    private string FilePath => Path.Combine(_folder, CredentialFile.Name);

    /// <summary>The enrolled clients, ordered by id.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public IReadOnlyList<Credential> All => CredentialFile.Read(FilePath);

    /// <summary>Enrols a client.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="role">Its role.</param>
    /// <param name="group">Its group; empty for none.</param>
    /// <param name="sinceUtc">The present time.</param>
    /// <returns>The password, which is stored nowhere; null where the id is enrolled already.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or full.</exception>
    public string? Add(string id, ClientRole role, string group, DateTimeOffset sinceUtc)
    {
        string password = SecretHash.NewPassword();
        bool isAdded = Change(known =>
        {
            if (known.Any(one => one.Id == id)) return null;
            if (known.Count >= CredentialFile.MaxCredentials)
                throw new InvalidDataException($"{FilePath}: it is full with {known.Count} clients; revoke some that are no longer used");
            return [.. known, new Credential(id, role, group, SecretHash.Of(password), sinceUtc)];
        });
        return isAdded ? password : null;
    }

    /// <summary>Gives a client a new password. The old one ends at once.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="sinceUtc">The present time.</param>
    /// <returns>The password; null where the id is not enrolled.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public string? Rotate(string id, DateTimeOffset sinceUtc)
    {
        string password = SecretHash.NewPassword();
        bool isChanged = Change(known => known.All(one => one.Id != id) ? null
            : [.. known.Select(one => one.Id == id ? one with { Secret = SecretHash.Of(password), SinceUtc = sinceUtc } : one)]);
        return isChanged ? password : null;
    }

    /// <summary>Removes a client. The gateway ends its connection.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>False where the id is not enrolled.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public bool Revoke(string id) => Change(known => known.All(one => one.Id != id) ? null : [.. known.Where(one => one.Id != id)]);

    private bool Change(Func<IReadOnlyList<Credential>, IReadOnlyList<Credential>?> change)
    {
        Directory.CreateDirectory(_folder);
        using FileStream locked = Lock();
        if (change(All) is not { } changed) return false;
        CredentialFile.Write(FilePath, changed);
        return true;
    }

    private FileStream Lock()
    {
        // The file stays: a command that removed it could let two others in, each with a lock of a file of its own.
        string path = FilePath + LockEnding;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException) when (attempt < LockAttempts && File.Exists(path))
            {
                Thread.Sleep(LockPauseMs);
            }
        }
    }
}
