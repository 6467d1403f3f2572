// Reads many damaged files of a format and watches: only the documented refusal, no hang, memory in relation to the file.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>A format that the tools read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Seeds">Good files.</param>
/// <param name="Read">Reads a file. Returns true where it is taken, false where it is refused.</param>
internal sealed record Format(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], bool> Read)
{
    /// <summary>Bytes that reading a file may allocate, apart from its size: buffers of fixed sizes, and the limits that SPEC.md and docs/import.md name.</summary>
    public long BaseBytes { get; init; } = 1 << 20;

    /// <summary>Bytes that reading may allocate for each byte of the file.</summary>
    public int BytesPerByte { get; init; } = 64;

    /// <summary>Damages a file otherwise than by its bytes: below a checksum, or within an archive. Null for no other way.</summary>
    public Func<Mutator, byte[], byte[]>? Deeper { get; init; }
}

/// <summary>The result of a run.</summary>
/// <param name="Files">Files read.</param>
/// <param name="Taken">Files that were taken.</param>
/// <param name="MostAllocated">Most bytes that were allocated for a file.</param>
/// <param name="Longest">Longest time for a file.</param>
/// <param name="Failures">Faults, each with the number of its file.</param>
internal sealed record MutationResult(int Files, int Taken, long MostAllocated, TimeSpan Longest, IReadOnlyList<string> Failures)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Files} files, {Taken} taken, at most {MostAllocated / 1024} KiB allocated, at most {Longest.TotalMilliseconds:0} ms, {Failures.Count} failures");
}

/// <summary>Reads damaged files.</summary>
internal static class MutationRun
{
    private const int MaxFailures = 20, StackBytes = 1 << 20;

    /// <summary>Time after which a file is taken for one without an end. A file takes milliseconds, but the machine may do something else for a while.</summary>
    public static TimeSpan Hang { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Runs a format.</summary>
    /// <param name="format">The format.</param>
    /// <param name="seed">Seed of the random draws.</param>
    /// <param name="files">Files to read.</param>
    /// <param name="limit">Time after which no further file is begun; null for none.</param>
    /// <param name="hang">Time after which a file is taken for one without an end.</param>
    public static MutationResult Of(Format format, int seed, int files, TimeSpan? limit, TimeSpan hang)
    {
        var state = new State(format, seed, files, limit);
        var thread = new Thread(state.Run, StackBytes) { IsBackground = true };
        thread.Start();
        int seen = -1;
        for (var watch = Stopwatch.StartNew(); !thread.Join(50);)
        {
            if (state.Current != seen) (seen, watch) = (state.Current, Stopwatch.StartNew());
            if (watch.Elapsed < hang) continue;
            state.Fail(seen, $"no end after {hang.TotalSeconds} s");
            break;
        }
        return state.Result();
    }

    /// <summary>Returns a damaged file by its number.</summary>
    public static byte[] Make(Format format, int seed, int number)
    {
        var random = new Random(unchecked(seed * 1_000_003 + number));
        var mutator = new Mutator(random);
        byte[] good = format.Seeds[random.Next(format.Seeds.Count)];
        return format.Deeper != null && random.Next(3) > 0 ? format.Deeper(mutator, good) : mutator.Change(good, format.Seeds);
    }

    private sealed class State(Format format, int seed, int files, TimeSpan? limit)
    {
        private readonly List<string> _failures = [];
        private int _done;
        private int _taken;
        private long _most;
        private TimeSpan _longest;
        private volatile int _current = -1;

        public int Current => _current;

        public void Run()
        {
            // The process makes tables and statics once: they are no cost of a file.
            foreach (byte[] good in format.Seeds)
            {
                try
                {
                    if (!format.Read(good)) Fail(-1, "a good file is refused");
                }
                catch (Exception e)
                {
                    Fail(-1, $"a good file is refused: {e.Message}");
                }
            }
            var all = Stopwatch.StartNew();
            for (int n = 0; n < files && (limit == null || all.Elapsed < limit); n++)
            {
                _current = n;
                byte[] file = Make(format, seed, n);
                long before = GC.GetAllocatedBytesForCurrentThread(), bound = format.BaseBytes + (long)file.Length * format.BytesPerByte;
                var watch = Stopwatch.StartNew();
                try
                {
                    if (format.Read(file)) _taken++;
                }
                catch (UserInputException)
                {
                    // The documented refusal. The command line makes one line of it.
                }
                catch (Exception e)
                {
                    Fail(n, $"{e.GetType().Name}: {e.Message} {e.StackTrace}");
                }
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                if (allocated > bound) Fail(n, $"{allocated} bytes are allocated for a file of {file.Length}; {bound} are the bound");
                if (allocated > _most) _most = allocated;
                if (watch.Elapsed > _longest) _longest = watch.Elapsed;
                _done++;
            }
        }

        public void Fail(int number, string what)
        {
            lock (_failures)
            {
                if (_failures.Count >= MaxFailures) return;
                string path = "";
                if (number >= 0)
                {
                    path = Path.Combine(Path.GetTempPath(), $"crime-mutation-{format.Name.Replace(' ', '-')}-{seed}-{number}");
                    File.WriteAllBytes(path, Make(format, seed, number));
                }
                _failures.Add($"{format.Name}, seed {seed}, file {number} {path}: {what}");
            }
        }

        public MutationResult Result()
        {
            lock (_failures) return new MutationResult(_done, _taken, _most, _longest, [.. _failures]);
        }
    }
}
