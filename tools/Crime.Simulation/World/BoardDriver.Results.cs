// Results of a simulated board that are wanted behind the gateway.

using System;
using Crime.Frames;
using Crime.Simulation.Events;

namespace Crime.Simulation.World;

internal sealed partial class BoardDriver
{
    /// <summary>Writes the key of an input into a request, where its result is wanted behind the gateway.</summary>
    /// <param name="request">The request.</param>
    /// <param name="input">Number of the input.</param>
    /// <param name="isRepeat">True when it was sent before.</param>
    public void SetIdentity(SimRequest request, uint input, bool isRepeat)
    {
        RequestFrame frame = request.Frame;
        frame.WantsReceipt = _flow.ResultsAtGateway;
        frame.Session = request.Session;
        frame.Sequence = request.Sequence;
        frame.Origin = _request.Session;
        frame.Input = input;
        frame.IsRepeat = isRepeat;
        request.Sender = _id;
    }

    /// <summary>Ends a board that stays associated, once no result of it waits; else it looks again.</summary>
    private void EndAssociated()
    {
        if (_batches is { IsEmpty: false })
        {
            if (!_batches.IsBusy) _world.Events.Add(Math.Max(_batches.NextUs, NowUs + 1), EventKind.Look, Index, 0, ++_looks);
            return;
        }
        if (!_hasEnded || _isDone) return;
        _isDone = true;
        _world.OnBoardDone();
    }
}
