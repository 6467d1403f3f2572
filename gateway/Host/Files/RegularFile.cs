// Reads files of folders that others write to. Opening a named pipe waits for a writer, and a device such as /dev/zero has no end: the gateway reads neither.

using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Crime.Gateway.Files;

/// <summary>Opens and reads regular files alone, and not more of them than a limit.</summary>
public static class RegularFile
{
    private const string NoFile = "it is not a regular file (a pipe, a device, a socket or a broken link); only regular files are read";

    /// <summary>Returns true for a regular file, or for a link to one. False as well where there is none.</summary>
    /// <param name="path">A path.</param>
    public static bool Is(string path)
    {
        if (!OperatingSystem.IsLinux()) return File.Exists(path);
        return Statx.ModeOf(path) is { } mode && (mode & Statx.TypeMask) == Statx.Regular;
    }

    /// <summary>Opens a file for reading. A program that writes or replaces it meanwhile is not hindered.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="IOException">It cannot be opened, or it is not a regular file.</exception>
    public static FileStream Open(string path)
    {
        if (!Is(path)) throw File.Exists(path) ? new IOException(NoFile) : new FileNotFoundException("there is no file", path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
    }

    /// <summary>Reads a file as a whole.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="maxSize">Most bytes.</param>
    /// <exception cref="IOException">It cannot be read, it is not a regular file, or it is larger than that.</exception>
    public static byte[] Read(string path, int maxSize)
    {
        using FileStream file = Open(path);
        if (file.Length > maxSize) throw new IOException($"it is larger than {maxSize} bytes");
        var bytes = new byte[file.Length];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>The system call for the type of a file. Its record has one layout on every processor.</summary>
    private static class Statx
    {
        public const int TypeMask = 0xF000;
        public const int Regular = 0x8000;

        private const int CurrentFolder = -100;
        private const uint TypeWanted = 1;
        private const int RecordSize = 256;
        private const int ModeOffset = 28;

        public static int? ModeOf(string path)
        {
            var record = new byte[RecordSize];
            return Call(CurrentFolder, path, 0, TypeWanted, record) == 0 ? BitConverter.ToUInt16(record, ModeOffset) : null;
        }

        [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int Call(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] record);
    }
}
