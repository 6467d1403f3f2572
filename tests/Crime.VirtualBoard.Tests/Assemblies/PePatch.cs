using System;
using System.Buffers.Binary;
using System.Linq;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Pe;
using Crime.VirtualBoard.Assemblies;

namespace Crime.VirtualBoard.Tests.Assemblies;

/// <summary>Changes an assembly and repairs its checksums: what an attacker who can write the format would send.</summary>
internal static class PePatch
{
    /// <summary>A kernel's only part.</summary>
    public static byte[] Small(DeviceTarget? target = null) => Compiled(target).Parts.Single();

    public static KernelAssemblies Compiled(DeviceTarget? target = null) =>
        KernelAssemblies.Compile(LoadedModels.Read(LoadedModels.Make(Crime.Model.CellKind.Lstm, 1, [1])), target: target);

    /// <summary>A copy with other bytes at one place.</summary>
    public static byte[] Write(byte[] assembly, int offset, params byte[] bytes)
    {
        byte[] patched = [.. assembly];
        bytes.CopyTo(patched, offset);
        return Repair(patched);
    }

    /// <summary>Forms both checksums anew.</summary>
    public static byte[] Repair(byte[] assembly)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(assembly.AsSpan(PeFormat.ContentCrcOffset), PeCrc.Of(assembly.AsSpan(PeFormat.HeaderSize)));
        BinaryPrimitives.WriteUInt32LittleEndian(assembly.AsSpan(PeFormat.HeaderCrcOffset), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(assembly.AsSpan(PeFormat.HeaderCrcOffset), PeCrc.Of(assembly.AsSpan(0, PeFormat.HeaderSize)));
        return assembly;
    }

    /// <summary>Index of a method, and the offset of its instructions in the file.</summary>
    public static (int Index, int Offset) Method(byte[] assembly, string name)
    {
        var image = new PeImage(assembly);
        PeRow[] rows = image.Rows(PeTable.Methods);
        int index = Array.FindIndex(rows, row => image.Identifier(row.UInt16(0)) == name);
        return (index, Table(assembly, PeTable.ByteCode) + rows[index].UInt16(2));
    }

    /// <summary>Offset of a table.</summary>
    public static int Table(byte[] assembly, PeTable table) =>
        BinaryPrimitives.ReadInt32LittleEndian(assembly.AsSpan(PeFormat.TablesOffset + 4 * (int)table));
}
