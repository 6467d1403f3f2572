// HDF5 as h5py writes it, which is how Keras keeps weights: groups, attributes, datasets in one piece. A library for all of HDF5
// follows links to other files, allocates what a length field asks for, and recurses as deep as a file says. This reader does not.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Crime.Modelling.Import.Hdf5;

/// <summary>An HDF5 file.</summary>
internal sealed class Hdf5File
{
    private static readonly byte[] s_signature = [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n'];

    private readonly Hdf5Bytes _bytes;
    private readonly Dictionary<ulong, Hdf5Object> _objects = [];

    /// <summary>Opens a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">It is no HDF5 file, damaged, or of a form that Keras does not write.</exception>
    public Hdf5File(byte[] bytes)
    {
        _bytes = new Hdf5Bytes(bytes);
        if (!IsHdf5(bytes)) throw Hdf5Bytes.Damaged("it does not begin as an HDF5 file");
        int version = _bytes.Byte(8);
        if (version > 3) throw Hdf5Bytes.Other($"version {version} of HDF5");
        bool isOld = version < 2;
        if (_bytes.Byte(isOld ? 13u : 9u) != 8 || _bytes.Byte(isOld ? 14u : 10u) != 8) throw Hdf5Bytes.Other("addresses of other than 8 bytes");
        // The old form has two more bytes and two reserved ones in its version 1.
        ulong addresses = version switch { 0 => 24, 1 => 28, _ => 12 };
        if (_bytes.UInt64(addresses) != 0) throw Hdf5Bytes.Other("a block in front of the file");
        Root = At(_bytes.UInt64(addresses + (isOld ? 40u : 24u)));
    }

    /// <summary>The group that holds all.</summary>
    public Hdf5Object Root { get; }

    /// <summary>True when a file begins as HDF5.</summary>
    public static bool IsHdf5(ReadOnlySpan<byte> bytes) => bytes.StartsWith(s_signature);

    /// <summary>Returns an object by its path below the root; null when a part of the path is missing.</summary>
    public Hdf5Object? Find(string path) => Find(Root, path);

    /// <summary>Returns an object by its path below a group; null when a part of the path is missing.</summary>
    public Hdf5Object? Find(Hdf5Object group, string path)
    {
        Hdf5Object? found = group;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (found == null || !Children(found).TryGetValue(name, out ulong address)) return null;
            if (address == Hdf5Bytes.Undefined) throw Hdf5Bytes.Other($"'{name}' is a link");
            found = At(address);
        }
        return found;
    }

    /// <summary>Returns the names in a group.</summary>
    public IEnumerable<string> Names(Hdf5Object group) => Children(group).Keys;

    private Hdf5Object At(ulong address)
    {
        if (!_objects.TryGetValue(address, out Hdf5Object? found)) _objects[address] = found = new Hdf5Object(_bytes, address);
        return found;
    }

    /// <summary>Returns the addresses of a group's members; the undefined address for a link.</summary>
    private Dictionary<string, ulong> Children(Hdf5Object group)
    {
        if (group.Children is { } known) return known;
        var children = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (HeaderMessage message in group.Messages)
        {
            if (message.Type == MessageType.SymbolTable) AddSymbols(message.At, children);
            else if (message.Type == MessageType.Link) AddLink(message, children);
            else if (message.Type == MessageType.LinkInfo && IsDense(message)) throw Hdf5Bytes.Other("a group with an index of links");
        }
        return group.Children = children;
    }

    private bool IsDense(HeaderMessage info) => _bytes.UInt64(info.At + ((_bytes.Byte(info.At + 1) & 1) != 0 ? 10u : 2u)) != Hdf5Bytes.Undefined;

    /// <summary>Adds the members of a group of the old form: a tree of tables of names, and a heap that holds the names.</summary>
    private void AddSymbols(ulong at, Dictionary<string, ulong> children)
    {
        ulong heap = _bytes.UInt64(at + 8);
        _bytes.Expect(heap, "HEAP");
        ulong size = _bytes.UInt64(Hdf5Bytes.Sum(heap, 8)), names = _bytes.UInt64(Hdf5Bytes.Sum(heap, 24));
        var open = new Stack<ulong>([_bytes.UInt64(at)]);
        var seen = new HashSet<ulong>();
        while (open.TryPop(out ulong node))
        {
            if (!seen.Add(node)) throw Hdf5Bytes.Damaged("a group's tree points in circles");
            if (_bytes.Slice(node, 4).SequenceEqual("SNOD"u8)) AddTable(node, names, size, children);
            else
            {
                _bytes.Expect(node, "TREE");
                int count = _bytes.UInt16(node + 6);
                for (int n = 0; n < count; n++) open.Push(_bytes.UInt64(node + 32 + (ulong)n * 16));
            }
        }
    }

    private void AddTable(ulong node, ulong names, ulong size, Dictionary<string, ulong> children)
    {
        int count = _bytes.UInt16(node + 6);
        for (int n = 0; n < count; n++)
        {
            ulong entry = node + 8 + (ulong)n * 40, name = _bytes.UInt64(entry);
            bool isLink = _bytes.UInt32(entry + 16) == 2;
            if (name >= size) throw Hdf5Bytes.Damaged("a name lies outside its heap");
            children[Text(Hdf5Bytes.Sum(names, name), size - name)] = isLink ? Hdf5Bytes.Undefined : _bytes.UInt64(entry + 8);
        }
    }

    private string Text(ulong at, ulong most)
    {
        const int LongestName = 1024;
        ReadOnlySpan<byte> text = _bytes.Slice(at, Math.Min(most, Math.Min(LongestName, (ulong)_bytes.Size - Math.Min(at, (ulong)_bytes.Size))));
        int end = text.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(text[..end]) : throw Hdf5Bytes.Damaged("a name has no end");
    }

    /// <summary>Adds a member of a group of the new form.</summary>
    private void AddLink(HeaderMessage message, Dictionary<string, ulong> children)
    {
        ulong at = message.At + 2;
        int flags = _bytes.Byte(message.At + 1), sizeOfSize = 1 << (flags & 3);
        int kind = (flags & 8) != 0 ? _bytes.Byte(at++) : 0;
        if ((flags & 4) != 0) at += 8;
        if ((flags & 16) != 0) at++;
        ulong size = _bytes.Number(at, sizeOfSize);
        at += (ulong)sizeOfSize;
        if (size > message.Size) throw Hdf5Bytes.Damaged("a link's name lies outside its message");
        string name = Encoding.UTF8.GetString(_bytes.Slice(at, size));
        children[name] = kind == 0 ? _bytes.UInt64(at + size) : Hdf5Bytes.Undefined;
    }
}
