// The policies: where an input goes.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Simulation.World;

internal sealed partial class SimWorld
{
    private int LengthForDecision(int length) => _policy.Kind == PolicyKind.MeanLength ? _meanLength : length;

    /// <summary>Sets the slot, -1 for the board itself, and the gateway that has to compute, -1 where gateways decide.</summary>
    private void Decide(SimBoard board)
    {
        board.Target = -1;
        switch (_policy.Kind)
        {
            case PolicyKind.Local:
                board.Slot = -1;
                return;
            case PolicyKind.Single:
                board.Slot = SlotTowards(board, _policy.Gateway);
                board.Target = _policy.Gateway;
                break;
            case PolicyKind.Random:
                board.Slot = board.Dice.NextBelow(board.Links.Length + 1) - 1;
                if (board.Slot >= 0) board.Target = board.Group.Links[board.Slot].Gateway;
                break;
            case PolicyKind.TwoDevice:
                board.Slot = IsFasterAway(board) ? 0 : -1;
                board.Target = board.Group.Links[0].Gateway;
                break;
            case PolicyKind.Oracle:
                DecideInHindsight(board);
                return;
            default:
                board.Engine.Decide(LengthForDecision(board.Input.Length), _nowUs, board.Decision);
                board.Slot = board.Decision.Gateway is { } chosen ? SlotOf(board, chosen) : -1;
                return;
        }
        // As the firmware does with mapping=gateway: what cannot be reached is computed here.
        if (board.Slot >= 0 && !IsUsable(board, board.Slot))
        {
            board.Slot = -1;
            board.IsFallback = true;
        }
    }

    /// <summary>The slot of a gateway, or the first one from where it is reached.</summary>
    private int SlotTowards(SimBoard board, int gateway)
    {
        for (int slot = 0; slot < board.Links.Length; slot++)
            if (board.Group.Links[slot].Gateway == gateway) return slot;
        for (int slot = 0; slot < board.Links.Length; slot++)
            if (_nextHop[board.Group.Links[slot].Gateway][gateway] >= 0) return slot;
        return -1;
    }

    private bool IsUsable(SimBoard board, int slot)
    {
        if (CandidateOf(board, slot) is not { } gateway) return false;
        return board.Engine.IsRadioOff ? gateway.WasUsable : gateway.IsServing && gateway.Link.IsUsable;
    }

    /// <summary>The rule for two devices: costs at this length, lines fitted once, the round trip as last measured, nothing else.</summary>
    private bool IsFasterAway(SimBoard board)
    {
        double roundTripUs = board.LastRttUs[0];
        if (roundTripUs < 0) return false;
        BoardCosts costs = board.Costs;
        int length = board.Input.Length;
        double localUs = costs.LocalLine.At(length), encodeUs = costs.EncodeLine.At(length), airUs = costs.TransmitUs(costs.RequestSize(length));
        double waitUs = roundTripUs + _gateways[board.Group.Links[0].Gateway].Costs.Line.At(length);
        double upUs = board.Engine.IsRadioOff ? costs.AssociateUs : 0;
        if (_goal.Objective == Objective.Time) return encodeUs + airUs + waitUs + upUs < localUs;
        return encodeUs * costs.ComputeMw + airUs * costs.TransmitMw + waitUs * costs.WaitMw + upUs * costs.AssociateMw < localUs * costs.ComputeMw;
    }

    /// <summary>Takes what is really cheapest: every noise is known, and the queues as far as they are filled by now.</summary>
    private void DecideInHindsight(SimBoard board)
    {
        BoardCosts costs = board.Costs;
        double localUs = costs.LocalUs(board.Input) * board.Fate.Factor(Fate.Local, BoardCosts.LocalNoiseSigma);
        double best = _goal.Objective == Objective.Time ? localUs : localUs * costs.ComputeMw;
        board.Slot = -1;
        for (int slot = 0; slot < board.Links.Length; slot++)
        {
            if (board.Links[slot].IsDown(_nowUs) || !IsUsable(board, slot)) continue;
            double cost = TrueCost(board, slot, out int target, out long answerUs);
            if (cost >= best) continue;
            best = cost;
            board.Slot = slot;
            board.Target = target;
            board.TrueAnswerUs = answerUs;
        }
    }

    private double TrueCost(SimBoard board, int slot, out int target, out long answerUs)
    {
        BoardCosts costs = board.Costs;
        int length = board.Input.Length, name = Fate.Link(board.FirstLink + slot);
        double encodeUs = costs.EncodeUs(length), airUs = costs.TransmitUs(costs.RequestSize(length)), upUs = 0;
        if (board.Engine.IsRadioOff) upUs = costs.AssociateUs * board.Fate.Factor(Fate.RadioUp, BoardCosts.AssociateNoiseSigma);
        double sentUs = _nowUs + upUs + encodeUs;
        double arrivalUs = sentUs + costs.PublishUs + airUs + board.Links[slot].OneWayUs(_nowUs, costs.RequestSize(length), board.Fate, name);
        double doneUs = DoneUs(_gateways[board.Group.Links[slot].Gateway], board, arrivalUs, out target);
        answerUs = (long)(doneUs - arrivalUs);
        double backUs = doneUs + board.Links[slot].OneWayUs(_nowUs, ResponseFrame.HeaderSize, board.Fate, name + 1);
        double leftUs = sentUs + costs.PublishUs + airUs, endUs = AnswerHeardUs(board, leftUs, backUs) + costs.ReceiveUs;
        if (_goal.Objective == Objective.Time) return endUs - _nowUs;
        double busyUs = costs.PublishUs + costs.ReceiveUs;
        return (encodeUs + busyUs) * costs.ComputeMw + airUs * costs.TransmitMw + (endUs - sentUs - airUs - busyUs) * costs.WaitMw
            + upUs * costs.AssociateMw + costs.ListeningNj(endUs - leftUs, hasAnswer: true);
    }

    /// <summary>When a request will be computed, at this gateway or beyond it, whichever is sooner.</summary>
    private double DoneUs(GatewayDriver gateway, SimBoard board, double arrivalUs, out int target)
    {
        target = gateway.Index;
        double best = arrivalUs + gateway.TrueWaitUs((long)arrivalUs) + gateway.ServiceUs(board.Input, board.Fate);
        for (int slot = 0; slot < gateway.Links.Length; slot++)
        {
            SimLink link = gateway.Links[slot];
            if (link.IsDown(_nowUs)) continue;
            int name = Fate.Link(gateway.FirstLink + slot), size = RequestFrame.HeaderSize + board.Input.Length * _set.BytesPerStep;
            double thereUs = arrivalUs + link.OneWayUs(_nowUs, size, board.Fate, name);
            double doneUs = DoneUs(_gateways[gateway.Node.Upstreams[slot].Gateway], board, thereUs, out int beyond)
                + link.OneWayUs(_nowUs, ResponseFrame.HeaderSize, board.Fate, name + 1);
            if (doneUs >= best) continue;
            best = doneUs;
            target = beyond;
        }
        return best;
    }

    /// <summary>Lets the oracle's later decisions see a request that is still on its way.</summary>
    private void Reserve(SimRequest request)
    {
        GatewayDriver gateway = _gateways[request.Target];
        gateway.ReservedUs += gateway.ServiceUs(request.Input, request.Fate);
    }
}
