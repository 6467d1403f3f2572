// The text that changes the settings of a board while it runs: lines of "key=value". The board and the gateway check its form by the same code.
// The keys and their values are known to the board only.

using System.IO.Hashing;

namespace Crime.Frames;

/// <summary>Checks, searches and merges lines of settings.</summary>
public static class SettingsText
{
    /// <summary>Largest text in bytes that is sent to a board.</summary>
    public const int MaxSize = 1024;

    /// <summary>First word of a board's answer to a text that it has taken.</summary>
    public const string Taken = "ok";

    /// <summary>First word of a board's answer to a text that it has refused as a whole.</summary>
    public const string Refused = "refused";

    /// <summary>Returns the number that names a text in the answer.</summary>
    /// <param name="bytes">The text as it is sent.</param>
    public static uint HashOf(byte[] bytes) => Crc32.HashToUInt32(bytes);

    /// <summary>Returns what is wrong with the form of a text in one line, or null.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="isRemote">True for a text that comes over the air.</param>
    public static string Problem(string text, bool isRemote)
    {
        int count = 0;
        for (int start = 0; start < text.Length;)
        {
            int end = EndOfLine(text, start);
            string line = text.Substring(start, end - start).Trim();
            start = end + 1;
            if (line.Length == 0 || line[0] == '#') continue;
            for (int i = 0; i < line.Length; i++)
                if (line[i] < ' ') return "a line has a control character";
            string key = KeyOf(line);
            if (key.Length == 0) return "'" + line + "' is no key=value";
            if (isRemote && IsLocal(key)) return key + " is not set over the air, where a wrong value cuts the board off";
            if (start < text.Length && Find(text.Substring(start), key) != null) return key + " is there twice";
            count++;
        }
        return count == 0 ? "there is no setting" : null;
    }

    /// <summary>Returns the key of a line; empty for a comment, and for a line that is no setting.</summary>
    /// <param name="line">The line.</param>
    public static string KeyOf(string line)
    {
        int equals = line.IndexOf('=');
        return equals < 1 || line[0] == '#' ? "" : line.Substring(0, equals).Trim();
    }

    /// <summary>Returns the last value of a key, or null.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="key">The key.</param>
    public static string Find(string text, string key)
    {
        string found = null;
        for (int start = 0; start < text.Length;)
        {
            int end = EndOfLine(text, start);
            int value = ValueStart(text, start, end, key);
            if (value >= 0) found = text.Substring(value, end - value).Trim();
            start = end + 1;
        }
        return found;
    }

    /// <summary>Returns the lines of two texts. A line of the second one replaces those of its key in the first one.</summary>
    /// <param name="text">The first text.</param>
    /// <param name="added">The second text.</param>
    public static string Merge(string text, string added)
    {
        var letters = new char[text.Length + added.Length + 2];
        int length = Append(letters, 0, text, added);
        length = Append(letters, length, added, "");
        return new string(letters, 0, length);
    }

    /// <summary>Appends the settings of a text whose keys another text does not have.</summary>
    private static int Append(char[] letters, int length, string text, string without)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = EndOfLine(text, start);
            string line = text.Substring(start, end - start).Trim();
            start = end + 1;
            string key = KeyOf(line);
            if (key.Length == 0 || Find(without, key) != null) continue;
            for (int i = 0; i < line.Length; i++) letters[length++] = line[i];
            letters[length++] = '\n';
        }
        return length;
    }

    /// <summary>Returns true for settings that lead to the network or make the board another one: no later text would repair them.</summary>
    private static bool IsLocal(string key) => HasPrefix(key, "wifi.") || HasPrefix(key, "broker.") || key == "board.id" || key == "role";

    private static bool HasPrefix(string key, string prefix)
    {
        if (key.Length < prefix.Length) return false;
        // Letter by letter: String.StartsWith depends on the culture on .NET.
        for (int i = 0; i < prefix.Length; i++)
            if (key[i] != prefix[i]) return false;
        return true;
    }

    private static int EndOfLine(string text, int start)
    {
        int end = text.IndexOf('\n', start);
        return end < 0 ? text.Length : end;
    }

    /// <returns>Index of the value where the line has the key; -1 otherwise.</returns>
    private static int ValueStart(string text, int start, int end, string key)
    {
        while (start < end && text[start] <= ' ') start++;
        if (end - start <= key.Length) return -1;
        for (int i = 0; i < key.Length; i++)
            if (text[start + i] != key[i]) return -1;
        start += key.Length;
        while (start < end && text[start] == ' ') start++;
        return start < end && text[start] == '=' ? start + 1 : -1;
    }
}
