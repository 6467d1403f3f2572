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

/// <summary>Carries out console commands between two inferences.</summary>
public sealed class Commands
{
    private const string ObjectiveWord = "objective ";

    private readonly SerialConsole _console;
    private readonly Report _report;
    private readonly IBoardCommands _board;

    /// <summary>Makes the interpreter of a board's console.</summary>
    public Commands(SerialConsole console, Report report, IBoardCommands board)
    {
        _console = console;
        _report = report;
        _board = board;
    }

    /// <summary>Carries out what has been typed since the last call.</summary>
    public void Poll()
    {
        string command = _console.ReadCommand();
        while (command != null)
        {
            Execute(command.Trim().ToLower());
            command = _console.ReadCommand();
        }
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
                    "help: status | table | objective time|energy|weighted <share>|deadline <ms> <percent> | mapping auto|local|gateway | reset | reboot | help");
                return;
            default:
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
