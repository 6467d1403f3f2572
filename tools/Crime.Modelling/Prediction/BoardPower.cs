// The power of a board as its firmware has it: whole mW above the idle baseline, so that a prediction, a simulation and a board compute with the
// same numbers.

using System;
using Crime.Costs;
using Crime.VirtualBoard;

namespace Crime.Modelling.Prediction;

/// <summary>Makes power profiles.</summary>
public static class BoardPower
{
    /// <summary>Returns the power profile of a board that stays associated. Its idle baseline is its wait.</summary>
    public static PowerProfile Associated(BoardProfile board) => AboveIdle(board, board.WaitMw);

    /// <summary>Returns the power profile of a board whose radio is off between inputs. Its idle baseline is light sleep.</summary>
    public static PowerProfile DutyCycled(BoardProfile board) => AboveIdle(board, board.LightSleepMw);

    /// <summary>Returns the power profile of a board above any idle baseline.</summary>
    /// <param name="board">The board.</param>
    /// <param name="idleMw">The idle baseline in mW, at least 0.</param>
    public static PowerProfile AboveIdle(BoardProfile board, double idleMw) => new PowerProfile
    {
        ComputeMw = Rounded(board.ComputeMw), WaitMw = Rounded(board.WaitMw), TransmitMw = Rounded(board.TransmitMw),
        ListenMw = Rounded(board.ReceiveMw), WakeMw = Rounded(board.AssociateMw), SendUs = Rounded(board.MqttSendUs),
        ReceiveUs = Rounded(board.MqttReceiveUs), TransmitNsPerByte = Rounded(board.TransmitNsPerByte),
        TransmitOverheadUs = Rounded(board.TransmitOverheadUs), MinActiveUs = Rounded(board.ListenOnUs),
    }.SubtractIdle(Rounded(idleMw));

    private static int Rounded(double value) => (int)Math.Round(value);
}
