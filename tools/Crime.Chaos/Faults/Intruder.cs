// Clients that are no part of the run: one fills queues, others publish statuses and answer nothing.

using Crime.Chaos.Broker;
using Crime.Chaos.Invariants;
using Crime.Chaos.Models;
using Crime.Chaos.Worlds;
using Crime.Frames;

namespace Crime.Chaos.Faults;

/// <summary>Sends what boards and gateways have to bear.</summary>
internal sealed class Intruder
{
    private const string Id = "intruder";
    private const int MaxStrangers = 6;

    private readonly World _world;
    private readonly BrokerModel _broker;
    private readonly uint[] _sessions = new uint[MaxStrangers];
    private uint _sequence;

    /// <summary>Makes an intruder that has sent nothing.</summary>
    public Intruder(World world, BrokerModel broker)
    {
        _world = world;
        _broker = broker;
    }

    /// <summary>Sends more requests than a gateway's queue holds, and cancels some of them: a few twice, or without a request.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="capacity">Its capacity.</param>
    public void Flood(string gateway, int capacity)
    {
        int count = capacity + 2 + _world.Below(capacity + 2);
        string topic = Topics.Request(gateway, Id);
        uint session = _world.NextBits();
        uint budgetUs = _world.OneIn(3) ? 0 : (uint)(5000 << _world.Below(8));
        for (int i = 0; i < count; i++)
        {
            int model = _world.Below(TinyModel.All.Length);
            var frame = new RequestFrame
            {
                Session = session, Sequence = (uint)i + 1, ModelId = TinyModel.All[model].Id, Length = _world.Between(1, TinyModel.LongestLength),
                ValuesPerStep = TinyModel.Width, Encoding = SequenceEncoding.Int16, BudgetUs = budgetUs,
                FractionBits = TinyModel.All[model].File.InputFractionBits, Values = TinyModel.Values(_world.Below(TinyModel.SequenceCount)),
            };
            _broker.Inject(new Message(topic, frame.Encode()) { Trail = new Trail(_world.NextRequest(), null, model, 0) });
        }
        for (int cancels = _world.Below(count / 4 + 1); cancels > 0; cancels--)
            _broker.Inject(new Message(topic, new CancelFrame { Session = session, Sequence = (uint)_world.Below(count + 2) }.Encode()));
    }

    /// <summary>A few gateways publish a status, or that they are offline, and answer nothing.</summary>
    public void Appear()
    {
        for (int count = _world.Between(1, 4); count > 0; count--) Appear(_world.Below(MaxStrangers));
    }

    private void Appear(int number)
    {
        string id = $"stranger-{number}";
        if (_sessions[number] == 0 || _world.OneIn(4)) _sessions[number] = 1 + _world.NextBits() / 2;
        var status = new StatusFrame { Online = !_world.OneIn(4), Workers = 1, Session = _sessions[number], Sequence = ++_sequence, Capacity = 16 };
        foreach (TinyModel model in TinyModel.All) status.Add(model.Id, 0).SetOwn((uint)(1000 << _world.Below(10)), 100);
        _broker.Inject(new Message(Topics.Status(id), status.Encode()) { IsRetained = _world.OneIn(2), Gateway = id });
    }
}
