// The kernel package on the board's flash. Loading foreign code may end the CLR, and a board that loads it again at every start would
// never come up. So a package is on trial until its golden vectors have passed: a start that finds it on trial for the second time
// rejects it, and the checksum of a rejected package keeps the board from downloading it again.

using System.IO;
using Crime.Binary;
using Crime.Packages;

namespace Crime.Device.Models;

/// <summary>Keeps one kernel package on the internal flash.</summary>
internal static class KernelStore
{
    /// <summary>The package that has passed.</summary>
    public const string Path = @"I:\kernel.pkg";

    /// <summary>A package that has been downloaded and not tried yet.</summary>
    public const string NewPath = @"I:\kernel.new";

    /// <summary>A package on its first trial.</summary>
    public const string FirstTrialPath = @"I:\kernel.try";

    /// <summary>A package on its second trial: a loss of power may have ended the first one.</summary>
    public const string SecondTrialPath = @"I:\kernel.tr2";

    /// <summary>The checksum of the package that was rejected last.</summary>
    public const string RejectedPath = @"I:\kernel.bad";

    /// <summary>Largest package in bytes that is downloaded.</summary>
    public const int MaxSizeBytes = 96 * 1024;

    private const int ChecksumSize = KernelPackageFormat.ChecksumSize;

    /// <summary>True when a downloaded package waits to be tried.</summary>
    public static bool HasNew => File.Exists(NewPath);

    /// <summary>Returns the checksum of the newest package that the board knows, good or rejected; 0 when it knows none.</summary>
    /// <exception cref="IOException">The flash cannot be read.</exception>
    public static uint Checksum()
    {
        string[] paths = { NewPath, SecondTrialPath, FirstTrialPath, Path };
        foreach (string path in paths)
            if (File.Exists(path)) return ChecksumOf(path);
        if (!File.Exists(RejectedPath)) return 0;
        byte[] rejected = FlashFile.ReadAt(RejectedPath, 0, ChecksumSize);
        return rejected == null ? 0 : LittleEndian.ReadUInt32(rejected, 0);
    }

    /// <summary>Returns the checksum of a package, which its header ends with; 0 when the file is too short to have one.</summary>
    /// <param name="path">The package.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static uint ChecksumOf(string path)
    {
        byte[] start = FlashFile.ReadAt(path, 0, KernelPackageFormat.FixedHeaderSize);
        if (start == null) return 0;
        byte[] checksum = FlashFile.ReadAt(path, LittleEndian.ReadUInt16(start, KernelPackageFormat.HeaderSizeOffset) - ChecksumSize, ChecksumSize);
        return checksum == null ? 0 : LittleEndian.ReadUInt32(checksum, 0);
    }

    /// <summary>Returns the path of the package to load, or null when there is none. Rejects one whose second trial did not end.</summary>
    /// <exception cref="IOException">The flash refuses it.</exception>
    public static string Find()
    {
        if (HasNew) return NewPath;
        if (File.Exists(SecondTrialPath)) Reject();
        return File.Exists(FirstTrialPath) ? FirstTrialPath : File.Exists(Path) ? Path : null;
    }

    /// <summary>Puts a package on trial, right before its code is loaded. No effect on one that has passed.</summary>
    /// <param name="path">The path that <see cref="Find"/> returned.</param>
    /// <exception cref="IOException">The flash refuses it.</exception>
    public static void StartTrial(string path)
    {
        if (path == NewPath) FlashFile.Delete(SecondTrialPath);
        if (path == NewPath) FlashFile.Replace(NewPath, FirstTrialPath);
        else if (path == FirstTrialPath) FlashFile.Replace(FirstTrialPath, SecondTrialPath);
    }

    /// <summary>Ends a trial: the package has passed.</summary>
    /// <exception cref="IOException">The flash refuses it.</exception>
    public static void Pass() => EndTrial(Path);

    /// <summary>Ends a trial without a verdict: the package is tried again at the next start.</summary>
    /// <exception cref="IOException">The flash refuses it.</exception>
    public static void Postpone() => EndTrial(NewPath);

    /// <summary>Deletes the package in use or on trial, and notes its checksum.</summary>
    /// <exception cref="IOException">The flash refuses it.</exception>
    public static void Reject()
    {
        string path = File.Exists(SecondTrialPath) ? SecondTrialPath : File.Exists(FirstTrialPath) ? FirstTrialPath : Path;
        if (!File.Exists(path)) return;
        var rejected = new byte[ChecksumSize];
        LittleEndian.WriteUInt32(rejected, 0, ChecksumOf(path));
        File.WriteAllBytes(RejectedPath, rejected);
        File.Delete(path);
    }

    private static void EndTrial(string newPath)
    {
        if (File.Exists(SecondTrialPath)) FlashFile.Replace(SecondTrialPath, newPath);
        else if (File.Exists(FirstTrialPath)) FlashFile.Replace(FirstTrialPath, newPath);
    }
}
