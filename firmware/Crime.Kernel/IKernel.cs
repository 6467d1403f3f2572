// The firmware computes a sequence through this interface, whichever kernel the board carries. It is called once per
// sequence or step, never inside one: an interface call costs as much as twenty instructions on the board.

namespace Crime.Kernel;

/// <summary>A fixed-point recurrent network with explicit state.</summary>
public interface IKernel
{
    /// <summary>Whether the weights of its layers are code.</summary>
    bool IsCompiled { get; }

    /// <summary>Numbers per timestep: features, or one token.</summary>
    int ValuesPerStep { get; }

    /// <summary>Number of logits.</summary>
    int ClassCount { get; }

    /// <summary>Fraction bits of the logits.</summary>
    int LogitFractionBits { get; }

    /// <summary>The state after the last step; may be replaced by an imported one between steps.</summary>
    NetworkState State { get; }

    /// <summary>How often a value met the end of its range since the last reset of the counters.</summary>
    SaturationCounters Saturations { get; }

    /// <summary>Advances the state by timesteps.</summary>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <param name="start">Index of the first timestep to take.</param>
    /// <param name="count">How many timesteps to take; 0 changes nothing.</param>
    void Advance(short[] values, int start, int count);

    /// <summary>Computes the logits from the state.</summary>
    /// <returns>
    /// The class with the largest logit, the lowest index among equals; for an anomaly 1 when <see cref="Score"/> is above the threshold, else 0.
    /// </returns>
    int Classify();

    /// <summary>The logits of the last <see cref="Classify"/>, with <see cref="LogitFractionBits"/>.</summary>
    int[] Logits { get; }

    /// <summary>
    /// Receives the class of each timestep; null for none. The length of the sequence, at least.
    /// </summary>
    byte[] StepLabels { get; set; }

    /// <summary>Output tokens of the last <see cref="Classify"/>, without the end; 0 for a network that writes no sequence.</summary>
    int OutputCount { get; }

    /// <summary>Steps of output that <see cref="Classify"/> writes whatever the tokens are, to measure the time; 0 to write an output.</summary>
    int ForcedSteps { get; set; }

    /// <summary>Reports the tokens of outputs from now on; does nothing for a network that writes no sequence.</summary>
    /// <param name="listener">Receives the tokens.</param>
    void ReportTokens(ITokenListener listener);

    /// <summary>Mean squared error of prediction in standardised units so far; 0 for other answers than an anomaly.</summary>
    float Score { get; }
}
