// The cost of each class of IL instructions. A workload is a loop over ten copies of one C# statement; the time of the empty
// loop is taken off and the rest divided by ten. The line's name is the name of the method: the very
// instructions that were timed stand in the assembly, and nobody has to keep a second list of them.

namespace Crime.Bench;

/// <summary>Times statements.</summary>
internal sealed class OperationCosts
{
    /// <summary>How often a workload repeats its statement per turn.</summary>
    public const int Copies = 10;

    private readonly BenchReport _report;
    private long _emptyTurnPs;

    /// <summary>Reports to a console.</summary>
    public OperationCosts(BenchReport report) => _report = report;

    /// <summary>Times all statements.</summary>
    public void Measure()
    {
        var loops = new LoopCosts();
        _emptyTurnPs = Stopwatch.PicosecondsPerTurn(loops.EmptyTurn);
        _report.Write(_report.Nanoseconds("op.EmptyTurn", _emptyTurnPs));
        Measure("Branch", loops.Branch);
        MeasureIntegers(new IntegerCosts());
        MeasureLongs(new LongCosts());
        MeasureMemory(new MemoryCosts());
        MeasureCalls(new CallCosts());
    }

    private void MeasureIntegers(IntegerCosts costs)
    {
        Measure("IntMove", costs.IntMove);
        Measure("IntConstant", costs.IntConstant);
        Measure("IntAdd", costs.IntAdd);
        Measure("IntSum", costs.IntSum);
        Measure("IntMultiply", costs.IntMultiply);
        Measure("IntDivide", costs.IntDivide);
        Measure("IntShift", costs.IntShift);
        Measure("IntXor", costs.IntXor);
        Measure("IntToShort", costs.IntToShort);
        Measure("FloatMultiply", costs.FloatMultiply);
    }

    private void MeasureLongs(LongCosts costs)
    {
        Measure("LongMove", costs.LongMove);
        Measure("LongConstant", costs.LongConstant);
        Measure("LongAdd", costs.LongAdd);
        Measure("LongMultiply", costs.LongMultiply);
        Measure("LongDivide", costs.LongDivide);
        Measure("LongShift", costs.LongShift);
        Measure("LongToInt", costs.LongToInt);
        Measure("IntToLong", costs.IntToLong);
        Measure("MultiplyConstantAdd", costs.MultiplyConstantAdd);
        Measure("PackedSum", costs.PackedSum);
    }

    private void MeasureMemory(MemoryCosts costs)
    {
        Measure("LoadInt", costs.LoadInt);
        Measure("LoadShort", costs.LoadShort);
        Measure("LoadByte", costs.LoadByte);
        Measure("LoadLong", costs.LoadLong);
        Measure("StoreShort", costs.StoreShort);
        Measure("StoreLong", costs.StoreLong);
        Measure("ArrayLength", costs.ArrayLength);
        Measure("LoadField", costs.LoadField);
        Measure("StoreField", costs.StoreField);
        Measure("NewObject", costs.NewObject);
        Measure("NewArray16", costs.NewArray16);
        Measure("CopyArray256", costs.CopyArray256);
    }

    private void MeasureCalls(CallCosts costs)
    {
        Measure("CallStatic", costs.CallStatic);
        Measure("CallInstance", costs.CallInstance);
        Measure("CallVirtual", costs.CallVirtual);
        Measure("CallInterface", costs.CallInterface);
        Measure("CallNative", costs.CallNative);
        Measure("Lock", costs.Lock);
    }

    private void Measure(string name, Workload workload) =>
        _report.Write(_report.Nanoseconds("op." + name, (Stopwatch.PicosecondsPerTurn(workload) - _emptyTurnPs) / Copies));
}
