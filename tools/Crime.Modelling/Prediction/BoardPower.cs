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
    public static PowerProfile Associated(BoardProfile board) => Of(board, board.WaitMw);

    /// <summary>Returns the power profile of a board whose radio is off between inputs. Its idle baseline is light sleep.</summary>
    public static PowerProfile DutyCycled(BoardProfile board) => Of(board, board.LightSleepMw);

    private static PowerProfile Of(BoardProfile board, double idleMw) => new PowerProfile
    {
        ComputeMw = Rounded(board.ComputeMw), WaitMw = Rounded(board.WaitMw), TransmitMw = Rounded(board.TransmitMw),
        ListenMw = Rounded(board.ReceiveMw), WakeMw = Rounded(board.AssociateMw), SendUs = Rounded(board.MqttSendUs),
        ReceiveUs = Rounded(board.MqttReceiveUs), TransmitNsPerByte = Rounded(board.TransmitNsPerByte),
        TransmitOverheadUs = Rounded(board.TransmitOverheadUs), MinActiveUs = Rounded(board.ListenOnUs),
    }.SubtractIdle(Rounded(idleMw));

    private static int Rounded(double value) => (int)Math.Round(value);
}
