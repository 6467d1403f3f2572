// The model on the board's flash. A new one is written beside the old one and checked before it takes its place. The old one stays until the
// trial of the new one is over. Whatever happens to the power or the network in between, a good model remains.

using System;
using System.IO;
using Crime.Model;

namespace Crime.Device.Models;

/// <summary>Keeps one model file on the internal flash.</summary>
internal static class ModelStore
{
    /// <summary>The model in use.</summary>
    public const string Path = @"I:\model.crime";

    /// <summary>A model that has not taken its place yet.</summary>
    public const string NewPath = @"I:\model.new";

    /// <summary>The model before, while the one in use is on trial.</summary>
    public const string OldPath = @"I:\model.old";

    /// <summary>The checksum of the model that was rejected last.</summary>
    public const string RejectedPath = @"I:\model.bad";

    /// <summary>Largest file in bytes: a share of the managed heap of a board without external memory.</summary>
    public const int MaxSizeBytes = 64 * 1024;

    /// <summary>Reads the model.</summary>
    /// <param name="problem">Why a file was passed over, or null.</param>
    /// <returns>The model, or null when there is no good one, or when the heap does not hold it.</returns>
    public static ModelFile Load(out string problem)
    {
        ModelFile model = Read(Path, out problem, out bool isTooLarge);
        if (model != null || isTooLarge) return model;
        // The file is damaged.
        ModelFile replacement = Read(NewPath, out _, out _);
        if (replacement != null) Rename(NewPath);
        else if (HasOld && PutBack()) replacement = Read(Path, out _, out _);
        return replacement;
    }

    /// <summary>Completes a replacement that a loss of power has ended between two files: the new model, or the old one, takes its place.</summary>
    public static void Settle()
    {
        try
        {
            if (File.Exists(Path)) return;
            if (File.Exists(NewPath) && NewChecksum() != 0) Rename(NewPath);
            else if (HasOld) Rename(OldPath);
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            // The read of the model reports the problem.
        }
    }

    /// <summary>True when the model before is still there.</summary>
    public static bool HasOld => File.Exists(OldPath);

    /// <summary>Returns the checksum that the file of the model in use ends with; 0 when there is none. The content is unchecked.</summary>
    public static uint Checksum() => TryReadChecksum(Path, -ModelFormat.ChecksumSize);

    /// <summary>Returns the checksum of the model that was rejected last; 0 when none was.</summary>
    public static uint RejectedChecksum() => TryReadChecksum(RejectedPath, 0);

    /// <summary>Returns the checksum of a downloaded model that waits to be taken, or 0 when it is damaged. Reads the file in pieces.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static uint NewChecksum()
    {
        if (!FlashFile.EndsWithItsChecksum(NewPath)) return 0;
        byte[] checksum = FlashFile.ReadAt(NewPath, -ModelFormat.ChecksumSize, ModelFormat.ChecksumSize);
        return checksum == null ? 0 : Binary.LittleEndian.ReadUInt32(checksum, 0);
    }

    /// <summary>Puts the downloaded model on trial, in the place of the old one, which stays beside it. A model that is on trial goes first.</summary>
    /// <param name="needsKernel">True when the board computes the old model.</param>
    /// <returns>Why the old model stays, or null.</returns>
    public static string TakeNew(bool needsKernel)
    {
        try
        {
            uint checksum = NewChecksum();
            if (checksum == 0)
            {
                FlashFile.Delete(NewPath);
                return NewPath + " is damaged";
            }
            // Of two models on trial neither is known to be good.
            if (HasOld && File.Exists(ModelTrial.Path)) FlashFile.Replace(OldPath, Path);
            if (File.Exists(Path))
            {
                ModelTrial.Begin(checksum, needsKernel);
                FlashFile.Replace(Path, OldPath);
            }
            FlashFile.Replace(NewPath, Path);
            return null;
        }
        catch (Exception e)
        {
            return NewPath + " could not be renamed: " + e.Message;
        }
    }

    /// <summary>Puts the model before in the place of the one on trial, whose checksum is kept so that it is not downloaded again.</summary>
    /// <returns>False when there is none, or when the flash refuses it.</returns>
    public static bool PutBack()
    {
        try
        {
            if (!HasOld) return false;
            byte[] checksum = File.Exists(Path) ? FlashFile.ReadAt(Path, -ModelFormat.ChecksumSize, ModelFormat.ChecksumSize) : null;
            if (checksum != null) File.WriteAllBytes(RejectedPath, checksum);
            return Rename(OldPath);
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static bool Rename(string path)
    {
        try
        {
            FlashFile.Replace(path, Path);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static uint TryReadChecksum(string path, int offset)
    {
        try
        {
            byte[] checksum = File.Exists(path) ? FlashFile.ReadAt(path, offset, ModelFormat.ChecksumSize) : null;
            return checksum == null ? 0 : Binary.LittleEndian.ReadUInt32(checksum, 0);
        }
        catch (Exception)
        {
            return 0;
        }
    }

    private static ModelFile Read(string path, out string problem, out bool isTooLarge)
    {
        problem = null;
        isTooLarge = false;
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
            isTooLarge = true;
        }
        catch (Exception e)
        {
            problem = path + " cannot be read: " + e.Message;
        }
        return null;
    }
}
