// The header of a group or a dataset: a row of messages in one or more blocks.

using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Import.Hdf5;

/// <summary>The kinds of messages that are read.</summary>
internal enum MessageType
{
    /// <summary>Sizes of the axes.</summary>
    Dataspace = 1,

    /// <summary>Where the links of a group of the new form are.</summary>
    LinkInfo = 2,

    /// <summary>The type of the elements.</summary>
    Datatype = 3,

    /// <summary>A member of a group of the new form.</summary>
    Link = 6,

    /// <summary>Elements in other files.</summary>
    ExternalFiles = 7,

    /// <summary>Where the elements are.</summary>
    Layout = 8,

    /// <summary>An attribute.</summary>
    Attribute = 12,

    /// <summary>Where more messages are.</summary>
    Continuation = 16,

    /// <summary>Members of a group of the old form.</summary>
    SymbolTable = 17,

    /// <summary>Where the attributes are, if not in messages.</summary>
    AttributeInfo = 21,
}

/// <summary>A message of an object's header.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="At">Address of its data.</param>
/// <param name="Size">Bytes of its data.</param>
internal readonly record struct HeaderMessage(MessageType Type, ulong At, ulong Size);

/// <summary>A group or a dataset.</summary>
internal sealed class Hdf5Object
{
    private const int SharedFlag = 2;

    private readonly Hdf5Bytes _bytes;
    private readonly List<HeaderMessage> _messages = [];

    /// <summary>Reads the header of an object.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="address">Address of the header.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public Hdf5Object(Hdf5Bytes bytes, ulong address)
    {
        _bytes = bytes;
        var blocks = new Queue<(ulong At, ulong Size)>();
        var seen = new HashSet<ulong>();
        bool isOld = bytes.Byte(address) == 1, hasOrder = false;
        if (isOld) blocks.Enqueue((Hdf5Bytes.Sum(address, 16), bytes.UInt32(address + 8)));
        else
        {
            bytes.Expect(address, "OHDR");
            int flags = bytes.Byte(address + 5), sizeOfSize = 1 << (flags & 3);
            hasOrder = (flags & 4) != 0;
            ulong at = address + 6 + ((flags & 32) != 0 ? 16u : 0) + ((flags & 16) != 0 ? 4u : 0);
            blocks.Enqueue((at + (ulong)sizeOfSize, bytes.Number(at, sizeOfSize)));
        }
        while (blocks.TryDequeue(out (ulong At, ulong Size) block))
        {
            if (!seen.Add(block.At)) throw Hdf5Bytes.Damaged("the blocks of a header point in circles");
            ReadBlock(block.At, block.Size, isOld, hasOrder, blocks);
        }
    }

    /// <summary>The messages in order.</summary>
    public IReadOnlyList<HeaderMessage> Messages => _messages;

    /// <summary>The members of a group, once they are read: name and address.</summary>
    public Dictionary<string, ulong>? Children { get; set; }

    /// <summary>True for a dataset.</summary>
    public bool IsDataset => _messages.Any(message => message.Type == MessageType.Layout);

    /// <summary>Returns the elements of a dataset.</summary>
    /// <exception cref="InvalidDataException">It is damaged, no dataset, or in a form that Keras does not write.</exception>
    public Hdf5Array Read() => Hdf5Values.Dataset(_bytes, _messages);

    /// <summary>Returns the texts of an attribute; null when the object does not have it.</summary>
    public string[]? Texts(string name) => Hdf5Values.Attribute(_bytes, _messages, name);

    /// <summary>Returns the text of an attribute; null when the object does not have it, or when it is no single text.</summary>
    public string? Text(string name) => Texts(name) is [string text] ? text : null;

    private void ReadBlock(ulong at, ulong size, bool isOld, bool hasOrder, Queue<(ulong At, ulong Size)> blocks)
    {
        ulong end = Hdf5Bytes.Sum(at, size), prefix = isOld ? 8u : hasOrder ? 6u : 4u;
        _bytes.Slice(at, size);
        // A rest that is smaller than a message is a gap.
        while (at + prefix <= end)
        {
            int type = isOld ? _bytes.UInt16(at) : _bytes.Byte(at), flags = _bytes.Byte(at + (isOld ? 4u : 3u));
            ulong length = _bytes.UInt16(at + (isOld ? 2u : 1u)), data = at + prefix;
            if (data + length > end) throw Hdf5Bytes.Damaged("a message lies outside its block");
            if ((flags & SharedFlag) != 0) throw Hdf5Bytes.Other("a message that objects share");
            if (type == (int)MessageType.Continuation) blocks.Enqueue(Continued(_bytes.UInt64(data), _bytes.UInt64(data + 8), isOld));
            else _messages.Add(new HeaderMessage((MessageType)type, data, length));
            at = data + length;
        }
    }

    private (ulong At, ulong Size) Continued(ulong at, ulong size, bool isOld)
    {
        if (isOld) return (at, size);
        _bytes.Expect(at, "OCHK");
        // Its name before, its checksum behind.
        return size >= 8 ? (at + 4, size - 8) : throw Hdf5Bytes.Damaged("a block of a header is too small");
    }
}
