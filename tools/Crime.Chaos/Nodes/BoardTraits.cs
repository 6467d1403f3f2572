// Properties of a board. They are drawn once per run, and kept over its restarts.

using Crime.Chaos.Models;
using Crime.Chaos.Worlds;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Chaos.Nodes;

/// <summary>The traits of a board.</summary>
internal sealed class BoardTraits
{
    /// <summary>Bytes of a request per timestep.</summary>
    public const int BytesPerStep = 2 * TinyModel.Width;

    /// <summary>Draws the traits of a board.</summary>
    /// <param name="world">The world of the run.</param>
    public BoardTraits(World world)
    {
        CanCompute = world.Below(5) != 0;
        IsStreaming = CanCompute && world.Below(3) == 0;
        IsDutyCycled = world.OneIn(4);
        HasTelemetry = world.OneIn(2);
        Mode = world.Below(16) switch { < 4 => MappingMode.Gateway, 4 when CanCompute => MappingMode.Local, _ => MappingMode.Auto };
        Objective = world.Below(5) switch
        {
            0 => Objective.Energy,
            1 => Objective.Weighted(world.Below(Objective.FullLambda + 1)),
            2 => Objective.Deadline(world.Between(5, 300), world.Between(Objective.MinQuantile, Objective.MaxQuantile)),
            _ => Objective.Time,
        };
        // From 0.5 to 32 ms a timestep.
        StepUs = 500 << world.Below(7);
        StepPeriodUs = 1000 << world.Below(6);
        PauseUs = 30_000 << world.Below(6);
        Power = new PowerProfile
        {
            ComputeMw = world.Between(80, 250), WaitMw = world.Between(20, 120), TransmitMw = world.Between(400, 800), ListenMw = world.Between(130, 300),
            WakeMw = world.Between(300, 500), SendUs = world.Below(1000), ReceiveUs = world.Below(1000),
            TransmitNsPerByte = 1000 * world.Between(1, 8), TransmitOverheadUs = world.Between(100, 1000),
            MinActiveUs = world.OneIn(2) ? 0 : world.Between(5_000, 50_000),
        };
        HedgeQuantile = world.OneIn(4) ? 0 : world.Between(Objective.MinQuantile, Objective.MaxQuantile);
        Races = world.OneIn(3);
    }

    /// <summary>True when the board computes its model itself.</summary>
    public bool CanCompute { get; }

    /// <summary>True when its inputs come timestep by timestep.</summary>
    public bool IsStreaming { get; }

    /// <summary>True when its radio is off between inputs.</summary>
    public bool IsDutyCycled { get; }

    /// <summary>True when its messages carry telemetry.</summary>
    public bool HasTelemetry { get; }

    /// <summary>Its mapping mode.</summary>
    public MappingMode Mode { get; }

    /// <summary>Its objective.</summary>
    public Objective Objective { get; }

    /// <summary>Time to compute a timestep, in µs.</summary>
    public int StepUs { get; }

    /// <summary>Time between two timesteps of a stream, in µs.</summary>
    public int StepPeriodUs { get; }

    /// <summary>Longest pause between two inputs, in µs.</summary>
    public int PauseUs { get; }

    /// <summary>Quantile of the forecast's error in percent after which it computes; 0 for a board that does not hedge.</summary>
    public int HedgeQuantile { get; }

    /// <summary>True when it races.</summary>
    public bool Races { get; }

    /// <summary>Its power.</summary>
    public PowerProfile Power { get; }

    /// <summary>Makes the engine of one life of the board.</summary>
    /// <param name="id">Id of the board.</param>
    /// <param name="model">The model.</param>
    public MappingEngine NewEngine(string id, TinyModel model) => new(
        new EngineSetup
        {
            ModelId = model.Id,
            LongestLength = TinyModel.LongestLength,
            LocalTime = CanCompute ? new CostLine(1000L * StepUs, 50) : null,
            EncodeTime = new CostLine(1000, 100),
            BytesPerStep = BytesPerStep,
            StateSize = IsStreaming ? 2 * model.StateCount : 0,
            Power = Power,
            Objective = Objective,
            ReservesRows = false,
            BeaconIntervalUs = Power.MinActiveUs > 0 ? EngineSetup.StandardBeaconUs : 0,
        },
        NodeKey.Of(id));
}
