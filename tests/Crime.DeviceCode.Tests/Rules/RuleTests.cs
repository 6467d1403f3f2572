using System.Collections.Generic;
using System.Linq;
using System.Text;
using Crime.DeviceCode.Rules;
using NUnit.Framework;

namespace Crime.DeviceCode.Tests.Rules;

/// <summary>Each rule finds what breaks it, in the line that carries the mark, and leaves alone what does not.</summary>
public sealed class RuleTests
{
    private static readonly TestCaseData[] s_faults =
    [
        Fault("checked addition", "never throw", "public static int Of(int a) { return checked(a + 1); } /*!*/"),
        Fault("checked block", "never throw", """
            public static byte Of(int a)
            {
                checked
                {
                    return (byte)a; /*!*/
                }
            }
            """),
        Fault("text of an enum", "is its number", "public enum Colour { Red } public static string Of(Colour c) { return c.ToString(); } /*!*/"),
        Fault("enum in a concatenation", "is its number", "public enum Colour { Red } public static string Of(Colour c) { return \"<\" + c; } /*!*/"),
        Fault("enum in an interpolation", "is its number", "public enum Colour { Red } public static string Of(Colour c) { return $\"<{c}>\"; } /*!*/"),
        Fault("enum of the library as text", "is its number", "public static string Of(DayOfWeek day) { return string.Format(\"{0}\", day); } /*!*/"),
        Fault("own generic type", "generic type", "public sealed class Box<T> { public T Value; } /*!*/"),
        Fault("own generic method", "generic method", "public static T Same<T>(T value) { return value; } /*!*/"),
        Fault("multi-dimensional array", "multi-dimensional", "public static int Of() { var a = new int[2, 2]; return a[1, 1]; } /*!*/"),
        Fault("multi-dimensional field", "multi-dimensional", "private int[,] _a; /*!*/\npublic bool Is() { return _a == null; }"),
        Fault("stackalloc", "does not compile", "public static int Of() { System.Span<int> a = stackalloc int[2]; return a[0]; } /*!*/"),
        Fault("pointer", "does not compile", "public static unsafe int Of(int* p) { return *p; } /*!*/"),
        Fault("volatile", "does not compile", "private volatile int _a; public int Of() { return _a; } /*!*/"),
        Fault("literal zero", "division by zero", "public static int Of(int a) { int zero = 0; return a / zero; } /*!*/"),
        Fault("remainder of a literal zero", "division by zero", "public static long Of(long a) { const long Zero = 0; long z = Zero; return a % z; } /*!*/"),
        Fault("floating-point zero", "division by zero", "public static double Of(double a) { double zero = 0; return a / zero; } /*!*/"),
        Fault("floating-point literal", "division by zero", "public static float Of(float a) { return a / 0f; } /*!*/"),
        Fault("caught division", "does not compile", """
            public static int Of(int a, int b)
            {
                try { return a / b; }
                catch (DivideByZeroException) { return 0; } /*!*/
            }
            """),
        Fault("division under a narrower handler", "plain System.Exception", """
            public static int Of(int a, int b)
            {
                try { return a / b; }
                catch (SystemException) /*!*/
                {
                    return 0;
                }
            }
            """),
        Fault("static initialiser of another type", "static initialiser", """
            public static class Later { public static readonly int Value = Math.Abs(3); }
            public static class Earlier { public static readonly int Value = Later.Value + 1; } /*!*/
            """),
        Fault("static initialiser through a call", "static initialiser", """
            public static class Later { private static readonly int s_value = Math.Abs(3); public static int Get() { return s_value; } }
            public static class Earlier { public static readonly int Value = Later.Get(); } /*!*/
            """),
        Fault("list", "does not compile", "public static int Of() { return new System.Collections.Generic.List<int>().Count; } /*!*/"),
        Fault("nullable", "does not compile", "public static int? Of() { return null; } /*!*/"),
        Fault("conditional access to a number", "does not compile", "public static bool Of(string s) { return s?.Length > 3; } /*!*/"),
        Fault("tuple", "does not compile", "public static (int, int) Of() { return (1, 2); } /*!*/"),
        Fault("iterator", "does not compile", "public static System.Collections.Generic.IEnumerable<int> Of() { yield return 1; } /*!*/"),
        Fault("async", "does not compile", "public static async System.Threading.Tasks.Task Of() { await System.Threading.Tasks.Task.Delay(1); } /*!*/"),
        Fault("record", "does not compile", "public sealed record Pair(int A, int B); /*!*/"),
        Fault("range", "does not compile", "public static string Of(string s) { return s[1..]; } /*!*/"),
        Fault("MathF", "does not compile", "public static float Of(float a) { return MathF.Sqrt(a); } /*!*/"),
        Fault("string.Join", "does not compile", "public static string Of(string[] a) { return string.Join(\",\", a); } /*!*/"),
        Fault("number to the console", "does not compile", "public static void Of(int a) { Console.WriteLine(a); } /*!*/"),
        Fault("OverflowException", "does not compile", "public static void Of() { throw new OverflowException(); } /*!*/"),
        Fault("Linq", "does not compile", "public static int Of(int[] a) { return System.Linq.Enumerable.Count(a); } /*!*/"),
        Fault("locals", "local variables", Locals(251)),
        Fault("switch", "a switch of", Switch(256)),
        Fault("branch", "bytes of IL", Branch(1500)),
        Fault("static fields", "static fields in one class", "public static class Many /*!*/\n{\n" + Lines(300, i => $"public static readonly int F{i} = {i};") + "}"),
        Fault("static methods", "static methods in one class",
            "public static class Many /*!*/\n{\n" + Lines(255, i => $"public static int F{i}() {{ return {i}; }}") + "}"),
        Fault("static data", "static array data",
            "private static readonly byte[] s_a = { " + Bytes(66_000) + " }; /*!*/\npublic static int Of(int i) { return s_a[i]; }"),
        Fault("byte code", "bytes of byte code", "public static int Of(int a) /*!*/\n{\n" + Lines(5000, i => $"a = a * {i + 70_000} + {i + 90_000};") + "return a;\n}"),
        Fault("string table", "names and literals", "public static string Of(int i) /*!*/\n{\nswitch (i)\n{\n"
            + Lines(200, i => $"case {i}: return \"{new string('x', 330)}{i}\";") + "default: return \"\";\n}\n}"),
    ];

    private static readonly TestCaseData[] s_legal =
    [
        Case("divisions", "public static int Of(int a, int b) { if (b == 0) return 0; return a / b + a / 3 % 7; }"),
        Case("division under a handler of all exceptions", "public static int Of(int a, int b) { try { return a / b; } catch (Exception) { return 0; } }"),
        Case("floating-point division", "public static double Of(double a, float b) { return a / 3 + a / b; }"),
        Case("enum as a number", "public enum Colour { Red } public static string Of(Colour c) { return ((int)c).ToString(); }"),
        Case("flags", "[Flags] public enum Bits { A = 1, B = 2 } public static bool Of(Bits b) { return b.HasFlag(Bits.B); }"),
        Case("interpolation", "public static string Of(int a, string b) { return $\"{a}: {b} {a + 1:x2}\"; }"),
        Case("interpolation of many", "public static string Of(int a, long b, double c, bool d, char e) { return $\"{a}{b}{c}{d}{e}\"; }"),
        Case("long concatenation", "public static string Of(string a) { return a + \",\" + a + \",\" + a + \",\" + a; }"),
        Case("lambda and closure", "public delegate int F(int a); public static F Of(int b) { return a => a + b; }"),
        Case("local function and event", """
            public event EventHandler Changed;
            public int Of(int a) { int Twice() { return 2 * a; } if (Changed != null) Changed(this, EventArgs.Empty); return Twice(); }
            """),
        Case("jagged arrays, structs, references", """
            private struct Pair { public int A; public int B; }
            private static ref int First(int[] a) { return ref a[0]; }
            private static int Sum(in Pair p) { return p.A + p.B; }
            public static int Of() { var rows = new[] { new[] { 1 }, new[] { 2 } }; First(rows[0]) = 3;
                var pairs = new Pair[2]; pairs[0].A = 1; return Sum(pairs[0]) + rows[1][0]; }
            """),
        Case("switch on text and patterns", """
            public static int Of(string s)
            {
                switch (s)
                {
                    case "a": return 1; case "b": return 2; case "c": return 3; case "d": return 4; case "e": return 5; case "f": return 6; case "g": return 7;
                    default: return 0;
                }
            }
            public static int Kind(object o) { return o switch { string s when s.Length > 3 => 1, int i => i, null => 2, _ => 3 }; }
            """),
        Case("threads and locks", """
            private readonly object _gate = new object();
            private readonly System.Threading.AutoResetEvent _signal = new System.Threading.AutoResetEvent(false);
            public void Of() { lock (_gate) { _signal.Set(); }
            _signal.WaitOne(10, false); new System.Threading.Thread(() => Log("x")).Start(); System.Threading.Thread.Sleep(1); }
            """),
        Case("collections and text", """
            public static int Of(byte[] data)
            {
                var list = new System.Collections.ArrayList { "a", 1 };
                var table = new System.Collections.Hashtable { { "k", 2 } };
                foreach (object item in list) if (item is string s) Log(s);
                var text = new System.Text.StringBuilder();
                text.Append("x").Append(1);
                string utf8 = System.Text.Encoding.UTF8.GetString(data, 0, data.Length);
                return list.Count + (int)table["k"] + text.Length + utf8.Length + (int)BitConverter.ToUInt32(data, 0);
            }
            """),
        Case("primary constructor, init, target-typed new", """
            private sealed class Point(int x) { public int X { get; init; } = x; }
            private static readonly Point s_point = new(3) { X = 4 };
            public static int Of() { int[] a = [1, 2, 3]; return s_point.X + a[0]; }
            """),
        Case("own static fields", "private static readonly int s_a = Math.Abs(3); private static readonly int s_b = s_a + 1; public static int Of() { return s_b; }"),
        Case("constants of another type",
            "public static class Later { public const int Value = 3; } public static class Earlier { public static readonly int Value = Later.Value + 1; }"),
        Case("device libraries", """
            public static long Of()
            {
                var pins = new System.Device.Gpio.GpioController();
                if (pins == null) return 0;
                nanoFramework.Hardware.Esp32.Sleep.EnableWakeupByTimer(TimeSpan.FromMilliseconds(10));
                return (long)nanoFramework.Hardware.Esp32.HighResTimer.GetCurrent() + Crime.FixedPoint.ActivationTable.Length;
            }
            """),
        Case("250 locals", Locals(248)),
        Case("255 cases", Switch(255)),
        Case("branch", Branch(900)),
        Case("static data", "private static readonly byte[] s_a = { " + Bytes(65_000) + " };\npublic static int Of(int i) { return s_a[i]; }"),
    ];

    private static TestCaseData Fault(string name, string reason, string members) => new TestCaseData(reason, members).SetArgDisplayNames(name);

    private static TestCaseData Case(string name, string members) => new TestCaseData(members).SetArgDisplayNames(name);

    private static string Lines(int count, System.Func<int, string> line) =>
        Enumerable.Range(0, count).Aggregate(new StringBuilder(), (text, i) => text.AppendLine(line(i))).ToString();

    private static string Bytes(int count) => string.Join(",", Enumerable.Range(0, count).Select(i => (i * 7 % 251).ToString()));

    // Every local lives until the end, so the compiler cannot share their slots.
    private static string Locals(int count) => "public static int Of(int x) /*!*/\n{\n" + Lines(count, i => $"int v{i} = x * {i};")
        + "for (int k = 0; k < 3; k++) {\n" + Lines(count, i => $"v{i} += v{(i + 1) % count};") + "}\nreturn v0 + v1;\n}";

    private static string Switch(int count) =>
        "public static int Of(int x) { switch (x) /*!*/\n{\n" + Lines(count, i => $"case {i}: return {i * 7 % 1000};") + "default: return -1;\n}\n}";

    private static string Branch(int lines) => "public static int Of(int x)\n{\nint a = x; while (a < 100) /*!*/\n{\n"
        + Lines(lines, i => $"a = a * {i + 70_000} + {i + 90_000} ^ {i + 80_000};") + "}\nreturn a;\n}";

    [TestCaseSource(nameof(s_faults))]
    public void TheFaultIsFoundInItsLine(string reason, string members)
    {
        IReadOnlyList<Finding> findings = Planted.CheckMembers(members);
        Assert.That(
            findings.Where(found => found.Reason.Contains(reason)).Select(found => found.Line).Distinct(),
            Is.EqualTo(Planted.MarkedLines(members)), string.Join('\n', findings));
    }

    [TestCaseSource(nameof(s_legal))]
    public void NothingIsFound(string members) => Assert.That(Planted.CheckMembers(members), Is.Empty);

    [Test]
    public void OtherFaultsOfAFileThatDoesNotCompileForADeviceAreFoundToo()
    {
        IReadOnlyList<Finding> findings = Planted.CheckMembers(
            "public static int Of() { return new System.Collections.Generic.List<int>().Count; }\npublic static string First() { return (new string[1])[0]; }");
        Assert.That(Planted.LinesOf(findings), Is.EqualTo(new[] { 7, 8 }), string.Join('\n', findings));
    }

    [Test]
    public void SourceThatIsNoCSharpIsAFinding()
    {
        IReadOnlyList<Finding> findings = Planted.Check("class A\n{\n  void (\n}\n");
        Assert.That(findings, Is.Not.Empty.And.All.Matches<Finding>(found => found.File == "Planted.cs" && found.Reason.StartsWith("does not compile for the device: ")));
    }
}
