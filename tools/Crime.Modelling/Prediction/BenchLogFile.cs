// A bench's lines in a file: refused with a reason where they are not a whole run.

using System.Linq;
using System.Text;
using Crime.Bench;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Prediction;

/// <summary>Reads logs of the bench.</summary>
public static class BenchLogFile
{
    /// <summary>Reads a whole run.</summary>
    /// <param name="path">What a serial terminal, or <c>crime nanoclr -o</c>, wrote down; other lines in it do not matter.</param>
    /// <exception cref="UserInputException">It cannot be read, is no log, of another version, broke off, or shows failed golden vectors.</exception>
    public static BenchLog Read(string path)
    {
        BenchLog log = BenchLog.Parse(Encoding.UTF8.GetString(ModelLoading.Read(path)));
        if (log.Measurements.Count == 0 && log.Version == 0 && !log.IsComplete)
        {
            throw new UserInputException(
                $"{path}: there is no line of the bench in it, as in 'BENCH op.IntAdd 14.000 ns'; log the console of a board that runs Crime.Bench");
        }
        if (log.Version == 0) throw new UserInputException($"{path}: begins in the middle of a run: 'BENCH start' is missing; reset the board while you log");
        if (log.Version != BenchReport.Version)
            throw new UserInputException($"{path}: lines of version {log.Version}; this command reads version {BenchReport.Version}: run the bench of this version");
        if (!log.IsComplete)
        {
            string last = log.Measurements.Count == 0 ? "its start" : log.Measurements[^1].Name;
            throw new UserInputException($"{path}: the bench broke off after {last}: 'BENCH end' is missing; let it run to its end");
        }
        int failed = log.Golden.Count(line => !line.Passed);
        if (failed > 0) throw new UserInputException($"{path}: {failed} golden vectors failed on that board; what a wrong kernel takes says nothing");
        return log;
    }
}
