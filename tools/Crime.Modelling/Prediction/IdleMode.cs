// The state of a board between two inputs: its radio and its CPU. The cost of an offload and the life of a battery both follow from it.

using System.Collections.Generic;
using Crime.Costs;
using Crime.VirtualBoard;

namespace Crime.Modelling.Prediction;

/// <summary>A state of a board between two inputs.</summary>
/// <param name="Name">Short name.</param>
/// <param name="Meaning">State of the radio and of the CPU.</param>
/// <param name="Settings">Lines of the settings file that select it; none where the stock firmware does not have it.</param>
/// <param name="IdleMw">Power of the board while it has nothing to do, in mW: the idle baseline.</param>
/// <param name="Power">The board's power profile above this baseline.</param>
/// <param name="IsRadioOff">True when the radio is off between inputs and comes up for an offload.</param>
/// <param name="WakeUs">Time in µs in which the radio comes up for an offload; 0 while the board stays associated.</param>
/// <param name="StartUs">Time in µs from a wake-up to the application, for each input; 0 unless the board starts anew.</param>
public sealed record IdleMode(
    string Name, string Meaning, IReadOnlyList<string> Settings, double IdleMw, PowerProfile Power, bool IsRadioOff, double WakeUs, double StartUs)
{
    private const string Duty = "radio=duty";

    /// <summary>True when settings select this mode.</summary>
    public bool IsOffered => Settings.Count > 0;

    /// <summary>Returns the mode of a board that stays associated and whose receiver is always on.</summary>
    public static IdleMode AlwaysListening(BoardProfile board)
    {
        BoardProfile listening = board.AlwaysListening();
        return new IdleMode(
            "always-on", "associated, receiver always on: not what the stock firmware does", [], listening.WaitMw, BoardPower.Associated(listening),
            false, 0, 0);
    }

    /// <summary>Returns the mode of a board that stays associated, with its radio in modem sleep.</summary>
    public static IdleMode ModemSleep(BoardProfile board) => new(
        "modem-sleep", "associated, listening for a while, then modem sleep between beacons: the stock firmware", ["radio=modem"], board.WaitMw,
        BoardPower.Associated(board), false, 0, 0);

    /// <summary>Returns the mode of a board that idles with its radio off.</summary>
    public static IdleMode RadioOff(BoardProfile board) => Off(
        "radio-off", "radio off between inputs, CPU awake; brought up for each request, then as modem-sleep", "sleep=none", board, board.RadioOffMw, 0);

    /// <summary>Returns the mode of a board that sleeps between inputs and keeps its memory.</summary>
    public static IdleMode LightSleep(BoardProfile board) => Off(
        "light-sleep", "radio off between inputs, in light sleep; brought up for each request, then as modem-sleep", "sleep=light", board,
        board.LightSleepMw, 0);

    /// <summary>Returns the mode of a board that starts anew for each input.</summary>
    public static IdleMode DeepSleep(BoardProfile board) => Off(
        "deep-sleep", "radio off between inputs, in deep sleep; the board starts anew for each input, and brings the radio up for each request",
        "sleep=deep", board, board.DeepSleepMw, board.BootMs * 1000);

    /// <summary>Returns all modes of a board, the one with the highest power first.</summary>
    public static IReadOnlyList<IdleMode> Of(BoardProfile board) =>
        [AlwaysListening(board), ModemSleep(board), RadioOff(board), LightSleep(board), DeepSleep(board)];

    private static IdleMode Off(string name, string meaning, string sleep, BoardProfile board, double idleMw, double startUs) =>
        new(name, meaning, [Duty, sleep], idleMw, BoardPower.AboveIdle(board, idleMw), true, board.AssociateMs * 1000, startUs);
}
