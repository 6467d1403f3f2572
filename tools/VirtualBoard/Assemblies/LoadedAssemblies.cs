// What a board has loaded with Assembly.Load since it started. As on the device nothing is unloaded before a restart, each load takes memory
// again, and the CLR runs an assembly out of the array that it was given.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Security.Cryptography;
using Crime.VirtualBoard.Model;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>The loaded assemblies of a board. Any of its threads may call it.</summary>
/// <param name="board">The board.</param>
internal sealed class LoadedAssemblies(IExecutingBoard board)
{
    /// <summary>The CLR's table has 64 places; a started board has taken the first ones.</summary>
    internal const int MaxCount = 64 - HeapCosts.StartedAssemblies;

    private readonly object _lock = new();

    // The arrays are not copied: as long as this list has them they count as held on the board's heap.
    private readonly List<(byte[] Bytes, TranslatedAssembly Assembly)> _loaded = [];

    /// <summary>Loads an assembly.</summary>
    /// <param name="bytes">The assembly. The firmware must not change the array from now on.</param>
    /// <returns>The assembly; bytes that were loaded before give an assembly with the same classes, which takes its memory once more.</returns>
    /// <exception cref="ArgumentException">It is damaged.</exception>
    /// <exception cref="Exception">A library, class or member is missing, or the library's version differs.</exception>
    /// <exception cref="NotSupportedException">It has contents that the virtual board does not play.</exception>
    /// <exception cref="OutOfMemoryException">The heap is full.</exception>
    public Assembly Load(byte[]? bytes)
    {
        board.Clock.NowUs();
        if (bytes == null) throw new NullReferenceException();
        lock (_lock)
        {
            board.ThrowIfStopped();
            ThrowIfChanged();
            HeapLease? record = null;
            bool isLoaded = false;
            try
            {
                // A copy: other threads of the firmware can write to the array meanwhile.
                byte[] read = [.. bytes];
                var image = new PeImage(read);
                record = board.Heap?.Lease(image.HeapBytes);
                TranslatedAssembly made = FirmwareImage.Get(board.Profile).Loadable.Get(image, read, _loaded.Select(item => item.Assembly).ToArray());
                if (_loaded.Count == MaxCount) board.EndBy(new LoadedAssemblyException($"{MaxCount + 1} assemblies were loaded"));
                _loaded.Add((bytes, made));
                isLoaded = true;
                return made.Assembly;
            }
            finally
            {
                if (!isLoaded) record?.Dispose();
            }
        }
    }

    /// <summary>Ends the board if the firmware has written to the bytes of a loaded assembly: its CLR would execute what stands there now.</summary>
    public void CheckUnchanged()
    {
        lock (_lock) ThrowIfChanged();
    }

    /// <summary>The board starts anew.</summary>
    public void Restart()
    {
        lock (_lock) _loaded.Clear();
    }

    private void ThrowIfChanged()
    {
        foreach ((byte[] bytes, TranslatedAssembly assembly) in _loaded)
            if (!SHA256.HashData(bytes).AsSpan().SequenceEqual(assembly.Hash))
                board.EndBy(new LoadedAssemblyException($"the bytes of the loaded assembly {assembly.Name} have changed"));
    }
}

/// <summary>The firmware did with loaded assemblies what ends the device's CLR.</summary>
/// <param name="what">What happened.</param>
public sealed class LoadedAssemblyException(string what) : Exception($"{what}; on the device this ends the CLR");
