// Time of straight-line code over its size. An interpreter reads byte code as data, so code that is larger than a cache costs a
// miss per line each time it runs. A compiled kernel is such code: 2 to 60 KB. The sweep shows where a board's cache ends.

using Crime.Kernel.Compiled;

namespace Crime.Bench;

/// <summary>Times straight-line code of one mix and several sizes.</summary>
internal sealed class CodeCosts
{
    // Blocks of 1 KB. CodeBlocks.Run knows these counts and no others.
    private static readonly int[] s_blockCounts = { 1, 2, 4, 8, 16, 24, 32, 48, 60 };

    private readonly BenchReport _report;
    private readonly short[] _inputs = new short[CodeBlocks.InputCount];
    private readonly short[] _state = new short[CodeBlocks.StateCount];
    private readonly short[] _table = new short[CodeBlocks.TableLength];
    private int _blockCount;

    /// <summary>Reports to a console.</summary>
    public CodeCosts(BenchReport report) => _report = report;

    /// <summary>Times every size.</summary>
    public void Measure()
    {
        foreach (int blockCount in s_blockCounts)
        {
            _blockCount = blockCount;
            long picoseconds = Stopwatch.PicosecondsPerTurn(Run) / (blockCount * CodeBlocks.IlPerBlock);
            _report.Write(_report.Nanoseconds("code.sweep", picoseconds).Text(" size=").Number(blockCount * CodeBlocks.BlockSize));
        }
    }

    private void Run(int turns)
    {
        for (int turn = 0; turn < turns; turn++) CodeBlocks.Run(_blockCount, _inputs, _state, _table);
    }
}
