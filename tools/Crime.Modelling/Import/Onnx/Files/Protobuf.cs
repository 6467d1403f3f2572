// The few rules of the protobuf wire format that a reader of foreign messages needs. Google.Protobuf's stream checks every length.

using System;
using System.Collections.Generic;
using Google.Protobuf;

namespace Crime.Modelling.Import.Onnx.Files;

/// <summary>Takes one field.</summary>
/// <param name="field">Its number.</param>
/// <param name="isPacked">True when a length and bytes follow.</param>
/// <param name="input">The stream, at the field's content.</param>
internal delegate void FieldReader(int field, bool isPacked, CodedInputStream input);

/// <summary>Reads protobuf messages field by field.</summary>
internal static class Protobuf
{
    /// <summary>Reads all fields of a message.</summary>
    public static void ReadMessage(CodedInputStream input, FieldReader read)
    {
        uint tag;
        while ((tag = input.ReadTag()) != 0)
            read(WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited, input);
    }

    /// <summary>Returns a message within a message.</summary>
    public static CodedInputStream Message(CodedInputStream input) => input.ReadBytes().CreateCodedInput();

    /// <summary>Reads a repeated field, packed or one by one: a file may have either.</summary>
    public static void ReadRepeated<T>(CodedInputStream input, bool isPacked, List<T> values, Func<CodedInputStream, T> read)
    {
        if (!isPacked)
        {
            values.Add(read(input));
            return;
        }
        CodedInputStream packed = Message(input);
        while (!packed.IsAtEnd) values.Add(read(packed));
    }
}
