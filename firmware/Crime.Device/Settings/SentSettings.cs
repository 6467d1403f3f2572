// The settings that came while the board ran, from the console or over the air. They survive a restart and win over crime.cfg, which stays as it
// was flashed. The file is written beside the old one and renamed: whatever happens to the power in between, one of the two is whole.

using System;
using System.IO;
using System.Text;
using Crime.Binary;

namespace Crime.Device.Settings;

/// <summary>Keeps lines of settings on the flash, with the hash of the last text that came over the air, and a checksum at the end.</summary>
internal static class SentSettings
{
    /// <summary>The file.</summary>
    public const string Path = @"I:\settings.air";

    /// <summary>A file that has not taken its place yet.</summary>
    public const string NewPath = @"I:\settings.new";

    /// <summary>Most bytes of lines that are kept.</summary>
    public const int MaxSizeBytes = 2048;

    private const int HashSize = 4;

    /// <summary>Reads the file.</summary>
    /// <param name="hash">Hash of the last text that came over the air; 0 when none has.</param>
    /// <param name="problem">Why the file is passed over, or null.</param>
    /// <returns>The lines; empty when there are none.</returns>
    public static string Load(out uint hash, out string problem)
    {
        hash = 0;
        problem = null;
        try
        {
            Settle();
            if (!File.Exists(Path)) return "";
            byte[] bytes = File.ReadAllBytes(Path);
            int size = bytes.Length - HashSize - Sealed.ChecksumSize;
            if (size >= 0 && Sealed.IsWhole(bytes))
            {
                hash = LittleEndian.ReadUInt32(bytes, 0);
                return Encoding.UTF8.GetString(bytes, HashSize, size);
            }
            problem = Path + " is damaged; ignored";
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception e)
        {
            problem = Path + " cannot be read: " + e.Message;
        }
        return "";
    }

    /// <summary>Replaces the file.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="hash">Hash of the last text that came over the air; 0 when none has.</param>
    /// <returns>Why the old file stays, or null.</returns>
    public static string Save(string text, uint hash)
    {
        byte[] lines = Encoding.UTF8.GetBytes(text);
        var bytes = new byte[HashSize + lines.Length + Sealed.ChecksumSize];
        LittleEndian.WriteUInt32(bytes, 0, hash);
        Array.Copy(lines, 0, bytes, HashSize, lines.Length);
        Sealed.Seal(bytes);
        try
        {
            File.WriteAllBytes(NewPath, bytes);
            FlashFile.Replace(NewPath, Path);
            return null;
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception e)
        {
            return Path + " cannot be written: " + e.Message;
        }
    }

    /// <summary>Completes a replacement that a loss of power has ended between the removal of the old file and the renaming of the new one.</summary>
    private static void Settle()
    {
        if (!File.Exists(Path) && File.Exists(NewPath) && FlashFile.EndsWithItsChecksum(NewPath)) FlashFile.Replace(NewPath, Path);
    }
}
