// The model on the board's flash. A new one is written beside the old one and checked before it takes its place: whatever
// happens to the power or the network in between, a good model remains.

using System;
using System.IO;
using Crime.Model;

namespace Crime.Device.Models;

/// <summary>Keeps one model file on the internal flash.</summary>
public static class ModelStore
{
    /// <summary>The model in use.</summary>
    public const string Path = @"I:\model.crime";

    /// <summary>A model that has not taken its place yet.</summary>
    public const string NewPath = @"I:\model.new";

    /// <summary>Largest file in bytes: a share of the managed heap of a board without external memory.</summary>
    public const int MaxSizeBytes = 64 * 1024;

    /// <summary>Reads the model.</summary>
    /// <param name="problem">Why a file was passed over, or null.</param>
    /// <returns>The model, or null when there is no good one.</returns>
    public static ModelFile Load(out string problem)
    {
        ModelFile model = Read(Path, out problem);
        if (model != null) return model;
        // The power failed between removing the old file and renaming the new one.
        ModelFile replacement = Read(NewPath, out _);
        if (replacement != null) Promote(out _);
        return replacement;
    }

    /// <summary>Returns the checksum of a downloaded model that waits to be taken, or 0 when it is damaged. Reads the file in pieces.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static uint NewChecksum()
    {
        if (!FlashFile.EndsWithItsChecksum(NewPath)) return 0;
        byte[] checksum = FlashFile.ReadAt(NewPath, -ModelFormat.ChecksumSize, ModelFormat.ChecksumSize);
        return checksum == null ? 0 : Binary.LittleEndian.ReadUInt32(checksum, 0);
    }

    /// <summary>Puts the downloaded model in the place of the old one, if it is good. The heap has to hold the whole file.</summary>
    /// <param name="problem">Why the old model stays, or null.</param>
    /// <returns>The model in use from now on; null when there is no good one.</returns>
    public static ModelFile TakeNew(out string problem)
    {
        ModelFile model = Read(NewPath, out problem);
        if (model != null && Promote(out problem)) return model;
        model = null;
        FlashFile.Delete(NewPath);
        return Load(out _);
    }

    private static bool Promote(out string problem)
    {
        problem = null;
        try
        {
            FlashFile.Replace(NewPath, Path);
            return true;
        }
        catch (Exception e)
        {
            problem = NewPath + " could not be renamed: " + e.Message;
            return false;
        }
    }

    private static ModelFile Read(string path, out string problem)
    {
        problem = null;
        try
        {
            if (!File.Exists(path))
            {
                problem = "no file " + path;
                return null;
            }
            ModelError error = ModelReader.TryRead(File.ReadAllBytes(path), out ModelFile model);
            if (error == ModelError.None) return model;
            problem = path + ": " + ModelErrors.Describe(error);
        }
        catch (OutOfMemoryException)
        {
            problem = path + " needs more memory than is free";
        }
        catch (Exception e)
        {
            problem = path + " cannot be read: " + e.Message;
        }
        return null;
    }
}
