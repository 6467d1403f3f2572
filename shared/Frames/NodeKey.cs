// Nodes are named by people and compared by programs: paths and visited lists carry four bytes per node.

using System.IO.Hashing;

namespace Crime.Frames;

/// <summary>The number that stands for a node id in paths: the CRC-32 of its letters.</summary>
/// <remarks>Equal ids have equal keys, so a loop is never missed. Two ids with the same key would not use each other, which costs a
/// route and nothing else; among 50 nodes the chance is below one in a million.</remarks>
public static class NodeKey
{
    /// <summary>The key of an id; allocates.</summary>
    /// <param name="id">A node id, see <see cref="Topics.IsNodeId"/>.</param>
    public static uint Of(string id)
    {
        var letters = new byte[id.Length];
        for (int i = 0; i < letters.Length; i++) letters[i] = (byte)id[i];
        return Crc32.HashToUInt32(letters);
    }
}
