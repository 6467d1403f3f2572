using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Prediction;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Prediction;

/// <summary>Classes of instructions, seen at the bench's statements.</summary>
public sealed class OperationKindTests
{
    private static readonly Dictionary<string, BenchStatement> s_statements = BenchStatements.All.ToDictionary(statement => statement.Name);

    private static string Text(string name) =>
        string.Join(' ', s_statements[name].Operations.OrderBy(pair => pair.Key, System.StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));

    [TestCase("EmptyTurn", "branch=1 constant=1 int_arithmetic=1 move=4")]
    [TestCase("IntMultiply", "int_multiply=1 move=3")]
    [TestCase("LongMultiply", "long_multiply=1 move=3")]
    [TestCase("FloatMultiply", "float_arithmetic=1 move=3")]
    [TestCase("LongShift", "constant=1 long_shift=1 move=2")]
    [TestCase("IntToLong", "move=2 to_long=1")]
    [TestCase("PackedSum", "long_arithmetic=2 long_constant=3 long_multiply=3 move=4")]
    [TestCase("StoreShort", "array_store=1 move=3 to_short=1")]
    [TestCase("LoadLong", "long_array_load=1 move=3")]
    [TestCase("CallStatic", "move=3 static_call=1")]
    [TestCase("CallInstance", "instance_call=1 move=4")]
    [TestCase("CallVirtual", "move=4 virtual_call=1")]
    [TestCase("CallInterface", "interface_call=1 move=4")]
    [TestCase("CallNative", "library_call=1 move=2")]
    [TestCase("NewObject", "move=1 new_object=1")]
    public void AStatementConsistsOf(string name, string expected) => Assert.That(Text(name), Is.EqualTo(expected));

    [Test]
    public void EveryClassHasAStatement() =>
        Assert.That(OperationFit.Statements.SelectMany(statement => statement.Operations.Keys).Distinct(), Is.EquivalentTo(Operation.All));

    [Test]
    public void EveryInstructionOfAKernelButTheReturnsHasAClass()
    {
        byte[] bytes = ModelLoading.ReadModel("synthetic:4x8");
        var counter = new IlCounter(bytes, Crime.Modelling.Compilation.KernelEmitter.Emit(ModelLoading.Parse(bytes, "synthetic"), "SyntheticKernel"));
        foreach (CountedKernel kernel in new[] { CountedKernel.Table, CountedKernel.Compiled })
        {
            IlCount count = counter.Count(kernel, [Crime.Bench.SyntheticModel.Sequence(40)]);
            Assert.That(count.ByOperation.Values.Sum(), Is.EqualTo(count.Total - count.ByOpCode.GetValueOrDefault("ret")));
        }
    }
}
