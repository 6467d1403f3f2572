// Names in a model file. Decoding must not depend on how a CLR treats broken UTF-8, so it is checked before.

using System.Text;

namespace Crime.Model;

/// <summary>Reads names of models and classes, and units.</summary>
internal static class NameText
{
    /// <summary>Reads a name: its length in a byte, then its bytes in UTF-8 without control characters.</summary>
    /// <param name="bytes">Foreign bytes.</param>
    /// <param name="offset">Index of the length; afterwards of the byte behind the name.</param>
    /// <param name="end">Index behind the last byte that may be read.</param>
    /// <param name="name">The name; null when it is refused.</param>
    /// <returns>False when the bytes are no name.</returns>
    public static bool Read(byte[] bytes, ref int offset, int end, out string name)
    {
        name = null;
        if (offset >= end) return false;
        int length = bytes[offset];
        int start = offset + 1;
        if (start + length > end) return false;
        // A name is printable ASCII in most models; decoding must not depend on how a CLR treats broken UTF-8.
        for (int i = start; i < start + length; i++)
            if (bytes[i] < ' ') return false;
        if (!IsUtf8(bytes, start, start + length)) return false;
        name = Encoding.UTF8.GetString(bytes, start, length);
        offset = start + length;
        return true;
    }

    /// <summary>Well-formed sequences of one to three bytes; longer ones (outside the basic plane) are refused.</summary>
    private static bool IsUtf8(byte[] bytes, int start, int end)
    {
        int i = start;
        while (i < end)
        {
            int lead = bytes[i];
            int following = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : -1;
            if (following < 0 || i + following >= end) return false;
            for (int k = 1; k <= following; k++)
                if ((bytes[i + k] & 0xC0) != 0x80) return false;
            if (lead == 0xE0 && bytes[i + 1] < 0xA0) return false;
            if (lead == 0xED && bytes[i + 1] >= 0xA0) return false;
            i += following + 1;
        }
        return true;
    }
}
