// Energy as power times time, per state of the board: what a board without a sensor can say.

using Crime.Costs;

namespace Crime.Device.Energy;

/// <summary>Computes energy from the board's power profile.</summary>
public sealed class ModelledMeter : IEnergyMeter
{
    private readonly PowerProfile _power;
    private readonly int _radioUpMw;

    /// <summary>Makes the meter for a board.</summary>
    /// <param name="power">Power of its states.</param>
    /// <param name="radioUpMw">Power in mW while its radio comes up.</param>
    public ModelledMeter(PowerProfile power, int radioUpMw)
    {
        _power = power;
        _radioUpMw = radioUpMw;
    }

    /// <inheritdoc/>
    public string Name => "model";

    /// <inheritdoc/>
    public bool IsMeasured => false;

    /// <inheritdoc/>
    public void Start()
    {
    }

    /// <inheritdoc/>
    /// <remarks>Listening comes on top of whatever else the board does meanwhile, and part of it after the inference.</remarks>
    public int Stop(Activity activity) =>
        PowerProfile.EnergyUj(_power.ComputeMw, activity.ComputeUs)
        + PowerProfile.EnergyUj(_power.TransmitMw, activity.TransmitUs)
        + PowerProfile.EnergyUj(_power.WaitMw, activity.WaitUs)
        + PowerProfile.EnergyUj(_power.ListenMw - _power.WaitMw, activity.ListenUs)
        + PowerProfile.EnergyUj(_radioUpMw, activity.RadioUpUs);
}
