// The power of a board as its firmware has it: whole mW, so that a prediction, a simulation and a board compute with the same numbers.

using System;
using Crime.Costs;
using Crime.VirtualBoard;

namespace Crime.Modelling.Prediction;

/// <summary>Makes power profiles.</summary>
public static class BoardPower
{
    /// <summary>Returns the power profile of a board, in whole mW and µs as its settings file has them.</summary>
    public static PowerProfile Of(BoardProfile board) => new()
    {
        ComputeMw = Rounded(board.ComputeMw), WaitMw = Rounded(board.WaitMw), TransmitMw = Rounded(board.TransmitMw),
        ListenMw = Rounded(board.ReceiveMw), WakeMw = Rounded(board.AssociateMw), TransmitNsPerByte = Rounded(board.TransmitNsPerByte),
        TransmitOverheadUs = Rounded(board.TransmitOverheadUs), MinActiveUs = Rounded(board.ListenOnUs),
    };

    private static int Rounded(double value) => (int)Math.Round(value);
}
