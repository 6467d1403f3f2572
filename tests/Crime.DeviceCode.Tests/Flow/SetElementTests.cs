using NUnit.Framework;

namespace Crime.DeviceCode.Tests.Flow;

/// <summary>Code that sets elements before it reads them, or only branches on null, is left alone.</summary>
public sealed class SetElementTests
{
    private static readonly TestCaseData[] s_legal =
    [
        Case("branch on null", "public static int Of(int i) { var a = new string[2]; if (a[i] == null) return 1; return 2; }"),
        Case("branch first", "public static bool Is(string t, int i) { var a = new string[2]; return a[i] != null && a[i] == t; }"),
        Case("branch first, in a loop over a field", """
            private readonly string[] _names = new string[4];
            public int Find(string topic)
            {
                for (int i = 0; i < _names.Length; i++)
                    if (_names[i] != null && topic == _names[i]) return i;
                return -1;
            }
            """),
        Case("branch on a copy", "public static bool Is(string t) { var a = new string[2]; string s = a[0]; if (s == null) return false; return s == t; }"),
        Case("null-coalescing", "public static string Of() { var a = new string[2]; return a[0] ?? \"none\"; }"),
        Case("conditional access", "public static string Of() { var a = new string[2]; return a[0]?.Substring(1); }"),
        Case("pattern", "public static bool Is(string t) { var a = new string[2]; return a[0] is string s && s == t; }"),
        Case("initialiser", "public static bool Is(string t) { var a = new[] { \"x\", \"y\", \"z\" }; return a[1] == t; }"),
        Case("initialiser of a field", "private static readonly string[] s_a = { \"x\", \"y\" }; public static bool Is(string t, int i) { return s_a[i] == t; }"),
        Case("collection expression", "public static bool Is(string t, int i) { string[] a = [\"x\", \"y\"]; return a[i] == t; }"),
        Case("every element by its number", """
            public static bool Is(string t, int i)
            {
                var a = new string[3];
                a[2] = "x";
                a[0] = t;
                a[1] = null;
                return a[i] == t;
            }
            """),
        Case("for to Length", """
            public static bool Is(string t, int i)
            {
                var a = new string[4];
                for (int k = 0; k < a.Length; k++) a[k] = "";
                return a[i] == t;
            }
            """),
        Case("for to the length it was made with", """
            public static bool Is(string t, int i, int count)
            {
                var a = new string[count];
                for (int k = 0; k < count; k++) a[k] = "";
                return a[i] == t;
            }
            """),
        Case("for to a field's length", """
            private readonly int _count = 5;
            public bool Is(string t, int i)
            {
                var a = new string[_count];
                for (int k = 0; k < _count; k++) a[k] = "";
                return a[i] == t;
            }
            """),
        Case("while, with the increment in the index", """
            public static bool Is(string t, int i)
            {
                var a = new string[4];
                int k = 0;
                while (k < a.Length) a[k++] = t;
                return a[i] == t;
            }
            """),
        Case("for to a collection's count", """
            private readonly System.Collections.ArrayList _items = new System.Collections.ArrayList();
            public bool Is(string t, int i)
            {
                var a = new string[_items.Count];
                for (int k = 0; k < _items.Count; k++) a[k] = (string)_items[k];
                return a[i] == t;
            }
            """),
        Case("for to the length of another array", """
            public static bool Is(string t, int i)
            {
                string[] parts = t.Split(',');
                var a = new string[parts.Length];
                for (int k = 0; k < parts.Length; k++) a[k] = parts[k].Trim();
                return a[i] == t;
            }
            """),
        Case("for to the length of an array of numbers", """
            public static bool Is(string t, int i, int[] numbers)
            {
                var a = new string[numbers.Length];
                for (int k = 0; k < numbers.Length; k++) a[k] = numbers[k].ToString();
                return a[i] == t;
            }
            """),
        Case("do while", """
            public static bool Is(string t, int i)
            {
                var a = new string[3];
                int k = 0;
                do { a[k] = t; k++; } while (k < a.Length);
                return a[i] == t;
            }
            """),
        Case("array from an out argument", """
            private static void Make(out string[] a) { a = new string[2]; for (int i = 0; i < a.Length; i++) a[i] = ""; }
            public static bool Is(string t) { string[] a; Make(out a); return a[1] == t; }
            """),
        Case("CopyTo of a collection", """
            public static bool Is(string t, System.Collections.ArrayList list) { var a = new string[list.Count]; list.CopyTo(a); return a[0] == t; }
            """),
        Case("constructor fills a property", """
            public string[] Names { get; private set; } = new string[4];
            public Sample() { for (int i = 0; i < Names.Length; i++) Names[i] = ""; }
            public bool Is(string t, int i) { return Names[i] == t; }
            """),
        Case("constructor sets a property", """
            public string[] Names { get; private set; }
            public Sample(int n) { Names = new string[n]; for (int i = 0; i < Names.Length; i++) Names[i] = ""; }
            public bool Is(string t, int i) { return Names[i] == t; }
            """),
        Case("filled where it is null", """
            private readonly string[] _names = new string[4];
            public int Add(string t)
            {
                for (int i = 0; i < _names.Length; i++)
                {
                    if (_names[i] == null) { _names[i] = t; return i; }
                    if (_names[i] == t) return i;
                }
                return -1;
            }
            """),
        Case("local function fills", """
            public static bool Is(string t, int i)
            {
                var a = new string[4];
                void Fill() { for (int k = 0; k < a.Length; k++) a[k] = ""; }
                Fill();
                return a[i] == t;
            }
            """),
        Case("both ways fill", """
            public static bool Is(string t, int i, bool upper)
            {
                var a = new string[4];
                for (int k = 0; k < a.Length; k++) { if (upper) a[k] = t.ToUpper(); else a[k] = t; }
                return a[i] == t;
            }
            """),
        Case("only what was filled is read", """
            public static int Find(string t)
            {
                var a = new string[8];
                int count = 0;
                while (count < a.Length && count < t.Length) { a[count] = t.Substring(count); count++; }
                for (int i = 0; i < count; i++)
                    if (a[i] == t) return i;
                return -1;
            }
            """),
        Case("constructor fills the field", """
            private readonly string[] _names;
            public Sample(int n) { _names = new string[n]; for (int i = 0; i < _names.Length; i++) _names[i] = ""; }
            public bool Is(string t, int i) { return _names[i] == t; }
            """),
        Case("constructor calls the method that fills the field", """
            private readonly string[] _names = new string[4];
            public Sample() { Clear(); }
            public void Clear() { for (int i = 0; i < _names.Length; i++) _names[i] = ""; }
            public bool Is(string t, int i) { return _names[i] == t; }
            """),
        Case("field from a method that fills the array", """
            private readonly string[] _names = Empty(4);
            private static string[] Empty(int n) { var a = new string[n]; for (int i = 0; i < a.Length; i++) a[i] = ""; return a; }
            public bool Is(string t, int i) { return _names[i] == t; }
            """),
        Case("method that fills its argument", """
            private static void Fill(string[] a) { for (int i = 0; i < a.Length; i++) a[i] = ""; }
            public static bool Is(string t, int i) { var a = new string[4]; Fill(a); return a[i] == t; }
            """),
        Case("private method that makes the field's array", """
            private string[] _names;
            public Sample() { Make(3); for (int i = 0; i < _names.Length; i++) _names[i] = ""; }
            private void Make(int n) { _names = new string[n]; }
            public bool Is(string t, int i) { return _names[i] == t; }
            """),
        Case("static constructor", """
            private static readonly string[] s_names = new string[2];
            static Sample() { for (int i = 0; i < s_names.Length; i++) s_names[i] = ""; }
            public static bool Is(string t, int i) { return s_names[i] == t; }
            """),
        Case("Array.Copy into it", """
            public static bool Is(string t, string[] given, int i)
            {
                var a = new string[given.Length];
                Array.Copy(given, a, given.Length);
                return a[i] == t;
            }
            """),
        Case("Array.Copy and the rest", """
            public static bool Is(string t, string[] given, int i)
            {
                var a = new string[given.Length + 1];
                Array.Copy(given, 0, a, 0, given.Length);
                a[given.Length] = t;
                return a[i] == t;
            }
            """),
        Case("array from outside", "public static bool Is(string t, string[] given) { return given[0] == t; }"),
        Case("array from the library", "public static bool Is(string t) { return t.Split(',')[0] == t; }"),
        Case("argument array of a params method", """
            private static bool Any(string t, params string[] all) { foreach (string s in all) if (s == t) return true; return false; }
            public static bool Is(string t) { return Any(t, "a", "b") || Any(t); }
            """),
        Case("array of arrays", """
            public static bool Is(string t, int i)
            {
                var rows = new string[2][];
                for (int r = 0; r < rows.Length; r++)
                {
                    rows[r] = new string[3];
                    for (int c = 0; c < 3; c++) rows[r][c] = "";
                }
                return rows[i][2] == t;
            }
            """),
        Case("unset array of an array of arrays, tested", "public static bool Is(int i) { var rows = new string[2][]; bool b = rows[i] == null; return b; }"),
        Case("arrays of other things", """
            private static readonly object[] s_objects = new object[3];
            private static readonly Sample[] s_samples = new Sample[3];
            public static bool Is(int i) { bool b = s_objects[i] == null; bool c = s_samples[i] == null; return b && c && new int[2][] != null; }
            """),
        Case("string field that was never set", "private string _text; public bool Is(string t) { bool b = _text == null; return b || _text == t; }"),
        Case("out element", """
            private static void Get(out string s) { s = "x"; }
            public static bool Is(string t) { var a = new string[1]; Get(out a[0]); return a[0] == t; }
            """),
        Case("set again after Array.Clear", """
            public static bool Is(string t, int i)
            {
                var a = new[] { "x", "y" };
                Array.Clear(a, 0, 2);
                for (int k = 0; k < a.Length; k++) a[k] = "";
                return a[i] == t;
            }
            """),
    ];

    private static TestCaseData Case(string name, string members) => new TestCaseData(members).SetArgDisplayNames(name);

    [TestCaseSource(nameof(s_legal))]
    public void NothingIsFound(string members) => Assert.That(Planted.CheckMembers(members), Is.Empty);
}
