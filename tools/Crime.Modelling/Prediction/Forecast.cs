// Time and energy of a model on a board before anything is flashed: the executed instructions of its kernel times their costs, and
// what the size of compiled code adds.

using System.Collections.Generic;
using System.Linq;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using Crime.Modelling.Limits;

namespace Crime.Modelling.Prediction;

/// <summary>Share of a class of instructions in a step.</summary>
/// <param name="Operation">The class.</param>
/// <param name="PerStep">How often a step executes it.</param>
/// <param name="Ns">What one costs.</param>
/// <param name="UsPerStep">What they cost together, in µs.</param>
public sealed record OperationShare(string Operation, double PerStep, double Ns, double UsPerStep);

/// <summary>Share of the code's size in a step.</summary>
/// <param name="Bytes">Straight-line code that a step runs through; 0 for a kernel of loops.</param>
/// <param name="UsPerStep">Time beyond the costs of its instructions, in µs.</param>
/// <param name="Source">Where that comes from.</param>
public sealed record CodeShare(int Bytes, double UsPerStep, string Source);

/// <summary>An offload against computing on the board.</summary>
/// <param name="Cost">The offload.</param>
/// <param name="LocalEnergyUj">Energy of computing on the board above the idle baseline of this link, in µJ over the length.</param>
/// <param name="CrossingLengthTime">Length in timesteps from which on it is faster, whether or not a request can be so long; null for never.</param>
/// <param name="CrossingLengthEnergy">Length from which on it takes less energy, whether or not a request can be so long; null for never.</param>
/// <param name="LongestRequest">Most timesteps that a request carries; 0 for none.</param>
public sealed record LinkForecast(OffloadCost Cost, LineOver LocalEnergyUj, long? CrossingLengthTime, long? CrossingLengthEnergy, int LongestRequest)
{
    /// <summary>Length in timesteps from which on an offload is faster; null for never, and where no request is so long.</summary>
    public long? BreakEvenLengthTime => Reachable(CrossingLengthTime);

    /// <summary>Length from which on an offload takes less energy; null for never, and where no request is so long.</summary>
    public long? BreakEvenLengthEnergy => Reachable(CrossingLengthEnergy);

    /// <summary>True where an offload would pay only from a length that no request can carry.</summary>
    public bool IsBeyondRequests => CrossingLengthTime > LongestRequest || CrossingLengthEnergy > LongestRequest;

    private long? Reachable(long? length) => length > LongestRequest ? null : length;
}

/// <summary>A model on a board.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Board">Name of the board.</param>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Inputs">Where the counted inputs come from.</param>
/// <param name="IlPerStep">Executed instructions per timestep.</param>
/// <param name="TimeUs">Time of an inference on the board, in µs over the length.</param>
/// <param name="EnergyUj">Energy of it above the idle baseline of an associated board, in µJ over the length; null for a profile without power.</param>
/// <param name="Operations">What a step is made of, the dearest first.</param>
/// <param name="Code">What the size of the compiled code adds.</param>
/// <param name="Links">Offloads; none for a profile without a radio.</param>
/// <param name="HeapSize">Heap that the kernel takes, in bytes.</param>
/// <param name="Battery">Battery life; null unless a battery was given.</param>
public sealed record Forecast(
    string Model, string Board, CountedKernel Kernel, string Inputs, double IlPerStep, LineOver TimeUs, LineOver? EnergyUj,
    IReadOnlyList<OperationShare> Operations, CodeShare Code, IReadOnlyList<LinkForecast> Links,
    int HeapSize, BatteryForecast? Battery)
{
    /// <summary>The outputs, whose expected length is in all lines; null for a network that writes none.</summary>
    public OutputForecast? Output { get; init; }

    /// <summary>Time to read an input, in µs over its length; the whole time of a network that writes no sequence.</summary>
    public LineOver InputUs => Output?.InputUs ?? TimeUs;

    /// <summary>Energy to read an input, in µJ; null for a profile without power.</summary>
    public LineOver? InputUj => Output == null ? EnergyUj : Output.InputUj;

    /// <summary>Predicts.</summary>
    /// <param name="bytes">A model file that boards can run.</param>
    /// <param name="model">The same, parsed.</param>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="inputs">What to count on.</param>
    /// <param name="profile">The board.</param>
    /// <param name="gateway">The other end of the links.</param>
    /// <param name="use">A battery, and how often the board has an input; null for no battery.</param>
    /// <exception cref="UserInputException">A battery is given for a profile without power, or cannot supply the board.</exception>
    public static Forecast Make(
        byte[] bytes, ModelFile model, CountedKernel kernel, CountedInputs inputs, CostProfile profile, GatewayCost gateway, BatteryUse? use = null)
    {
        use?.Battery.CheckSupplies((profile.Board ?? throw new UserInputException($"{profile.Name}: no battery life, the profile has no power")).SupplyV);
        OperationTable table = profile.Operations;
        EmittedKernel emitted = KernelEmitter.Emit(model);
        SequenceCount count = new IlCounter(bytes, emitted).CountSequences(kernel, inputs.Sequences);
        double PerStep(double whole, double empty) => (whole - count.Sequences * empty) / count.Steps;
        double startUs = table.Nanoseconds(count.Empty) / 1000;
        var cost = new KernelCost(kernel, KernelCost.SizeOf(emitted, model), profile.Code);
        var code = new CodeShare(
            cost.CodeSize, PerStep(cost.ExtraNanoseconds(count.Whole) / 1000, cost.ExtraNanoseconds(count.Empty) / 1000), profile.Code.Source);
        var time = new LineOver(PerStep(table.Nanoseconds(count.Whole) / 1000, startUs) + code.UsPerStep, startUs);
        OperationShare Share(string name)
        {
            double perStep = PerStep(count.Whole.ByOperation.GetValueOrDefault(name), count.Empty.ByOperation.GetValueOrDefault(name));
            return new OperationShare(name, perStep, table.Costs[name].Ns, perStep * table.Costs[name].Ns / 1000);
        }
        OperationShare[] shares = Operation.All.Select(Share).Where(share => share.PerStep > 0).OrderByDescending(share => share.UsPerStep).ToArray();
        double? computeMw = profile.Board == null ? null : BoardPower.Associated(profile.Board).ComputeMw;
        OutputForecast? output = count.Output is { } steps ? OutputForecast.Make(model.Decoder.Output, steps, table, time, computeMw) : null;
        if (output != null)
        {
            time = output.InputUs + output.Over(output.UsPerStep);
            gateway = output.Served(gateway);
        }
        LineOver? energy = computeMw is { } power ? time.Energy(power) : null;
        var (links, battery) = Offloads(model, inputs, profile, gateway, time, use);
        return new Forecast(
            model.Name, profile.Name, kernel, inputs.Source, PerStep(count.Whole.Total, count.Empty.Total), time, energy, shares, code, links,
            kernel == CountedKernel.Compiled ? KernelSize.OfCompiled(model) : KernelSize.OfTable(model, TableLayer.CanKnowTokens(model)), battery)
        {
            Output = output,
        };
    }

    private static (IReadOnlyList<LinkForecast> Links, BatteryForecast? Battery) Offloads(
        ModelFile model, CountedInputs inputs, CostProfile profile, GatewayCost gateway, LineOver time, BatteryUse? use)
    {
        if (profile.Board == null) return ([], null);
        RequestCost request = RequestCost.Count(model);
        LineOver encoding = request.Encoding(profile.Operations);
        LinkForecast[] links = Prediction.Links.Of(profile.Board, encoding, request, gateway)
            .Select(cost => new LinkForecast(
                cost, time.Energy(cost.ComputeMw), Prediction.Links.BreakEvenLength(time, cost.TimeUs),
                Prediction.Links.BreakEvenLength(time.Energy(cost.ComputeMw), cost.EnergyUj), RequestLimits.Of(model).LongestLength))
            .ToArray();
        return (links, use == null ? null : BatteryForecast.Make(model, profile.Board, time, encoding, request, gateway, inputs.Lengths, use));
    }
}
