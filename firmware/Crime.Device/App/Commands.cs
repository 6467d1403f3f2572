// What a person can type on the console.

using Crime.Costs;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Node;
using nanoFramework.Runtime.Native;

namespace Crime.Device.App;

/// <summary>Commands of the console that the board executes.</summary>
public interface IBoardCommands
{
    /// <summary>Prints totals, counters and gateways.</summary>
    void ReportStatus();

    /// <summary>Prints the decision table.</summary>
    void ReportTable();

    /// <summary>Changes what is minimised.</summary>
    void SetObjective(Objective objective);

    /// <summary>Changes who decides.</summary>
    void SetMapping(MappingMode mode);

    /// <summary>Sets totals and saturation counters to zero.</summary>
    void ResetCounters();
}

/// <summary>Carries out commands between two inferences.</summary>
internal sealed class Commands
{
    private const string ObjectiveWord = "objective ";

    private readonly SerialConsole _console;
    private readonly Report _report;
    private readonly IBoardCommands _board;
    private readonly Recorder _recorder;

    /// <summary>Makes the interpreter of a board's console.</summary>
    /// <param name="console">Has the commands.</param>
    /// <param name="report">Answers.</param>
    /// <param name="board">Executes them.</param>
    /// <param name="recorder">Executes the commands of a recording, also those that come over the broker.</param>
    public Commands(SerialConsole console, Report report, IBoardCommands board, Recorder recorder)
    {
        _recorder = recorder;
        _console = console;
        _report = report;
        _board = board;
    }

    /// <summary>Carries out what has come since the last call. The broker may only record: whoever reaches it may send commands.</summary>
    public void Poll()
    {
        string command = _console.ReadCommand();
        while (command != null)
        {
            Execute(command.Trim().ToLower());
            command = _console.ReadCommand();
        }
        command = _recorder.Remote.Take();
        if (command != null && !_recorder.TryExecute(command.Trim().ToLower(), true))
            _report.Text("mqtt: '" + command + "' is not a command that comes over the broker");
    }

    private void Execute(string command)
    {
        switch (command)
        {
            case "status": _board.ReportStatus(); return;
            case "table": _board.ReportTable(); return;
            case "mapping auto": _board.SetMapping(MappingMode.Auto); break;
            case "mapping local": _board.SetMapping(MappingMode.Local); break;
            case "mapping gateway": _board.SetMapping(MappingMode.Gateway); break;
            case "reset": _board.ResetCounters(); break;
            case "reboot": Power.RebootDevice(); return;
            case "help":
                _report.Text(
                    "help: status | table | objective time|energy|weighted <share>|deadline <ms> <percent> | mapping auto|local|gateway"
                    + " | record on|live|off | reset | reboot | help");
                return;
            default:
                if (_recorder.TryExecute(command, false)) return;
                if (SetObjective(command)) break;
                _report.Text("? '" + command + "' is not a command; try help");
                return;
        }
        _report.Text("ok: " + command);
    }

    private bool SetObjective(string command)
    {
        if (command.Length <= ObjectiveWord.Length || command.Substring(0, ObjectiveWord.Length) != ObjectiveWord) return false;
        Objective objective = ObjectiveText.Parse(command.Substring(ObjectiveWord.Length));
        if (objective == null) return false;
        _board.SetObjective(objective);
        return true;
    }
}
