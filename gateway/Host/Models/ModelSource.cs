// What a model folder knows of one file in it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Gateway.Files;
using Crime.Model;

namespace Crime.Gateway.Models;

/// <summary>A file's identity: two different contents of a name do not have the same.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="WrittenAt">When it was last written.</param>
/// <param name="Checksum">Its last four bytes, which are the CRC-32 of a model file.</param>
internal sealed record FileStamp(long Size, DateTime WrittenAt, uint Checksum)
{
    /// <summary>The stamp of a file; null when it has gone or cannot be opened at this moment.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            using FileStream file = RegularFile.Open(path);
            var tail = new byte[ModelFormat.ChecksumSize];
            if (file.Length >= tail.Length) file.Seek(-tail.Length, SeekOrigin.End);
            int read = file.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false);
            return new FileStamp(file.Length, File.GetLastWriteTimeUtc(path), read < tail.Length ? 0 : BitConverter.ToUInt32(tail));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There, but not readable: the log gets one line, so it needs a stamp.
            return new FileStamp(-1, File.GetLastWriteTimeUtc(path), 0);
        }
    }
}

/// <summary>A file and the models that came from it.</summary>
internal sealed class ModelSource
{
    /// <summary>The content that was last seen.</summary>
    public FileStamp? Seen { get; set; }

    /// <summary>When that was seen first, in µs of the gateway's clock.</summary>
    public long SeenUs { get; set; }

    /// <summary>The content that was last loaded or complained of.</summary>
    public FileStamp? Judged { get; set; }

    /// <summary>True when what was seen last has been neither loaded nor complained of.</summary>
    public bool IsUnsettled => Seen != Judged;

    /// <summary>The model that is served under the file's name; null when none ever was.</summary>
    public GatewayModel? Current { get; private set; }

    /// <summary>The one before it, while boards still ask for it.</summary>
    public GatewayModel? Replaced { get; private set; }

    /// <summary>Serves a newly loaded model.</summary>
    public void Use(GatewayModel model)
    {
        // The same weights with another board's image are no other version.
        if (Current != null && Current.Id != model.Id) Replaced = Current;
        Current = model;
    }

    /// <summary>Serves the replaced model again.</summary>
    public void SwapBack() => (Current, Replaced) = (Replaced, Current);

    /// <summary>Lets the replaced model go if nobody has asked for it since, or if another file serves it.</summary>
    public void ForgetReplaced(long requestedBeforeUs, IReadOnlyList<GatewayModel> current)
    {
        if (Replaced != null && (Replaced.RequestedAtUs < requestedBeforeUs || current.Any(model => model.Id == Replaced.Id))) Replaced = null;
    }
}
