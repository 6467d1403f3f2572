// What a person can type on the console.

using Crime.Costs;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Node;
using nanoFramework.Runtime.Native;

namespace Crime.Device.App;

/// <summary>Commands of the console that the board executes.</summary>
internal interface IBoardCommands
{
    /// <summary>Prints totals, counters and gateways.</summary>
    void ReportStatus();

    /// <summary>Prints the decision table.</summary>
    void ReportTable();

    /// <summary>Changes what is minimised.</summary>
    void SetObjective(Objective objective);

    /// <summary>Changes who decides.</summary>
    void SetMapping(MappingMode mode);

    /// <summary>Changes the certainty that a result needs.</summary>
    void SetCertainty(ResultSettings results);

    /// <summary>Sets totals and saturation counters to zero.</summary>
    void ResetCounters();
}

/// <summary>Carries out commands between two inferences.</summary>
internal sealed class Commands
{
    private const string ObjectiveWord = "objective ";
    private const string SetWord = "set ";

    private readonly SerialConsole _console;
    private readonly Report _report;
    private readonly IBoardCommands _board;
    private readonly Recorder _recorder;
    private readonly SettingsKeeper _settings;

    /// <summary>Makes the interpreter of a board's console.</summary>
    /// <param name="console">Has the commands.</param>
    /// <param name="report">Answers.</param>
    /// <param name="board">Executes them.</param>
    /// <param name="recorder">Executes the commands of a recording, also those that come over the broker.</param>
    /// <param name="settings">Takes settings.</param>
    public Commands(SerialConsole console, Report report, IBoardCommands board, Recorder recorder, SettingsKeeper settings)
    {
        _recorder = recorder;
        _settings = settings;
        _console = console;
        _report = report;
        _board = board;
    }

    /// <summary>Carries out the commands since the last call. Commands over the broker may only record, because every client of the broker may send them.</summary>
    public void Poll()
    {
        string command = _console.ReadCommand();
        while (command != null)
        {
            command = command.Trim();
            if (command.StartsWith(SetWord)) Set(command);
            else Execute(command.ToLower());
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
            case "settings": _settings.Print(); return;
            case "mapping auto": SetMapping(command, MappingMode.Auto); return;
            case "mapping local": SetMapping(command, MappingMode.Local); return;
            case "mapping gateway": SetMapping(command, MappingMode.Gateway); return;
            case "reset": _board.ResetCounters(); break;
            case "reboot": Power.RebootDevice(); return;
            case "help":
                _report.Text(
                    "help: status | table | objective time|energy|weighted <share>|deadline <ms> <percent> | mapping auto|local|gateway"
                    + " | record on|live|off | set <key>=<value> | settings | reset | reboot | help");
                return;
            default:
                if (_recorder.TryExecute(command, false)) return;
                if (SetObjective(command)) return;
                _report.Text("? '" + command + "' is not a command; try help");
                return;
        }
        _report.Text("ok: " + command);
    }

    private void Set(string command)
    {
        string problem = _settings.Type(command.Substring(SetWord.Length));
        if (problem != null) _report.Text("? " + problem);
        else _report.Text("ok: " + command.Substring(0, command.IndexOf('=')) + (_settings.IsRestartDue ? "; the board restarts between two inputs" : ""));
    }

    private void SetMapping(string command, MappingMode mode)
    {
        _board.SetMapping(mode);
        Keep(command);
    }

    private bool SetObjective(string command)
    {
        if (command.Length <= ObjectiveWord.Length || command.Substring(0, ObjectiveWord.Length) != ObjectiveWord) return false;
        Objective objective = ObjectiveText.Parse(command.Substring(ObjectiveWord.Length));
        if (objective == null) return false;
        _board.SetObjective(objective);
        Keep(command);
        return true;
    }

    /// <summary>Keeps a setting that has its effect already over a restart.</summary>
    private void Keep(string command)
    {
        int space = command.IndexOf(' ');
        string problem = _settings.Type(command.Substring(0, space) + "=" + command.Substring(space + 1));
        _report.Text("ok: " + command + (problem == null ? "" : "; not kept: " + problem));
    }
}
