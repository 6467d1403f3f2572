// Energy per inference, from a sensor or from the board's profile. The console names the source.

using Crime.Costs;

namespace Crime.Device.Energy;

/// <summary>Measures or computes the energy of one inference above the idle baseline, the power of the board while it has nothing to do.</summary>
internal interface IEnergyMeter
{
    /// <summary>Name for the console: "ina219" or "model".</summary>
    string Name { get; }

    /// <summary>True when a sensor measures; false when the energy is computed.</summary>
    bool IsMeasured { get; }

    /// <summary>Starts at the beginning of an inference.</summary>
    void Start();

    /// <summary>Stops at the end of the inference.</summary>
    /// <param name="timeline">The times of the inference by state.</param>
    /// <returns>
    /// Energy in µJ above the idle baseline, from the start until the radio no longer listens because of the inference; see
    /// <see cref="RadioTimeline.TailUs"/>.
    /// </returns>
    int Stop(RadioTimeline timeline);
}
