// The outcome of the demo with a live sensor.

namespace Crime.Cli.Demo.Sensor;

/// <summary>Counts of the whole loop: recording, training, publishing, and gestures that switch a pin.</summary>
internal sealed record SensorSummary
{
    /// <summary>Takes that were recorded, over all classes.</summary>
    public int Takes { get; init; }

    /// <summary>Share of the test takes that the trained network classifies right, 0 to 1.</summary>
    public double TestAccuracy { get; init; }

    /// <summary>True when the gateway serves the new model.</summary>
    public bool ModelPublished { get; init; }

    /// <summary>True when the board has reported that it runs the new model.</summary>
    public bool BoardSwitched { get; init; }

    /// <summary>True when the board has reported that it runs the second model; null where none was published.</summary>
    public bool? ModelSwapped { get; init; }

    /// <summary>Gestures that were performed after the board had reported the second model; null where none was published.</summary>
    public int? GesturesAfterSwap { get; init; }

    /// <summary>Live gestures that were performed.</summary>
    public required int Gestures { get; init; }

    /// <summary>Gestures whose result was their class.</summary>
    public required int Right { get; init; }

    /// <summary>Times that the pin of the rule went up.</summary>
    public required int RulesFired { get; init; }

    /// <summary>Results of the class of the rule: as often should the pin go up.</summary>
    public required int RulesExpected { get; init; }

    /// <summary>Results that a subscriber of the broker has received as JSON.</summary>
    public required int JsonResults { get; init; }

    /// <summary>Gestures without a result.</summary>
    public required int Lost { get; init; }

    /// <summary>Results beyond one per gesture, on the console or as JSON.</summary>
    public required int Duplicates { get; init; }
}
