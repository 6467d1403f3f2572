// Energy as power times time, per state of the board, for a board without a sensor.

using Crime.Costs;

namespace Crime.Device.Energy;

/// <summary>Computes energy from the board's power profile.</summary>
internal sealed class ModelledMeter : IEnergyMeter
{
    private readonly PowerProfile _power;

    /// <summary>Makes the meter for a board.</summary>
    /// <param name="power">Power of its states above the idle baseline.</param>
    public ModelledMeter(PowerProfile power) => _power = power;

    /// <inheritdoc/>
    public string Name => "model";

    /// <inheritdoc/>
    public bool IsMeasured => false;

    /// <inheritdoc/>
    public void Start()
    {
    }

    /// <inheritdoc/>
    public int Stop(RadioTimeline timeline) => timeline.EnergyUj(_power);
}
