using System.Collections.Generic;
using Crime.DeviceCode.Rules;
using NUnit.Framework;

namespace Crime.DeviceCode.Tests.Flow;

/// <summary>An element of a string array that was never set is found where it is read. The mark stands on those lines.</summary>
public sealed class UnsetElementTests
{
    private static readonly TestCaseData[] s_faults =
    [
        Case("compared in a loop", """
            public static int Find(string topic)
            {
                var names = new string[4];
                for (int i = 0; i < names.Length; i++)
                    if (topic == names[i]) return i; /*!*/
                return -1;
            }
            """),
        Case("test for null stored", "public static bool Has() { var a = new string[2]; bool b = a[0] == null; return b; } /*!*/"),
        Case("test for null returned", "public static bool Has(int i) { var a = new string[2]; return a[i] != null; } /*!*/"),
        Case("string.Equals", "public static bool Is(string t) { var a = new string[2]; return string.Equals(t, a[1]); } /*!*/"),
        Case("instance Equals", "public static bool Is(string t) { var a = new string[2]; return t.Equals(a[1]); } /*!*/"),
        Case("switch", """
            public static int Of()
            {
                var a = new string[2];
                switch (a[0]) /*!*/
                {
                    case "x": return 1;
                    case "y": return 2;
                    default: return 0;
                }
            }
            """),
        Case("concatenation", "public static string Of() { var a = new string[2]; return \"<\" + a[0] + \">\"; } /*!*/"),
        Case("interpolation", "public static string Of(int i) { var a = new string[2]; return $\"<{a[i]} {i}>\"; } /*!*/"),
        Case("copied to a local, compared later", """
            public static bool Is(string t)
            {
                var a = new string[2];
                string first = a[0]; /*!*/
                Log(t);
                return first == t;
            }
            """),
        Case("compared after the branch on null", """
            public static bool Is(string t)
            {
                var a = new string[2];
                string first = a[0]; /*!*/
                if (first == null) Log(t);
                return first == t;
            }
            """),
        Case("foreach", """
            public static bool Has(string t)
            {
                foreach (string s in new string[3]) /*!*/
                    if (s == t) return true;
                return false;
            }
            """),
        // The compiler stores nothing for a null in an initialiser.
        Case("null in an initialiser", "public static bool Is(string t) { var a = new[] { \"x\", null }; return a[1] == t; } /*!*/"),
        Case("loop fills a part", """
            public static bool Is(string t)
            {
                var a = new string[4];
                for (int i = 0; i < 2; i++) a[i] = "";
                return a[3] == t; /*!*/
            }
            """),
        Case("loop leaves the last out", """
            public static bool Is(string t, int k)
            {
                var a = new string[k];
                for (int i = 0; i < a.Length - 1; i++) a[i] = "";
                return a[k - 1] == t; /*!*/
            }
            """),
        Case("loop begins at one", """
            public static bool Is(string t, int k)
            {
                var a = new string[k];
                for (int i = 1; i < a.Length; i++) a[i] = "";
                return a[0] == t; /*!*/
            }
            """),
        Case("loop fills every other element", """
            public static bool Is(string t, int k)
            {
                var a = new string[8];
                for (int i = 0; i < a.Length; i += 2) a[i] = "";
                return a[k] == t; /*!*/
            }
            """),
        Case("loop that may skip", """
            public static bool Is(string t, int k)
            {
                var a = new string[8];
                for (int i = 0; i < a.Length; i++) { if (i == k) continue; a[i] = ""; }
                return a[k] == t; /*!*/
            }
            """),
        Case("loop that may end early", """
            public static bool Is(string t, int k)
            {
                var a = new string[8];
                for (int i = 0; i < a.Length; i++) { if (i == k) break; a[i] = ""; }
                return a[k] == t; /*!*/
            }
            """),
        Case("one way fills, the other does not", """
            public static bool Is(string t, bool fill)
            {
                var a = new string[2];
                if (fill) for (int i = 0; i < a.Length; i++) a[i] = t;
                return a[0] == t; /*!*/
            }
            """),
        Case("field", """
            private readonly string[] _names = new string[4];
            public int Find(string topic)
            {
                for (int i = 0; i < _names.Length; i++)
                    if (topic == _names[i]) return i; /*!*/
                return -1;
            }
            """),
        Case("static field", """
            private static readonly string[] s_names = new string[4];
            public static bool Is(string t) { return s_names[0] == t; } /*!*/
            """),
        Case("field filled by a method that nobody has to call", """
            private readonly string[] _names = new string[4];
            public void Start() { for (int i = 0; i < _names.Length; i++) _names[i] = ""; }
            public bool Is(string t) { return _names[0] == t; } /*!*/
            """),
        Case("field that the constructor fills in part", """
            private readonly string[] _names;
            public Sample() { _names = new string[4]; _names[0] = "first"; }
            public bool Is(string t) { return _names[1] == t; } /*!*/
            """),
        Case("field of another object", """
            private sealed class Row { public string[] Names = new string[2]; }
            public static bool Is(string t) { var row = new Row(); return t == row.Names[0]; } /*!*/
            """),
        Case("property", """
            private string[] Names { get; } = new string[2];
            public bool Is(string t) { return t == Names[1]; } /*!*/
            """),
        Case("array from a method", """
            private static string[] Make(int n) { return new string[n]; }
            public static bool Is(string t) { string[] a = Make(3); return a[2] == t; } /*!*/
            """),
        Case("array from a method through a method", """
            private static string[] Make(int n) { return new string[n]; }
            private static string[] MakeTwo() { string[] a = Make(2); Log("made"); return a; }
            public static bool Is(string t) { return MakeTwo()[1] == t; } /*!*/
            """),
        Case("array from an out argument", """
            private static void Make(out string[] a) { a = new string[2]; }
            public static bool Is(string t) { string[] a; Make(out a); return a[1] == t; } /*!*/
            """),
        Case("the collection grew in between", """
            public static bool Is(string t, System.Collections.ArrayList list)
            {
                var a = new string[list.Count + 1];
                for (int k = 0; k < list.Count; k++) a[k] = (string)list[k];
                list.Add(t);
                return a[list.Count - 1] == t; /*!*/
            }
            """),
        Case("property that the constructor sets", """
            public string[] Names { get; private set; }
            public Sample(int n) { Names = new string[n]; }
            public bool Is(string t, int i) { return Names[i] == t; } /*!*/
            """),
        Case("field of a base class", """
            public class Basis { protected readonly string[] Names = new string[2]; }
            public sealed class Derived : Basis { public bool Is(string t) { return Names[0] == t; } } /*!*/
            """),
        Case("field passed to another class", """
            private static class Search { public static bool Has(string[] a, string t) { foreach (string s in a) if (s == t) return true; return false; } } /*!*/
            private readonly string[] _names = new string[2];
            public bool Is(string t) { return Search.Has(_names, t); }
            """),
        Case("conditional expression", """
            public static bool Is(string t, bool first)
            {
                var a = new string[2];
                string s = first ? a[0] : "x"; /*!*/
                return s == t;
            }
            """),
        Case("array passed to a method", """
            private static bool Has(string[] a, string t) { return a[0] == t; } /*!*/
            public static bool Is(string t) { return Has(new string[3], t); }
            """),
        Case("array passed to a method through a method", """
            private static bool Has(string[] a, string t) { return a[0] == t; } /*!*/
            private static bool Through(string[] a, string t) { return Has(a, t); }
            public static bool Is(string t) { return Through(new string[3], t); }
            """),
        Case("array passed through an interface", """
            private interface IReader { bool Read(string[] a, string t); }
            private sealed class Reader : IReader { public bool Read(string[] a, string t) { return a[0] == t; } } /*!*/
            private static readonly IReader s_reader = new Reader();
            public static bool Is(string t) { return s_reader.Read(new string[3], t); }
            """),
        Case("array of arrays, inner one from a loop", """
            public static bool Is(string t)
            {
                var rows = new string[2][];
                for (int i = 0; i < rows.Length; i++) rows[i] = new string[3];
                return rows[1][2] == t; /*!*/
            }
            """),
        Case("array of arrays in a field", """
            private readonly string[][] _rows = { new string[2], new string[2] };
            public bool Is(string t, int i) { return t == _rows[i][0]; } /*!*/
            """),
        Case("array of arrays, inner one taken out first", """
            public static bool Is(string t)
            {
                string[][] rows = { new string[2] };
                foreach (string[] row in rows)
                    if (row[1] == t) return true; /*!*/
                return false;
            }
            """),
        Case("element returned", "public static string Of() { var a = new string[2]; return a[0]; } /*!*/"),
        Case("element stored in a field", "private string _last; public void Keep() { var a = new string[2]; _last = a[0]; } /*!*/"),
        Case("element stored in another array", """
            public static bool Is(string t)
            {
                var a = new string[1];
                var b = new string[1];
                b[0] = a[0]; /*!*/
                return b[0] == t; /*!*/
            }
            """),
        Case("Array.Copy of unset elements", """
            public static bool Is(string t)
            {
                var a = new string[3];
                var b = new string[3];
                Array.Copy(a, b, 3); /*!*/
                return b[0] == t;
            }
            """),
        Case("Array.Copy of a part", """
            public static bool Is(string t, string[] given)
            {
                var a = new string[given.Length + 1];
                Array.Copy(given, a, given.Length);
                return a[given.Length] == t; /*!*/
            }
            """),
        Case("Array.Clear", """
            public static bool Is(string t)
            {
                var a = new[] { "x", "y" };
                Array.Clear(a, 0, 2);
                return a[0] == t; /*!*/
            }
            """),
        Case("Array.IndexOf", "public static int Of(string t) { var a = new string[2]; return Array.IndexOf(a, t); } /*!*/"),
        Case("string.Concat of an array", "public static string Of() { var a = new string[2]; return string.Concat(a); } /*!*/"),
        Case("as an array of objects", "public static bool Is() { object[] a = new string[2]; bool b = a[0] == null; return b; } /*!*/"),
        Case("compound assignment", "public static void Do() { var a = new string[2]; a[0] += \"x\"; } /*!*/"),
        Case("by reference", """
            private static void Change(ref string s) { if (s == "x") s = "y"; }
            public static void Do() { var a = new string[2]; Change(ref a[0]); } /*!*/
            """),
        Case("constant pattern", "public static bool Is() { var a = new string[2]; return a[0] is \"x\"; } /*!*/"),
        Case("another element was tested", """
            public static bool Is(string t, int i, int j)
            {
                var a = new string[4];
                if (a[i] != null && a[j] == t) return true; /*!*/
                return false;
            }
            """),
        Case("the index changed after the test", """
            public static bool Is(string t, int i)
            {
                var a = new string[4];
                if (a[i] == null) return false;
                i++;
                return a[i] == t; /*!*/
            }
            """),
        Case("in a lambda", """
            public delegate bool Test(string t);
            public static Test Make() { var a = new string[2]; return t => a[0] == t; } /*!*/
            """),
        Case("in a struct", """
            private struct Row { public string[] Names; }
            public static bool Is(string t) { Row row = default(Row); row.Names = new string[2]; return row.Names[0] == t; } /*!*/
            """),
        Case("after a try block", """
            public static bool Is(string t)
            {
                var a = new string[1];
                try { Log(t); a[0] = t; }
                catch (Exception) { Log("failed"); }
                return a[0] == t; /*!*/
            }
            """),
        Case("in a finally block", """
            public static void Do(string t)
            {
                var a = new string[1];
                try { Log(t); a[0] = t; }
                finally { Log("<" + a[0]); } /*!*/
            }
            """),
    ];

    private static TestCaseData Case(string name, string members) => new TestCaseData(members).SetArgDisplayNames(name);

    [TestCaseSource(nameof(s_faults))]
    public void TheReadIsFoundInItsLine(string members)
    {
        IReadOnlyList<Finding> findings = Planted.CheckMembers(members);
        Assert.That(Planted.LinesOf(findings), Is.EqualTo(Planted.MarkedLines(members)), string.Join('\n', findings));
        Assert.That(findings, Has.All.Matches<Finding>(found => found.File == "Planted.cs" && found.Reason.Contains("element of a string array")));
    }
}
